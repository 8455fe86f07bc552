"""Units as pages show them: words for what the registry keeps, and the grid of a building."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from engine import registry
from engine.models.identity import Site
from engine.models.registry import Building, Occupancy, Unit
from engine.staff.access import Actor
from web import locales

PAGE = 120
# The state colour and the icon of each status; the words stand beside them.
LOOKS = {
    "unsold": ("paused", "minus"),
    "sold": ("mine", "file-text"),
    "pending_move_in": ("waiting", "key"),
    "occupied": ("done", "home"),
    "vacant": ("soon", "door"),
}


def statuses() -> dict[str, str]:
    """Give the statuses of a unit in words."""
    return {
        "unsold": _("未售"),
        "sold": _("已售"),
        "pending_move_in": _("待入伙"),
        "occupied": _("已入住"),
        "vacant": _("空置"),
    }


def kinds() -> dict[str, str]:
    """Give the kinds of units in words."""
    return {
        "residence": _("住宅"),
        "office": _("写字楼"),
        "shop": _("商铺"),
        "parking": _("车位"),
    }


def relations() -> dict[str, str]:
    """Give what a customer can be to a unit, in words."""
    return {
        "owner": _("业主"),
        "co_owner": _("共有人"),
        "tenant": _("租户"),
        "payer": _("付款人"),
        "agent": _("代理人"),
    }


def display(unit: Unit) -> str:
    """Give a unit's name in the reader's language."""
    return unit.display_en if locales.select() == "en" and unit.display_en else unit.display


def building_name(building: Building) -> str:
    """Give a building's name in the reader's language."""
    english = locales.select() == "en" and building.name_en
    return building.name_en if english else building.name


def status(unit: Unit) -> dict[str, str]:
    """Give a unit's status as a stamp shows it."""
    state, icon = LOOKS[unit.status]
    return {"state": state, "icon_name": icon, "text": statuses()[unit.status]}


def area(unit: Unit) -> str:
    """Give the floor area in square metres; nothing when it is unknown."""
    return f"{unit.floor_area / 100:g} ㎡" if unit.floor_area else ""


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What of a site's units is wanted; empty parts want all."""

    site: Site
    building: int = 0
    status: str = ""
    text: str = ""


def buildings(session: Session, site: Site) -> list[tuple[Building, int]]:
    """List the buildings of a site with how many units each has, 2 before 10."""
    query = (
        select(Building, func.count(Unit.id))
        .outerjoin(Unit)
        .where(Building.site_id == site.id)
        .group_by(Building.id)
        .order_by(func.length(Building.code), Building.code)
    )
    return [(building, count) for building, count in session.execute(query)]


def wanted(session: Session, actor: Actor, want: Filter) -> Select[Unit]:
    """Select the units that fit the filter, top floors first, as a building stands."""
    query = registry.units_visible_to(actor).where(Unit.site_id == want.site.id)
    if want.building:
        query = query.where(Unit.building_id == want.building)
    if want.status:
        query = query.where(Unit.status == want.status)
    if want.text:
        query = query.where(Unit.id.in_(_meant(session, actor, want)))
    code = Unit.building_code
    return query.order_by(func.length(code), code, Unit.floor.desc(), Unit.entrance, Unit.room)


def _meant(session: Session, actor: Actor, want: Filter) -> set[int]:
    units = registry.find_units(session, actor, want.text, want.site, PAGE)
    found = {unit.id for unit in units}
    for customer in registry.find_customers(session, actor, want.text, want.site, PAGE):
        found |= {row.unit_id for row in customer.occupancies if row.until is None}
    return found


def grid(units: Iterable[Unit]) -> list[dict[str, Any]]:
    """Arrange units in the order of `wanted` as buildings, floors and rooms."""
    return [
        {
            "name": building_name(rows[0].building),
            "floors": [
                {"floor": floor, "units": list(on_floor)}
                for floor, on_floor in groupby(rows, key=lambda unit: unit.floor)
            ],
        }
        for rows in (list(g) for _id, g in groupby(units, key=lambda unit: unit.building_id))
    ]


def tally(session: Session, site: Site, building: int = 0) -> dict[str, int]:
    """Count the units of a site, or of one of its buildings, by status."""
    query = select(Unit.status, func.count()).where(Unit.site_id == site.id).group_by(Unit.status)
    if building:
        query = query.where(Unit.building_id == building)
    counted = {row[0]: row[1] for row in session.execute(query)}
    return {status: counted.get(status, 0) for status in LOOKS}


def occupants(session: Session, unit: Unit) -> list[Occupancy]:
    """List who ever occupied a unit, those of today first."""
    rows = registry.occupancies_of(session, unit)
    return sorted(rows, key=lambda row: row.until is not None)
