"""How values stand in fields: as people write them, in the site's time zone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from engine import money
from web import words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from engine.forms import Choice, Component


def written(component: Component, value: object, zone: tzinfo) -> str:
    """Write one value for its input; text somebody typed stays as it is, whatever is wrong with it."""
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, str):
        return (
            _local(value, zone)
            if component.type == "datetime" and component.subtype == "datetime"
            else value
        )
    if is_money(component) and isinstance(value, int):
        return money.yuan(value)
    return _number(component, value)


def plain(component: Component, value: object, zone: tzinfo, choices: Sequence[Choice]) -> str:
    """Write a value that is only read: labels for choices, 是/否 for ticks."""
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    labels = {choice.value: choice.label for choice in choices}
    if isinstance(value, list):
        return words.joined([labels.get(str(each), str(each)) for each in value])
    text = written(component, value, zone)
    if component.type == "datetime":
        text = text.replace("T", " ")
    return str(labels.get(text, text))


def capitals(value: object) -> str:
    """Give an amount in Chinese capitals, nothing while it is no amount."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        return money.capitals(money.parse(value) if isinstance(value, str) else value)
    except ValueError:
        return ""


def is_money(component: Component) -> bool:
    """Say whether the values of a field are amounts in fen."""
    return component.type == "money" or component.properties.get("format") == "money"


def _number(component: Component, value: Any) -> str:
    digits = component.data.get("decimalDigits")
    if digits and isinstance(value, int | float):
        return f"{value:.{digits}f}"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _local(text: str, zone: tzinfo) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    local = moment if moment.tzinfo is None else moment.astimezone(zone)
    return local.replace(tzinfo=None).isoformat("T", "minutes")
