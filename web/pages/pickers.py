"""What pickers suggest while one types: units and people of a site, as JSON."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from engine import registry
from engine.errors import NotFound
from engine.models.identity import Site
from engine.models.registry import Unit
from engine.staff import people as staff
from web import locales, shell
from web.extensions import session
from web.signin import current_actor, current_site
from web.views import names
from web.views.people import role_of

blueprint = Blueprint("pickers", __name__, url_prefix="/pickers")

LIMIT = 12


@blueprint.get("/units")
def units() -> ResponseReturnValue:
    """Suggest units by number, or by the name of who lives there."""
    actor, site, typed = current_actor(), _site(), request.args.get("q", "")
    found = registry.find_units(session, actor, typed, site, LIMIT)
    if not found and typed.strip():
        customers = registry.find_customers(session, actor, typed, site, LIMIT)
        pairs = [(one.unit, of.name) for of in customers for one in of.occupancies if not one.until]
        return jsonify([_unit(unit, name) for unit, name in pairs[:LIMIT]])
    return jsonify([_unit(unit) for unit in found])


def _unit(unit: Unit, name: str = "") -> dict[str, str]:
    shown = unit.display_en if locales.select() == "en" and unit.display_en else unit.display
    detail = " · ".join(filter(None, (shown, name)))
    return {"value": unit.label, "label": unit.label, "detail": detail}


@blueprint.get("/people")
def people() -> ResponseReturnValue:
    """Suggest colleagues by name or user name."""
    site = _site()
    found = staff.find(
        session, current_actor(), request.args.get("q", ""), site.id if site else None, LIMIT
    )
    return jsonify(
        [
            {
                "value": user.username,
                "label": names.user(user),
                "detail": shell.role_name(role_of(user, site.id if site else None)),
            }
            for user in found
        ]
    )


def _site() -> Site | None:
    key = request.args.get("site", "")
    if not key:
        return current_site()
    site = session.scalar(select(Site).where(Site.key == key))
    if site is None or not current_actor().belongs_to(site.id):
        raise NotFound(noun="site", key=key)
    return site
