"""A task's time limit as the clock of the page shows it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _

from engine.models.task import COMPLETED, UserTask
from engine.timing import clocks, durations, timekeeping
from web import words
from web.extensions import engine, session

SOON = 0.8


def clock(task: UserTask, now: dt.datetime) -> dict[str, Any]:
    """Give the arguments of the macro `clock` for a task."""
    if task.state == COMPLETED:
        return _finished(task)
    if task.paused_at is not None:
        return _paused(task, now)
    if task.due_at is None:
        waited = words.duration(now - task.created_at)
        return {"state": "waiting", "figure": _("不限时"), "due_text": _("已等 %(t)s", t=waited)}
    return _running(task, task.due_at, now)


def state(task: UserTask, now: dt.datetime) -> str:
    """Give the state of an open task: mine, soon, late or paused; waiting without a limit."""
    if task.paused_at is not None:
        return "paused"
    if task.due_at is None:
        return "mine"
    used = share(task, task.due_at, now)
    return "late" if now >= task.due_at else "soon" if used >= SOON else "mine"


def share(task: UserTask, due: dt.datetime, now: dt.datetime) -> float:
    """Give how much of a task's limit is used."""
    calendar = clocks.calendar_of(engine, session, task.site_id)
    kind = timekeeping.kind_of(task)
    return calendar.share(task.created_at, due, now, kind, timekeeping.paused(task))


def _running(task: UserTask, due: dt.datetime, now: dt.datetime) -> dict[str, Any]:
    late = now >= due
    where = words.due(due, now)
    arguments: dict[str, Any] = {
        "state": state(task, now),
        "figure": _("超 %(t)s", t=_length(task, due, now)) if late else _("剩 %(t)s", t=_left(task, now, due)),
        "due_text": _("应于 %(moment)s", moment=where) if late else _("%(moment)s 到期", moment=where),
        "limit_text": words.limit(timekeeping.limit_of(task)),
        "share": share(task, due, now),
    }  # fmt: skip
    if not _in_working_time(task):
        arguments |= {"due": due.isoformat(), "started": task.created_at.isoformat()}
    return arguments


def _in_working_time(task: UserTask) -> bool:
    return timekeeping.kind_of(task) == "working"


def _left(task: UserTask, now: dt.datetime, due: dt.datetime) -> str:
    """Say what is left. Days end with the last one's end; still never say that more is left than was allowed."""
    days = _whole_days(task)
    if not days:
        return _length(task, now, due)
    if not _in_working_time(task):
        return words.duration(min(due - now, dt.timedelta(days=days)))
    calendar = clocks.calendar_of(engine, session, task.site_id)
    left = min(calendar.elapsed(now, due, "working"), calendar.day_length * days)
    return words.working(left, calendar.day_length) if left else words.duration(due - now)


def _whole_days(task: UserTask) -> int:
    value = str((timekeeping.limit_of(task) or {}).get("value", "P0D"))
    return int(durations.parse(value).days) if value.startswith("P") else 0


def _length(task: UserTask, start: dt.datetime, end: dt.datetime) -> str:
    if not _in_working_time(task):
        return words.duration(end - start)
    calendar = clocks.calendar_of(engine, session, task.site_id)
    length = calendar.elapsed(start, end, "working")
    if not length:
        return words.duration(end - start)
    return words.working(length, calendar.day_length)


def _paused(task: UserTask, now: dt.datetime) -> dict[str, Any]:
    stopped = task.paused_at or now
    left = words.duration(task.due_at - stopped) if task.due_at else ""
    return {
        "state": "paused",
        "figure": _("停在 %(t)s", t=left) if left else _("暂停计时"),
        "due_text": _("停了 %(t)s", t=words.duration(now - stopped)),
        "limit_text": words.limit(timekeeping.limit_of(task)),
        "share": share(task, task.due_at, stopped) if task.due_at else None,
    }


def _finished(task: UserTask) -> dict[str, Any]:
    end = task.completed_at or task.created_at
    used = words.duration(end - task.created_at)
    arguments: dict[str, Any] = {"state": "done", "figure": _("用时 %(t)s", t=used)}
    if task.due_at is not None:
        kept = end <= task.due_at
        arguments["due_text"] = words.limit(timekeeping.limit_of(task))
        arguments["limit_text"] = _("按时") if kept else _("超时")
        arguments["share"] = min(share(task, task.due_at, end), 1.0)
    return arguments
