"""Pauses: people stop the clock of a task while a customer or parts are awaited, where the limit allows it."""

from __future__ import annotations

import datetime as dt

from engine import tasks
from engine.engine import Command
from engine.errors import NotAllowed, Rejected
from engine.models.clock import ClockPause
from engine.models.task import CREATED, UserTask
from engine.staff.access import Actor
from engine.tasks import rights
from engine.timing import clocks, timekeeping

LONGEST_REASON = 1000


def may_pause(actor: Actor, task: UserTask) -> bool:
    """Whether the actor may stop and start the clock of an open task: its assignee or that person’s substitute, or who may assign it.

    The limit must allow it (`pausable` in the policy table), and its time must be counted from the limit.
    """
    if task.state != CREATED or not (task.limit or {}).get("pausable"):
        return False
    if not timekeeping.counted(task):
        return False
    return rights.holds(actor, task) or rights.may_assign(actor, task)


def begin(
    command: Command,
    key: int,
    reason: str,
    until: dt.datetime | None = None,
    *,
    version: int | None = None,
) -> UserTask:
    """Stop the clock of a task; nobody is reminded until it goes on, at `until` or after the longest pause by itself.

    Raises TaskClosed, TaskChanged, NotAllowed; Rejected without a reason, when it stands still already, and for a moment
    (aware) that is past or later than the longest pause.
    """
    instance, task = tasks.lock(command, key, version)
    _require(command, task)
    if task.paused_at is not None:
        raise Rejected(reason="the clock stands still already")
    if not reason.strip():
        raise Rejected(reason="a reason is needed")
    keeper = timekeeping.of(command.engine, command.session, task.site_id)
    end = _end(command, keeper.pause_ends(command.now), until)
    keeper.pause(task, command.now, end)
    row = ClockPause(clock_key=key, since=command.now, until=end, reason=reason.strip()[:LONGEST_REASON])  # fmt: skip
    row.by = command.actor.user_id
    command.session.add(row)
    command.audit("clock.paused", task.element_id, on=instance, task=str(key), reason=row.reason,
                  until=end.isoformat())  # fmt: skip
    return task


def end(command: Command, key: int, *, version: int | None = None) -> UserTask:
    """Let the clock of a task go on: it falls due later by the time it stood still.

    Raises TaskClosed, TaskChanged, NotAllowed, or Rejected when it runs.
    """
    instance, task = tasks.lock(command, key, version)
    _require(command, task)
    if task.paused_at is None:
        raise Rejected(reason="the clock runs")
    clocks.go_on(command, instance, task, command.now)
    return task


def longest(command: Command, task: UserTask) -> dt.datetime:
    """Give the latest moment to which a pause that begins now may last."""
    return timekeeping.of(command.engine, command.session, task.site_id).pause_ends(command.now)


def _require(command: Command, task: UserTask) -> None:
    if not may_pause(command.actor, task):
        raise NotAllowed(reason="stopping the clock of this task")


def _end(command: Command, latest: dt.datetime, until: dt.datetime | None) -> dt.datetime:
    if until is None:
        return latest
    if not command.now < until <= latest:
        raise Rejected(
            reason=f"a pause ends later than now and at {latest.isoformat()} at the latest"
        )
    return until
