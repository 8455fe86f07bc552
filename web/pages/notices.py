"""Notifications put into words, in the reader's language, when they are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from engine.models.task import Notification, UserTask
from web import words
from web.extensions import engine, session
from web.views import names

Words = Callable[[Mapping[str, Any]], str]


def views(rows: Sequence[Notification]) -> list[dict[str, Any]]:
    """Give notifications as the list shows them: title, text, state, moment and where they lead."""
    keys = [row.task_key for row in rows if row.task_key is not None]
    found = session.scalars(select(UserTask).where(UserTask.key.in_(keys)))
    steps = {task.key: names.step(names.definition(task.definition_key), task) for task in found}
    return [_view(row, steps.get(row.task_key or 0)) for row in rows]


def _view(row: Notification, step: str | None) -> dict[str, Any]:
    state, title = _KINDS.get(row.kind, ("waiting", lambda params: _("有一条通知")))
    return {
        "state": state,
        "title": title(row.params | ({"step": step} if step else {})),
        "text": _about(row.params),
        "at": row.created_at,
        "unread": row.read_at is None,
        "url": _link(row),
    }


def moment(text: Any) -> str:
    """Give an ISO instant as people read it; nothing for nothing."""
    if not text:
        return ""
    return words.due(dt.datetime.fromisoformat(str(text)), engine.clock())


def _about(params: Mapping[str, Any]) -> list[str]:
    return [str(params[name]) for name in ("number", "unit") if params.get(name)]


def _link(row: Notification) -> str:
    if row.task_key is not None:
        return url_for("tasks.show", key=row.task_key)
    if row.instance_key is not None:
        return url_for("instances.show", key=row.instance_key)
    return ""


def _assigned(params: Mapping[str, Any]) -> str:
    return str(_("「%(step)s」交给你办", step=params.get("step", "")))


def _due_soon(params: Mapping[str, Any]) -> str:
    step, due = params.get("step", ""), moment(params.get("due"))
    if due:
        return str(_("「%(step)s」%(due)s 到期", step=step, due=due))
    return str(_("「%(step)s」的时限已用去八成", step=step))


def _overdue(params: Mapping[str, Any]) -> str:
    step, due = params.get("step", ""), moment(params.get("due"))
    if due:
        return str(_("「%(step)s」应于 %(due)s 办完，已超时", step=step, due=due))
    return str(_("「%(step)s」已超时", step=step))


def _notice(params: Mapping[str, Any]) -> str:
    return str(params.get("text") or _("流程里有一条通知"))


def _incident(params: Mapping[str, Any]) -> str:
    return str(_("「%(step)s」处系统异常，等处理", step=params.get("step", "")))


_KINDS: dict[str, tuple[str, Words]] = {
    "task_assigned": ("mine", _assigned),
    "task_due_soon": ("soon", _due_soon),
    "task_overdue": ("late", _overdue),
    "process_notice": ("waiting", _notice),
    "incident": ("incident", _incident),
}
