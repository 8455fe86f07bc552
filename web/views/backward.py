"""What a return would do, as people see it: where the work may go, what ends, what stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from engine.course import Course
from engine.flow import returns
from engine.flow.journeys import Target
from engine.flow.returns import Plan
from engine.models.task import UserTask
from web import words
from web.extensions import session
from web.views import names, people, pictures


def targets(course: Course, found: Sequence[Target], now: dt.datetime) -> list[dict[str, Any]]:
    """Give the steps the work may go back to as options: value, name, who did it and when."""
    staff = returns.people_of(session, found)
    return [
        {
            "value": one.element_id,
            "label": _name(course, one),
            "who": words.joined([names.user(staff[key]) for key in one.people if key in staff]),
            "at": words.stamp(one.at, now) if one.at else "",
            "remark": _remark(one),
        }
        for one in found
    ]


def _remark(target: Target) -> str:
    if target.starter:
        return str(_("发起人"))
    return str(_("上一步")) if target.previous else ""


def _name(course: Course, target: Target) -> str:
    for of in [course.definition, *course.called.values()]:
        drawn = of.diagram.elements.get(target.element_id)
        if drawn is not None:
            return names.element(of, drawn) or target.name
    return target.name


def state(course: Course, task: UserTask, plan: Plan, now: dt.datetime) -> dict[str, Any]:
    """Give the state JSON of the viewer with the tokens that end and the step the work goes back to."""
    shown = pictures.state(course, task.process_id, now)
    ending = {one.element_id for one in plan.ended if one.process_id == task.process_id}
    ending |= {task.element_id}
    badges = dict(shown["badges"]) | {one: str(_("将取消")) for one in ending}
    badges[task.element_id] = str(_("退回"))
    badges[plan.target.element_id] = str(_("回到这里"))
    return shown | {
        "ending": sorted(ending),
        "target": [plan.target.element_id],
        "badges": badges,
    }


def losses(course: Course, plan: Plan, now: dt.datetime) -> dict[str, list[Any]]:
    """Give in words what ends, what has happened that stays, and what keeps running."""
    return {
        "tasks": [_task(task, now) for task in plan.tasks],
        "others": _others(course, plan),
        "kept": [_element(course, job.element_id) for job in plan.kept],
        "started": [
            {"label": names.matter(one), "url": url_for("instances.show", key=one.key)}
            for one in plan.started
        ],
    }


def _task(task: UserTask, now: dt.datetime) -> dict[str, Any]:
    staff = {task.assignee.id: task.assignee} if task.assignee else {}
    return {
        "step": names.step(names.definition(task.definition_key), task),
        "who": people.of_task(task, staff)[0],
        "since": words.duration(now - task.created_at),
    }


def _others(course: Course, plan: Plan) -> list[str]:
    """Give the waits, besides tasks, that end."""
    known = {task.key for task in plan.tasks}
    found = [_element(course, one.element_id) for one in plan.ended if one.key not in known]
    return [name for name in dict.fromkeys(found) if name]


def _element(course: Course, element_id: str) -> str:
    for of in [course.definition, *course.called.values()]:
        drawn = of.diagram.elements.get(element_id)
        if drawn is not None:
            return names.element(of, drawn)
    return ""
