"""Customers, whom to call for them, and which units they occupy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from engine.engine import Command
from engine.errors import NotFound, Rejected
from engine.models.identity import Site
from engine.models.registry import (
    COMPANY,
    PERSON,
    RELATIONS,
    Customer,
    CustomerContact,
    Occupancy,
    Unit,
)
from engine.registry.fields import EDITORS, choice, phone, require_any, text
from engine.registry.names import spell
from engine.registry.units import lock
from engine.staff.access import Actor

LINES = {"name_en": 255, "id_no": 64, "address": 255, "legal_representative": 255, "note": 1000}
PERIODS = ("office_hours", "off_hours")
# Who needs a customer's full phone and identity number for the work; everyone else sees them masked.
CONFIDANTS = EDITORS - {"admin"} | {"finance_clerk", "security_captain", "fire_control_operator"}


def customers_visible_to(actor: Actor) -> Select[Customer]:
    """Select the customers the actor may see: those of the sites where the actor works."""
    query = select(Customer)
    return query if actor.is_system else query.where(Customer.site_id.in_(actor.site_ids))


def get_customer(session: Session, actor: Actor, customer_id: int) -> Customer:
    """Give a customer the actor may see. Raises NotFound, also for those of other sites."""
    customer = session.scalar(customers_visible_to(actor).where(Customer.id == customer_id))
    if customer is None:
        raise NotFound(noun="customer", key=customer_id)
    return customer


def may_see_personal(actor: Actor, site_id: int) -> bool:
    """Whether the actor may see phones and identity numbers of the site's customers unmasked."""
    return actor.is_system or bool(actor.roles_at(site_id) & CONFIDANTS)


def register_customer(
    command: Command,
    site: Site,
    *,
    name: str,
    kind: str = PERSON,
    contacts: Iterable[Mapping[str, str]] = (),
    **fields: str,
) -> Customer:
    """Add a customer; `contacts` have name, phone, relation and period (office_hours, off_hours).

    `fields` are phone, name_en, id_no, address, legal_representative and note. Raises NotAllowed, or Rejected.
    """
    require_any(command.actor, EDITORS, site.id)
    customer = new_customer(command, site, name=name, kind=kind, **fields)
    customer.contacts = [_contact(contact) for contact in contacts]
    command.session.add(customer)
    command.session.flush()
    command.audit("customer.registered", str(customer.id), site=site.key)
    return customer


def new_customer(
    command: Command, site: Site, *, name: str, kind: str = PERSON, **fields: str
) -> Customer:
    """Make a customer without storing it. Raises Rejected when something does not fit."""
    customer = Customer(
        site_id=site.id, kind=choice(kind, (PERSON, COMPANY), "kind"), created_at=command.now
    )
    for field, value in {"name": name, **fields}.items():
        _set(customer, field, value)
    return customer


def update_customer(
    command: Command,
    customer: Customer,
    *,
    version: int | None = None,
    contacts: Iterable[Mapping[str, str]] | None = None,
    **changes: str,
) -> None:
    """Change a customer's name, phone and other fields; given contacts replace the present ones.

    Raises NotAllowed, Conflict when `version` is not the present one, Rejected for other fields or bad values.
    The audit names the changed fields and not their contents, so that personal data can be erased.
    """
    require_any(command.actor, EDITORS, customer.site_id)
    lock(command, customer, version)
    change_customer(customer, changes)
    if contacts is not None:
        customer.contacts = [_contact(contact) for contact in contacts]
    command.session.flush()
    changed = sorted([*changes, *(["contacts"] if contacts is not None else [])])
    command.audit("customer.changed", str(customer.id), fields=changed)


def change_customer(customer: Customer, changes: Mapping[str, str]) -> None:
    """Put new values into a customer's fields. Raises Rejected for other fields or bad values."""
    for field, value in changes.items():
        _set(customer, field, value)
    customer.version += 1


def occupy(
    command: Command, unit: Unit, customer: Customer, relation: str, since: dt.date
) -> Occupancy:
    """Record that a customer is owner, co-owner, tenant, payer or agent of a unit from a day on.

    Raises NotAllowed, or Rejected when it is so already or unit and customer belong to different sites.
    """
    require_any(command.actor, EDITORS, unit.site_id)
    choice(relation, RELATIONS, "relation")
    if unit.site_id != customer.site_id:
        raise Rejected(reason="unit and customer belong to different sites")
    same = (Occupancy.unit_id == unit.id, Occupancy.customer_id == customer.id)
    open_ones = select(Occupancy.id).where(
        *same, Occupancy.relation == relation, Occupancy.until.is_(None)
    )
    if command.session.scalar(open_ones):
        raise Rejected(reason="the customer is that already", field="relation", problem="taken")
    row = Occupancy(unit_id=unit.id, customer_id=customer.id, relation=relation, since=since)
    command.session.add(row)
    command.session.flush()
    command.audit(
        "occupancy.began", unit.label, unit=unit.id, customer=customer.id, relation=relation
    )
    return row


def vacate(command: Command, occupancy: Occupancy, until: dt.date) -> None:
    """Record that an occupancy ended; `until` is the first day it no longer holds.

    Raises NotAllowed, or Rejected when it has ended or would end before it began.
    """
    require_any(command.actor, EDITORS, occupancy.unit.site_id)
    if occupancy.until is not None or until < occupancy.since:
        raise Rejected(reason="this occupancy cannot end then", field="until", problem="date")
    occupancy.until = until
    command.session.flush()
    command.audit(
        "occupancy.ended",
        occupancy.unit.label,
        unit=occupancy.unit_id,
        customer=occupancy.customer_id,
        relation=occupancy.relation,
    )


def occupancies_of(session: Session, unit: Unit, on: dt.date | None = None) -> list[Occupancy]:
    """List who occupies a unit on a day, or without one all who ever did; owners first, then by beginning."""
    query = select(Occupancy).where(Occupancy.unit_id == unit.id)
    if on is not None:
        query = query.where(
            Occupancy.since <= on, or_(Occupancy.until.is_(None), Occupancy.until > on)
        )
    rows = session.scalars(query)
    return sorted(rows, key=lambda row: (RELATIONS.index(row.relation), row.since, row.id))


def _set(customer: Customer, field: str, value: str) -> None:
    if field == "name":
        customer.name = text(value, field, required=True)
        person = customer.kind == PERSON
        customer.pinyin, customer.initials = spell(customer.name, person=person)
    elif field == "phone":
        customer.phone = phone(value)
        customer.phone_tail = customer.phone[-4:]
    elif field == "kind":
        customer.kind = choice(value, (PERSON, COMPANY), field)
    elif field in LINES:
        setattr(customer, field, text(value, field, longest=LINES[field]))
    else:
        raise Rejected(reason=f"{field} cannot be changed", field=field, problem="unknown")


def _contact(contact: Mapping[str, Any]) -> CustomerContact:
    return CustomerContact(
        name=text(contact["name"], "contacts", required=True),
        phone=phone(contact["phone"], "contacts"),
        relation=text(contact.get("relation", ""), "contacts", longest=64),
        period=choice(contact.get("period", PERIODS[0]), PERIODS, "contacts"),
    )
