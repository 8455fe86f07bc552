"""Pauses: people stop the clock of a task while a customer or parts are awaited, where the limit allows it."""

from __future__ import annotations

import datetime as dt

from engine import tasks
from engine.engine import Command
from engine.errors import NotAllowed, Rejected
from engine.models.clock import ClockPause
from engine.models.task import CREATED, UserTask
from engine.staff.access import Actor
from engine.tasks import possession, rights
from engine.timing import clocks, timekeeping

LONGEST_REASON = 1000


def may_pause(actor: Actor, task: UserTask) -> bool:
    """Whether the actor may stop and start the clock of an open task: its assignee or that person’s substitute, or who may assign it.

    The limit must allow it (`pausable` in the policy table), and its time must be counted from the limit.
    """
    allowed = (timekeeping.limit_of(task) or {}).get("pausable")
    return bool(allowed) and _keeps(actor, task)


def may_resume(actor: Actor, task: UserTask) -> bool:
    """Whether the actor may let a clock go on that stands still, also when a new version of the process set another limit."""
    return task.paused_at is not None and _keeps(actor, task)


def _keeps(actor: Actor, task: UserTask) -> bool:
    mine = rights.holds(actor, task) or rights.may_assign(actor, task)
    return task.state == CREATED and mine


def begin(
    command: Command,
    key: int,
    reason: str,
    until: dt.datetime | None = None,
    *,
    version: int | None = None,
) -> UserTask:
    """Stop the clock of a task, and with it those of its signers; nobody is reminded until it goes on, at `until` or after the longest pause by itself.

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
    for one in clocks.signers(command.session, task) if task.parent_key is None else ():
        if one.paused_at is None and timekeeping.counted(one):
            keeper.pause(one, command.now, None)
    keeper.pause(task, command.now, end)
    row = ClockPause(clock_key=key, since=command.now, until=end, reason=reason.strip()[:LONGEST_REASON])  # fmt: skip
    row.by = command.actor.user_id
    command.session.add(row)
    principal = rights.principal_for(command.actor, task)
    command.audit("clock.paused", task.element_id, on=instance, task=str(key), reason=row.reason,
                  until=end.isoformat(), **possession.stamp(principal))  # fmt: skip
    return task


def end(command: Command, key: int, *, version: int | None = None) -> UserTask:
    """Let the clock of a task go on: it falls due later by the time it stood still.

    Raises TaskClosed, TaskChanged, NotAllowed, or Rejected when it runs.
    """
    instance, task = tasks.lock(command, key, version)
    if task.paused_at is None:
        _require(command, task)
        raise Rejected(reason="the clock runs")
    if not may_resume(command.actor, task):
        raise NotAllowed(reason="letting the clock of this task go on")
    principal = rights.principal_for(command.actor, task)
    clocks.go_on(command, instance, task, command.now, **possession.stamp(principal))
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
