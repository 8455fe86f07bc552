"""Rows of the inbox: tasks and instances as the macro `row` draws them, and their groups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from engine.deployment.definitions import Definition
from engine.inbox import CopyRow, InstanceRow, TaskRow
from engine.models.instance import ACTIVE, COMPLETED, SUSPENDED
from engine.models.task import UserTask
from web import shell, words
from web.views import clocks, marks, names

LATE, TODAY, LATER = "late", "today", "later"
NARROW = 10


def task_row(row: TaskRow, now: dt.datetime, *, claim: bool = False) -> dict[str, Any]:
    """Give an open task as a row; with `claim` its button takes it in place."""
    state = clocks.state(row.task, now)
    item = _common(row, now) | marks.of(row.task) | {"step": row.task.element_id}
    if claim or marks.quick(row.task):
        item["select"] = f"{row.task.key}.{row.task.version}"
    waited = words.duration(now - row.task.created_at)
    item |= {"state": state, "from_detail": _("已等 %(t)s", t=waited)}
    if claim:
        item["action"] = {
            "label": _("领取"),
            "primary": state == "late",
            "name": "claim",
            "value": row.task.key,
            "formaction": url_for("inbox.claim"),
        }
    else:
        verb = names.action(names.definition(row.task.definition_key), row.task)
        item["action"] = {
            "label": verb or _("办理"),
            "primary": state == "late",
            "url": item["url"],
        }
    return item


def done_row(row: TaskRow, now: dt.datetime) -> dict[str, Any]:
    """Give a completed task as a row."""
    ended = words.stamp(row.task.completed_at or now, now)
    item = _common(row, now) | {"state": "done", "from_detail": _("%(at)s 办结", at=ended)}
    item["action"] = {"label": _("查看"), "primary": False, "url": item["url"]}
    item["marks"] = marks.acted_for(row.task)
    return item


def copy_row(row: CopyRow, now: dt.datetime) -> dict[str, Any]:
    """Give an instance one was sent to read as a row, with whether it is unread."""
    instance, of = row.instance, names.definition(row.instance.definition_key)
    sender = words.person(row.sender, row.sender_en)
    sent = words.stamp(row.copy.created_at, now)
    url = url_for("instances.show", key=instance.key)
    unread = row.copy.read_at is None
    return {
        "state": "mine" if unread else "waiting",
        "url": url,
        "title": names.procedure(of),
        "procedure": instance.number,
        "clock": {
            "state": "mine" if unread else "done",
            "figure": _("未读") if unread else _("已读"),
        },
        "summary": [row.copy.note] if row.copy.note else [status_word(instance.status)],
        "place": names.unit(instance),
        "place_detail": names.site(row.site),
        "from": _("%(name)s 抄送", name=sender) if sender else _("流程抄送"),
        "from_detail": sent,
        "action": {"label": _("查看"), "primary": False, "url": url},
    }


def _common(row: TaskRow, now: dt.datetime) -> dict[str, Any]:
    task, instance = row.task, row.instance
    of = names.definition(task.definition_key)
    starter = words.person(row.starter, row.starter_en)
    return {
        "url": url_for("tasks.show", key=task.key),
        "title": names.step(of, task),
        "procedure": names.procedure(of),
        "clock": _narrow(clocks.clock(task, now)),
        "summary": summary(of, task.summary, instance.unit_label),
        "place": names.unit(instance),
        "place_detail": names.site(row.site),
        "from": _("%(name)s 发起", name=starter) if starter else _("系统发起"),
    }


def _narrow(clock: dict[str, Any]) -> dict[str, Any]:
    """Leave the limit out where the due moment has a date: a row has room for one of them."""
    long = len(clock.get("due_text") or "") > NARROW
    return {**clock, "limit_text": ""} if long else clock


def summary(of: Definition, parts: Sequence[Any], unit: str = "") -> list[str]:
    """Give the fields of a summary in the reader's language, without blanks and without the unit, which has its own place."""
    return [
        words.readable(names.said(of, str(part))) for part in parts if part not in (None, "", unit)
    ]


def instance_row(row: InstanceRow, tasks: Sequence[UserTask], now: dt.datetime) -> dict[str, Any]:
    """Give a started instance as a row: where it stands, whose turn it is."""
    instance = row.instance
    of = names.definition(instance.definition_key)
    url = url_for("instances.show", key=instance.key)
    first = next(iter(tasks), None)
    steps = [names.step(names.definition(task.definition_key), task) for task in tasks]
    return {
        "state": _instance_state(instance.status, first, now),
        "url": url,
        "title": names.procedure(of),
        "procedure": words.joined(steps[:2]) or status_word(instance.status),
        "clock": _instance_clock(instance.status, first, now),
        "summary": summary(of, first.summary if first else [], instance.unit_label),
        "place": names.unit(instance),
        "place_detail": names.site(row.site),
        "from": _whose(first) if first else instance.number if instance.unit_label else "",
        "from_detail": _("%(at)s 发起", at=words.stamp(instance.started_at, now)),
        "action": {"label": _("查看"), "primary": False, "url": url},
    }


def _instance_state(status: str, task: UserTask | None, now: dt.datetime) -> str:
    if status not in (ACTIVE, SUSPENDED):
        return "done"
    if task is None or status == SUSPENDED:
        return "paused" if status == SUSPENDED else "waiting"
    found = clocks.state(task, now)
    return "waiting" if found == "mine" else found


def _instance_clock(status: str, task: UserTask | None, now: dt.datetime) -> dict[str, Any]:
    found = _instance_state(status, task, now)
    if task is None or found == "done":
        return {"state": found, "figure": status_word(status)}
    return _narrow(clocks.clock(task, now)) | {"state": found}


def status_word(of: str) -> str:
    """Put the status of an instance into words."""
    return {
        ACTIVE: str(_("办理中")),
        SUSPENDED: str(_("已暂停")),
        COMPLETED: str(_("已办结")),
    }.get(of, str(_("已撤销")))


def _whose(task: UserTask) -> str:
    return words.joined([shell.role_name(group) for group in task.groups[:2]])


def groups(rows: Iterable[TaskRow], now: dt.datetime, counts: Mapping[str, int], *, claim: bool = False) -> list[dict[str, Any]]:  # fmt: skip
    """Group open tasks: overdue, due today, later and paused; groups without rows are left out."""
    midnight = words.midnight(now)
    sorted_rows: dict[str, list[dict[str, Any]]] = {LATE: [], TODAY: [], LATER: []}
    for row in rows:
        sorted_rows[_group(row.task, now, midnight)].append(task_row(row, now, claim=claim))
    return [
        {
            "state": state,
            "title": title,
            "count": counts.get(name) or len(sorted_rows[name]),
            "rows": sorted_rows[name],
        }
        for name, state, title in (
            (LATE, "late", _("已超时")),
            (TODAY, "soon", _("今天到期")),
            (LATER, "waiting", _("以后到期与暂停")),
        )
        if sorted_rows[name]
    ]


def _group(task: UserTask, now: dt.datetime, midnight: dt.datetime) -> str:
    if task.paused_at is not None or task.due_at is None or task.due_at > midnight:
        return LATER
    return LATE if task.due_at < now else TODAY
