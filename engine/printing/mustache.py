"""Logic-less templates of process owners: a subset of Mustache in which everything that is printed is escaped.

`{{name}}` prints, `{{a.b}}` reaches into objects, `{{.}}` is the present item of a list, `{{#name}}…{{/name}}` repeats for
every item of a list or shows once for anything else that is not empty, `{{^name}}…{{/name}}` shows when it is empty,
`{{! … }}` is a remark. A section named after a filter prints what its body names, filtered: `{{#money}}total{{/money}}`.
Unescaped output, partials and other delimiters are refused.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import Rejected

Filter = Callable[[Any], str]
"""Turns a value into HTML; what it gives is not escaped again."""

_TAG = re.compile(r"\{\{\{|\{\{\s*([#^/!&>=]?)\s*([^{}]*?)\s*\}\}")
_NAME = re.compile(r"\.|\w+(\.\w+)*")
DEEPEST = 20
MOST_OUTPUT = 2_000_000


class InvalidTemplate(Rejected):
    """The template has a mistake in line {line}: {reason}."""

    code = "invalid_template"


@dataclass(frozen=True)
class Print:
    """A name whose value is printed."""

    name: str


@dataclass(frozen=True)
class Section:
    """A part that depends on a name; `inverted` ones show when it is empty."""

    name: str
    inverted: bool
    body: tuple[Part, ...]


Part = str | Print | Section


def parse(text: str) -> tuple[Part, ...]:
    """Read a template. Raises InvalidTemplate for unknown tags, bad names and sections that do not close."""
    open_sections: list[tuple[str, bool, list[Part]]] = [("", False, [])]
    position = 0
    for tag in _TAG.finditer(text):
        open_sections[-1][2].append(text[position : tag.start()])
        position = tag.end()
        try:
            _read(open_sections, tag)
        except ValueError as error:
            line = text.count("\n", 0, tag.start()) + 1
            raise InvalidTemplate(line=line, reason=str(error)) from None
    if len(open_sections) > 1:
        line = text.count("\n") + 1
        raise InvalidTemplate(line=line, reason=f"{open_sections[-1][0]} is not closed")
    return (*open_sections[0][2], text[position:])


def _read(stack: list[tuple[str, bool, list[Part]]], tag: re.Match[str]) -> None:
    kind, name = tag.group(1), tag.group(2)
    if kind == "!":
        return
    if kind is None or (kind and kind in "&>="):
        raise ValueError(f"{tag.group(0)} is not allowed")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name")
    if kind == "/":
        opened, inverted, body = stack.pop() if len(stack) > 1 else ("", False, [])
        if opened != name:
            raise ValueError(f"{name} was not opened here")
        stack[-1][2].append(Section(opened, inverted, tuple(body)))
    elif kind:
        if len(stack) > DEEPEST:
            raise ValueError("sections are nested too deep")
        stack.append((name, kind == "^", []))
    else:
        stack[-1][2].append(Print(name))


def render(
    parts: Sequence[Part],
    context: Mapping[str, Any],
    filters: Mapping[str, Filter],
    show: Callable[[str, Any], str],
) -> str:
    """Fill a template; `show` gives the text of a named value, which is then escaped. Unknown names print nothing.

    Raises Rejected when the result grows beyond two million characters.
    """
    return _Renderer(filters, show).run(parts, [context])


class _Renderer:
    def __init__(self, filters: Mapping[str, Filter], show: Callable[[str, Any], str]) -> None:
        self._filters = filters
        self._show = show
        self._length = 0

    def run(self, parts: Sequence[Part], stack: list[Any]) -> str:
        return "".join(self._counted(self._part(part, stack)) for part in parts)

    def _counted(self, text: str) -> str:
        self._length += len(text)
        if self._length > MOST_OUTPUT:
            raise Rejected(reason="the record is too long")
        return text

    def _part(self, part: Part, stack: list[Any]) -> str:
        if isinstance(part, str):
            return part
        if isinstance(part, Print):
            return html.escape(self._show(part.name, _find(part.name, stack)))
        named = self._filters.get(part.name)
        if named is not None and not part.inverted:
            return named(_find(_body_name(part), stack))
        return self._section(part, stack)

    def _section(self, part: Section, stack: list[Any]) -> str:
        value = _find(part.name, stack)
        if part.inverted:
            return "" if value else self.run(part.body, stack)
        if isinstance(value, list | tuple):
            return "".join(self.run(part.body, [*stack, item]) for item in value)
        return self.run(part.body, [*stack, value]) if value else ""


def _body_name(part: Section) -> str:
    name = "".join(
        each if isinstance(each, str) else each.name if isinstance(each, Print) else ""
        for each in part.body
    ).strip()
    return name if _NAME.fullmatch(name) else ""


def _find(name: str, stack: list[Any]) -> Any:
    """Look a name up, innermost item first; only its first part searches outwards."""
    if name == ".":
        return stack[-1]
    first, *rest = name.split(".")
    holder = next((c for c in reversed(stack) if isinstance(c, Mapping) and first in c), {})
    value = holder.get(first)
    for step in rest:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
