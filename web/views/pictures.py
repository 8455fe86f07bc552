"""The diagram of an instance: its state for the viewer, and its text version."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from flask_babel import gettext as _

from engine import course as courses
from engine.course import Course
from engine.models.task import COMPLETED, UserTask
from engine.runtime import Element
from web import words
from web.views import clocks, names, people
from web.views.courses import GATEWAYS


def state(course: Course, process_id: str, now: dt.datetime) -> dict[str, Any]:
    """Give the state JSON of the viewer for one process of the instance."""
    living = [one for one in course.living if one.process_id == process_id]
    done = {row.element_id for row in course.passed if row.process_id == process_id and row.state == "completed"}  # fmt: skip
    alive = {one.element_id for one in living}
    tasks = [task for task in course.open_tasks if task.process_id == process_id]
    by_state = _by_state(tasks, now)
    reachable = courses.reachable(course, process_id)
    drawn = course.diagram_of(process_id).elements.values()
    every = {one.id for one in drawn if one.process_id == process_id}
    return {
        "done": sorted(done - alive),
        "current": sorted(alive - {process_id}),
        "waiting": sorted(alive - {task.element_id for task in tasks} - {process_id}),
        **by_state,
        "incident": sorted(_stuck(course, process_id)),
        "off": sorted(every - done - alive - reachable),
        "flows": sorted(courses.flows_taken(course, process_id)),
        "badges": _badges(course, process_id, now),
    }


def _by_state(tasks: list[UserTask], now: dt.datetime) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"soon": [], "late": [], "paused": []}
    for task in tasks:
        name = clocks.state(task, now)
        if name in found:
            found[name].append(task.element_id)
    return found


def _stuck(course: Course, process_id: str) -> set[str]:
    return {
        one.element_id
        for one in course.incidents
        if one.resolved_at is None and one.process_id in (process_id, course.instance.process_id)
    }


def _badges(course: Course, process_id: str, now: dt.datetime) -> dict[str, str]:
    badges: dict[str, str] = {}
    done: dict[str, list[UserTask]] = defaultdict(list)
    for task in course.tasks:
        if task.process_id == process_id and task.state == COMPLETED:
            done[task.element_id].append(task)
    for element_id, tasks in done.items():
        spent = sum(
            ((task.completed_at or now) - task.created_at for task in tasks), dt.timedelta()
        )
        took = words.duration(spent)
        badges[element_id] = (
            str(_("%(n)s 次 · %(t)s", n=len(tasks), t=took)) if len(tasks) > 1 else took
        )
    for task in course.open_tasks:
        if task.process_id == process_id:
            badges[task.element_id] = str(clocks.clock(task, now)["figure"])
    return badges


def label(course: Course, process_id: str) -> str:
    """Say in one sentence what the picture shows."""
    steps = [
        names.step(names.definition(task.definition_key), task)
        for task in course.open_tasks
        if task.process_id == process_id
    ]
    name = names.procedure(course.called.get(process_id, course.definition))
    if steps:
        return str(
            _(
                "%(name)s流程图，当前在“%(steps)s”。文字版见步骤清单。",
                name=name,
                steps=words.joined(steps),
            )
        )
    return str(_("%(name)s流程图。文字版见步骤清单。", name=name))


def steps(course: Course, process_id: str, now: dt.datetime) -> list[dict[str, Any]]:
    """Give the text version of the diagram: its named steps in the order drawn, each with what became of it."""
    shown = state(course, process_id, now)
    of = course.called.get(process_id, course.definition)
    found = []
    for drawn in course.diagram_of(process_id).elements.values():
        name = names.element(of, drawn)
        if drawn.process_id == process_id and name and drawn.type not in GATEWAYS:
            text = _("%(step)s：%(fate)s", step=name, fate=_fate(course, drawn, shown, now))
            found.append({"text": text, "current": drawn.id in shown["current"]})
    return found


def _fate(course: Course, drawn: Element, shown: dict[str, Any], now: dt.datetime) -> str:
    if drawn.id in shown["current"]:
        return _doing(course, drawn, shown)
    if drawn.id in shown["done"]:
        return _did(course, drawn, now)
    return str(_("这次没有走") if drawn.id in shown["off"] else _("将来"))


def _doing(course: Course, drawn: Element, shown: dict[str, Any]) -> str:
    who = [
        chip["name"]
        for task in course.open_tasks
        if task.element_id == drawn.id
        for chip in people.of_task(task, dict(course.people))
    ]
    parts = [str(_("正在办") if who else _("正在等")), *who, shown["badges"].get(drawn.id, "")]
    return words.joined([part for part in parts if part])


def _did(course: Course, drawn: Element, now: dt.datetime) -> str:
    done = [
        task for task in course.tasks if task.element_id == drawn.id and task.state == COMPLETED
    ]
    if not done:
        return str(_("已过"))
    last = done[-1]
    who = people.of_task(last, dict(course.people))[0]["name"]
    return words.joined([str(_("已办")), words.stamp(last.completed_at or now, now), who])
