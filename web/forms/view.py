"""From a form, its values and errors to the tree that the templates draw."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from engine.forms import ROW, Cell, blank_row, place, touched
from web.forms import display
from web.forms.documents import rows_of_documents
from web.forms.inputs import attributes
from web.forms.labels import Labels
from web.forms.nodes import Node, Problem, Row, Section
from web.forms.words import numeral, row_name, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from engine.errors import EngineError
    from engine.forms import Component, Facts, Form

_KINDS: Final = {
    "textarea": "area",
    "checklist": "checks",
    "taglist": "checks",
    "checkbox": "tick",
    "filepicker": "photo",
    "expression": "line",
}
_DRAWN: Final = frozenset(
    {"area", "checks", "tick", "photo", "select", "radio", "unit", "person", "signature", "documents", "dynamiclist",
     "group", "text", "table", "separator", "spacer"}
)  # fmt: skip
_WIDE: Final = frozenset(
    {
        "area",
        "checks",
        "tick",
        "photo",
        "documents",
        "dynamiclist",
        "group",
        "text",
        "table",
        "separator",
        "spacer",
        "radio",
    }
)
_READ: Final = frozenset({"line", "area", "select", "radio", "checks", "tick", "unit", "person"})
_HALF: Final = 8
_MAX_ROWS: Final = 200


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the script of a form talks to; what is empty is not offered.

    `attachment` is the address of an uploaded file with `{key}` for its key, `signed` says when one was signed,
    `named` gives the name of a person by user name.
    """

    upload: str = ""
    draft: str = ""
    refresh: str = ""
    units: str = ""
    people: str = ""
    attachment: str = ""
    signed: Callable[[str], str] = lambda _key: ""
    named: Callable[[str], str] = str

    def of(self, key: str) -> str:
        """Give the address of an uploaded file."""
        return self.attachment.replace("{key}", quote(key, safe=""))


@dataclass(frozen=True, slots=True)
class View:
    """A form ready to be drawn; `attributes` belong on the page's `<form>` element.

    `carried` are names and values that travel with the form and are none of its fields.
    """

    id: str
    sections: tuple[Section, ...]
    problems: tuple[Problem, ...]
    changing: bool
    urls: Urls
    carried: tuple[tuple[str, str], ...] = ()

    @property
    def attributes(self) -> dict[str, str | bool]:
        """For `<form method="post" {{ view.attributes|xmlattr }}>`."""
        hooks = {
            "data-draft-url": self.urls.draft,
            "data-refresh-url": self.urls.refresh if self.changing else "",
        }
        return {
            "enctype": "multipart/form-data",
            "novalidate": True,
            **{k: v for k, v in hooks.items() if v},
        }


def view(
    form: Form,
    values: Mapping[str, Any],
    errors: Mapping[str, Sequence[EngineError]],
    texts: Mapping[str, str],
    *,
    context: Mapping[str, Any],
    locale: str,
    urls: Urls,
    now: datetime,
    say: Callable[[str], str] = str,
) -> View:
    """Make the tree of a form.

    `values` are raw ones: `Form.initial(context)`, or what `parse` gave, or a draft. `errors` are those of
    InvalidVariables. `texts` overrides labels (`<form>.<field>.label`), `say` puts Chinese data the process wrote into
    the reader's language. `context` are the instance's variables; `now`
    is in the zone of the site.
    """
    facts = form.facts(values, context, now=now)
    labels = Labels(form.id, texts, facts, say)
    builder = _Builder(form, values, errors, labels, facts, urls, now)
    sections = tuple(builder.sections(locale))
    return View(form.id, sections, (*builder.problems, *builder.leftovers()), form.changing, urls)


@dataclass
class _Builder:
    form: Form
    values: Mapping[str, Any]
    errors: Mapping[str, Sequence[EngineError]]
    labels: Labels
    facts: Facts
    urls: Urls
    now: datetime
    problems: list[Problem] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    @cached_property
    def cells(self) -> dict[str, Cell]:
        return {cell.path: cell for cell in self.facts.cells()}

    @cached_property
    def mentioned(self) -> set[str]:
        sources = " ".join(
            source for cell in self.cells.values() for source in cell.component.rules.values()
        )
        return set(re.findall(r"\w+", sources))

    @cached_property
    def fills(self) -> bool:
        return any(field.properties.get("fill") for field in self.form.fields())

    def sections(self, locale: str) -> Iterable[Section]:
        number, loose = 0, list[Node]()
        for component in self.form.components:
            node = self.node(component, "", self.values)
            if node and node.kind == "group" and node.children:
                yield from _loose(loose)
                loose = []
                number += 1
                aside = " ".join(node.help)
                yield Section(
                    node.id, numeral(number, locale), node.label, aside, node.clause, node.children
                )
            elif node and node.kind != "group":
                loose.append(node)
        yield from _loose(loose)

    def nodes(
        self, components: Iterable[Component], prefix: str, values: Mapping[str, Any]
    ) -> tuple[Node, ...]:
        return tuple(node for each in components if (node := self.node(each, prefix, values)))

    def node(self, component: Component, prefix: str, values: Mapping[str, Any]) -> Node | None:
        """Draw one component; `values` are the raw ones of its scope. Nothing for what is hidden or says nothing."""
        path = place(prefix, component)
        cell = self.cells.get(path) or Cell(
            component, path, prefix, values, values, hidden=False, locked=component.locked
        )
        if cell.hidden or (component.type == "expression" and not component.label):
            return None
        base = self._base(cell)
        if component.type == "group":
            inner = _mapping(values.get(component.key)) if component.key else values
            inside = ".".join(filter(None, (prefix, component.key)))
            return _with(base, children=self.nodes(component.children, inside, inner))
        if component.type == "dynamiclist":
            return self._list(cell, base, values)
        return self._field(cell, base, values)

    def _base(self, cell: Cell) -> dict[str, Any]:
        component = cell.component
        kind = _KINDS.get(component.type, component.type)
        locked = cell.locked or component.type == "expression"
        own = self._own_error(cell)
        return {
            "kind": kind if kind in _DRAWN else "line",
            "id": "f-" + cell.path.replace(".", "-").replace("#", ""),
            "name": cell.path,
            "label": self.labels.label(cell),
            "component": component,
            "full": _is_full(component, kind if kind in _DRAWN else "line"),
            "required": not locked and self.facts.required(cell),
            "locked": locked,
            "refresh": component.key in self.mentioned or (component.type == "unit" and self.fills),
            "help": self.labels.help(cell, locked=locked),
            "error": own,
            "prefix": self.labels.adorner(cell, "prefix"),
            "suffix": self.labels.adorner(cell, "suffix"),
            "clause": str(component.properties.get("clause") or ""),
        }

    def _own_error(self, cell: Cell) -> str:
        """Say what is wrong at this field; a file in a list counts as the list, the rows of a table do not."""
        below = not cell.component.children and cell.component.type != "documents"
        paths = [
            p for p in self.errors if p == cell.path or (below and p.startswith(f"{cell.path}."))
        ]
        self.seen.update(paths)
        messages = dict.fromkeys(
            self.labels.fault(cell, error) for path in paths for error in self.errors[path]
        )
        if messages:
            identity = "f-" + cell.path.replace(".", "-").replace("#", "")
            self.problems.append(Problem(identity, self.labels.trail(cell), " ".join(messages)))
        # What does not fit together is said while it is typed, too.
        return " ".join(messages) or self.labels.invalid(cell)

    def _field(self, cell: Cell, base: dict[str, Any], values: Mapping[str, Any]) -> Node:
        component = cell.component
        zone = self.now.tzinfo
        assert zone is not None  # noqa: S101 - the contract of `view`
        value = values.get(component.key)
        if base["locked"]:
            value = component.data.get("defaultValue") if cell.value is None else cell.value
        base["choices"] = tuple(self.labels.choices(cell))
        if component.type == "documents":
            base["value"] = rows_of_documents(cell, self.facts, value, self.errors, self)
        elif component.type == "table":
            base["value"] = self.labels.table(cell)
        elif component.type == "text":
            base["value"] = self.labels.blocks(cell)
        elif base["locked"] and base["kind"] in _READ:
            if component.type == "person" and isinstance(value, str):
                value = self.urls.named(value)
            shown = self.labels.say(display.plain(component, value, zone, base["choices"]))
            base |= {"kind": "area" if base["kind"] == "area" else "line", "value": shown}
            base["attributes"] = (
                {"class": "text-end"}
                if component.type == "number" or display.is_money(component)
                else {}
            )
        elif base["kind"] in {"checks", "photo"}:
            base["value"] = tuple(str(each) for each in value) if isinstance(value, list) else ()
        elif base["kind"] == "tick":
            base["value"] = value is True or value in {"true", "on", "1"}
        else:
            base["value"] = display.written(component, value, zone)
            base["attributes"] = attributes(cell, self.facts, self.now)
        if component.properties.get("capitals") and (amount := display.capitals(value)):
            base["help"] = (amount, *base["help"])
        return Node(**base)

    def _list(self, cell: Cell, base: dict[str, Any], values: Mapping[str, Any]) -> Node:
        component = cell.component
        raw = values.get(component.key)
        given = (
            raw if isinstance(raw, list) and not component.fixed_rows and not cell.locked else []
        )
        count = len(given) or len(cell.value or [])
        wanted = self._wanted(cell)
        rows = tuple(
            self._row(component, cell.path, number, _at(raw, number), asked=number < wanted)
            for number in range(count)
        )
        open_ended = not component.fixed_rows and not cell.locked
        steady = not any(child.rules for child in component.children)
        template = self._template(component, cell.path) if open_ended and steady else None
        return _with(base, rows=rows, template=template, limit=_MAX_ROWS if open_ended else 0)

    def _wanted(self, cell: Cell) -> int:
        """Count the rows that must be filled in; blank ones after them may stay blank."""
        least = self.facts.bound(cell, "minLength")
        rows = int(least) if isinstance(least, int | float) else 0
        return max(rows, int(self.facts.required(cell)))

    def _row(
        self,
        component: Component,
        path: str,
        number: int,
        values: Mapping[str, Any],
        *,
        asked: bool,
    ) -> Row:
        children = self.nodes(component.children, f"{path}.{number}", values)
        if not asked and not component.fixed_rows and not touched(component, values):
            children = tuple(replace(child, required=False) for child in children)
        return Row(str(number), row_name(number), str(values.get(ROW, "")), children)

    def _template(self, component: Component, path: str) -> Row:
        children = self.nodes(component.children, f"{path}.__n__", blank_row(component))
        return Row("__n__", "", "", children)

    def leftovers(self) -> Iterable[Problem]:
        """Say what is wrong with something that is not drawn, so that no error is ever silent."""
        for path in self.errors.keys() - self.seen:
            yield Problem("", path, " ".join(words(error) for error in self.errors[path]))


def _with(base: dict[str, Any], **more: Any) -> Node:
    return Node(**{**base, **more})


def _loose(nodes: list[Node]) -> Iterable[Section]:
    if nodes:
        yield Section("", "", "", "", "", tuple(nodes))


def _is_full(component: Component, kind: str) -> bool:
    columns = (component.data.get("layout") or {}).get("columns")
    return columns > _HALF if columns else kind in _WIDE


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _at(rows: object, number: int) -> Mapping[str, Any]:
    return _mapping(rows[number]) if isinstance(rows, list) and number < len(rows) else {}
