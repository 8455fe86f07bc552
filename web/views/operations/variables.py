"""The variables of an instance as JSON to be corrected, each in a field of its own; personal data stays hidden."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from engine import registry
from engine.course import Course
from engine.staff.access import Actor
from web.views import records

MOST_ROWS = 8


@dataclass(kw_only=True)
class Sheet:
    """The fields of one scope (`prefix` tells scopes apart), what was changed in them, and what is wrong."""

    prefix: str
    values: Mapping[str, Any]
    hidden: tuple[str, ...] = ()
    typed: dict[str, str] = field(default_factory=dict)
    changed: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> list[dict[str, Any]]:
        """What the page shows: id, name, text, fault and height of each field."""
        return [
            self._field(name, _text(self.values[name]))
            for name in sorted(self.values)
            if name not in self.hidden
        ]

    @property
    def added(self) -> dict[str, Any]:
        """The two fields for a variable that is not there yet."""
        name = f"{self.prefix}+name"
        return {
            "id": name,
            "name": self.typed.get(name, ""),
            "fault": self.faults.get(name, ""),
            "value": self._field("+value", ""),
        }

    def _field(self, name: str, text: str) -> dict[str, Any]:
        key = f"{self.prefix}{name}"
        shown = self.typed.get(key, text)
        rows = min(shown.count("\n") + 1, MOST_ROWS)
        return {
            "id": key,
            "label": name,
            "text": shown,
            "fault": self.faults.get(key, ""),
            "rows": rows,
        }

    def read(self, form: Mapping[str, str]) -> None:
        """Take what was typed; what is unchanged stays out of `changed`."""
        self.typed = {key: text for key, text in form.items() if key.startswith(self.prefix)}
        for name, value in self.values.items():
            key = f"{self.prefix}{name}"
            if name not in self.hidden and key in self.typed:
                self._take(key, name, value)
        self._take_new()

    def _take(self, key: str, name: str, present: Any) -> None:
        try:
            value = _parsed(self.typed[key])
        except (ValueError, RecursionError) as error:
            self.faults[key] = _fault(error)
            return
        if value != present or isinstance(value, bool) != isinstance(present, bool):
            self.changed[name] = value

    def _take_new(self) -> None:
        name_key, value_key = f"{self.prefix}+name", f"{self.prefix}+value"
        name = self.typed.get(name_key, "").strip()
        if not name and not self.typed.get(value_key, "").strip():
            return
        if not name.isidentifier():
            self.faults[name_key] = str(_("变量名由字母、数字和下划线组成，不以数字开头"))
            return
        self._take(value_key, name, _NOTHING)


_NOTHING = object()


def of_course(course: Course, actor: Actor, form: Mapping[str, str] | None = None) -> Sheet:
    """Give the fields of the process scope, with what a form brought back."""
    return sheet("v.", course.instance.variables, course, actor, form)


def sheet(
    prefix: str,
    values: Mapping[str, Any],
    course: Course,
    actor: Actor,
    form: Mapping[str, str] | None = None,
) -> Sheet:
    """Give the fields of a scope; who may not see personal data of the site does not get it."""
    hidden: tuple[str, ...] = ()
    if not registry.may_see_personal(actor, course.instance.site_id):
        personal = _personal(course)
        hidden = tuple(name for name in sorted(values) if _holds(name, values[name], personal))
    found = Sheet(prefix=prefix, values=values, hidden=hidden)
    if form is not None:
        found.read(form)
    return found


def _personal(course: Course) -> frozenset[str]:
    """The names under which forms keep personal data."""
    return frozenset(
        path.rsplit(".", 1)[-1].lstrip("#")
        for of in (course.definition, *course.called.values())
        for _id, form in records.forms_of(of)
        for path in form.personal_paths
    )


def _holds(name: str, value: Any, personal: frozenset[str]) -> bool:
    if name in personal:
        return True
    parts: Iterable[tuple[str, Any]] = ()
    if isinstance(value, Mapping):
        parts = value.items()
    elif isinstance(value, list):
        parts = (("", one) for one in value)
    return any(_holds(key, one, personal) for key, one in parts)


def _text(value: Any) -> str:
    deep = isinstance(value, dict | list) and len(json.dumps(value)) > 60  # noqa: PLR2004 - a line
    return json.dumps(value, ensure_ascii=False, indent=2 if deep else None)


def _parsed(text: str) -> Any:
    def refuse(name: str) -> None:
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)


def _fault(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return str(
            _(
                "第 %(line)s 行第 %(column)s 个字起不是 JSON；文字要加双引号",
                line=error.lineno,
                column=error.colno,
            )
        )
    return str(_("这不是 JSON；文字要加双引号"))
