"""The FEEL expressions of a component, by what they decide."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from engine.forms.components import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOR_PEOPLE: Final = ("label", "description", "text", "rows")
"""Rules that only decide what is shown; a submission is judged without them."""

BOUNDS: Final = ("min", "max", "minLength", "maxLength")


def rules_of(raw: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, str]:
    """Collect the expressions of one component without their leading `=`; `defaults` are the form's properties.

    Keys: hide, readonly, required, valid, options, value (an `expression` component), optional (documents), min, max, minLength,
    maxLength, rows (a table), label, description, text, and `text.0`, `text.1` … for `{{…}}` inside a text.
    """
    return {name: source for name, source in _sources(raw, defaults) if source}


def _sources(raw: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    properties = raw.get("properties") or {}
    limits = raw.get("validate") or {}
    yield "hide", _bare((raw.get("conditional") or {}).get("hide"))
    yield "readonly", _marked(raw.get("readonly"))
    yield "required", _bare(properties.get("requiredWhen"))
    yield "valid", _bare(properties.get("validWhen"))
    if raw.get("type") == "documents":
        yield (
            "optional",
            _bare(properties.get("documentsOptionalWhen") or defaults.get("documentsOptionalWhen")),
        )
    yield "options", _bare(raw.get("valuesExpression"))
    yield "value", _bare(raw.get("expression")) if raw.get("type") == "expression" else ""
    yield "rows", _bare(raw.get("dataSource"))
    for name in BOUNDS:
        yield name, _marked(limits.get(name))
    for name in ("label", "description", "text"):
        yield name, _marked(raw.get(name))
        yield from _templates(name, raw.get(name))


WRONG: Final = object()


def bound(value: object) -> Any:
    """Read a limit (a number, or a string that holds one) as Decimal; None if there is none, WRONG if it is neither."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return WRONG
    return number if number.is_finite() else WRONG


def _templates(name: str, text: object) -> Iterator[tuple[str, str]]:
    if isinstance(text, str) and not text.startswith("="):
        for number, match in enumerate(TEMPLATE.finditer(text)):
            yield f"{name}.{number}", _bare(match.group(1))


def _bare(source: object) -> str:
    return source.strip().removeprefix("=").strip() if isinstance(source, str) else ""


def _marked(source: object) -> str:
    """Take a string as FEEL only where it begins with `=`: elsewhere it is a plain value."""
    return _bare(source) if isinstance(source, str) and source.startswith("=") else ""
