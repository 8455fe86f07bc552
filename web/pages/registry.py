"""The registry: buildings and units as a picture, who occupies them, and editing both."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from engine import registry
from engine.deployment import definitions
from engine.errors import NotAllowed, NotFound, Rejected
from engine.models.instance import ProcessInstance
from engine.models.registry import Customer, Occupancy, Unit
from engine.staff.access import Actor
from web import signin
from web.extensions import db, engine
from web.pages import customers, faults, place, sheets, units
from web.views import names

blueprint = Blueprint("registry", __name__)

EDITORS = ("service_supervisor", "service_manager", "site_director", "admin")
INSTANCES = 20
_SQUARE_METRES = re.compile(r"([0-9]{1,6}(\.[0-9]{1,2})?)?")


def may_edit(actor: Actor, site_id: int) -> bool:
    """Whether the actor may change the registry of a site by hand or by import."""
    return any(actor.has(role, site_id) for role in EDITORS)


def _require_editor(site_id: int) -> Actor:
    actor = signin.current_actor()
    if not may_edit(actor, site_id):
        raise NotAllowed(reason="the registry of this site")
    return actor


@blueprint.get("/units")
def index() -> ResponseReturnValue:
    """Show the units of a site as they stand in their buildings, filtered and by pages."""
    site, actor = place.here(), signin.current_actor()
    want = units.Filter(
        site=site,
        building=request.args.get("building", 0, type=_row_id),
        status=request.args.get("status", ""),
        text=request.args.get("text", "").strip()[:64],
    )
    query = units.wanted(db.session(), actor, want)
    page = max(request.args.get("page", 1, type=_row_id), 1)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery()))
    shown = query.options(selectinload(Unit.building)).limit(units.PAGE)
    return render_template(
        "registry/index.html",
        grid=units.grid(db.session.scalars(shown.offset((page - 1) * units.PAGE)).all()),
        want=want,
        page=page,
        size=units.PAGE,
        total=total or 0,
        buildings=units.buildings(db.session(), site),
        tally=units.tally(db.session(), site, want.building),
        looks=units.LOOKS,
        words=units,
        sites=place.options(),
        may_edit=may_edit(actor, site.id),
    )


def _row_id(text: str) -> int:
    number = int(text)
    return number if 0 <= number < 2**31 else 0


def _unit(unit_id: int) -> Unit:
    return registry.get_unit(db.session(), signin.current_actor(), unit_id)


@blueprint.get("/units/<int(max=9007199254740991):unit_id>")
def unit(unit_id: int) -> ResponseReturnValue:
    """Show a unit: facts, occupants, what is owed, what runs for it and what can be started."""
    found, actor = _unit(unit_id), signin.current_actor()
    running = (
        select(ProcessInstance)
        .where(ProcessInstance.unit_id == found.id)
        .order_by(ProcessInstance.started_at.desc())
        .limit(INSTANCES)
    )
    return render_template(
        "registry/unit.html",
        unit=found,
        words=units,
        names=names,
        occupants=units.occupants(db.session(), found),
        arrears=registry.arrears_of(db.session(), found),
        instances=db.session.scalars(running).all(),
        startable=definitions.startable(db.session(), actor, found.site_id),
        may_edit=may_edit(actor, found.site_id),
        today=place.today(found.site),
    )


@blueprint.route("/units/<int(max=9007199254740991):unit_id>/edit", methods=["GET", "POST"])
def edit_unit(unit_id: int) -> ResponseReturnValue:
    """Change a unit's area, district, names and status."""
    found = _unit(unit_id)
    actor = _require_editor(found.site_id)
    if request.method == "GET":
        return _unit_form(found, {})
    try:
        with engine.begin(actor) as command:
            _apply_unit(command, command.session.get_one(Unit, found.id))
    except Rejected as error:
        return _unit_form(found, faults.of(error))
    flash(_("%(unit)s 已改", unit=units.display(found)), "done")
    return redirect(url_for("registry.unit", unit_id=found.id))


def _apply_unit(command: Any, row: Unit) -> None:
    form = request.form
    changes: dict[str, Any] = {
        name: form.get(name, "") for name in ("display", "display_en", "phase", "area")
    }
    if not changes["display"].strip():
        raise Rejected(reason="display: required", field="display", problem="required")
    changes["floor_area"] = _hundredths(form.get("floor_area", ""))
    version = form.get("version", 0, type=int)
    registry.update_unit(command, row, version=version, **changes)
    if form.get("status", row.status) != row.status:
        since = _date("since") if form.get("since") else None
        reason = form.get("reason", "")
        registry.set_status(command, row, form.get("status", ""), since=since, reason=reason)


def _hundredths(text: str) -> int:
    if not _SQUARE_METRES.fullmatch(text.strip()):
        raise Rejected(reason="floor area", field="floor_area", problem="number")
    return int(Decimal(text.strip() or "0") * 100)


def _date(field: str) -> dt.date:
    try:
        return dt.date.fromisoformat(request.form.get(field, ""))
    except ValueError as error:
        raise Rejected(reason=field, field=field, problem="date") from error


def _unit_form(found: Unit, wrong: dict[str, str]) -> ResponseReturnValue:
    typed = request.form if request.method == "POST" else customers.as_typed(found)
    page = render_template(
        "registry/unit_edit.html", unit=found, words=units, typed=typed, faults=wrong
    )
    return page, 422 if wrong else 200


@blueprint.route("/units/<int(max=9007199254740991):unit_id>/occupants", methods=["GET", "POST"])
def add_occupant(unit_id: int) -> ResponseReturnValue:
    """Record a new owner, tenant or other occupant: a customer of the site found again, or a new one."""
    found = _unit(unit_id)
    actor = _require_editor(found.site_id)
    if request.method == "GET":
        return _occupant_form(found, {})
    try:
        since, relation = _date("since"), request.form.get("relation", "")
        with engine.begin(actor) as command:
            row = command.session.get_one(Unit, found.id)
            registry.occupy(command, row, customers.chosen(command, row), relation, since)
    except Rejected as error:
        return _occupant_form(found, faults.of(error, "name"))
    flash(_("已记入 %(unit)s", unit=units.display(found)), "done")
    return redirect(url_for("registry.unit", unit_id=found.id))


def _occupant_form(found: Unit, wrong: dict[str, str]) -> ResponseReturnValue:
    typed = request.values.to_dict() if wrong else {"since": place.today(found.site).isoformat()}
    look = request.values.get("find", "").strip()
    site = found.site
    known = (
        registry.find_customers(db.session(), signin.current_actor(), look, site) if look else []
    )
    page = render_template(
        "registry/occupant.html",
        unit=found,
        words=units,
        typed=typed,
        faults=wrong,
        known=known,
        find=look,
    )
    return page, 422 if wrong else 200


@blueprint.post("/occupancies/<int(max=9007199254740991):occupancy_id>/end")
def end_occupancy(occupancy_id: int) -> ResponseReturnValue:
    """Record that an occupancy ended."""
    found = db.session.get(Occupancy, occupancy_id)
    if found is None or not signin.current_actor().belongs_to(found.unit.site_id):
        raise NotFound(noun="occupancy", key=occupancy_id)
    actor = _require_editor(found.unit.site_id)
    try:
        with engine.begin(actor) as command:
            row = command.session.get_one(Occupancy, occupancy_id)
            registry.vacate(command, row, _date("until"))
        flash(_("已记为搬离"), "done")
    except Rejected as error:
        flash(next(iter(faults.of(error).values())), "late")
    return redirect(url_for("registry.unit", unit_id=found.unit_id))


@blueprint.get("/customers/<int(max=9007199254740991):customer_id>")
def customer(customer_id: int) -> ResponseReturnValue:
    """Show a customer with masked personal data, contacts and units."""
    return _customer(customer_id, full=False)


@blueprint.post("/customers/<int(max=9007199254740991):customer_id>/reveal")
def reveal(customer_id: int) -> ResponseReturnValue:
    """Show a customer's full phone and identity number once, to those whose work needs them; the audit keeps who looked."""
    actor = signin.current_actor()
    found = registry.get_customer(db.session(), actor, customer_id)
    if not registry.may_see_personal(actor, found.site_id):
        raise NotAllowed(reason="personal data")
    with engine.begin(actor) as command:
        command.audit("customer.revealed", str(found.id))
    return _customer(customer_id, full=True)


def _customer(customer_id: int, *, full: bool) -> ResponseReturnValue:
    actor = signin.current_actor()
    found = registry.get_customer(db.session(), actor, customer_id)
    return render_template(
        "registry/customer.html",
        customer=found,
        view=customers.view(found, full=full),
        full=full,
        may_reveal=registry.may_see_personal(actor, found.site_id),
        may_edit=may_edit(actor, found.site_id),
        words=units,
    )


@blueprint.route("/customers/<int(max=9007199254740991):customer_id>/edit", methods=["GET", "POST"])
def edit_customer(customer_id: int) -> ResponseReturnValue:
    """Change a customer's name, phone and the rest, and whom to call in an emergency."""
    found = registry.get_customer(db.session(), signin.current_actor(), customer_id)
    actor = _require_editor(found.site_id)
    if request.method == "GET":
        with engine.begin(actor) as command:
            command.audit("customer.revealed", str(found.id))
        return _customer_form(found, {})
    try:
        with engine.begin(actor) as command:
            customers.apply(command, command.session.get_one(Customer, found.id), request.form)
    except Rejected as error:
        return _customer_form(found, faults.of(error))
    flash(_("%(name)s 的资料已改", name=found.name), "done")
    return redirect(url_for("registry.customer", customer_id=found.id))


def _customer_form(found: Customer, wrong: dict[str, str]) -> ResponseReturnValue:
    typed = request.form if request.method == "POST" else customers.as_typed(found)
    page = render_template(
        "registry/customer_edit.html",
        customer=found,
        typed=typed,
        faults=wrong,
        contacts=customers.contact_rows(found),
        periods=customers.periods(),
    )
    return page, 422 if wrong else 200


sheets.register(blueprint, may_edit)
