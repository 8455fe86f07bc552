"""Buildings and units: what there is, who may see it, what state it is in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from engine.engine import Command
from engine.errors import Conflict, NotFound, Rejected
from engine.models.identity import Site
from engine.models.registry import (
    KINDS,
    OCCUPIED,
    OFFICE,
    PARKING,
    RESIDENCE,
    SHOP,
    STATUSES,
    Arrears,
    Building,
    Unit,
    UnitRoom,
)
from engine.registry.fields import EDITORS, choice, require_any, text
from engine.registry.typings import Place, places
from engine.staff.access import Actor

CHANGEABLE = {"display": 64, "display_en": 64, "phase": 32, "area": 64}
MOST_AREA = 100_000_000  # a hundred hectares in hundredths of a square metre


def units_visible_to(actor: Actor) -> Select[Unit]:
    """Select the units the actor may see: those of the sites where the actor works."""
    query = select(Unit)
    return query if actor.is_system else query.where(Unit.site_id.in_(actor.site_ids))


def get_unit(session: Session, actor: Actor, unit_id: int) -> Unit:
    """Give a unit the actor may see. Raises NotFound, also for those of other sites."""
    unit = session.scalar(units_visible_to(actor).where(Unit.id == unit_id))
    if unit is None:
        raise NotFound(noun="unit", key=unit_id)
    return unit


def find_unit(session: Session, site_id: int, typed: str) -> Unit | None:
    """Give the unit of a site with this label, or the only one that can be meant by what was typed; else None."""
    if not typed.strip() or not typed.isprintable():
        return None
    at_site = select(Unit).where(Unit.site_id == site_id)
    unit = session.scalar(at_site.where(Unit.label == typed))
    if unit is not None:
        return unit
    for place in places(typed):
        meant = session.scalars(at_site.where(at_place(place)).limit(2)).all()
        if len(meant) == 1:
            return meant[0]
    return None


def at_place(place: Place) -> ColumnElement[bool]:
    """Give the condition that a unit stands where a reading of a typed number says, merged rooms included."""
    merged = select(UnitRoom.unit_id).where(UnitRoom.room == place.room)
    conditions = [or_(Unit.room == place.room, Unit.id.in_(merged))]
    if place.building:
        conditions.append(Unit.building_code == place.building)
    if place.entrance:
        conditions.append(Unit.entrance == place.entrance)
    return and_(*conditions)


def register_building(
    command: Command,
    site: Site,
    *,
    code: str,
    name: str,
    name_en: str = "",
    phase: str = "",
    area: str = "",
) -> Building:
    """Add a building. Raises NotAllowed, or Rejected when the code is taken or a text does not fit."""
    require_any(command.actor, EDITORS, site.id)
    building = Building(
        site_id=site.id,
        code=text(code, "code", longest=16, required=True),
        name=text(name, "name", longest=64, required=True),
        name_en=text(name_en, "name_en", longest=64),
        phase=text(phase, "phase", longest=32),
        area=text(area, "area", longest=64),
    )
    twin = select(Building.id).where(Building.site_id == site.id, Building.code == building.code)
    if command.session.scalar(twin):
        raise Rejected(reason=f"building {code} exists", field="code", problem="taken")
    command.session.add(building)
    command.session.flush()
    command.audit("building.registered", code, site=site.key)
    return building


def register_unit(command: Command, building: Building, **fields: Any) -> Unit:
    """Add a unit to a building; `fields` are those of `new_unit`. Raises NotAllowed or Rejected."""
    require_any(command.actor, EDITORS, building.site_id)
    unit = new_unit(building, **fields)
    twin = select(Unit.id).where(Unit.site_id == unit.site_id, Unit.label == unit.label)
    if command.session.scalar(twin):
        raise Rejected(reason=f"unit {unit.label} exists", field="label", problem="taken")
    command.session.add(unit)
    command.session.flush()
    command.audit("unit.registered", unit.label, unit=unit.id)
    return unit


def new_unit(
    building: Building,
    *,
    room: str,
    label: str = "",
    kind: str = RESIDENCE,
    entrance: str = "",
    floor: int = 1,
    merged: Sequence[str] = (),
    floor_area: int = 0,
    status: str = "unsold",
    occupied_since: dt.date | None = None,
) -> Unit:
    """Make a unit with its label and display names, without storing it; `merged` are the further rooms it includes.

    Without a `label` it is made of building, entrance and room. `floor_area` is in hundredths of a square metre.
    Raises Rejected when something does not fit.
    """
    if not 0 <= floor_area <= MOST_AREA:
        raise Rejected(reason="floor area", field="floor_area", problem="number")
    rooms = [text(one, "room", longest=8, required=True) for one in (room, *merged)]
    unit = Unit(
        site_id=building.site_id,
        building_id=building.id,
        building_code=building.code,
        entrance=text(entrance, "entrance", longest=8),
        floor=floor,
        room=rooms[0],
        rooms=[UnitRoom(room=further, site_id=building.site_id) for further in rooms[1:]],
        floor_area=floor_area,
        kind=choice(kind, KINDS, "kind"),
        status=choice(status, STATUSES, "status"),
        occupied_since=occupied_since,
        phase=building.phase,
        area=building.area,
    )
    unit.label = text(label, "label", longest=64) or label_of(
        kind, building.code, unit.entrance, unit.room
    )
    unit.display, unit.display_en = _displays(
        unit, building, "–".join([*rooms[:1], *rooms[-1:]][: len(rooms)])
    )
    return unit


def label_of(kind: str, building: str, entrance: str, room: str) -> str:
    """Give the label of a unit: 3-2-1201 in a residence, A1205 in an office tower, S1-08 and B1-217 elsewhere."""
    if kind == OFFICE:
        return f"{building}{room}"
    return "-".join(part for part in (building, entrance, room) if part)


def _displays(unit: Unit, building: Building, rooms: str) -> tuple[str, str]:
    english = building.name_en or building.name
    if unit.kind == SHOP:
        return f"商铺 {building.code}-{rooms}", f"Shop {building.code}-{rooms}"
    if unit.kind == PARKING:
        return f"车位 {building.code}-{rooms}", f"Parking {building.code}-{rooms}"
    if unit.kind == OFFICE:
        return f"{building.name}{unit.floor}层{rooms}", f"{english}, {unit.floor}/F, {rooms}"
    entrance = f"{unit.entrance}单元" if unit.entrance else ""
    entrance_en = f", Entrance {unit.entrance}" if unit.entrance else ""
    return f"{building.name}{entrance}{rooms}", f"{english}{entrance_en}, {rooms}"


def update_unit(
    command: Command, unit: Unit, *, version: int | None = None, **changes: Any
) -> None:
    """Change a unit's floor area, district, phase or display names.

    Raises NotAllowed, Conflict when `version` is not the present one, Rejected for other fields or bad values.
    """
    require_any(command.actor, EDITORS, unit.site_id)
    lock(command, unit, version)
    before = {}
    for field, value in changes.items():
        if field == "floor_area" and isinstance(value, int) and 0 <= value <= MOST_AREA:
            fitting: Any = value
        elif field in CHANGEABLE:
            fitting = text(value, field, longest=CHANGEABLE[field])
        else:
            raise Rejected(reason=f"{field} cannot be changed", field=field, problem="unknown")
        before[field] = getattr(unit, field)
        setattr(unit, field, fitting)
    unit.version += 1
    command.session.flush()
    command.audit("unit.changed", unit.label, unit=unit.id, before=before, after=changes)


def set_status(
    command: Command, unit: Unit, status: str, since: dt.date | None = None, *, reason: str = ""
) -> None:
    """Set what state a unit is in; `since` becomes its `occupied_since` when it is occupied. Other dates are kept.

    Raises NotAllowed, or Rejected for an unknown status.
    """
    require_any(command.actor, EDITORS, unit.site_id)
    choice(status, STATUSES, "status")
    lock(command, unit, None)
    before = unit.status
    unit.status = status
    if status == OCCUPIED and since is not None:
        unit.occupied_since = since
    unit.version += 1
    command.session.flush()
    command.audit(
        "unit.status",
        unit.label,
        unit=unit.id,
        before=before,
        after=status,
        since=since.isoformat() if since else None,
        reason=reason[:1000],
    )


def set_arrears(command: Command, unit: Unit, amount: int, since: dt.date) -> None:
    """Record what is owed for a unit, in fen; nothing owed removes the record. Finance clerks only.

    Raises NotAllowed, or Rejected for a negative amount.
    """
    require_any(command.actor, ["finance_clerk"], unit.site_id)
    if amount < 0:
        raise Rejected(reason="a negative amount", field="amount", problem="number")
    row = command.session.get(Arrears, unit.id)
    before = row.amount if row else 0
    if row is not None and amount == 0:
        command.session.delete(row)
    elif amount:
        command.session.merge(
            Arrears(unit_id=unit.id, amount=amount, since=since, recorded_at=command.now)
        )
    command.session.flush()
    command.audit("unit.arrears", unit.label, unit=unit.id, before=before, after=amount)


def arrears_of(session: Session, unit: Unit) -> int:
    """Give what is owed for a unit, in fen."""
    row = session.get(Arrears, unit.id)
    return row.amount if row else 0


def lock(command: Command, row: Any, version: int | None) -> None:
    """Reload a versioned row and keep others from changing it. Raises Conflict when it is no longer `version`."""
    command.session.refresh(row, with_for_update=True)
    if version is not None and row.version != version:
        raise Conflict(noun=row.__tablename__, version=row.version)
