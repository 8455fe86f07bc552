"""What marks a task in a list: its priority, for whom it is done, that it came back."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from engine import tasks
from engine.models.task import UserTask
from engine.staff import people
from engine.tasks import outcomes
from web import words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import asks, names

ORDINARY = 50


def of(task: UserTask) -> dict[str, Any]:
    """Give a row's marks, and whether it stands out so that nobody does it with many others unseen."""
    found = [*_priority(task), *_role(task), *_origin(task)]
    late = task.due_at is not None and task.paused_at is None and task.due_at < engine.clock()
    odd = late or task.priority > ORDINARY or bool(task.origin) or bool(task.signers)
    return {"marks": found, "odd": odd}


def _priority(task: UserTask) -> list[dict[str, str]]:
    if task.priority == ORDINARY:
        return []
    state = "late" if task.priority > ORDINARY else "waiting"
    return [{"state": state, "text": asks.priority_name(task.priority), "icon_name": "flag"}]


def _role(task: UserTask) -> list[dict[str, str]]:
    """Say in what part one has the task: as substitute, helper or signer."""
    found = []
    principal = tasks.principal_for(current_actor(), task)
    if principal is not None:
        user = people.by_id(session, [principal.user_id]).get(principal.user_id)
        text = str(_("代 %(name)s", name=names.user(user)))
        found.append({"state": "waiting", "text": text, "icon_name": "users"})
    if task.parent_key is not None:
        found.append({"state": "mine", "text": str(_("请你签")), "icon_name": "user-plus"})
    elif task.owner_id is not None:
        found.append({"state": "mine", "text": str(_("委派来的")), "icon_name": "user-question"})
    return found


def _origin(task: UserTask) -> list[dict[str, str]]:
    if not task.origin:
        return []
    withdrawn = task.origin.get("kind") == "withdraw"
    text = str(_("撤回的") if withdrawn else _("退回的"))
    return [{"state": "soon", "text": text, "icon_name": "arrow-back-up"}]


def acted_for(task: UserTask) -> list[dict[str, str]]:
    """Say for whom a completed task was done; nothing for one's own."""
    if task.acted_for is None:
        return []
    name = names.user(people.by_id(session, [task.acted_for]).get(task.acted_for))
    return [{"state": "waiting", "text": str(_("代 %(name)s", name=name)), "icon_name": "users"}]


def quick(task: UserTask) -> bool:
    """Whether a task can be done together with others: it has no form to fill in and waits for nobody."""
    return task.form_id is None and task.owner_id is None and task.parent_key is None


def outcome(task: UserTask) -> str | None:
    """Give what doing a task with others decides: approval where something is decided, nothing elsewhere."""
    offered = outcomes.of(task)
    return "approve" if "approve" in offered else None


def told(task: UserTask) -> str:
    """Name a task in a list of results: its step and place."""
    step = names.step(names.definition(task.definition_key), task)
    return words.joined([part for part in (step, names.unit(task.instance)) if part])
