"""Stopping the clock of a task while the customer or parts are awaited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from engine import audit, tasks, worker
from engine.errors import NotAllowed, Rejected, TaskClosed
from engine.models.task import UserTask
from engine.policy import limits
from engine.staff import substitutions
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


def test_what_a_substitute_pauses_and_resumes_is_stamped(claimed: World, at: At) -> None:
    now = claimed.engine.clock()
    with claimed.engine.begin(claimed.actor("assistant")) as command:
        until = now + dt.timedelta(days=3)
        substitutions.appoint(command, "assistant", "clerk", now, until, ())
    task = claimed.task("work")
    pause(claimed, task, by="clerk")
    at("11-20 10:30")
    resume(claimed, task, by="clerk")
    with claimed.engine.read() as session:
        found = {one.action: one.detail for one in audit.entries(session, task.instance_key)}
    for action in ("clock.paused", "clock.resumed"):
        assert found[action]["acted_for"] == "Assistant"


def test_the_clocks_of_signers_stand_still_with_that_of_their_task(claimed: World, at: At) -> None:
    # given: one is asked before the pause, one during it
    key = claimed.task("work").key

    def add(who: str) -> int:
        with claimed.engine.begin(claimed.actor("assistant")) as command:
            return tasks.add_signers(command, key, [who], tasks.BESIDE)[0].key

    def row(task_key: int) -> UserTask:
        with claimed.engine.read() as session:
            return session.get_one(UserTask, task_key)

    first = add("clerk")
    at("11-20 16:30")
    pause(claimed, row(key))
    second = add("cashier")
    assert row(first).paused_at == row(second).paused_at == row(key).paused_at
    # when
    at("11-23 09:30")
    resume(claimed, row(key))
    # then
    for one in (key, first, second):
        assert (local(row(one).due_at), row(one).paused_seconds) == ("11-24 10:30", 2 * 3600)
        assert row(one).check_at is not None
    # when the task is submitted during a pause, the signers' time goes on
    pause(claimed, row(key))
    claimed.complete_key(key, by="assistant")
    assert row(first).paused_at is None
