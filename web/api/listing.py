"""Searches over what is already in memory: the same requests and answers as over tables, for one instance at a time."""

from __future__ import annotations

import base64
import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marshmallow import Schema

from web.api.filters import Kind
from web.api.schemas import camel
from web.api.search import InvalidCursor, Page, Property, request_schema

Item = Mapping[str, Any]


def _like(value: Any, pattern: str) -> bool:
    """Match `*` and `?` as searches in the database do; what fnmatch knows beyond them is taken literally."""
    literal = re.sub(r"\\(.)|(\[)", lambda found: f"[{found[1] or found[2]}]", pattern)
    return bool(re.match(fnmatch.translate(literal), value, re.IGNORECASE))


def _known(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, operand: value is not None and test(value, operand)


TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda value, operand: value == operand,
    "$neq": lambda value, operand: value != operand,
    "$exists": lambda value, operand: (value is not None) == operand,
    "$in": lambda value, operands: value in operands,
    "$notIn": lambda value, operands: value not in operands,
    "$gt": _known(lambda value, operand: value > operand),
    "$gte": _known(lambda value, operand: value >= operand),
    "$lt": _known(lambda value, operand: value < operand),
    "$lte": _known(lambda value, operand: value <= operand),
    "$like": _known(_like),
}


class Listing:
    """A search in a list of items that all have the properties; the one called `key` is unique."""

    def __init__(self, name: str, properties: Mapping[str, Kind], key: str) -> None:
        self._fields = {camel(one): one for one in properties}
        self._key = key
        self.request: type[Schema] = request_schema(
            name, {one: Property(kind) for one, kind in properties.items()}
        )

    def run(self, items: Sequence[Item], asked: Mapping[str, Any]) -> dict[str, Any]:
        """Give the body of the answer. Raises InvalidCursor for the cursor of an item that is not in the list."""
        wanted = asked.get("filter") or {}
        found = [item for item in items if _matches(item, wanted)]
        found.sort(key=lambda item: item[self._key])
        for one in reversed(asked.get("sort") or []):
            _sort(found, self._fields[one["field"]], descending=one["order"] == "DESC")
        page = asked.get("page") or Page().load({})
        shown = found[self._range(found, page)]
        return {
            "items": shown,
            "page": {
                "total_items": len(found),
                "has_more_total_items": False,
                "start_cursor": self._cursor(shown[0]) if shown else None,
                "end_cursor": self._cursor(shown[-1]) if shown else None,
            },
        }

    def _range(self, found: Sequence[Item], page: Mapping[str, Any]) -> slice:
        limit = page["limit"]
        if page["before"] is not None:
            end = self._index(found, page["before"])
            return slice(max(0, end - limit), end)
        start = page["from_"] or 0
        if page["after"] is not None:
            start = self._index(found, page["after"]) + 1
        return slice(start, start + limit)

    def _cursor(self, item: Item) -> str:
        return base64.b64encode(str(item[self._key]).encode()).decode()

    def _index(self, found: Sequence[Item], cursor: str) -> int:
        places = {self._cursor(item): place for place, item in enumerate(found)}
        if cursor not in places:
            raise InvalidCursor("This cursor belongs to another search.")
        return places[cursor]


def _matches(item: Item, wanted: Mapping[str, Any]) -> bool:
    return all(
        TESTS[name](item[field], operand)
        for field, asked in wanted.items()
        for name, operand in asked
    )


def _sort(items: list[Item], field: str, *, descending: bool) -> None:
    empty = [item for item in items if item[field] is None]
    filled = [item for item in items if item[field] is not None]
    filled.sort(key=lambda item: item[field], reverse=descending)
    items[:] = filled + empty
