"""A recording in words: what was done so far, what may be done next, and the real form of the step chosen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from engine.errors import EngineError, FieldError
from engine.forms import Form, every
from engine.models.studio import Recording
from web import forms, locales, shell, words
from web.views.studio import proofs
from web.views.studio.drawn import Drawn

ZONE = ZoneInfo("Asia/Shanghai")
FILES = {"signature": "sign-recorded", "photo": ["photo-recorded"]}


def moment(view: Mapping[str, Any]) -> dt.datetime:
    """Give the time in the throw-away database."""
    return dt.datetime.fromisoformat(view["now"]).astimezone(ZONE)


def steps(recording: Recording, drawn: Drawn) -> list[dict[str, str]]:
    """Say what was done, step by step; what is only expected is left out."""
    found = []
    for one in recording.steps:
        kind = one["type"]
        if kind.startswith("ASSERT") or kind == "SET_TIME":
            continue
        selector = one.get("userTaskSelector") or {}
        what = drawn.name(selector["elementId"]) if selector else one.get("duration", "")
        found.append(
            {
                "kind": proofs.kind(kind),
                "what": what,
                "who": one.get("metadata", {}).get("actor", ""),
            }
        )
    return found


def places(recording: Recording, drawn: Drawn) -> list[str]:
    """Say where the procedure stands: ended, or which elements wait."""
    said = []
    for one in recording.view.get("instances", ()):
        if one["status"] != "active":
            said.append(str(_("%(name)s：已办结", name=drawn.name(one["process_id"]))))
            continue
        waits = [drawn.name(id_) for id_ in one["active"] if id_ != one["process_id"]]
        due = one.get("next_due")
        when = f"（{words.stamp(dt.datetime.fromisoformat(due), moment(recording.view))}）" if due else ""  # fmt: skip
        said.append(f"{drawn.name(one['process_id'])}{_('：')}{words.joined(waits)}{when}")
    return said


def offers(recording: Recording, drawn: Drawn) -> list[dict[str, Any]]:
    """List the tasks that are open, each with who may do it."""
    return [
        {
            "number": number,
            "name": drawn.name(one["element"], one["process_id"]),
            "roles": [shell.role_name(role) for role in one["groups"]],
            "people": one["people"],
            "due": words.stamp(dt.datetime.fromisoformat(one["due"]), moment(recording.view))
            if one["due"]
            else "",
        }
        for number, one in enumerate(recording.view.get("tasks", ()))
    ]


def form_of(schema: Mapping[str, Any] | None) -> Form | None:
    """Read the form of a step; the gate has passed it in the throw-away database."""
    return Form.from_json(schema) if schema else None


def sheet(
    form: Form,
    values: Mapping[str, Any] | None,
    context: Mapping[str, Any],
    faults: Sequence[Mapping[str, Any]],
    drawn: Drawn,
    now: dt.datetime,
) -> forms.View:
    """Give the form as its people see it."""
    errors: dict[str, list[EngineError]] = {}
    for one in faults:
        errors.setdefault(one["path"], []).append(_error(one))
    return forms.view(
        form,
        {**form.initial(context), **(values or {})},
        errors,
        drawn.texts,
        context=context,
        locale=locales.select(),
        urls=forms.Urls(),
        now=now,
    )


def _error(fault: Mapping[str, Any]) -> EngineError:
    known = {kind.code: kind for kind in _kinds(FieldError)}
    return known.get(fault["code"], FieldError)(**fault["params"])


def _kinds(of: type[FieldError]) -> list[type[FieldError]]:
    return [of, *(one for kind in of.__subclasses__() for one in _kinds(kind))]


def filled(form: Form, raw: dict[str, Any]) -> dict[str, Any]:
    """Put a signature and a photo where the form asks for one: the scenario brings pictures of its own."""
    for field in every(form.components):
        if field.type in FILES and "*" not in field.path and "." not in field.path and not raw.get(field.key):  # fmt: skip
            raw[field.key] = FILES[field.type]
    return raw


def kept(file: Any) -> str:
    """Give the word by which a scenario names an upload."""
    return "photo-recorded"
