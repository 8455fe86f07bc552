"""The audit of an instance in words, and whether its chain is whole."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _

from engine.course import Course
from engine.models.audit import AuditEntry
from web import words
from web.views import names

ACTIONS = {
    "instance.started": _("发起流程"),
    "instance.completed": _("流程办结"),
    "instance.canceled": _("撤销流程"),
    "task.claimed": _("领取任务"),
    "task.unclaimed": _("放回任务"),
    "task.assigned": _("指派任务"),
    "task.completed": _("办结任务"),
    "task.corrected": _("更正记录"),
    "incident.opened": _("系统异常"),
    "incident.resolved": _("异常已处理"),
    "variables.set": _("改动数据"),
}
LONGEST = 600


def view(course: Course, entries: Iterable[AuditEntry], now: dt.datetime) -> list[dict[str, Any]]:
    """Give audit entries as rows: number, moment, who, what, on which step, with what detail."""
    drawn = course.definition.diagram.elements
    return [
        {
            "seq": entry.seq,
            "at": words.stamp(entry.at, now),
            "who": entry.actor_name,
            "what": str(ACTIONS.get(entry.action, entry.action)),
            "step": names.element(course.definition, drawn.get(entry.subject), entry.subject)
            if entry.subject in drawn
            else "",
            "detail": _detail(entry),
        }
        for entry in entries
    ]


def _detail(entry: AuditEntry) -> str:
    shown = {k: v for k, v in entry.detail.items() if k not in ("task", "changes") and v}
    fields = shown.pop("fields", None) or list(entry.detail.get("changes") or ())
    parts = [f"{key}: {_plain(value)}" for key, value in shown.items()]
    if fields:
        parts.append("、".join(fields))
    return "；".join(parts)[:LONGEST]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
