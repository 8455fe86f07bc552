"""Every clock of an instance: when it started, when it stood still, when it is due, whether it was kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from engine.course import Course
from engine.models.clock import PAUSED, STOPPED
from engine.models.task import CANCELED, UserTask
from engine.policy import limits
from engine.staff import people
from engine.timing import clocks as timing
from engine.timing.clocks import Pause, Reading
from web import words
from web.extensions import session
from web.pages import values
from web.views import names


def of(course: Course, now: dt.datetime) -> list[dict[str, Any]]:
    """Give the clocks as rows, those over several steps first, each with its pauses."""
    found = timing.of(session, course.instance, now)
    staff = people.by_id(session, {pause.by for one in found for pause in one.pauses})
    steps = {task.key: _step(course, task) for task in course.tasks}
    gone = {task.key for task in course.tasks if task.state == CANCELED}
    return [
        {
            "name": _name(one, steps),
            "url": url_for("tasks.show", key=one.task_key) if one.task_key else None,
            "limit": words.limit(one.limit),
            "clause": str((one.limit or {}).get("source") or ""),
            "started": words.stamp(one.started_at, now),
            "due": words.due(one.due_at, now),
            "stamp": _gone() if one.task_key in gone else _stamp(one),
            "stopped": words.stamp(one.stopped_at, now) if one.stopped_at else "",
            "pauses": [_pause(course, pause, staff, now) for pause in one.pauses],
        }
        for one in found
    ]


def _step(course: Course, task: UserTask) -> str:
    """Name the step of a task, of a signer's with who that is."""
    step = names.step(names.definition(task.definition_key), task)
    if task.parent_key is None:
        return step
    who = names.user(course.people.get(task.assignee_id or 0))
    return f"{step} · " + str(_("加签 %(name)s", name=who))


def _gone() -> dict[str, str]:
    return {"state": "paused", "text": str(_("已取消"))}


def _name(one: Reading, steps: dict[int, str]) -> str:
    if one.task_key is not None:
        return steps.get(one.task_key) or one.name
    key = str((one.limit or {}).get("key") or "")
    row = limits.catalogue().get(key)
    return values.name(row) if row else key


def _stamp(one: Reading) -> dict[str, str]:
    if one.state == STOPPED:
        return (
            {"state": "late", "text": str(_("超时"))}
            if one.late
            else {"state": "done", "text": str(_("按时"))}
        )
    if one.state == PAUSED:
        return {"state": "paused"}
    return {"state": "late"} if one.late else {"state": "mine", "text": str(_("计时中"))}


def _pause(course: Course, pause: Pause, staff: dict[int, Any], now: dt.datetime) -> str:
    ended = pause.ended_at
    length = words.duration((ended or now) - pause.since)
    when = words.stamp(pause.since, now)
    drawn = course.definition.diagram.elements.get(pause.reason)
    why = names.element(course.definition, drawn) if drawn else pause.reason
    who = names.user(staff.get(pause.by or 0))
    said = (
        _("%(at)s 起停了 %(t)s", at=when, t=length)
        if ended
        else _("%(at)s 起停着，已 %(t)s", at=when, t=length)
    )
    return str(_("：")).join(filter(None, (str(said), " ".join(filter(None, (who, why))))))
