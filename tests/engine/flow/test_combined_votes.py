"""Votes together with what people do with their ballots: signers, withdrawal, removal, and the copies at the end."""

from __future__ import annotations

from typing import Any

import pytest

from engine import course, instances, tasks
from engine.errors import Rejected
from engine.flow import votes
from engine.models.instance import COMPLETED
from engine.models.task import CANCELED, Copy, UserTask
from engine.staff import copies
from tests.diagrams import chain, process, user_task
from tests.engine.flow import diagrams
from tests.engine.flow.people import give_back, say, steps, withdraw
from tests.engine.tasks.office import Office
from tests.faults.invariants import broken, count
from tests.world import World


def act(world: World, by: str, operation: Any, *args: Any, **more: Any) -> Any:
    with world.engine.begin(world.actor(by)) as command:
        return operation(command, *args, **more)


def row(world: World, key: int) -> UserTask:
    with world.engine.read() as session:
        return session.get_one(UserTask, key)


def voting(world: World, *names: str, **more: str) -> Office:
    world.deploy({"p.bpmn": diagrams.voting(**more)})
    office = Office.__new__(Office)
    office.world, office.instance = world, world.start("p", {"signers": list(names)})
    world.complete("write", by="clerk")
    return office


def ballot(world: World, who: str) -> UserTask:
    wanted = world.actor(who).user_id
    (found,) = [one for one in world.open_tasks() if one.assignee_id == wanted]
    return found


def test_the_last_ballot_sends_the_copies_and_none_before(world: World) -> None:
    office = voting(
        world, "assistant", "colleague", vote="ratio", passRatio="1", copyTo="finance_clerk"
    )
    say(world, "assistant", "approve")
    assert count(world.engine, Copy) == 0
    say(world, "colleague", "approve")
    assert count(world.engine, Copy) == 1
    assert office.kinds("cashier") == ["copy_sent"]


def test_a_vote_that_ends_without_a_signer_sends_them_too(world: World) -> None:
    office = voting(
        world, "assistant", "colleague", vote="ratio", passRatio="0.5", copyTo="finance_clerk"
    )
    task = ballot(world, "colleague")
    act(world, "root", votes.add_signer, task.key, "supervisor", "one more")
    say(world, "assistant", "approve")
    assert count(world.engine, Copy) == 0
    act(world, "root", votes.remove_signer, task.key, "ill")
    assert steps(world) == ["file"]
    assert office.kinds("cashier") == ["copy_sent"]


def test_a_return_sends_no_copies(world: World) -> None:
    source = process(
        user_task("write", "front_desk", copyTo="starter")
        + user_task("check", returnTo="any", copyTo="finance_clerk", **diagrams.ASKED)
        + chain("s", "write", "check", "e")
    )
    office = Office(world, source)
    world.complete("write", by="clerk")
    give_back(world, "check", "write", by="assistant")
    assert office.kinds("cashier") == []
    world.complete("write", by="clerk")
    act(world, "assistant", tasks.complete, world.task("check").key, {}, outcome="approve")
    assert office.kinds("cashier") == ["copy_sent"]
    with world.engine.read() as session:
        sent = copies.of_instance(session, office.instance.key)
    assert sorted(user.username for _, user in sent) == ["cashier", "clerk"]


def test_a_veto_is_that_of_who_voted_whoever_signs_last(world: World) -> None:
    for voter, signer, decision in (
        ("supervisor", "clerk", "reject"),
        ("assistant", "supervisor", None),
    ):
        office = voting(
            world,
            voter,
            "colleague",
            "cashier",
            vote="count",
            passCount="2",
            veto="service_supervisor",
        )
        task = ballot(world, voter)
        office.add(task.key, [signer], tasks.AFTER, by=voter)
        act(world, voter, tasks.complete, task.key, {}, outcome="reject", opinion="no")
        (signed,) = [one for one in world.open_tasks() if one.parent_key == task.key]
        office.sign(signed.key, signer)
        result = world.instance(office.instance.key).variables.get("vote_result")
        assert (result and result["decision"]) == decision
        assert broken(world.engine) == []
        act(world, "root", instances.cancel, office.instance.key, "next")


def test_who_waits_for_his_signers_votes_still_and_once(world: World) -> None:
    from engine.errors import Rejected

    office = voting(world, "assistant", "colleague", vote="ratio", passRatio="1")
    task, other = ballot(world, "assistant"), ballot(world, "colleague")
    (signer,) = office.add(task.key, ["clerk"], tasks.AFTER)
    act(world, "assistant", tasks.complete, task.key, {}, outcome="approve")
    with pytest.raises(Rejected):
        act(world, "root", votes.add_signer, other.key, "assistant", "twice")
    act(world, "root", votes.remove_signer, other.key, "ill")
    office.sign(signer.key, "clerk")
    assert steps(world) == ["file"]
    assert broken(world.engine) == []


def test_a_decided_vote_releases_who_waits_for_signers(world: World) -> None:
    office = voting(world, "assistant", "colleague", vote="any")
    task = ballot(world, "assistant")
    (signer,) = office.add(task.key, ["clerk"], tasks.AFTER)
    act(world, "assistant", tasks.complete, task.key, {}, outcome="approve")
    say(world, "colleague", "approve")
    assert [row(world, key).state for key in (task.key, signer.key)] == [CANCELED, CANCELED]
    assert {"task_canceled"} <= set(office.kinds("assistant")) & set(office.kinds("clerk"))
    assert broken(world.engine) == []


def test_a_withdrawn_ballot_is_counted_once_though_it_had_signers(world: World) -> None:
    office = voting(world, "assistant", "colleague", vote="ratio", passRatio="1")
    task = ballot(world, "assistant")
    (signer,) = office.add(task.key, ["clerk"], tasks.BEFORE)
    office.sign(signer.key, "clerk")
    act(world, "assistant", tasks.complete, task.key, {}, outcome="approve")
    withdraw(world, row(world, task.key), by="assistant")
    say(world, "assistant", "approve")
    say(world, "colleague", "approve")
    found = world.instance(office.instance.key)
    assert (found.variables["vote_result"]["total"], steps(world)) == (2, ["file"])
    world.complete("file")
    assert world.instance(office.instance.key).status == COMPLETED
    with world.engine.read() as session:
        assert [one.action for one in course.acts(session, office.instance.key)].count(
            "task.withdrawn"
        ) == 1
    assert broken(world.engine) == []


def test_nobody_gets_a_second_vote(world: World) -> None:
    voting(world, "assistant", "colleague", "supervisor", vote="all")
    mine = ballot(world, "assistant").key
    say(world, "supervisor", "approve")
    for who in ("colleague", "supervisor"):
        with pytest.raises(Rejected, match="two votes"):
            act(world, "assistant", tasks.transfer, mine, who)
    [result] = tasks.hand_over(world.engine, world.actor("root"), "assistant", "colleague")
    assert isinstance(result.error, Rejected)
    # who left his vote to another may get it back
    act(world, "assistant", tasks.transfer, mine, "cashier")
    act(world, "cashier", tasks.transfer, mine, "assistant")


def test_nobody_claims_two_votes_nor_casts_them_unclaimed(world: World) -> None:
    drawn = diagrams.voting(vote="all").replace(b'assignee="=signer" candidateGroups="all_staff"', b'candidateGroups="all_staff"')  # fmt: skip
    world.deploy({"p.bpmn": drawn})
    world.start("p", {"signers": [1, 2, 3]})
    world.complete("write", by="clerk")
    first, second, third = world.open_tasks()
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.claim(command, first.key)
    with world.engine.begin(world.actor("assistant")) as command, pytest.raises(Rejected):
        tasks.claim(command, second.key)
    with world.engine.begin(world.actor("assistant")) as command, pytest.raises(Rejected):
        tasks.complete(command, third.key, {}, outcome="approve")
    act(world, "colleague", tasks.complete, second.key, {}, outcome="approve")
    assert steps(world) == ["vote", "vote"]


def test_a_vote_taken_back_is_not_counted_beside_the_new_one(world: World) -> None:
    voting(world, "assistant", "colleague", "supervisor", vote="all")
    withdraw(world, say(world, "assistant", "approve").task, by="assistant")
    with world.engine.read() as session:
        found = votes.ballots(session, session.get_one(UserTask, ballot(world, "colleague").key))
    assert (len(found.done), len(found.open)) == (0, 3)
