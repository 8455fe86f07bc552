"""Countersigning and voting: decided as early as the result is certain, and never twice."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from engine import tasks
from engine.errors import InvalidVariables, NotAllowed, Rejected
from engine.flow import returns, votes
from engine.models.instance import COMPLETED, ElementInstance
from engine.models.task import Notification, UserTask
from engine.runtime import Vote, check
from engine.runtime.votes import Tally
from tests.engine.flow import diagrams
from tests.engine.flow.people import give_back, say, steps, withdraw
from tests.faults.invariants import broken
from tests.world import World

SIGNERS = ["assistant", "colleague", "supervisor"]


def begin(world: World, signers: list[str] | None = None, **more: Any) -> Any:
    world.deploy({"p.bpmn": diagrams.voting(**more)})
    started = world.start("p", {"signers": signers or SIGNERS})
    world.complete("write", by="clerk")
    return started


def result(world: World, started: Any) -> tuple[str, int, int, int]:
    found = world.instance(started.key).variables["vote_result"]
    return found["decision"], found["approve"], found["reject"], found["total"]


@pytest.mark.parametrize(
    ("properties", "said", "decision"),
    [
        ({"vote": "all"}, ["approve", "approve", "approve"], "approve"),
        ({"vote": "all"}, ["approve", "reject"], "reject"),
        ({"vote": "all"}, ["approve", "abstain", "abstain"], "approve"),
        ({"vote": "all"}, ["abstain", "abstain", "abstain"], "reject"),
        ({"vote": "any"}, ["approve"], "approve"),
        ({"vote": "any"}, ["reject"], "reject"),
        ({"vote": "any"}, ["abstain", "approve"], "approve"),
        ({"vote": "any", "rejectCount": "2"}, ["reject", "approve"], "approve"),
        ({"vote": "any", "rejectCount": "2"}, ["reject", "reject"], "reject"),
        ({"vote": "ratio", "passRatio": "0.6"}, ["approve", "approve"], "approve"),
        ({"vote": "ratio", "passRatio": "60%"}, ["reject", "reject"], "reject"),
        ({"vote": "ratio", "passRatio": "1"}, ["reject"], "reject"),
        ({"vote": "count", "passCount": "1"}, ["reject", "approve"], "approve"),
        ({"vote": "count", "passCount": "2", "rejectCount": "1"}, ["approve", "reject"], "reject"),
        ({"vote": "count", "passCount": "2"}, ["abstain", "reject"], "reject"),
        ({"vote": "ratio", "passRatio": "0.6", "veto": "true"}, ["reject"], "reject"),
        ({"vote": "count", "passCount": "1", "veto": "service_supervisor"}, ["reject", "reject", "approve"], "approve"),
    ],
)  # fmt: skip
def test_the_vote_is_decided_as_early_as_it_is_certain(
    world: World, properties: dict[str, str], said: list[str], decision: str
) -> None:
    # given
    started = begin(world, **properties)
    # when
    for who, outcome in zip(SIGNERS, said, strict=False):
        assert steps(world).count("vote") > 0
        say(world, who, outcome, opinion="because")
    # then
    assert steps(world) == (["file"] if decision == "approve" else ["revise"])
    assert result(world, started) == (
        decision, said.count("approve"), said.count("reject"), len(SIGNERS),
    )  # fmt: skip
    variables = world.instance(started.key).variables
    assert variables["outcome"] == decision
    assert variables["said"] == [*said, *[None] * (len(SIGNERS) - len(said))]
    assert broken(world.engine) == []


def test_who_has_a_veto_decides_alone(world: World) -> None:
    started = begin(world, vote="count", passCount="1", veto="service_supervisor")
    say(world, "supervisor", "reject", opinion="never")
    assert result(world, started)[0] == "reject"


def test_the_others_are_told_that_they_need_not_sign_any_more(world: World) -> None:
    started = begin(world, vote="any")
    say(world, "assistant", "approve")
    with world.engine.read() as session:
        told = session.scalars(select(Notification).where(Notification.kind == "task_canceled"))
        assert {one.user_id for one in told} == {
            world.actor(name).user_id for name in ("colleague", "supervisor")
        }
        states = session.scalars(
            select(ElementInstance.state).where(
                ElementInstance.instance_key == started.key,
                ElementInstance.element_id == "vote",
                ElementInstance.type == "userTask",
            )
        )
        assert sorted(states) == ["completed", "terminated", "terminated"]


def test_a_vote_needs_an_outcome_and_a_rejection_a_reason(world: World) -> None:
    begin(world, vote="all")
    task = next(
        one for one in world.open_tasks() if one.assignee_id == world.actor("assistant").user_id
    )
    for outcome, opinion in ((None, ""), ("perhaps", ""), ("reject", " ")):
        with pytest.raises(InvalidVariables):
            say(world, "assistant", outcome, opinion=opinion)  # type: ignore[arg-type]
    assert world.open_tasks()[0].version == task.version


def test_one_after_the_other_stops_at_the_first_rejection(world: World) -> None:
    started = begin(world, sequential=True, vote="all")
    assert steps(world) == ["vote"]
    say(world, "assistant", "approve")
    say(world, "colleague", "reject", opinion="no")
    assert steps(world) == ["revise"]
    assert result(world, started) == ("reject", 1, 1, 3)


@pytest.mark.parametrize("sequential", [False, True])
def test_a_completion_condition_alone_ends_it_too(world: World, sequential: bool) -> None:
    started = begin(world, sequential=sequential, condition="=numberOfCompletedInstances &gt;= 2")
    world_task = {one.assignee_id: one for one in world.open_tasks()}
    assert len(world_task) == (1 if sequential else 3)
    for who in SIGNERS[:2]:
        actor = world.actor(who)
        task = next(one for one in world.open_tasks() if one.assignee_id == actor.user_id)
        world_complete(world, task, who)
    assert steps(world) == ["revise"]  # nobody counted what they said
    assert world.instance(started.key).variables["said"] == ["approve", "approve", None]


def world_complete(world: World, task: UserTask, who: str) -> None:
    with world.engine.begin(world.actor(who)) as command:
        tasks.complete(command, task.key, {"outcome": "approve"})


def test_a_ballot_can_be_taken_back_while_the_vote_runs(world: World) -> None:
    started = begin(world, vote="ratio", passRatio="0.6")
    done = say(world, "assistant", "approve").task
    again = withdraw(world, done, by="assistant")
    assert again.assignee_id == world.actor("assistant").user_id
    assert steps(world) == ["vote", "vote", "vote"]
    assert broken(world.engine) == []
    say(world, "assistant", "reject", opinion="second thoughts")
    say(world, "colleague", "approve")
    assert steps(world) == ["vote"]
    say(world, "supervisor", "approve")
    assert result(world, started) == ("approve", 2, 1, 3)


def test_a_supervisor_adds_and_removes_signers(world: World) -> None:
    started = begin(world, ["assistant", "colleague"], vote="all")
    first = world.open_tasks()[0]
    with world.engine.begin(world.actor("root")) as command:
        new = votes.add_signer(command, first.key, "cashier", "money is touched")
    assert new is not None
    assert new.assignee_id == world.actor("cashier").user_id
    with world.engine.begin(world.actor("root")) as command, pytest.raises(Rejected):
        votes.add_signer(command, first.key, "cashier", "again")
    with world.engine.begin(world.actor("colleague")) as command, pytest.raises(NotAllowed):
        votes.remove_signer(command, first.key, "no need")
    with world.engine.begin(world.actor("root")) as command:
        gone = votes.remove_signer(command, first.key, "on leave")
    assert gone.state == "canceled"
    say(world, "colleague", "approve")
    say(world, "cashier", "approve")
    assert result(world, started) == ("approve", 2, 0, 2)
    assert broken(world.engine) == []


def test_without_a_removed_signer_the_result_may_be_certain(world: World) -> None:
    started = begin(world, ["assistant", "colleague", "supervisor", "cashier"], vote="ratio", passRatio="0.6")  # fmt: skip
    say(world, "assistant", "approve")
    say(world, "colleague", "approve")
    (one, _) = [task for task in world.open_tasks() if task.element_id == "vote"]
    with world.engine.begin(world.actor("root")) as command:
        votes.remove_signer(command, one.key, "on leave")
    assert result(world, started) == ("approve", 2, 0, 3)


def test_the_last_signer_stays(world: World) -> None:
    begin(world, ["assistant"], vote="all")
    with world.engine.begin(world.actor("root")) as command, pytest.raises(Rejected):
        votes.remove_signer(command, world.task("vote").key, "on leave")


def test_returning_to_a_vote_asks_all_signers_again(world: World) -> None:
    started = begin(world, vote="any")
    say(world, "assistant", "reject", opinion="no")
    opened = give_back(world, "revise", "vote", by="assistant")
    assert [one.element_id for one in opened] == ["vote"] * 3
    assert {one.assignee_id for one in opened} == {world.actor(one).user_id for one in SIGNERS}
    say(world, "colleague", "approve")
    world.complete("file")
    assert world.instance(started.key).status == COMPLETED
    assert broken(world.engine) == []


def test_a_signer_who_returns_the_work_ends_the_vote(world: World) -> None:
    begin(world, vote="all", outcomes="approve,reject,return", returnTo="write")
    task = next(
        one for one in world.open_tasks() if one.assignee_id == world.actor("colleague").user_id
    )
    with world.engine.begin(world.actor("colleague")) as command:
        returns.give_back(command, task.key, "write", "unreadable")
    assert steps(world) == ["write"]
    assert broken(world.engine) == []
    world.complete("write", by="clerk")
    assert steps(world) == ["vote"] * 3


def test_nobody_to_vote_is_an_incident(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.voting(vote="all")})
    world.start("p", {"signers": []})
    world.complete("write", by="clerk")
    assert steps(world) == []
    assert broken(world.engine) == []


@pytest.mark.parametrize(
    "properties",
    [
        {"vote": "most"}, {"vote": "ratio"}, {"vote": "ratio", "passRatio": "0"}, {"vote": "ratio", "passRatio": "120%"},
        {"vote": "count"}, {"vote": "count", "passCount": "0"}, {"vote": "all", "passCount": "2"}, {"passRatio": "0.5"},
        {"outcomes": "approve,maybe"}, {"returnTo": "nowhere"}, {"rejectTo": "nowhere"}, {"rejectTo": "end"},
    ],
)  # fmt: skip
def test_the_gate_refuses_votes_that_mean_nothing(properties: dict[str, str]) -> None:
    found = check(diagrams.voting(**properties))
    assert [one.code for one in found if one.element_id == "vote"]


def test_the_rules_never_change_their_mind() -> None:
    rules = [
        {"vote": "all"}, {"vote": "any"}, {"vote": "ratio", "passRatio": "0.5"}, {"vote": "count", "passCount": "2"},
        {"vote": "any", "rejectCount": "2"}, {"vote": "ratio", "passRatio": "0.75", "rejectCount": "2"},
    ]  # fmt: skip
    for properties in rules:
        vote = Vote.read(properties)
        assert vote is not None
        for total in range(1, 6):
            settled(vote, Tally(0, 0, 0, total), None)


def settled(vote: Vote, tally: Tally, before: str | None) -> None:
    """Walk through everything that may be said: what is decided stays so, and at the end all is."""
    now = vote.decide(tally)
    assert before in (None, now), (vote, tally)
    if not tally.open:
        assert now is not None
        return
    a, r, s, n = tally.approve, tally.reject, tally.abstain, tally.total
    # any-of is decided by the first answer, whatever a later one would have been
    if vote.kind == "any" and now:
        return
    for following in (Tally(a + 1, r, s, n), Tally(a, r + 1, s, n), Tally(a, r, s + 1, n)):
        settled(vote, following, now)
