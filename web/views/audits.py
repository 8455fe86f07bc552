"""The audit of an instance in words, and whether its chain is whole."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _

from engine.course import Course
from engine.forms import every
from engine.models.audit import AuditEntry
from web import shell, words
from web.views import decisions, names, records

ACTIONS = {
    "instance.started": _("发起流程"),
    "instance.completed": _("流程办结"),
    "instance.canceled": _("撤销流程"),
    "instance.suspended": _("暂停流程"),
    "instance.resumed": _("恢复流程"),
    "instance.modified": _("调整流程"),
    "instance.migrated": _("换到新版流程"),
    "instance.exported": _("导出"),
    "incident.skipped": _("跳过出错的步骤"),
    "incident.moved": _("从出错的步骤转到别的步骤"),
    "job.retries_set": _("改系统执行的重试次数"),
    "task.claimed": _("领取任务"),
    "task.unclaimed": _("放回任务"),
    "task.assigned": _("指派任务"),
    "task.completed": _("办结任务"),
    "task.corrected": _("更正记录"),
    "task.due_soon": _("提醒快到期"),
    "task.overdue": _("超时上报"),
    "task.postponed": _("推迟任务"),
    "clock.due_soon": _("提醒快到期"),
    "clock.overdue": _("超时上报"),
    "clock.paused": _("暂停计时"),
    "clock.resumed": _("继续计时"),
    "clocks.recalculated": _("重算时限"),
    "job.completed": _("系统执行"),
    "job.error_thrown": _("系统执行出错，走异常分支"),
    "message.correlated": _("收到消息"),
    "signal.received": _("收到信号"),
    "timers.fired": _("到时继续"),
    "incident.opened": _("系统异常"),
    "incident.resolved": _("异常已处理"),
}
LONGEST = 600


def view(course: Course, entries: Iterable[AuditEntry], now: dt.datetime) -> list[dict[str, Any]]:
    """Give audit entries as rows: number, moment, who, what, on which step, with what detail."""
    labels = _labels(course)
    steps = {
        str(task.key): names.step(names.definition(task.definition_key), task)
        for task in course.tasks
    }
    return [
        {
            "seq": entry.seq,
            "at": words.stamp(entry.at, now),
            "who": names.staff(entry.actor_name) if entry.actor_id else str(_("系统")),
            "what": str(ACTIONS.get(entry.action, entry.action)),
            "step": steps.get(str(entry.detail.get("task"))) or _step(course, entry),
            "detail": _detail(entry, labels),
        }
        for entry in entries
    ]


def _labels(course: Course) -> dict[str, str]:
    """Give the labels of the fields and tables of all forms, by key; what a form computes silently has none."""
    found: dict[str, str] = {}
    for of in [course.definition, *course.called.values()]:
        for _element_id, form in records.forms_of(of):
            for field in every(form.components):
                if field.key and "." not in field.path:
                    label = names.texts(of).get(f"{form.id}.{field.key}.label") or field.label
                    found[field.key] = found.get(field.key) or label
    return found


def _step(course: Course, entry: AuditEntry) -> str:
    for of in [course.definition, *course.called.values()]:
        drawn = of.diagram.elements.get(entry.subject)
        if drawn is not None:
            return names.element(of, drawn, entry.subject)
    return ""


def _detail(entry: AuditEntry, labels: Mapping[str, str]) -> str:
    parts = [
        f"{_NAMES.get(key, key)} {_plain(key, value)}"
        for key, value in entry.detail.items()
        if key not in HIDDEN and value and not (key == "assignee" and entry.detail.get("to"))
    ]
    fields = entry.detail.get("fields") or list(entry.detail.get("changes") or ())
    if fields:
        parts.append(words.joined([said for field in fields if (said := labels.get(field, field))]))
    return "；".join(parts)[:LONGEST]


def _plain(key: str, value: Any) -> str:
    if key == "outcome":
        return decisions.usual(str(value))
    if key == "told" and isinstance(value, list):
        return words.joined([shell.role_name(str(role)) for role in value])
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


HIDDEN = frozenset(
    {"task", "changes", "fields", "number", "type", "moves", "limit", "due", "until"}
)
_NAMES = {
    "reason": _("原因"),
    "assignee": _("交给"),
    "to": "→",
    "before": _("原由"),
    "outcome": _("结果"),
    "acted_for": _("代"),
    "signer": _("会签人"),
    "signed_by": _("最后签的人"),
    "step": _("步骤"),
    "told": _("告知"),
    "variables": _("改了"),
}
