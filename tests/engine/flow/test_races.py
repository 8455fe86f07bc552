"""Two people at once: one return, withdrawal or completion wins, and the other is told so."""

from __future__ import annotations

from functools import partial
from typing import Any

from engine import tasks, worker
from engine.errors import Conflict, NotAllowed, Rejected
from engine.flow import returns, withdrawals
from engine.models.task import UserTask
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.engine.flow import diagrams
from tests.engine.flow.people import steps
from tests.faults.crowd import together
from tests.faults.diagrams import LATE
from tests.faults.invariants import broken
from tests.world import World

CLEAN = (Conflict, NotAllowed, Rejected)


def won(results: list[Any]) -> list[Any]:
    """Who succeeded; all others must have been refused cleanly."""
    assert [
        one for one in results if isinstance(one, Exception) and not isinstance(one, CLEAN)
    ] == []
    return [one for one in results if not isinstance(one, Exception)]


def give_back(world: World, task: UserTask, who: str, to: str) -> str:
    with world.engine.begin(world.actor(who)) as command:
        returns.give_back(command, task.key, to, "not in order", version=task.version)
    return "returned"


def complete(world: World, task: UserTask, who: str, **more: Any) -> str:
    with world.engine.begin(world.actor(who)) as command:
        tasks.complete(command, task.key, {}, version=task.version, **more)
    return "completed"


def withdraw(world: World, task: UserTask, who: str) -> str:
    with world.engine.begin(world.actor(who)) as command:
        withdrawals.withdraw(command, task.key)
    return "withdrawn"


def test_a_task_is_either_returned_or_completed(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.FORKED})
    for _ in range(4):
        started = world.start("p")
        world.complete("write", by="clerk", of=started)
        world.complete("check", of=started)
        task = world.task("look", started)
        acts: list[Any] = [
            partial(give_back, world, task, "assistant", "check"),
            partial(complete, world, task, "colleague", outcome="approve"),
            partial(give_back, world, task, "colleague", "write"),
        ]
        assert len(won(together(acts))) == 1
    assert broken(world.engine) == []


def test_two_branches_that_return_to_the_same_step_open_it_once(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.ROUNDS})
    world.start("p")
    for element_id in ("left", "right"):
        complete(world, world.task(element_id), "assistant", outcome="approve")
    left, right = world.task("left"), world.task("right")
    acts: list[Any] = [
        partial(give_back, world, left, "assistant", "right"),
        partial(give_back, world, right, "colleague", "left"),
    ]
    assert len(won(together(acts))) == 1
    assert len(steps(world)) == 1
    assert broken(world.engine) == []


def test_work_is_either_taken_back_or_taken_up(world: World) -> None:
    two = process(user_task("work") + user_task("next") + chain("s", "work", "next", "e"))
    world.deploy({"p.bpmn": two})
    for _ in range(4):
        started = world.start("p")
        done = world.complete("work", of=started).task
        following = world.task("next", started)
        acts: list[Any] = [
            partial(withdraw, world, done, "assistant"),
            partial(complete, world, following, "colleague"),
            partial(withdraw, world, done, "assistant"),
        ]
        assert len(won(together(acts))) == 1
    assert broken(world.engine) == []


def test_signers_at_the_same_moment_are_all_counted(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.voting(vote="ratio", passRatio="1")})
    started = world.start("p", {"signers": ["assistant", "colleague", "supervisor", "cashier"]})
    world.complete("write", by="clerk")
    people = {
        world.actor(name).user_id: name
        for name in ("assistant", "colleague", "supervisor", "cashier")
    }
    acts = [
        partial(complete, world, task, people[task.assignee_id], outcome="approve")
        for task in world.open_tasks(started)
    ]
    assert len(won(together(acts))) == 4
    assert world.instance(started.key).variables["vote_result"]["approve"] == 4
    assert broken(world.engine) == []


def test_a_vote_is_decided_once(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.voting(vote="any")})
    names = ("assistant", "colleague", "supervisor", "cashier")
    started = world.start("p", {"signers": list(names)})
    world.complete("write", by="clerk")
    people = {world.actor(name).user_id: name for name in names}
    acts = [
        partial(complete, world, task, people[task.assignee_id], outcome="approve")
        for task in world.open_tasks(started)
    ]
    assert won(together(acts)) == ["completed"]
    assert steps(world) == ["file"]
    assert broken(world.engine) == []


def test_a_return_and_a_timer_do_not_both_take_the_token(world: World, clock: Clock) -> None:
    source = process(
        user_task("write", "front_desk")
        + user_task("work", "service_assistant", returnTo="any", **diagrams.ASKED)
        + user_task("after")
        + user_task("chase")
        + LATE
        + chain("s", "write", "work", "after", "e")
        + chain("late", "chase", "e")
    )
    world.deploy({"p.bpmn": source})
    for _ in range(4):
        started = world.start("p")
        world.complete("write", by="clerk", of=started)
        clock.forward(hours=2)
        task = world.task("work", started)
        acts: list[Any] = [
            partial(give_back, world, task, "assistant", "write"),
            partial(worker.run_due, world.engine),
        ]
        won(together(acts))
        (left,) = world.open_tasks(started)
        assert left.element_id in ("write", "chase")
        assert broken(world.engine) == []
