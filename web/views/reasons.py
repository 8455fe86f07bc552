"""Why this step, why me, why this limit: the book's words and ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

from engine import tasks
from engine.deployment.definitions import Definition
from engine.models.identity import User
from engine.models.task import COMPLETED, UserTask
from engine.staff.access import Actor
from engine.staff.roles import ALL_STAFF
from engine.timing import timekeeping
from web import shell, words
from web.extensions import session
from web.views import names, people

COMPANY = "【设】"


def why(
    task: UserTask, of: Definition, actor: Actor, staff: Mapping[int, User], now: dt.datetime
) -> dict[str, Any]:
    """Give the clause with its passage, what is to be done, whose task it is and why, and where the limit comes from."""
    return {
        "clause": task.properties.get("clause", ""),
        "quote": names.text(of, f"{task.process_id}.{task.element_id}.quote"),
        "todo": names.about(of, of.diagram.elements.get(task.element_id)),
        "whose": _held(task) or _whose(task, actor, staff, now),
        "limit": _limit(task),
    }


def _held(task: UserTask) -> str:
    return str(_("系统正在核对，核对完之前谁也办不了。")) if task.is_held else ""


def _whose(task: UserTask, actor: Actor, staff: Mapping[int, User], now: dt.datetime) -> str:
    if task.state == COMPLETED:
        who = names.user(staff.get(task.completed_by or 0))
        return str(
            _("%(name)s %(at)s 办结。", name=who, at=words.stamp(task.completed_at or now, now))
        )
    if task.assignee_id is None:
        return _free(task, actor)
    if task.assignee_id != actor.user_id:
        who = names.user(staff.get(task.assignee_id))
        return str(_("由%(name)s办理。", name=who))
    if task.claimed_at is None:
        return str(_("流程指定由你办理。"))
    when = words.stamp(task.claimed_at, now)
    return str(
        _("找你办，因为你是%(role)s，%(at)s 起由你办理。", role=_my_role(task, actor), at=when)
    )


def _free(task: UserTask, actor: Actor) -> str:
    """Say of a task nobody has whether the actor may take it, else who may."""
    if tasks.barred(session, actor, task):
        return str(_("还没有人领取。你经手过前面的步骤，这一步要由别人办。"))
    if tasks.is_candidate(actor, task):
        role = _my_role(task, actor)
        return str(_("还没有人领取。你是%(role)s，可以办；谁先办完算谁的。", role=role))
    return str(_("还没有人领取，由%(roles)s办理。", roles=people.group_names(task.groups)))


def _my_role(task: UserTask, actor: Actor) -> str:
    held = actor.roles_at(task.site_id)
    fitting = [one for one in task.groups if one in held]
    if not fitting and ALL_STAFF in task.groups:
        return str(_("本项目员工"))
    return people.group_names(fitting) or shell.main_role(actor)


def _limit(task: UserTask) -> str:
    limit = timekeeping.limit_of(task)
    if not limit:
        return str(_("到期时间由流程定，不按时限表。")) if task.limit else ""
    length, source = words.limit_length(limit), str(limit.get("source") or "")
    if not source or source.startswith(COMPANY):
        return str(_("时限 %(length)s，为公司设定。", length=length))
    clause = Markup('<span class="gc-clause">{}</span>').format(source)
    said = Markup(_("时限 %(length)s，依据 %(source)s。"))  # noqa: S704 - our own sentence
    return said % {"length": length, "source": clause}
