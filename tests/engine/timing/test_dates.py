"""Due dates the diagram computes: where there is one, it holds instead of the limit the step names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from engine import tasks
from engine.models.task import UserTask
from engine.timing import pauses, recalculations
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.engine.timing.conftest import WORKING, local, readings
from tests.world import World

At = Callable[[str], None]


def dated(world: World) -> UserTask:
    """A task whose step names a limit of one working day, and whose diagram says another date."""
    work = user_task("work", limit=WORKING).replace(
        "<zeebe:userTask/>", '<zeebe:userTask/><zeebe:taskSchedule dueDate="=until"/>'
    )
    world.deploy({"p.bpmn": process(work + chain("s", "work", "e"))})
    world.start("p", {"until": "2026-11-25T18:00:00+08:00"})
    with world.engine.begin(world.actor("assistant")) as command:
        return tasks.claim(command, world.task("work").key)


def test_a_date_the_diagram_computes_holds_and_the_limit_does_not(world: World, at: At) -> None:
    task = dated(world)
    assert local(task.due_at) == "11-25 18:00"
    [reading] = readings(world, task.instance_key)
    assert (reading.limit, local(reading.due_at)) == (None, "11-25 18:00")
    assert not pauses.may_pause(world.actor("assistant"), task)
    with world.engine.read() as session:
        found = recalculations.preview(session, world.actor("owner"), None, world.engine.clock())
    assert found.total == 0


def test_a_supervisor_moves_such_a_date(world: World, clock: Clock) -> None:
    task, due = dated(world), clock.now + dt.timedelta(days=9)
    with world.engine.begin(world.actor("supervisor")) as command:
        assert tasks.update(command, task.key, due_at=due).due_at == due
