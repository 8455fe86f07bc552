"""The course of an instance as a timeline: who did what, where it stands, what comes next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from engine.course import Course, Living
from engine.deployment.definitions import Definition
from engine.models.audit import AuditEntry
from engine.models.instance import COMPLETED, ElementInstance
from engine.models.task import COMPLETED as TASK_COMPLETED
from engine.models.task import COMPLETING, UNFINISHED, UserTask
from engine.runtime import Element
from engine.tasks.outcomes import RETURN
from web import words
from web.views import between, clocks, decisions, names, people, signers

GATEWAYS = frozenset(
    {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"}
)
SILENT = GATEWAYS | {
    "startEvent",
    "process",
    "subProcess",
    "adHocSubProcess",
    "adHocSubProcessInnerInstance",
    "callActivity",
    "intermediateThrowEvent",
}
WAITS = frozenset({"intermediateCatchEvent", "receiveTask", "boundaryEvent"})
SCOPES = frozenset({
    "process", "subProcess", "adHocSubProcess", "adHocSubProcessInnerInstance", "callActivity", "multiInstanceBody",
})  # fmt: skip
AHEAD = 5
TITLES = 3
PAST = 6
LEAST_FOLDED = 3

Item = dict[str, Any]


def timeline(
    course: Course, acts: Sequence[AuditEntry], now: dt.datetime, me: int | None = None
) -> list[Item]:
    """Give the items of the macro `timeline`: past in order of time, then present, then what most likely follows."""
    past = [_started(course, now), *_passed(course, now), *_told(course, acts, now)]
    past.sort(key=lambda item: item["at"])
    return [*_merged(past), *_living(course, now, me), *_next(course), *_ended(course, now)]


def _merged(past: list[Item]) -> Iterator[Item]:
    """Tell what the system did between two people's steps in one breath."""
    for automatic, run in groupby(past, key=lambda item: item.get("automatic", False)):
        items = list(run)
        if not automatic or len(items) == 1:
            yield from items
            continue
        titles = list(dict.fromkeys(item["title"] for item in items))
        rest = _("等 %(n)s 步", n=len(titles)) if len(titles) > TITLES else ""
        yield items[-1] | {"title": _("系统处理"), "text": words.joined(titles[:TITLES]) + rest}


def folded(items: list[Item], url: str) -> list[Item]:
    """Fold all but the latest steps of a long past into one line that leads to the whole course."""
    past = [item for item in items if item.get("at")]
    early = past[: max(len(past) - PAST, 0)]
    if len(early) < LEAST_FOLDED:
        return items
    last = next((item for item in reversed(early) if item.get("people")), early[-1])
    line = {
        "title": f"{early[0]['title']} → {last['title']}",
        "time": early[0]["time"],
        "text": _("%(n)s 步，点开看全部", n=len(early)),
        "url": url,
    }
    return [line, *items[len(early) :]]


def _started(course: Course, now: dt.datetime) -> Item:
    instance = course.instance
    event = course.definition.diagram.start_event(instance.process_id)
    title = names.element(course.definition, event) or str(_("发起"))
    starter = course.people.get(instance.started_by or 0)
    return {
        "at": instance.started_at,
        "title": title,
        "time": words.stamp(instance.started_at, now),
        "people": [people.chip(starter, instance.site_id)],
    }


def _passed(course: Course, now: dt.datetime) -> Iterator[Item]:
    tasks = {task.key: task for task in course.tasks}
    added = signers.of(course.tasks, course.people)
    for row in course.passed:
        drawn = course.element(row.process_id, row.element_id)
        if row.type in SILENT or drawn is None or row.ended_at is None:
            continue
        item = {"at": row.ended_at, "time": words.stamp(row.ended_at, now)}
        if row.key in tasks:
            yield item | _done_task(course, tasks[row.key]) | {"signers": added.get(row.key, [])}
        elif row.state == "completed" and (name := _name(course, drawn)):
            yield item | {"title": name} | _done_element(row, drawn)


def _name(course: Course, drawn: Element) -> str:
    return names.element(_definition(course, drawn.process_id), drawn)


def _definition(course: Course, process_id: str) -> Definition:
    return course.called.get(process_id, course.definition)


def _done_task(course: Course, task: UserTask) -> Item:
    item: Item = {
        "title": names.step(names.definition(task.definition_key), task),
        "url": url_for("tasks.show", key=task.key),
    }
    if task.state != TASK_COMPLETED:
        return item | {"text": _("没有办完，已撤回")}
    decided = decisions.said(task)
    return item | {
        "people": people.of_task(task, dict(course.people)),
        "text": " ".join(filter(None, (decided, _said(course, task)))),
        "say": "" if task.outcome == RETURN else task.opinion or "",
    }


def _said(course: Course, task: UserTask) -> str:
    late = task.due_at and task.completed_at and task.completed_at > task.due_at
    principal = course.people.get(task.acted_for or 0)
    stamp = _("代 %(name)s 办理", name=names.user(principal)) if principal else ""
    return " ".join(filter(None, (str(stamp), str(_("超时办结")) if late else "")))


def _done_element(row: ElementInstance, drawn: Element) -> Item:
    if row.type not in WAITS or row.ended_at is None:
        return {"text": _("系统"), "automatic": True}
    waited = words.duration(row.ended_at - row.started_at)
    if row.type == "boundaryEvent":
        return {"text": _("系统"), "state": "hold"}
    return {"text": _("等了 %(t)s", t=waited), "state": "hold"}


def _told(course: Course, acts: Sequence[AuditEntry], now: dt.datetime) -> Iterator[Item]:
    nested = {str(task.key) for task in course.tasks if task.parent_key is not None}
    for act in acts:
        if act.action == "task.signed" and act.detail.get("task") in nested:
            continue
        text = _act(course, act)
        if text:
            yield {
                "at": act.at,
                "time": words.stamp(act.at, now),
                "title": text,
                "state": "hold",
                "people": [{"name": names.staff(act.actor_name)}],
                "text": between.stamp(act),
                "say": act.detail.get("reason") or "",
            }


def _act(course: Course, act: AuditEntry) -> str:
    if act.action == "task.returned":
        return between.returned(act, _place(course, str(act.detail.get("to"))))
    return {
        "instance.canceled": str(_("撤销流程")),
        "instance.suspended": str(_("暂停流程")),
        "instance.resumed": str(_("恢复流程")),
        "instance.modified": str(_("调整流程")),
        "instance.migrated": str(_("换到新版流程")),
        "incident.skipped": str(_("跳过出错的步骤")),
        "incident.moved": str(_("从出错的步骤转到别的步骤")),
        "task.unclaimed": str(_("放回任务")),
        "task.corrected": str(_("更正记录")),
        "incident.resolved": str(_("异常已处理，重新执行")),
    }.get(act.action, "") or between.act(act)


def _place(course: Course, element_id: str) -> str:
    for of in [course.definition, *course.called.values()]:
        drawn = of.diagram.elements.get(element_id)
        if drawn is not None:
            return names.element(of, drawn) or str(_("发起"))
    return element_id


def _held(task: UserTask) -> str:
    """Say what a task waits for that nobody can do now; nothing of one that is open."""
    if task.is_held:
        return str(_("系统核对中"))
    return str(_("已提交，等加签人办完")) if task.state == COMPLETING else ""


def _living(course: Course, now: dt.datetime, me: int | None) -> Iterator[Item]:
    stuck = {one.element_key: one for one in course.incidents if one.resolved_at is None}
    added = signers.of(course.tasks, course.people)
    for task in course.tasks:
        if task.parent_key is not None or task.state not in UNFINISHED:
            continue
        yield {
            "state": "now",
            "title": names.step(names.definition(task.definition_key), task),
            "url": url_for("tasks.show", key=task.key),
            "time": _("%(at)s 起", at=words.stamp(task.created_at, now)),
            "people": people.of_task(task, dict(course.people), me),
            "text": _held(task) or _delegated(course, task),
            "clock": clocks.clock(task, now),
            "signers": added.get(task.key, []),
        }
    known = {task.key for task in course.tasks}
    for living in course.living:
        if living.key not in known and not is_around(course, living):
            yield _waiting(course, living, now, living.key in stuck)


def _delegated(course: Course, task: UserTask) -> str:
    owner = course.people.get(task.owner_id or 0) or task.owner
    return str(_("受%(name)s委派，答复后由其办完", name=names.user(owner))) if owner else ""


def _waiting(course: Course, living: Living, now: dt.datetime, stuck: bool) -> Item:
    drawn = course.element(living.process_id, living.element_id)
    item: Item = {
        "state": "hold",
        "title": (_name(course, drawn) if drawn else "") or str(_("系统处理")),
        "time": _("%(at)s 起", at=words.stamp(living.since, now)),
    }
    if stuck:
        return item | {"stamp": {"state": "incident"}}
    return item | {"text": waits_for(drawn), "stamp": {"state": "waiting", "text": _("等待")}}


def is_around(course: Course, living: Living) -> bool:
    """Whether what is inside tells where the work stands; in an ad-hoc subprocess there may be nothing."""
    inside = any(one["scope"] == living.key for one in course.instance.active)
    return living.type in SCOPES and (inside or living.type != "adHocSubProcess")


def waits_for(drawn: Element | None) -> str:
    """Say what an element that is not a task waits for."""
    kind = drawn.trigger.kind if drawn and drawn.trigger else ""
    if kind == "timer":
        return str(_("到时自动继续"))
    if kind == "message" or (drawn and drawn.type == "receiveTask"):
        return str(_("等消息到来"))
    if kind == "compensation":
        return str(_("等补偿的步骤做完"))
    if drawn and drawn.type == "adHocSubProcess" and "taskDefinition" not in drawn.extensions:
        return str(_("等人选要做的步骤"))
    return str(_("系统处理中"))


def _next(course: Course) -> Iterator[Item]:
    first = next(iter(course.open_tasks), None)
    if first is None:
        return
    diagram = course.diagram_of(first.process_id)
    if first.element_id not in diagram.elements:
        return
    of = _definition(course, first.process_id)
    for element_id in diagram.ahead(first.element_id, AHEAD):
        drawn = diagram.elements[element_id]
        yield {
            "state": "next",
            "title": names.element(of, drawn),
            "people": [] if drawn.type == "callActivity" else [people.nobody(groups_of(drawn))],
        }


def groups_of(drawn: Element) -> list[str]:
    """Give the candidate groups a task is drawn with; none when they are computed."""
    text = drawn.extension("assignmentDefinition").get("candidateGroups", "")
    return [] if text.startswith("=") else [one.strip() for one in text.split(",") if one.strip()]


def _ended(course: Course, now: dt.datetime) -> Iterator[Item]:
    instance = course.instance
    if instance.ended_at is not None and instance.status == COMPLETED:
        yield {
            "title": _("全部办结"),
            "time": words.stamp(instance.ended_at, now),
            "stamp": {"state": "done"},
        }
