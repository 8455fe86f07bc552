"""Customers as pages show and change them; personal data is masked unless asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from engine import registry
from engine.engine import Command
from engine.errors import NotFound
from engine.models.identity import Site
from engine.models.registry import COMPANY, Customer, Unit

FIELDS = ("name", "phone", "name_en", "id_no", "address", "legal_representative", "note")
UNIT_FIELDS = ("display", "display_en", "phase", "area", "status", "version")
FEWEST_CONTACTS = 2  # the regulations ask for two
MOST_CONTACTS = 10


def periods() -> list[tuple[str, str]]:
    """Give when a contact is to be called, in words."""
    return [("office_hours", _("办公时间")), ("off_hours", _("办公时间以外"))]


def view(customer: Customer, *, full: bool) -> dict[str, Any]:
    """Give a customer's phone and identity number, masked or in full, with the contacts."""
    phone = str if full else registry.mask_phone
    number = str if full else registry.mask_id
    return {
        "phone": phone(customer.phone),
        "id_no": number(customer.id_no),
        "is_company": customer.kind == COMPANY,
        "contacts": [
            {
                "name": one.name if full else registry.mask_name(one.name),
                "phone": phone(one.phone),
                "relation": one.relation,
                "period": dict(periods()).get(one.period, ""),
            }
            for one in customer.contacts
        ],
    }


def as_typed(row: Customer | Unit) -> dict[str, Any]:
    """Give a row as its form shows it before anything is typed."""
    if isinstance(row, Unit):
        size = f"{row.floor_area / 100:g}" if row.floor_area else ""
        return {name: getattr(row, name) for name in UNIT_FIELDS} | {"floor_area": size}
    return {name: getattr(row, name) for name in FIELDS} | {"version": row.version}


def contact_rows(customer: Customer) -> list[dict[str, str]]:
    """Give the rows of the contacts form: what was typed, else what is kept, and spare ones."""
    names = ("contact_name", "contact_phone", "contact_relation", "contact_period")
    if request.method == "POST":
        columns = [request.form.getlist(name)[:MOST_CONTACTS] for name in names]
        rows = list(zip(*columns, strict=False))
    else:
        rows = [(c.name, c.phone, c.relation, c.period) for c in customer.contacts]
        rows += [("", "", "", "office_hours")] * max(FEWEST_CONTACTS - len(rows), 1)
    return [dict(zip(("name", "phone", "relation", "period"), row, strict=True)) for row in rows]


def apply(command: Command, customer: Customer, form: MultiDict[str, str]) -> None:
    """Change a customer as typed. Raises NotAllowed, Conflict or Rejected."""
    rows = [row for row in contact_rows(customer) if row["name"].strip() or row["phone"].strip()]
    changes = {name: form.get(name, "") for name in FIELDS}
    version = form.get("version", 0, type=int)
    registry.update_customer(command, customer, version=version, contacts=rows, **changes)


def chosen(command: Command, unit: Unit) -> Customer:
    """Give the customer a form names: one of the unit's site, or a new one made from name and phone."""
    form: Mapping[str, str] = request.form
    if form.get("customer", "").isdecimal():
        found = registry.get_customer(command.session, command.actor, int(form["customer"]))
        if found.site_id != unit.site_id:
            raise NotFound(noun="customer", key=found.id)
        return found
    site = command.session.get_one(Site, unit.site_id)
    return registry.register_customer(
        command,
        site,
        name=form.get("name", ""),
        kind=form.get("kind", "person"),
        phone=form.get("phone", ""),
    )
