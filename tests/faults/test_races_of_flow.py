"""Ways of the work against each other: returning, withdrawing, voting, standing still, migrating, batches, substitutes, clocks."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from engine import instances, tasks, worker
from engine.errors import EngineError
from engine.flow import returns, withdrawals
from engine.models.batch import Batch
from engine.models.clock import ClockPause
from engine.models.instance import COMPLETED, ProcessInstance
from engine.models.task import COMPLETED as DONE
from engine.models.task import Notification, UserTask
from engine.operations import batches, plans, suspension, upgrades
from engine.staff import substitutions
from engine.timing import pauses
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.engine.flow import diagrams as flows
from tests.engine.tasks.office import TWO_STEPS, Office
from tests.faults import diagrams
from tests.faults.crowd import together, winners
from tests.faults.invariants import broken, count
from tests.faults.test_races_between_people import act
from tests.world import World

ROUNDS = 3
WORKING = "move_in_owner.t_conflict"
LIMITED = process(
    user_task("check", limit=WORKING) + user_task("sign") + chain("s", "check", "sign", "e")
)
VOTERS = {"signers": ["assistant", "colleague", "supervisor"]}


def won(world: World, acts: list[Any]) -> list[Any]:
    """Do all at once; give what each came to, None for who was refused, after asking the invariants."""
    results = together(acts)
    winners(results, EngineError)
    assert broken(world.engine) == []
    return [None if isinstance(one, Exception) else one for one in results]


def complete(world: World, by: str, task: UserTask, **more: Any) -> Any:
    return act(world, by, tasks.complete, task.key, {}, version=task.version, **more)


def names(world: World, of: ProcessInstance) -> list[str]:
    return sorted(one.element_id for one in world.open_tasks(of))


def test_a_signer_returns_the_work_while_the_others_vote(world: World) -> None:
    world.deploy({"p.bpmn": flows.voting(vote="ratio", passRatio="1", returnTo="any")})
    for _ in range(ROUNDS):
        started = world.start("p", VOTERS)
        world.complete("write", by="clerk", of=started)
        ballots = {world.actor(who).user_id: who for who in VOTERS["signers"]}
        mine, *others = world.open_tasks(started)
        give_back = act(
            world, ballots[mine.assignee_id], returns.give_back, mine.key, "write", "not in order"
        )
        votes = [
            complete(world, ballots[one.assignee_id], one, outcome="approve") for one in others
        ]
        returned, *_ = won(world, [give_back, *votes])
        assert returned
        assert names(world, started) == ["write"]


def test_a_withdrawal_or_a_delegation_has_the_next_task(world: World) -> None:
    office = Office(world)
    for _ in range(ROUNDS):
        started = world.start("p")
        done = world.complete("check", of=started).task
        (following,) = world.open_tasks(started)
        acts = [
            act(world, "assistant", withdrawals.withdraw, done.key),
            act(world, "colleague", tasks.delegate, following.key, "clerk"),
            act(world, "supervisor", tasks.transfer, following.key, "colleague"),
        ]
        withdrawn, *_ = won(world, acts)
        assert names(world, started) == (["check"] if withdrawn else ["sign"])
    assert office.instance.key


def test_signers_are_added_or_the_work_is_returned(world: World) -> None:
    world.deploy({"p.bpmn": flows.THREE})
    for _ in range(ROUNDS):
        started = world.start("p")
        world.complete("write", by="clerk", of=started)
        world.complete("check", of=started)
        (task,) = world.open_tasks(started)
        acts = [
            act(world, "supervisor", tasks.add_signers, task.key, ["clerk"], tasks.BESIDE),
            act(world, "supervisor", returns.give_back, task.key, "check", "not in order"),
        ]
        _, returned = won(world, acts)
        assert returned
        assert names(world, started) == ["check"]


def test_what_is_held_is_taken_back_or_set_free(world: World) -> None:
    world.deploy({"p.bpmn": TWO_STEPS})
    for _ in range(ROUNDS):
        started = world.start("p")
        (task,) = world.open_tasks(started)
        with world.engine.begin(world.actor("assistant")) as command:
            (signer,) = tasks.add_signers(command, task.key, ["clerk"], tasks.AFTER)
        world.complete_key(task.key, {}, by="assistant")
        acts = [
            act(world, "assistant", tasks.take_back, task.key),
            act(world, "clerk", tasks.complete, signer.key, {"outcome": "approve", "opinion": ""}),
            act(world, "assistant", tasks.remove_signer, signer.key),
        ]
        taken, *freed = won(world, acts)
        assert len([one for one in freed if one]) == 1
        assert names(world, started) == (["check"] if taken else ["sign"])


def test_an_instance_stands_still_or_goes_on(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": diagrams.TIMER})
    started = [world.start("p") for _ in range(4)]
    clock.forward(hours=2)
    acts = [complete(world, "assistant", one) for one in world.open_tasks()]
    acts += [act(world, "root", suspension.suspend, one.key, "wait") for one in started]
    results = won(world, [*acts, partial(worker.run_due, world.engine)])
    for one, suspended in zip(started, results[4:8], strict=True):
        still = world.instance(one.key).status == "suspended"
        assert still == bool(suspended)
        if still:
            act(world, "root", suspension.resume, one.key)()
    worker.run_due(world.engine)
    for one, completed in zip(started, results, strict=False):
        assert names(world, one) == (["after"] if completed else ["chase"])
    assert broken(world.engine) == []


def test_a_task_is_completed_in_the_old_or_in_the_new_version(world: World) -> None:
    old = world.deploy({"p.bpmn": TWO_STEPS}).definitions[0].key
    started = [world.start("p") for _ in range(4)]
    newer = process(
        user_task("check", clause="001")
        + user_task("sign")
        + user_task("more")
        + chain("s", "check", "sign", "more", "e")
    )
    new = world.deploy({"p.bpmn": newer}).definitions[0].key
    plan = plans.Plan(target_key=new)
    acts = [complete(world, "assistant", one) for one in world.open_tasks()]
    acts += [act(world, "owner", upgrades.migrate, one.key, plan, "fixed") for one in started]
    results = won(world, acts)
    for one, completed, migrated in zip(started, results[:4], results[4:], strict=True):
        assert migrated
        assert world.instance(one.key).definition_key == new != old
        assert names(world, one) == (["sign"] if completed else ["check"])


def test_a_substitute_completes_or_has_been_relieved(world: World) -> None:
    office = Office(world)
    for _ in range(ROUNDS):
        started = world.start("p")
        (task,) = world.open_tasks(started)
        with world.engine.begin(world.actor("assistant")) as command:
            tasks.claim(command, task.key)
        made = office.substitute("assistant", "cashier")
        acts = [
            act(world, "cashier", tasks.complete, task.key, {}),
            act(world, "assistant", substitutions.revoke, made.id),
            act(world, "assistant", tasks.complete, task.key, {}),
        ]
        first, revoked, second = won(world, acts)
        assert revoked
        assert bool(first) != bool(second)
        assert names(world, started) == ["sign"]


def test_a_clock_is_stopped_or_its_limit_is_told_of(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": LIMITED})
    started = [world.start("p") for _ in range(4)]
    clock.forward(days=5)
    open_ = world.open_tasks()
    acts = [
        act(world, "supervisor", pauses.begin, one.key, "the customer is away") for one in open_
    ]
    results = won(world, [*acts, *[partial(worker.run_due, world.engine)] * 2])
    assert all(results[:4])
    with world.engine.read() as session:
        overdue = select(Notification.task_key, func.count()).where(
            Notification.kind == "task_overdue"
        )
        told = session.execute(overdue.group_by(Notification.task_key)).all()
        assert {row[1] for row in told} <= {1}
        assert session.scalar(select(func.count()).where(ClockPause.ended_at.is_(None))) == 4
    assert len(started) == 4


@pytest.mark.parametrize("kind", [batches.CANCEL, batches.MIGRATE, batches.SUSPEND])
def test_a_batch_and_a_person_meet_at_an_instance(world: World, kind: str) -> None:
    world.deploy({"p.bpmn": TWO_STEPS})
    started = [world.start("p") for _ in range(4)]
    new = (
        world.deploy({"p.bpmn": TWO_STEPS.replace(b'name="sign"', b'name="seal"')})
        .definitions[0]
        .key
    )
    params = plans.Plan(target_key=new).as_json() if kind == batches.MIGRATE else {}
    with world.engine.begin(world.actor("root")) as command:
        chosen = instances.visible_to(command.actor)
        batches.begin(command, kind, chosen, params=params, reason="a batch")
    acts = [complete(world, "assistant", one) for one in world.open_tasks()]
    results = won(world, [*acts, *[partial(worker.run_due, world.engine)] * 2])
    worker.run_due(world.engine)
    assert broken(world.engine) == []
    assert count(world.engine, Batch, Batch.state == "completed") == 1
    completions = count(world.engine, UserTask, UserTask.state == DONE)
    assert completions == len([one for one in results[:4] if one])
    for one in started:
        found = world.instance(one.key)
        expected = {"cancel": "terminated", "migrate": "active", "suspend": "suspended"}[kind]
        assert (found.status, found.definition_key == new) == (expected, kind == batches.MIGRATE)


def test_work_is_withdrawn_or_taken_by_a_batch(world: World) -> None:
    world.deploy({"p.bpmn": TWO_STEPS})
    for _ in range(ROUNDS):
        started = world.start("p")
        done = world.complete("check", of=started).task
        (following,) = world.open_tasks(started)
        two = partial(
            tasks.complete_many,
            world.engine,
            world.actor("colleague"),
            [(following.key, following.version, {})],
        )
        withdrawn, many = won(world, [act(world, "assistant", withdrawals.withdraw, done.key), two])
        assert bool(withdrawn) != many[0].done
        ended = world.instance(started.key).status == COMPLETED
        assert ended == many[0].done
