"""What a person may decide at a task, as buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine import tasks
from engine.deployment.definitions import Definition
from engine.errors import EngineError
from engine.forms import Component
from engine.forms.options import choices
from engine.models.task import UserTask
from engine.tasks import opinions, outcomes
from web import forms
from web.signin import current_actor
from web.views import names, offers, records

OUTCOME, OPINION = "_outcome", "_opinion"
"""Fields of a task's page that belong to no form, and so never share a name with one of its fields."""

_NAMES = {
    "approve": lazy_gettext("同意"),
    "conditional": lazy_gettext("有条件同意"),
    "abstain": lazy_gettext("弃权"),
    "reject": lazy_gettext("不同意"),
    "return": lazy_gettext("退回"),
}
_ORDER = ("abstain", "reject", "conditional", "approve")
_ICONS = {"approve": "check", "reject": "x", "conditional": "check", "abstain": "minus"}


def name(task: UserTask, outcome: str) -> str:
    """Give an outcome of a task's step in words.

    They are the bundle's (`<process>.<element>.outcome.<name>`), else what one chooses in the form, else the usual ones.
    """
    of = names.definition(task.definition_key)
    said = names.text(of, f"{task.process_id}.{task.element_id}.outcome.{outcome}")
    known = _NAMES.get(outcome)
    return said or _chosen(of, task, outcome) or (str(known) if known else names.said(of, outcome))


def _chosen(of: Definition, task: UserTask, outcome: str) -> str:
    """Give what one chooses in the form of a task for an outcome; nothing where the form does not ask."""
    asked = _field(task) if task.parent_key is None else None
    if asked is None:
        return ""
    written = {one.value: one.label for one in choices(asked, None, {})}
    return names.text(of, f"{task.form_id}.{asked.path}.option.{outcome}") or names.said(
        of, written.get(outcome, "")
    )


def usual(outcome: str) -> str:
    """Give an outcome in the usual words; itself where there are none."""
    return str(_NAMES.get(outcome, outcome))


def offered(task: UserTask) -> list[dict[str, Any]]:
    """Give the buttons that decide, the usual one last; none where nothing is decided or the form itself asks."""
    if task.parent_key is not None:
        found: Sequence[str] = opinions.OUTCOMES
    else:
        found = () if _field(task) else outcomes.offered(current_actor(), task)
    said = [one for one in found if one != outcomes.RETURN]
    said.sort(key=lambda one: _ORDER.index(one) if one in _ORDER else 1)
    return [_button(task, one, primary=one == said[-1]) for one in said]


def _button(task: UserTask, outcome: str, *, primary: bool) -> dict[str, Any]:
    return {
        "label": name(task, outcome),
        "icon": _ICONS.get(outcome, "check"),
        "kind": "primary" if primary else "plain",
        "name": OUTCOME,
        "value": outcome,
    }


def _field(task: UserTask) -> Component | None:
    """Give the field of a task's form that asks what is decided."""
    form = records.form_of(names.definition(task.definition_key), task.form_id)
    found = form.fields() if form is not None else ()
    return next((one for one in found if one.key == outcomes.FIELD), None)


def returning(task: UserTask) -> bool:
    """Whether returning the work stands beside the other decisions rather than in the menu."""
    return outcomes.returnable(task) and offers.allowed("return", task)


def answers() -> list[dict[str, Any]]:
    """Give the buttons of somebody who was asked about a task."""
    common = {"kind": "plain", "name": "do"}
    return [
        common | {"label": _("谢绝"), "icon": "x", "value": "decline"},
        common | {"label": _("答复"), "icon": "check", "value": "answer", "kind": "primary"},
    ]


def faults(errors: Mapping[str, Sequence[EngineError]]) -> dict[str, str]:
    """Give what is wrong with a decision and its opinion, in words."""
    found = {key: forms.words(errors[key][0]) for key in ("outcome", "opinion") if key in errors}
    if "outcome" in found:
        found["outcome"] = str(_("请选一个结果"))
    return found


def said(task: UserTask) -> str:
    """Say what was decided at a task; nothing where nothing was."""
    if not task.outcome:
        return ""
    return name(task, task.outcome)


def asks(task: UserTask) -> bool:
    """Whether somebody else asked the actor to say something about the task."""
    return task.parent_key is not None or tasks.may_answer(current_actor(), task)
