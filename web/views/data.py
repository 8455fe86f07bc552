"""The variables of an instance under the labels of the forms that fill them, personal ones masked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from engine.course import Course
from engine.definitions import Definition
from engine.forms import Choice, Component, Form
from web import words
from web.forms import display
from web.views import names, records
from web.views.records import MASKS, Fact

MAX_TEXT = 500


def facts(course: Course) -> list[Fact]:
    """Give what the instance knows, each variable once, in the order of the forms that ask for it."""
    found: dict[str, Fact] = {}
    variables = course.instance.variables
    for of in {course.definition.key: course.definition, **{d.key: d for d in course.called.values()}}.values():  # fmt: skip
        for _element_id, form in records.forms_of(of):
            teller = _Teller(of, form, ZoneInfo(course.instance.site.timezone))
            for component in form.components:
                for fact in teller.told(component, variables):
                    found.setdefault(fact.key, fact)
    return list(found.values())


def rest(course: Course, shown: list[Fact]) -> list[tuple[str, str]]:
    """Give the variables no form asks for, by name, as JSON."""
    known = {fact.key for fact in shown}
    return [
        (name, json.dumps(value, ensure_ascii=False)[:MAX_TEXT])
        for name, value in sorted(course.instance.variables.items())
        if name not in known and value not in (None, "", [], {})
    ]


class _Teller:
    """Tells the values of one form without asking its expressions."""

    def __init__(self, of: Definition, form: Form, zone: ZoneInfo) -> None:
        self._texts = names.texts(of)
        self._form = form
        self._zone = zone

    def told(self, component: Component, values: Mapping[str, Any]) -> Iterator[Fact]:
        if component.type == "group":
            inner = values.get(component.key, {}) if component.key else values
            for child in component.children:
                yield from self.told(child, inner if isinstance(inner, Mapping) else {})
            return
        value = values.get(component.key) if component.key else None
        if value in (None, "", [], {}) or not (label := self._label(component)):
            return
        if component.type == "dynamiclist":
            yield Fact(key=component.key, label=label, rows=self._rows(component, value))
        elif component.type in ("signature", "photo", "filepicker"):
            keys = value if isinstance(value, list) else [value]
            yield Fact(key=component.key, label=label, pictures=tuple(str(one) for one in keys))
        elif component.type == "documents":
            yield Fact(key=component.key, label=label, rows=self._documents(value))
        else:
            yield Fact(key=component.key, label=label, text=self._text(component, value))

    def _label(self, component: Component) -> str:
        return self._said(component, "label") or component.label

    def _said(self, component: Component, name: str) -> str:
        path = component.path.replace(".*", "")
        keys = [f"{self._form.id}.{each}.{name}" for each in (path, component.key, component.id)]
        return next((self._texts[key] for key in keys if key in self._texts), "")

    def _rows(self, component: Component, value: Any) -> tuple[tuple[Fact, ...], ...]:
        rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
        return tuple(
            tuple(fact for child in component.children for fact in self.told(child, row))
            for row in rows
        )

    def _documents(self, value: Any) -> tuple[tuple[Fact, ...], ...]:
        rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
        return tuple(
            (self._document(row),) for row in rows if row.get("original") or row.get("copy")
        )

    def _document(self, row: Mapping[str, Any]) -> Fact:
        name = self._texts.get(f"documents.{row.get('id')}.name") or str(row.get("id"))
        had = [str(_("原件"))] if row.get("original") else []
        had += [str(_("复印件"))] if row.get("copy") else []
        pictures = tuple(str(key) for key in row.get("photos") or ())
        return Fact(key=str(row.get("id")), label=name, text=words.joined(had), pictures=pictures)

    def _text(self, component: Component, value: Any) -> str:
        text = display.plain(component, value, self._zone, self._choices(component))
        if component.type == "person":
            text = records.named(text)
        mask = MASKS.get(component.personal or "")
        if mask:
            return mask(text)
        if component.type == "money":
            return str(_("%(amount)s 元", amount=text))
        return text[:MAX_TEXT]

    def _choices(self, component: Component) -> list[Choice]:
        offered = component.data.get("values")
        rows = (
            [row for row in offered if isinstance(row, dict)] if isinstance(offered, list) else []
        )
        return [
            Choice(
                str(row.get("value")),
                self._said(component, f"option.{row.get('value')}") or str(row.get("label") or ""),
            )
            for row in rows
        ]
