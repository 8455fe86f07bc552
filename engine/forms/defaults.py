"""What fields hold before anybody typed, and which rows nobody filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.forms.components import INPUTS
from engine.forms.schema import ROW

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


def without_blank_rows(components: Iterable[Component], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Drop the rows of open lists in which nothing is entered; rows that stand for existing ones stay."""
    result = dict(raw)
    for component in components:
        value = result.get(component.key) if component.key else result
        if component.type == "dynamiclist" and isinstance(value, list) and not component.fixed_rows:
            blank = blank_row(component)
            result[component.key] = [row for row in value if not _untouched(row, blank)]
        elif component.type == "group" and isinstance(value, dict):
            inner = without_blank_rows(component.children, value)
            result = {**result, component.key: inner} if component.key else inner
    return result


def _untouched(row: object, blank: Mapping[str, Any]) -> bool:
    if not isinstance(row, dict):
        return False
    entered = {key: value for key, value in row.items() if not _empty(value)}
    # Defaults that nobody changed are not an entry; without any the row must really be empty.
    return not entered or (
        bool(blank)
        and {k: str(v) for k, v in entered.items()} == {k: str(v) for k, v in blank.items()}
    )


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
