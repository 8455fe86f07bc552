"""Elements of a diagram by name, and where an instance stands."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _

from engine.course import Course
from engine.deployment.definitions import Definition
from engine.runtime import Element
from web import words
from web.views import names, people


def kind(of: str) -> str:
    """Give the kind of an element in words."""
    return {
        "userTask": str(_("人工步骤")),
        "serviceTask": str(_("系统步骤")),
        "scriptTask": str(_("计算")),
        "businessRuleTask": str(_("决策")),
        "sendTask": str(_("发送")),
        "receiveTask": str(_("等消息")),
        "callActivity": str(_("调用流程")),
        "subProcess": str(_("子流程")),
        "adHocSubProcess": str(_("自组织子流程")),
        "startEvent": str(_("开始")),
        "endEvent": str(_("结束")),
        "boundaryEvent": str(_("附加事件")),
    }.get(of, str(_("网关") if of.endswith("Gateway") else _("事件")))


def label(of: Definition, drawn: Element | None, element_id: str) -> str:
    """Name an element: as drawn, else by its kind and id."""
    if drawn is None:
        return element_id
    return names.element(of, drawn) or f"{kind(drawn.type)} {element_id}"


def of_course(course: Course, process_id: str, element_id: str) -> str:
    """Name an element of an instance's own process or of one it calls."""
    of = course.called.get(process_id, course.definition)
    return label(of, course.element(process_id, element_id), element_id)


def process_of(course: Course, element_key: int | None) -> str:
    """Give the process an element instance belongs to, the instance's own for one that is gone."""
    found = (one.process_id for one in course.living if one.key == element_key)
    return next(found, course.instance.process_id)


def choices(of: Definition, element_ids: list[str]) -> list[tuple[str, str]]:
    """Give elements as options; two of the same name are told apart by their ids."""
    said = [(one, label(of, of.diagram.elements[one], one)) for one in element_ids]
    shown = [name for _id, name in said]
    return [(one, name if shown.count(name) == 1 else f"{name} ({one})") for one, name in said]


def standing(course: Course, now: dt.datetime) -> list[dict[str, Any]]:
    """Give the element instances alive now, without the process itself: name, kind, since when, who has it."""
    tasks = {task.key: task for task in course.open_tasks}
    return [
        {
            "key": one.key,
            "element_id": one.element_id,
            "name": of_course(course, one.process_id, one.element_id),
            "kind": kind(one.type),
            "since": words.stamp(one.since, now),
            "who": _who(course, tasks.get(one.key)),
            "own": one.process_id == course.instance.process_id,
        }
        for one in course.living
        if one.type != "process"
    ]


def _who(course: Course, task: Any) -> str:
    if task is None:
        return ""
    return words.joined([chip["name"] for chip in people.of_task(task, dict(course.people))])
