"""From a posted HTML form to nested raw values: the way back from what the templates draw.

Names are paths (`keys.0.count`). Rows come in the order of their numbers, gaps allowed; files arrive under the name of
the field or that name and `__file`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from engine.errors import EngineError, InvalidVariables
from engine.forms import ROW, blank_row, without_blank_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from werkzeug.datastructures import FileStorage, MultiDict

    from engine.forms import Component, Form

ADD: Final = "_add"
REMOVE: Final = "_remove"
REFRESH: Final = "_refresh"
MAX_ROWS: Final = 1_000


class FilesRefused(InvalidVariables):
    """Some of the files could not be stored."""

    code = "files_refused"

    def __init__(self, errors: dict[str, list[EngineError]], raw: dict[str, Any]) -> None:
        """`raw` is everything else that was entered."""
        self.raw = raw
        super().__init__(errors)


def rearranges(data: MultiDict[str, str]) -> bool:
    """Say whether the button pressed only changes the form (adds or removes a row, refreshes it)."""
    return any(name in data for name in (ADD, REMOVE, REFRESH))


def parse(
    form: Form,
    data: MultiDict[str, str],
    files: MultiDict[str, FileStorage],
    store: Callable[[FileStorage], str],
    *,
    tidy: bool = True,
) -> dict[str, Any]:
    """Read a posted form as nested raw values; `store` keeps a file and gives its attachment key.

    A row button that was pressed is obeyed. With `tidy`, rows in which nothing is entered are dropped, unless such a
    button was pressed; pass False where a blank row must survive (a refresh). Fields the browser did not send are left
    out, except boxes that are not ticked. Raises FilesRefused after reading everything if `store` refused a file.
    """
    reader = _Reader(data, files, store)
    raw = reader.scope(form.components, "")
    if tidy and not rearranges(data):
        raw = without_blank_rows(form.components, raw)
    if reader.errors:
        raise FilesRefused(reader.errors, raw)
    return raw


@dataclass
class _Reader:
    data: MultiDict[str, str]
    files: MultiDict[str, FileStorage]
    store: Callable[[FileStorage], str]
    errors: dict[str, list[EngineError]] = field(default_factory=dict)

    def scope(self, components: Iterable[Component], prefix: str) -> dict[str, Any]:
        raw: dict[str, Any] = {}
        for component in components:
            name = f"{prefix}{component.key}"
            if component.type == "group":
                inner = self.scope(component.children, f"{name}." if component.key else prefix)
                raw |= (
                    {component.key: {**raw.get(component.key, {}), **inner}}
                    if component.key
                    else inner
                )
            elif component.key and not component.locked:
                raw |= self._value(component, name)
        return raw

    def _value(  # noqa: PLR0911 - one answer per type
        self, component: Component, name: str
    ) -> dict[str, Any]:
        match component.type:
            case "dynamiclist":
                return {component.key: self._rows(component, name)}
            case "documents":
                return {component.key: self._documents(name)}
            case "photo" | "filepicker":
                return {component.key: self._keys(name)}
            case "signature":
                return {component.key: next(reversed(self._keys(name)), "")}
            case "checklist" | "taglist":
                return {component.key: self.data.getlist(name)}
            case "checkbox":
                return {component.key: name in self.data}
        return {component.key: self.data[name]} if name in self.data else {}

    def _rows(self, component: Component, name: str) -> list[dict[str, Any]]:
        removed = self.data.get(REMOVE)
        rows = []
        for number in self._numbers(name):
            if f"{name}.{number}" != removed:
                row = self.scope(component.children, f"{name}.{number}.")
                origin = self.data.get(f"{name}.{number}.{ROW}", "")
                rows.append({ROW: origin, **row} if origin else row)
        return [*rows, blank_row(component)] if self.data.get(ADD) == name else rows

    def _documents(self, name: str) -> list[dict[str, Any]]:
        return [
            {
                "id": self.data.get(f"{name}.{number}.id", ""),
                "original": f"{name}.{number}.original" in self.data,
                "copy": f"{name}.{number}.copy" in self.data,
                "photos": self._keys(f"{name}.{number}.photos"),
            }
            for number in self._numbers(name)
        ]

    def _numbers(self, name: str) -> list[int]:
        pattern = re.compile(rf"{re.escape(name)}\.(\d{{1,6}})\.", re.ASCII)
        found = {
            int(match.group(1))
            for key in (*self.data, *self.files)
            if (match := pattern.match(key))
        }
        return sorted(found)[:MAX_ROWS]

    def _keys(self, name: str) -> list[str]:
        sent = [
            file
            for each in (name, f"{name}__file")
            for file in self.files.getlist(each)
            if file.filename
        ]
        kept = [key for key in self.data.getlist(name) if key]
        return kept + [key for file in sent if (key := self._stored(file, name))]

    def _stored(self, file: FileStorage, name: str) -> str:
        try:
            return self.store(file)
        except EngineError as error:
            self.errors.setdefault(name, []).append(error)
            return ""
