"""The HTML attributes of one-line inputs: keyboards on phones, native dates, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.forms import local

if TYPE_CHECKING:
    from datetime import datetime

    from engine.forms import Cell, Component, Facts

Attributes = dict[str, str | bool]

_NATIVE: Final = {"date": "date", "time": "time", "datetime": "datetime-local"}
_TEXTS: Final[dict[str, Attributes]] = {
    "phone": {"type": "tel", "inputmode": "tel"},
    "email": {"type": "email", "inputmode": "email"},
    "id_number": {"inputmode": "text", "autocapitalize": "characters", "spellcheck": "false"},
    "identity_document": {
        "inputmode": "text",
        "autocapitalize": "characters",
        "spellcheck": "false",
    },
}


def attributes(cell: Cell, facts: Facts, now: datetime) -> Attributes:
    """Give type, inputmode, autocomplete and the like.

    Browsers must not offer the data of the last customer, hence autocomplete is off throughout.
    """
    component = cell.component
    found: Attributes = {"type": "text", "autocomplete": "off"}
    if component.type == "datetime":
        found |= {"type": _NATIVE[component.subtype], **_earliest(component, now)}
        found |= _latest(component, now) | _limits(cell, facts, now)
    elif component.type in {"number", "money"}:
        found |= {"inputmode": _digits(component), "class": "text-end"}
        found |= {"data-money": True} if component.type == "money" else {}
    else:
        found |= _text(cell, facts)
    return found


def _text(cell: Cell, facts: Facts) -> Attributes:
    limits = cell.component.limits
    kind = limits.get("validationType") or {"phone": "phone", "id_number": "id_number"}.get(
        cell.component.personal or ""
    )
    longest = facts.bound(cell, "maxLength")
    found = dict(_TEXTS.get(kind or "", {}))
    # A phone number may be typed with blanks, so its length is not capped here.
    if not kind and str(longest).isdecimal():
        found["maxlength"] = str(longest)
    return found


def _earliest(component: Component, now: datetime) -> Attributes:
    if not component.data.get("disallowPassedDates") or component.subtype == "time":
        return {}
    today = now.date().isoformat()
    return {"min": today if component.subtype == "date" else f"{today}T00:00"}


def _latest(component: Component, now: datetime) -> Attributes:
    # To the end of today: the page may stay open for a while before the moment is typed.
    today = now.date().isoformat()
    latest = today if component.subtype == "date" else f"{today}T23:59"
    return {"max": latest} if component.happened else {}


def _limits(cell: Cell, facts: Facts, now: datetime) -> Attributes:
    subtype, zone = cell.component.subtype, now.tzinfo
    assert zone is not None  # noqa: S101 - the contract of `view`
    least = local(facts.bound(cell, "min"), subtype, zone)
    most = local(facts.bound(cell, "max"), subtype, zone, end=True)
    return {name: limit for name, limit in (("min", least), ("max", most)) if limit}


def _digits(component: Component) -> str:
    if component.type == "number" and component.data.get("decimalDigits") == 0:
        return "numeric"
    return "decimal"
