"""Limits: times, rates and amounts of the regulations as they hold at a site or in the company. Extensions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from marshmallow import fields

from engine.errors import NotFound
from engine.models.identity import Site
from engine.policy import limits
from web.api import tenants
from web.api.credentials import actor
from web.api.filters import FLAG, TEXT
from web.api.listing import Listing
from web.api.noun import Noun
from web.api.schemas import Body, Result, text
from web.api.search import results
from web.extensions import session

blueprint = Noun("limits")


class LimitResult(Result):
    """A limit: an ISO 8601 duration, integer fen, a share of one or a text, and the clause it comes from."""

    limit_key = fields.String()
    kind = fields.String()
    value = fields.Raw(metadata={"type": ["string", "number"]})
    shipped_value = fields.Raw(metadata={"type": ["string", "number"]})
    is_changed = fields.Boolean()
    calendar = fields.String(allow_none=True)
    source = fields.String(allow_none=True)
    number = fields.String(allow_none=True)
    name = fields.String()
    name_en = fields.String()
    is_pausable = fields.Boolean()


class Place(Body):
    """At which site; the company's values are told without one."""

    tenant_id = text(load_default=None)


LISTING = Listing(
    "Limit",
    {"limit_key": TEXT, "kind": TEXT, "calendar": TEXT, "source": TEXT, "is_changed": FLAG},
    "limit_key",
)


def _told(keys: Iterable[str], tenant_id: str | None) -> list[dict[str, Any]]:
    wanted = list(keys)
    current = limits.values(session, _site(tenant_id), wanted)
    return [_described(limits.catalogue()[key], current[key]) for key in wanted]


def _site(tenant_id: str | None) -> Site | None:
    return tenants.find(session, actor(), tenant_id) if tenant_id else None


def _described(row: dict[str, Any], value: Any) -> dict[str, Any]:
    return {
        "limit_key": row["key"],
        "kind": row["kind"],
        "value": value,
        "shipped_value": row["value"],
        "is_changed": value != row["value"],
        "calendar": row.get("calendar"),
        "source": row.get("source"),
        "number": row.get("number"),
        "name": row["zh"],
        "name_en": row["en"],
        "is_pausable": bool(row.get("pausable")),
    }


@blueprint.post("/limits/search")
@blueprint.arguments(LISTING.request, required=False)
@blueprint.arguments(Place, location="query")
@blueprint.response(200, results("Limit", LimitResult))
def search(asked: dict[str, Any], place: dict[str, Any]) -> dict[str, Any]:
    """Search the limits as they hold at a site of the caller (`tenantId`) or in the company."""
    return LISTING.run(_told(limits.catalogue(), place["tenant_id"]), asked)


@blueprint.get("/limits/<string(maxlength=128):limit_key>")
@blueprint.arguments(Place, location="query")
@blueprint.response(200, LimitResult)
def get(place: dict[str, Any], limit_key: str) -> dict[str, Any]:
    """Give a limit as it holds at a site of the caller (`tenantId`) or in the company."""
    if limit_key not in limits.catalogue():
        raise NotFound(noun="limit", key=limit_key)
    return _told([limit_key], place["tenant_id"])[0]
