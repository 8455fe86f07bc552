"""What the registry knows goes into a start form: the owner of the unit chosen there.

A field with the property `fill` (`owner.name`, `owner.phone`) takes it over. What somebody typed is never replaced; what
came from the owner of a unit chosen before is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from engine import registry
from engine.forms import Component
from engine.models.registry import Customer
from web.extensions import engine, session
from web.signin import current_actor
from web.views.entries import OWNER_OF, Entry

OWNER = "owner"
LONGEST = 64


def filled(entry: Entry, values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Give the values of a start form with the owner of its unit filled in; `before` is the mark the form carried."""
    wanted = {one.key: part for one in entry.form.fields() if (part := _part(one))}
    unit = next((one.key for one in entry.form.fields() if one.type == "unit"), "")
    if not wanted or not registry.may_see_personal(current_actor(), entry.site.id):
        return dict(values)
    chosen = str(values.get(unit) or "").strip()[:LONGEST]
    owner, earlier = _owner(entry, chosen), _owner(entry, before[:LONGEST])
    taken = {
        key: _said(owner, part)
        for key, part in wanted.items()
        if values.get(key) in (None, "", _said(earlier, part) or None)
    }
    return {**values, **taken, OWNER_OF: chosen if owner else ""}


def _part(field: Component) -> str:
    owner, _, part = str(field.properties.get("fill") or "").partition(".")
    return part if owner == OWNER and field.path == field.key else ""


def _said(owner: Customer | None, part: str) -> str:
    return {"name": owner.name, "phone": owner.phone}[part] if owner else ""


def _owner(entry: Entry, label: str) -> Customer | None:
    unit = registry.find_unit(session, entry.site.id, label) if label else None
    if unit is None:
        return None
    today = engine.clock().astimezone(ZoneInfo(entry.site.timezone)).date()
    now = registry.occupancies_of(session, unit, today)
    return next((one.customer for one in now if one.relation == OWNER), None)
