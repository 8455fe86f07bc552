"""What a field offers to choose from, and the rows of a document checklist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.forms.components import Component

MAX_OPTIONS: Final = 2_000


class Choice(NamedTuple):
    """One choice; `value` is always text, since a browser sends nothing else."""

    value: str
    label: str


def choices(component: Component, computed: object, context: Mapping[str, Any]) -> list[Choice]:
    """Give the choices written in the form, found under `valuesKey` or computed by `valuesExpression`."""
    found = {
        choice.value: choice
        for each in _offered(component, computed, context)
        if (choice := _choice(each))
    }
    return list(found.values())


def documents(
    component: Component, computed: object, context: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Give the documents asked for: id, name, clause, and whether original and copy are; each id once."""
    found: dict[str, dict[str, Any]] = {}
    for each in _offered(component, computed, context):
        if isinstance(each, dict) and each.get("id") not in (None, ""):
            row = _document(each)
            found.setdefault(row["id"], row)
    return list(found.values())


def ticked(listed: Sequence[Mapping[str, Any]], value: object) -> list[dict[str, Any]]:
    """Bring the ticks of a document checklist into its order: one row per document, unknown ones dropped."""
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    given = {row.get("id"): row for row in rows}
    return [_tick(document["id"], given.get(document["id"], {})) for document in listed]


def _tick(identity: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": identity,
        "original": row.get("original") is True,
        "copy": row.get("copy") is True,
        "photos": list(row.get("photos") or []),
    }


def _offered(component: Component, computed: object, context: Mapping[str, Any]) -> list[Any]:
    if "options" in component.rules:
        offered = computed
    elif component.data.get("valuesKey"):
        offered = _found(context, str(component.data["valuesKey"]))
    else:
        offered = component.data.get("values")
    return offered[:MAX_OPTIONS] if isinstance(offered, list) else []


def _found(context: Mapping[str, Any], path: str) -> object:
    value: object = context
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _choice(each: object) -> Choice | None:
    value = each.get("value") if isinstance(each, dict) else each
    label = each.get("label") if isinstance(each, dict) else each
    if not isinstance(value, str | int | float) or _text(value) == "":
        return None
    return Choice(_text(value), _text(label if isinstance(label, str | int | float) else value))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _document(each: Mapping[str, Any]) -> dict[str, Any]:
    identity = _text(each["id"])
    return {
        "id": identity,
        "name": _text(each.get("name") or identity),
        "clause": _text(each.get("clause") or ""),
        "original": bool(each.get("original")),
        "copy": bool(each.get("copy")),
    }
