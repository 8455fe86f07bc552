"""What fields hold before anybody typed, and which rows nobody filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.forms.components import INPUTS
from engine.forms.schema import ROW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from engine.forms.components import Component


def initial(components: Iterable[Component], context: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values of an opened form, nested as the variables are."""
    values: dict[str, Any] = {}
    for component in components:
        current = context.get(component.key) if component.key else None
        if component.type == "group":
            inner = initial(component.children, _mapping(current) if component.key else context)
            values |= (
                {component.key: {**values.get(component.key, {}), **inner}}
                if component.key
                else inner
            )
        elif component.type == "dynamiclist":
            values[component.key] = _rows(component, current)
        elif component.type in INPUTS and component.type != "signature":
            value = current if current is not None else component.data.get("defaultValue")
            values |= {} if value is None else {component.key: value}
    return values


def blank_row(component: Component) -> dict[str, Any]:
    """Give a new row of a list: its defaults."""
    return initial(component.children, {})


def without_blank_rows(
    components: Iterable[Component],
    raw: Mapping[str, Any],
    context: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Drop the rows of open lists in which nothing is entered.

    Rows that stand for existing ones stay; with the `context` they must exist, and count once.
    """
    result = dict(raw)
    for component in components:
        value = result.get(component.key) if component.key else result
        around = context if context is None or not component.key else context.get(component.key)
        if component.type == "dynamiclist" and isinstance(value, list) and not component.fixed_rows:
            result[component.key] = list(_touched(component, value, _given(around, context)))
        elif component.type == "group" and isinstance(value, dict):
            inner = without_blank_rows(
                component.children, value, _mapping(around) if context is not None else None
            )
            result = {**result, component.key: inner} if component.key else inner
    return result


def touched(component: Component, row: Mapping[str, Any]) -> bool:
    """Whether anything is entered in a row of a list, or it stands for an existing one."""
    return ROW in row or not _untouched(row, blank_row(component))


def _given(current: object, context: object) -> list[Any] | None:
    return None if context is None else current if isinstance(current, list) else []


def _touched(component: Component, rows: list[Any], given: list[Any] | None) -> Iterator[Any]:
    blank = blank_row(component)
    known = set(map(str, range(len(given or ()))))
    for row in rows:
        mark = str(row.get(ROW, "")) if isinstance(row, dict) else ""
        stands = mark in known if given is not None else bool(mark)
        known.discard(mark)
        if stands or not _untouched(row, blank):
            yield row


def _untouched(row: object, blank: Mapping[str, Any]) -> bool:
    if not isinstance(row, dict):
        return False
    entered = {key: str(value) for key, value in row.items() if key != ROW and not _empty(value)}
    # Defaults that nobody changed are not an entry.
    return not entered or entered == {key: str(value) for key, value in blank.items()}


def _empty(value: object) -> bool:
    if isinstance(value, dict):
        return all(_empty(inner) for inner in value.values())
    return (
        value is None
        or value is False
        or value == []
        or (isinstance(value, str) and not value.strip())
    )


def _rows(component: Component, current: object) -> list[dict[str, Any]]:
    if isinstance(current, list):
        return [
            {ROW: n, **initial(component.children, _mapping(row))} for n, row in enumerate(current)
        ]
    count = component.data.get("defaultRepetitions")
    return [blank_row(component) for _ in range(1 if count is None else count)]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
