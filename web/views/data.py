"""The variables of an instance under the labels of the forms that fill them, personal ones masked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from engine import corrections
from engine.course import Course
from engine.deployment.definitions import Definition
from engine.forms import Choice, Component, Form
from engine.models.instance import ProcessInstance
from web import words
from web.extensions import engine
from web.forms import display
from web.views import names, records
from web.views.records import MASKS, Fact

MAX_TEXT = 500
OFFERING = frozenset({"select", "radio", "checklist", "taglist", "documents"})


def facts(course: Course) -> list[Fact]:
    """Give what the instance knows, each variable once, in the order of the forms that ask for it."""
    found: dict[str, Fact] = {}
    definitions = {course.definition.key: course.definition}
    definitions |= {of.key: of for of in course.called.values()}
    for of in definitions.values():
        for element_id, form in records.forms_of(of):
            teller = _Teller(of, form, element_id, course.instance)
            for component in form.components:
                for fact in teller.told(component, course.instance.variables):
                    found.setdefault(fact.key, fact)
    return list(found.values())


def confirmations(course_facts: list[Fact]) -> tuple[list[Fact], list[Fact]]:
    """Part facts from the ticks that only confirm something."""
    ticks = [fact for fact in course_facts if fact.tick]
    return [fact for fact in course_facts if not fact.tick], ticks


def rest(course: Course, shown: list[Fact]) -> list[tuple[str, str]]:
    """Give the variables no form asks for, by name, as JSON."""
    known = {fact.key for fact in shown}
    return [
        (name, json.dumps(value, ensure_ascii=False)[:MAX_TEXT])
        for name, value in sorted(course.instance.variables.items())
        if name not in known and value not in (None, "", [], {})
    ]


class _Teller:
    """Tells the values of one form; its expressions are asked only for choices that are computed."""

    def __init__(
        self, of: Definition, form: Form, element_id: str, instance: ProcessInstance
    ) -> None:
        self._of = of
        self._form = form
        self._element_id = element_id
        self._instance = instance
        self._texts = names.texts(of)
        self._zone = ZoneInfo(instance.site.timezone)

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
            yield Fact(key=component.key, label=label, rows=self._documents(component, value))
        else:
            text, tick = self._text(component, value), component.type == "checkbox"
            yield Fact(key=component.key, label=label, text=text, tick=tick)

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

    def _documents(self, component: Component, value: Any) -> tuple[tuple[Fact, ...], ...]:
        rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
        listed = {one.value: one.label for one in self._choices(component)}
        had = [row for row in rows if row.get("original") or row.get("copy")]
        return tuple((self._document(row, listed),) for row in had)

    def _document(self, row: Mapping[str, Any], listed: Mapping[str, str]) -> Fact:
        key = str(row.get("id"))
        name = self._texts.get(f"documents.{key}.name") or listed.get(key, key)
        parts = [str(_("原件"))] if row.get("original") else []
        parts += [str(_("复印件"))] if row.get("copy") else []
        pictures = tuple(str(one) for one in row.get("photos") or ())
        return Fact(key=key, label=name, text=words.joined(parts), pictures=pictures)

    def _text(self, component: Component, value: Any) -> str:
        text = display.plain(component, value, self._zone, self._choices(component))
        if component.type == "person":
            text = records.named(text)
        elif component.locked or value == component.data.get("defaultValue"):
            text = names.said(self._of, text)
        mask = MASKS.get(component.personal or "")
        if mask:
            return mask(text)
        written = (component.data.get("appearance") or {}).get("suffixAdorner") or ""
        suffix = self._said(component, "suffixAdorner") or written
        if component.type == "money" or component.properties.get("format") == "money":
            suffix = _("元")
        return f"{text[:MAX_TEXT]} {suffix}".strip()

    @cached_property
    def _offered(self) -> dict[str, list[Choice]]:
        """The choices and documents that are computed, by the path of their field."""
        scope = corrections.scope_of(self._of, self._instance, self._element_id)
        now = engine.clock().astimezone(self._zone)
        found = self._form.facts(scope, scope, now=now)
        return {
            cell.component.path: [Choice(row["id"], row["name"]) for row in found.documents(cell)]
            if cell.component.type == "documents"
            else found.choices(cell)
            for cell in found.cells()
            if cell.component.type in OFFERING
        }

    def _choices(self, component: Component) -> list[Choice]:
        offered = component.data.get("values")
        if not isinstance(offered, list):
            known = self._offered if component.type in OFFERING else {}
            choices = known.get(component.path, [])
        else:
            choices = [
                Choice(str(row.get("value")), str(row.get("label") or ""))
                for row in offered
                if isinstance(row, dict)
            ]
        return [
            Choice(
                one.value,
                self._said(component, f"option.{one.value}") or names.said(self._of, one.label),
            )
            for one in choices
        ]
