"""Why an instance stands where it stands, always in words."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from engine.course import Course
from engine.models.instance import ACTIVE, COMPLETED, SUSPENDED
from engine.models.task import UserTask
from web import words
from web.views import clocks, names
from web.views.courses import is_around, waits_for
from web.views.people import group_names


def sentences(course: Course, now: dt.datetime) -> list[str]:
    """Say for each place the instance stands at why it stands there; for an ended one, how it ended."""
    instance = course.instance
    if instance.status not in (ACTIVE, SUSPENDED):
        return [_ending(course, now)]
    found = [str(_("流程已被暂停，恢复之前谁也办不了。"))] if instance.status == SUSPENDED else []
    stuck = [one for one in course.incidents if one.resolved_at is None]
    if stuck:
        found.append(str(_("系统异常，运维处理后会自己继续，不用经办人处理。")))
    found += [_task(course, task, now) for task in course.open_tasks]
    found += _waits(course, now)
    return found


def _ending(course: Course, now: dt.datetime) -> str:
    instance = course.instance
    when = words.stamp(instance.ended_at or now, now)
    if instance.status == COMPLETED:
        took = words.duration((instance.ended_at or now) - instance.started_at)
        return str(_("%(at)s 办结，共用 %(t)s。", at=when, t=took))
    return str(_("%(at)s 撤销：%(reason)s", at=when, reason=instance.reason))


def _task(course: Course, task: UserTask, now: dt.datetime) -> str:
    step = names.step(names.definition(task.definition_key), task)
    who = names.user(course.people.get(task.assignee_id or 0))
    waited = words.duration(now - task.created_at)
    if who:
        said = _("“%(step)s”在%(who)s手里，已 %(t)s。", step=step, who=who, t=waited)
    else:
        groups = group_names(task.groups)
        said = _("“%(step)s”等%(groups)s领取，已等 %(t)s。", step=step, groups=groups, t=waited)
    if task.due_at is not None and task.paused_at is None:
        said += _("时限：%(figure)s。", figure=clocks.clock(task, now)["figure"])
    return str(said)


def _waits(course: Course, now: dt.datetime) -> list[str]:
    tasks = {task.key for task in course.tasks}
    stuck = {one.element_key for one in course.incidents if one.resolved_at is None}
    found = []
    for living in course.living:
        if (
            living.key in tasks | stuck
            or is_around(course, living)
            or living.type == "boundaryEvent"
        ):
            continue
        drawn = course.element(living.process_id, living.element_id)
        name = names.element(course.definition, drawn) or str(_("系统处理"))
        waited = words.duration(now - living.since)
        said = _("“%(name)s”：%(what)s，已 %(t)s。", name=name, what=waits_for(drawn), t=waited)
        found.append(str(said))
    return found
