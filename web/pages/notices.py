"""Notifications put into words, in the reader's language, when they are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from engine.models.instance import ProcessInstance
from engine.models.task import Notification, UserTask
from engine.policy import limits
from web import words
from web.extensions import engine, session
from web.pages import values
from web.views import between, names

Words = Callable[[Mapping[str, Any]], str]


def views(rows: Sequence[Notification]) -> list[dict[str, Any]]:
    """Give notifications as the list shows them: title, text, state, moment and where they lead."""
    keys = [row.task_key for row in rows if row.task_key is not None]
    found = session.scalars(select(UserTask).where(UserTask.key.in_(keys)))
    steps = {task.key: names.step(names.definition(task.definition_key), task) for task in found}
    texts = _texts(rows)
    return [_view(row, steps.get(row.task_key or 0), texts.get(row.id)) for row in rows]


def _texts(rows: Sequence[Notification]) -> dict[int, str]:
    """Give the texts that processes wrote, by the notification, in the reader's language."""
    told = {row.id: row for row in rows if row.params.get("text") and row.instance_key is not None}
    keys = {row.instance_key for row in told.values()}
    query = select(ProcessInstance.key, ProcessInstance.definition_key)
    by = {
        row.key: row.definition_key
        for row in session.execute(query.where(ProcessInstance.key.in_(keys)))
    }
    return {
        number: words.readable(
            names.said(names.definition(by[row.instance_key]), str(row.params["text"]))
        )
        for number, row in told.items()
        if row.instance_key in by
    }


def _view(row: Notification, step: str | None, text: str | None) -> dict[str, Any]:
    state, title = _KINDS.get(row.kind, ("waiting", lambda params: _("有一条通知")))
    known = {name: said for name, said in (("step", step), ("text", text)) if said}
    return {
        "state": state,
        "title": title(row.params | known),
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


def _clock_due_soon(params: Mapping[str, Any]) -> str:
    limit, due = _limit(params), moment(params.get("due"))
    return str(_("「%(limit)s」%(due)s 到期", limit=limit, due=due))


def _clock_overdue(params: Mapping[str, Any]) -> str:
    limit, due = _limit(params), moment(params.get("due"))
    return str(_("「%(limit)s」应于 %(due)s 做到，已超时", limit=limit, due=due))


def _limit(params: Mapping[str, Any]) -> str:
    key = str(params.get("limit", ""))
    row = limits.catalogue().get(key)
    return values.name(row) if row else key


def _pause_over(params: Mapping[str, Any]) -> str:
    return str(_("「%(step)s」暂停期满，时限继续计算", step=params.get("step", "")))


_KINDS: dict[str, tuple[str, Words]] = between.KINDS | {
    "task_assigned": ("mine", _assigned),
    "task_due_soon": ("soon", _due_soon),
    "task_overdue": ("late", _overdue),
    "clock_due_soon": ("soon", _clock_due_soon),
    "clock_overdue": ("late", _clock_overdue),
    "pause_over": ("mine", _pause_over),
    "process_notice": ("waiting", _notice),
    "incident": ("incident", _incident),
}
