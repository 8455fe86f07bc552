"""A recording in words: what was done so far, what may be done next, and the real form of the step chosen."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from engine.errors import EngineError, FieldError
from engine.forms import Form, every
from engine.models.studio import Recording
from engine.studio.recordings import StepRejected
from engine.timing import durations
from web import forms, locales, shell, words
from web.views import decisions
from web.views.studio import proofs
from web.views.studio.drawn import Drawn, read_texts

ZONE = ZoneInfo("Asia/Shanghai")


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
        what = (
            drawn.name(selector["elementId"]) if selector else _length(one) or one.get("name", "")
        )
        found.append(
            {
                "kind": proofs.kind(kind),
                "what": what,
                "who": one.get("metadata", {}).get("actor", ""),
            }
        )
    return found


def _length(step: Mapping[str, Any]) -> str:
    text = step.get("duration")
    return words.duration(durations.parse(text).clock) if text else ""


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
        said.append(drawn.name(one["process_id"]) + _("：") + words.joined(waits) + when)
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
    urls: forms.Urls,
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
        urls=urls,
        now=now,
    )


def _error(fault: Mapping[str, Any]) -> EngineError:
    known = {kind.code: kind for kind in _kinds(FieldError)}
    return known.get(fault["code"], FieldError)(**fault["params"])


def _kinds(of: type[FieldError]) -> list[type[FieldError]]:
    return [of, *(one for kind in of.__subclasses__() for one in _kinds(kind))]


def kept(file: Any) -> str:
    """Give the word by which a scenario names an upload; its run puts a small picture there."""
    name = str(getattr(file, "filename", "") or "")
    return "sign-recorded" if name.startswith("signature") else "photo-recorded"


def brought(form: Form | None, drawn: Drawn) -> list[str]:
    """List the signatures and photographs a form asks for, by their labels."""
    if form is None:
        return []
    asked = [one for one in every(form.components) if one.type in ("signature", "photo", "filepicker")]  # fmt: skip
    return [drawn.texts.get(f"{form.id}.{one.key}.label") or one.label or one.key for one in asked]


def outcomes(step: Mapping[str, Any], drawn: Drawn) -> list[tuple[str, str]]:
    """Give the outcomes to choose from, in words."""
    of = f"{step.get('process_id', '')}.{step.get('element', '')}.outcome"
    chinese = read_texts(drawn.files, "zh")
    return [
        (one, str(drawn.texts.get(f"{of}.{one}") or chinese.get(f"{of}.{one}") or decisions.usual(one)))
        for one in step.get("outcomes", ())
    ]  # fmt: skip


def messages(recording: Recording, drawn: Drawn) -> list[dict[str, Any]]:
    """List the messages somebody waits for, and those that start the procedure."""
    return [
        {"number": number, "name": one["name"], "key": one["key"], "at": drawn.name(one["element"])}
        for number, one in enumerate(recording.view.get("messages", ()))
    ]


def waits(recording: Recording, usual: Sequence[str]) -> list[tuple[str, str]]:
    """Give the lengths of time to choose from: first to when something is due, then the usual ones."""
    now = moment(recording.view)
    dues = [one["next_due"] for one in recording.view.get("instances", ()) if one.get("next_due")]
    ahead = [due for due in map(dt.datetime.fromisoformat, dues) if due > now]
    found = [(one, words.duration(durations.parse(one).clock)) for one in usual]
    if ahead:
        length = int((min(ahead) - now).total_seconds())
        at = words.stamp(min(ahead), now)
        found.insert(0, (f"PT{length}S", str(_("到下一个时刻：%(at)s", at=at))))
    return found


def variables(text: str) -> dict[str, Any]:
    """Read what a message brings: a line each, name = value. Raises StepRejected for a line that is none."""
    found: dict[str, Any] = {}
    for line in filter(None, map(str.strip, text.splitlines()[:50])):
        name, equals, value = line.partition("=")
        if not equals or not name.strip().isidentifier():
            raise StepRejected(reason=str(_("“%(line)s”不是“名称 = 值”", line=line[:40])))
        found[name.strip()] = _value(value.strip())
    return found


def _value(text: str) -> Any:
    """Numbers, true, false and lists are what they look like; everything else is text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
