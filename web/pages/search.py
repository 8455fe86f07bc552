"""One box for everything: units, customers and process instances of the actor's sites."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine import registry
from engine.registry import Found
from engine.registry.typings import canonical
from web import signin
from web.extensions import db, wants_fragment
from web.pages import units
from web.views import names

blueprint = Blueprint("search", __name__)


def _typed() -> str:
    return request.args.get("q", "").strip()[:64]


def _found(typed: str) -> Found:
    return registry.search(db.session(), signin.current_actor(), typed, signin.current_site())


@blueprint.get("/search")
def index() -> ResponseReturnValue:
    """Show what was found in groups; a single exact hit is opened at once. htmx gets the groups only."""
    typed = _typed()
    found = _found(typed)
    if wants_fragment():
        return render_template(
            "search/found.html", typed=typed, found=found, words=units, names=names
        )
    target = _only_hit(typed, found)
    if target and "stay" not in request.args:
        return redirect(target)
    return render_template("search/index.html", typed=typed, found=found, words=units, names=names)


def _only_hit(typed: str, found: Found) -> str | None:
    """Give where the one thing that can be meant is shown; a unit counts more than what was done in it."""
    numbered = [one for one in found.instances if one.number == typed.upper()]
    if len(numbered) == 1:
        return url_for("instances.show", key=numbered[0].key)
    label = canonical(typed)
    labelled = [one for one in found.units if label in (one.label, one.label.replace("-", ""))]
    if len(labelled) == 1:
        return url_for("registry.unit", unit_id=labelled[0].id)
    if (len(found.units), len(found.customers)) == (1, 0):
        return url_for("registry.unit", unit_id=found.units[0].id)
    if (len(found.units), len(found.customers), len(found.instances)) == (0, 1, 0):
        return url_for("registry.customer", customer_id=found.customers[0].id)
    return None
