"""Stopping the clock of a task while the customer or parts are awaited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from engine import audit, tasks, worker
from engine.errors import NotAllowed, Rejected, TaskClosed
from engine.policy import limits
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.engine.timing.conftest import (
    DAYS,
    HOURS,
    WORKING,
    local,
    pause,
    readings,
    resume,
    told,
)
from tests.world import World

At = Callable[[str], None]


def one_step(limit: str) -> dict[str, bytes]:
    return {"p.bpmn": process(user_task("work", limit=limit) + chain("s", "work", "e"))}


@pytest.fixture
def claimed(world: World) -> World:
    """A task with a limit of one working day, begun on Friday at 09:30 and due on Monday at 17:30."""
    world.deploy(one_step(WORKING))
    world.start("p")
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.claim(command, world.task("work").key)
    return world


def test_a_pause_moves_the_due_time_by_the_working_time_it_took(claimed: World, at: At) -> None:
    task = claimed.task("work")
    assert local(task.due_at) == "11-23 17:30"
    at("11-20 16:30")
    pause(claimed, task)
    at("11-23 09:30")
    resume(claimed, task)
    found = claimed.task("work")
    assert local(found.due_at) == "11-24 10:30"
    assert found.paused_seconds == 2 * 3600
    assert local(found.check_at) == "11-23 16:30"  # 12 of 15 working hours used


def test_several_pauses_add_up(claimed: World, at: At) -> None:
    task = claimed.task("work")
    for begin, stop in [("11-20 10:00", "11-20 11:00"), ("11-20 14:00", "11-20 14:30")]:
        at(begin)
        pause(claimed, task)
        at(stop)
        resume(claimed, task)
    found = claimed.task("work")
    assert local(found.due_at) == "11-24 10:00"
    (reading,) = readings(claimed, found.instance_key)
    assert reading.paused == dt.timedelta(hours=1, minutes=30)
    assert [local(one.ended_at) for one in reading.pauses] == ["11-20 11:00", "11-20 14:30"]


def test_nobody_is_reminded_while_the_clock_stands_still(claimed: World, at: At) -> None:
    pause(claimed, claimed.task("work"), until=claimed.engine.clock() + dt.timedelta(days=10))
    at("11-25 10:00")
    worker.run_due(claimed.engine)
    assert told(claimed) == []


def test_a_pause_ends_by_itself_when_it_was_to_end_though_the_worker_is_late(
    claimed: World, clock: Clock, at: At
) -> None:
    pause(claimed, claimed.task("work"), until=clock.now + dt.timedelta(hours=1))
    at("11-20 15:00")
    worker.run_due(claimed.engine)
    found = claimed.task("work")
    assert found.paused_at is None
    assert local(found.due_at) == "11-24 09:30"
    assert told(claimed) == [("assistant", "pause_over")]


def test_a_pause_without_an_end_lasts_at_most_as_long_as_the_setting_says(
    claimed: World, clock: Clock
) -> None:
    with claimed.engine.begin(claimed.actor("owner")) as command:
        limits.change(command, "clock.longest_pause", None, "P2D")
    pause(claimed, claimed.task("work"))
    assert local(claimed.task("work").check_at) == "11-23 00:00"
    with pytest.raises(Rejected):
        pause(claimed, claimed.task("work"))
    resume(claimed, claimed.task("work"))
    for until in (clock.now, clock.now + dt.timedelta(days=4)):
        with pytest.raises(Rejected):
            pause(claimed, claimed.task("work"), until=until)


def test_the_assignee_and_the_supervisor_may_pause_and_nobody_else(claimed: World) -> None:
    task = claimed.task("work")
    with pytest.raises(NotAllowed):
        pause(claimed, task, by="colleague")
    pause(claimed, task, by="supervisor")
    with pytest.raises(NotAllowed):
        resume(claimed, task, by="clerk")
    resume(claimed, task, by="supervisor")


def test_refuses_to_pause_a_limit_that_does_not_allow_it(world: World) -> None:
    world.deploy(one_step(HOURS))
    world.start("p")
    with pytest.raises(NotAllowed):
        pause(world, world.task("work"), by="supervisor")


def test_refuses_a_pause_without_a_reason_and_a_resume_of_what_runs(claimed: World) -> None:
    from engine.timing import pauses

    key = claimed.task("work").key
    with claimed.engine.begin(claimed.actor("assistant")) as command, pytest.raises(Rejected):
        pauses.begin(command, key, " ")
    with claimed.engine.begin(claimed.actor("assistant")) as command, pytest.raises(Rejected):
        pauses.end(command, key)


def test_completing_a_paused_task_ends_the_pause_first(claimed: World, at: At) -> None:
    task = claimed.task("work")
    at("11-20 16:30")
    pause(claimed, task)
    at("11-25 09:30")
    claimed.complete("work")
    (reading,) = readings(claimed, task.instance_key)
    assert reading.state == "stopped"
    assert not reading.late
    assert local(reading.pauses[0].ended_at) == "11-25 09:30"
    with pytest.raises(TaskClosed):
        resume(claimed, task)


def test_limits_in_days_move_by_whole_days(world: World, at: At) -> None:
    world.deploy(one_step(DAYS))
    world.start("p")
    task = world.task("work")
    assert local(task.due_at) == "11-28 00:00"
    pause(world, task, by="supervisor")
    at("11-20 12:30")
    resume(world, task, by="supervisor")
    assert local(world.task("work").due_at) == "11-29 00:00"


def test_giving_the_task_to_somebody_else_does_not_reset_its_clock(claimed: World, at: At) -> None:
    task = claimed.task("work")
    at("11-20 10:00")
    pause(claimed, task)
    at("11-20 11:00")
    resume(claimed, task)
    before = claimed.task("work")
    at("11-23 09:00")
    with claimed.engine.begin(claimed.actor("supervisor")) as command:
        tasks.assign(command, task.key, "colleague")
    after = claimed.task("work")
    for name in ("created_at", "due_at", "check_at", "escalation", "paused_seconds"):
        assert getattr(after, name) == getattr(before, name), name


def test_pauses_are_audited_with_who_and_why(claimed: World) -> None:
    task = claimed.task("work")
    pause(claimed, task)
    resume(claimed, task, by="supervisor")
    with claimed.engine.read() as session:
        entries = audit.entries(session, task.instance_key)
        assert audit.first_break(session, claimed.engine.secret, task.instance_key) is None
    said = {e.action: (e.actor_name, e.detail.get("reason")) for e in entries}
    assert said["clock.paused"] == ("Assistant", "the customer is away")
    assert said["clock.resumed"][0] == "Supervisor"
