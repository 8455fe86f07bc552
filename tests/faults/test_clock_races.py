"""Clocks against people: a pause, a completion, a recalculation and the worker at the same moment."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import func, select

from engine import anchors, worker
from engine.errors import EngineError
from engine.models.clock import ClockPause
from engine.models.task import COMPLETED, CREATED, Notification, UserTask
from engine.timing import pauses, recalculations, workdays
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.faults.crowd import complete, together, winners
from tests.faults.invariants import broken
from tests.world import World

WORKING = "move_in_owner.t_conflict"
ONE = {"p.bpmn": process(user_task("work", limit=WORKING) + chain("s", "work", "e"))}


def pause(world: World, key: int) -> str:
    with world.engine.begin(world.actor("supervisor")) as command:
        pauses.begin(command, key, "the customer is away")
    return "paused"


def rows(world: World) -> list[UserTask]:
    with world.engine.read() as session:
        return list(session.scalars(select(UserTask).order_by(UserTask.key)))


def test_a_task_is_completed_once_though_it_is_paused_and_overdue_at_the_same_moment(
    world: World, clock: Clock
) -> None:
    world.deploy(ONE)
    for _ in range(6):
        world.start("p")
    clock.forward(days=5)
    keys = [task.key for task in world.open_tasks()]
    actor = world.actor("assistant")
    acts: list[Any] = [partial(complete, world, actor, task) for task in world.open_tasks()]
    acts += [partial(pause, world, key) for key in keys]
    winners(together([*acts, partial(worker.run_due, world.engine)]), EngineError)
    found = rows(world)
    assert [task.state for task in found] == [COMPLETED] * 6
    assert all(task.paused_at is None and task.check_at is None for task in found)
    with world.engine.read() as session:
        going_on = select(func.count()).where(ClockPause.ended_at.is_(None))
        assert session.scalar(going_on) == 0
    assert broken(world.engine) == []


def test_of_eight_pauses_of_a_task_one_succeeds(world: World) -> None:
    world.deploy(ONE)
    world.start("p")
    key = world.task("work").key
    assert winners(together([partial(pause, world, key)] * 8), EngineError) == ["paused"]
    with world.engine.read() as session:
        assert session.scalar(select(func.count()).select_from(ClockPause)) == 1
    assert broken(world.engine) == []


def test_workers_side_by_side_tell_of_a_limit_once(world: World, clock: Clock) -> None:
    world.deploy(ONE)
    for _ in range(6):
        world.start("p")
    clock.forward(days=5)
    winners(together([partial(worker.run_due, world.engine)] * 4), EngineError)
    with world.engine.read() as session:
        query = select(Notification.task_key, func.count()).where(
            Notification.kind == "task_overdue"
        )
        rows = session.execute(query.group_by(Notification.task_key))
        counts = {row[0]: row[1] for row in rows}
    assert sorted(counts.values()) == [1] * 6
    assert broken(world.engine) == []


def test_a_recalculation_leaves_alone_what_is_completed_meanwhile(
    world: World, clock: Clock
) -> None:
    world.deploy(ONE)
    for _ in range(6):
        world.start("p")
    with world.engine.begin(world.actor("root")) as command:
        workdays.change(command, None, clock.now.date().replace(day=23), working=False)
    actor, owner = world.actor("assistant"), world.actor("owner")
    acts: list[Any] = [partial(complete, world, actor, task) for task in world.open_tasks()[:3]]
    recalculate = partial(recalculations.apply, world.engine, owner, None)
    winners(together([*acts, recalculate, recalculate]), EngineError)
    found = rows(world)
    assert [task.state for task in found] == [COMPLETED] * 3 + [CREATED] * 3
    assert len({task.due_at for task in found[3:]}) == 1
    assert all(task.check_at is None for task in found[:3])
    assert broken(world.engine) == []


def test_of_six_processes_one_anchors_the_day(world: World) -> None:
    made = winners(together([partial(anchors.write, world.engine)] * 6))
    assert sum(one is not None for one in made) == 1
    assert anchors.verify(world.engine).faults == []
