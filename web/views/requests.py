"""Why a task is with somebody: who asked, who returned it, whose substitute one is."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from engine import tasks
from engine.deployment.definitions import Definition
from engine.flow import reopenings
from engine.models.audit import AuditEntry
from engine.models.task import UserTask
from engine.staff import people
from engine.staff.access import Actor
from web.extensions import session
from web.views import names


def of(task: UserTask, acts: Sequence[AuditEntry]) -> dict[str, str]:
    """Say who asked for an opinion about a task, and with what words."""
    if task.parent_key is not None:
        wanted, key, by = "task.signers_added", task.parent_key, task.added_by
        text = _("%(name)s请你加签", name=_name(by))
    else:
        wanted, key, by = "task.delegated", task.key, None
        text = _("%(name)s请你就这一步提意见", name=names.user(task.owner))
    found = [
        one
        for one in acts
        if one.action == wanted
        and one.detail.get("task") == str(key)
        and by in (None, one.actor_id)
    ]
    return {"title": str(text), "say": str(found[-1].detail.get("reason") or "") if found else ""}


def _name(user_id: int | None) -> str:
    return names.user(people.by_id(session, [user_id]).get(user_id or 0))


def reopened(task: UserTask, at: Definition) -> dict[str, str] | None:
    """Say why a task is open again; None for one that is open for the first time."""
    origin = task.origin or {}
    who = _name(origin.get("by")) or str(origin.get("name") or "")
    step = names.said(at, str(origin.get("step") or ""))
    said = {
        reopenings.RETURN: _("%(name)s从“%(step)s”退回", name=who, step=step),
        reopenings.STRAIGHT: _("%(name)s从“%(step)s”退回，办完直接回到那里", name=who, step=step),
        reopenings.BACK: _("“%(step)s”已改好，回到你这里", step=step),
        reopenings.WITHDRAW: _("%(name)s撤回了这一步", name=who),
    }.get(str(origin.get("kind")))
    if said is None:
        return None
    return {"title": str(said), "say": str(origin.get("reason") or "")}


def substituted(task: UserTask, actor: Actor) -> str:
    """Say for whom the actor would do an open task; nothing for his own work."""
    principal = tasks.principal_for(actor, task) if tasks.may_work(actor, task) else None
    if principal is None:
        return ""
    return str(_("你代 %(name)s 办理这项任务", name=_name(principal.user_id)))
