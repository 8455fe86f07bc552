"""People as the macro `person` shows them: with the role in which they acted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from engine.models.identity import User
from engine.models.task import UserTask
from engine.staff import roles
from engine.staff.roles import ALL_STAFF
from web import shell
from web.views import names


def chip(
    user: User | None, site_id: int | None = None, groups: Iterable[str] = ()
) -> dict[str, str]:
    """Give a person with the role that fits the groups, else the first one held at the site."""
    if user is None:
        return {"name": str(_("系统"))}
    role = role_of(user, site_id, groups)
    return {"name": names.user(user), "role": shell.role_name(role) if role else ""}


def role_of(user: User, site_id: int | None, groups: Iterable[str] = ()) -> str:
    """Give the role a person acts in at a site."""
    held = {one.role for one in user.memberships if one.site_id in (None, site_id)}
    wanted = held & set(groups) or held
    return next((key for key in roles.catalogue() if key in wanted), "")


def nobody(groups: Iterable[str]) -> dict[str, str]:
    """Give the chip of somebody not known yet, by the roles that may come."""
    return {"name": str(_("待定")), "role": group_names(groups), "kind": "ext"}


def group_names(groups: Iterable[str]) -> str:
    """Give the names of candidate groups, at most three."""
    known = [str(_("全体员工")) if one == ALL_STAFF else shell.role_name(one) for one in groups]
    return " / ".join(known[:3])


def of_task(task: UserTask, people: dict[int, User], me: int | None = None) -> list[dict[str, Any]]:
    """Give who did a task, has it, or may take it."""
    user = people.get(task.completed_by or task.assignee_id or 0)
    if user is None:
        return [nobody(task.groups)]
    found = chip(user, task.site_id, task.groups)
    if me is not None and user.id == me:
        found["role"] = " ".join(filter(None, (found["role"], str(_("（你）")))))
    return [found]
