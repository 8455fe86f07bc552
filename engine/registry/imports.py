"""Importing units and owners from Excel: first a plan of what would change, then the change, all of it or nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from engine import numbers
from engine.engine import Command
from engine.errors import Conflict, Rejected
from engine.models.identity import Site
from engine.models.registry import OFFICE, RESIDENCE, Building, Customer, Occupancy, Unit
from engine.registry import workbook
from engine.registry.cells import Record, RowError, understand
from engine.registry.customers import change_customer, new_customer
from engine.registry.fields import EDITORS, require_any
from engine.registry.units import new_unit
from engine.staff.access import Actor

NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"
OWNER = "owner"
COMPARED = ("floor", "floor_area", "kind", "phase", "area", "status")


@dataclass(frozen=True)
class PlannedRow:
    """What a row of the sheet would do to a unit; `changes` gives before and after by field."""

    number: int
    label: str
    action: str
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do. `digest` identifies the file; with `errors` it cannot be applied."""

    site_id: int
    digest: str
    rows: list[PlannedRow]
    errors: list[RowError]
    records: list[Record] = field(repr=False)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are new, changed and unchanged, and how many errors there are."""
        counted = Counter(row.action for row in self.rows)
        return {action: counted[action] for action in (NEW, CHANGED, UNCHANGED)} | {
            "errors": len(self.errors)
        }


class Register:
    """What a site's registry holds now, loaded at once to compare every row with it."""

    def __init__(self, session: Session, site: Site) -> None:
        units = select(Unit).where(Unit.site_id == site.id)
        living = joinedload(Occupancy.customer)
        units = units.options(
            selectinload(Unit.occupancies).options(living), selectinload(Unit.rooms)
        )
        self.units = {unit.label: unit for unit in session.scalars(units)}
        buildings = select(Building).where(Building.site_id == site.id)
        self.buildings = {building.code: building for building in session.scalars(buildings)}
        customers = session.scalars(select(Customer).where(Customer.site_id == site.id))
        self.customers = {(c.name, c.phone): c for c in customers if c.phone}

    def occupancy(self, record: Record) -> Occupancy | None:
        """The open occupancy a record speaks of: same unit, relation and customer's name."""
        unit = self.units.get(record.label)
        return next(
            (
                row
                for row in (unit.occupancies if unit else [])
                if row.until is None
                and row.relation == record.relation
                and row.customer.name == record.customer.get("name")
            ),
            None,
        )

    def changes(self, record: Record) -> dict[str, tuple[Any, Any]]:
        """What a record says that the registry does not: before and after by field."""
        unit = self.units.get(record.label)
        said = {key: record.unit[key] for key in COMPARED if key in record.unit}
        changes = {key: (getattr(unit, key, None), new) for key, new in said.items()}
        occupancy = self.occupancy(record)
        customer = occupancy.customer if occupancy else None
        for key, new in record.customer.items():
            changes[key if key != "kind" else "customer_kind"] = (getattr(customer, key, None), new)
        return {key: pair for key, pair in changes.items() if pair[0] != pair[1]}

    def contradictions(self, record: Record) -> list[RowError]:
        """What an import does not decide: another owner than the present one, other rooms in a merged unit."""
        unit = self.units.get(record.label)
        if unit is None:
            return []
        open_ones = [row for row in unit.occupancies if row.until is None]
        owners = {row.customer.name for row in open_ones if row.relation == OWNER}
        named = record.customer.get("name")
        errors = []
        if record.relation == OWNER and owners and named and named not in owners:
            errors.append(RowError(record.row, "name", "another_owner"))
        if record.merged and {room.room for room in unit.rooms} != set(record.merged):
            errors.append(RowError(record.row, "merged", "contradiction", record.label))
        return errors


def plan(session: Session, actor: Actor, site: Site, content: bytes) -> ImportPlan:
    """Find out what a workbook would change, without changing anything.

    Raises NotAllowed, or WorkbookRefused when the file as a whole is unusable; what is wrong with rows is in the plan.
    """
    require_any(actor, EDITORS, site.id)
    kind = OFFICE if site.kind == OFFICE else RESIDENCE
    understood = [understand(row, kind) for row in workbook.read(content)]
    records = [record for record, _ in understood if record is not None]
    errors = [error for _, some in understood for error in some] + _clashes(records)
    register = Register(session, site)
    errors += [error for record in records for error in register.contradictions(record)]
    return ImportPlan(
        site_id=site.id,
        digest=hashlib.sha256(content).hexdigest(),
        rows=_planned(register, records),
        errors=sorted(errors, key=lambda error: error.row),
        records=records,
    )


def apply(command: Command, plan: ImportPlan) -> dict[str, int]:
    """Do what a plan says, and give its counts.

    Raises NotAllowed, Rejected when the plan has errors, Conflict when the registry changed since it was made.
    """
    require_any(command.actor, EDITORS, plan.site_id)
    if plan.errors:
        raise Rejected(reason=f"{len(plan.errors)} errors in the workbook")
    site = command.session.get_one(Site, plan.site_id)
    register = Register(command.session, site)
    if _planned(register, plan.records) != plan.rows:
        raise Conflict(noun="registry")
    for record in plan.records:
        _apply(command, site, register, record)
    command.session.flush()
    command.audit("registry.imported", site.key, digest=plan.digest, counts=plan.counts)
    return plan.counts


def _planned(register: Register, records: Iterable[Record]) -> list[PlannedRow]:
    rows = []
    for record in records:
        changes = register.changes(record)
        known = record.label in register.units
        action = NEW if not known else CHANGED if changes else UNCHANGED
        rows.append(PlannedRow(record.row, record.label, action, changes))
    return rows


def _clashes(records: Iterable[Record]) -> list[RowError]:
    """Find rows that contradict an earlier one about the same unit, or repeat it."""
    first: dict[str, Record] = {}
    owners: dict[str, str] = {}
    seen: set[tuple[str, str, str]] = set()
    errors = []
    for record in records:
        label, name = record.label, record.customer.get("name", "")
        before = first.setdefault(label, record)
        if (before.unit, before.merged) != (record.unit, record.merged):
            errors.append(RowError(record.row, "room", "contradiction", label))
        if (label, record.relation, name) in seen:
            errors.append(RowError(record.row, "room", "duplicate", label))
        elif record.relation == OWNER and name and owners.setdefault(label, name) != name:
            errors.append(RowError(record.row, "name", "another_owner", label))
        seen.add((label, record.relation, name))
    return errors


def _apply(command: Command, site: Site, register: Register, record: Record) -> None:
    unit = register.units.get(record.label)
    if unit is None:
        unit = register.units[record.label] = _new_unit(command, site, register, record)
    elif register.changes(record).keys() & set(COMPARED):
        for key, value in record.unit.items():
            setattr(unit, key, value)
        unit.version += 1
    if record.customer:
        _apply_customer(command, site, register, record, unit)


def _new_unit(command: Command, site: Site, register: Register, record: Record) -> Unit:
    building = register.buildings.get(record.building)
    if building is None:
        suffix, english = ("座", "Tower") if record.unit["kind"] == OFFICE else ("栋", "Building")
        building = register.buildings[record.building] = Building(
            site_id=site.id,
            code=record.building,
            name=f"{record.building}{suffix}",
            name_en=f"{english} {record.building}",
            phase=record.unit.get("phase", ""),
            area=record.unit.get("area", ""),
        )
        command.session.add(building)
        command.session.flush()
    fields = {k: v for k, v in record.unit.items() if k not in ("phase", "area")}
    fields.setdefault("floor", _floor_of(record.room))
    unit = new_unit(
        building, room=record.room, entrance=record.entrance, merged=record.merged, **fields
    )
    unit.phase = record.unit.get("phase", building.phase)
    unit.area = record.unit.get("area", building.area)
    command.session.add(unit)
    return unit


def _floor_of(room: str) -> int:
    digits = "".join(filter(str.isdigit, room))
    return int(digits[:-2] or 1)


def _apply_customer(
    command: Command, site: Site, register: Register, record: Record, unit: Unit
) -> None:
    occupancy = register.occupancy(record)
    key = (record.customer["name"], record.customer.get("phone", ""))
    customer = occupancy.customer if occupancy else register.customers.get(key)
    if customer is None:
        customer = new_customer(command, site, **record.customer)
        command.session.add(customer)
        if customer.phone:
            register.customers[key] = customer
    else:
        said = {k: v for k, v in record.customer.items() if getattr(customer, k) != v}
        if said:
            change_customer(customer, said)
    if occupancy is None:
        since = record.since or numbers.today(command, site)
        unit.occupancies.append(Occupancy(customer=customer, relation=record.relation, since=since))
