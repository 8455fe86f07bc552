"""Units: the flats, offices, shops and parking spaces of the caller's sites, without their people. Extensions."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from engine.errors import NotFound
from engine.models.identity import Site
from engine.models.registry import Unit
from engine.registry import units_visible_to
from web.api.credentials import actor
from web.api.filters import INTEGER, KEY, TEXT
from web.api.noun import Noun
from web.api.schemas import Key, Result
from web.api.search import Property, Rows, Search, results
from web.extensions import session

blueprint = Noun("units")


class UnitResult(Result):
    """A unit; `label` (3-2-1201) identifies it at its site, `floorArea` is in hundredths of a square metre."""

    unit_key = Key()
    label = fields.String()
    name = fields.String()
    building_code = fields.String()
    entrance = fields.String(allow_none=True)
    floor = fields.Integer()
    room = fields.String()
    floor_area = fields.Integer()
    kind = fields.String()
    status = fields.String()
    occupied_since = fields.Date(allow_none=True)
    phase = fields.String(allow_none=True)
    area = fields.String(allow_none=True)
    tenant_id = fields.String()


SEARCH = Search(
    "Unit",
    {
        "unit_key": Property(KEY, Unit.id),
        "label": Property(TEXT, Unit.label),
        "building_code": Property(TEXT, Unit.building_code),
        "floor": Property(INTEGER, Unit.floor),
        "kind": Property(TEXT, Unit.kind),
        "status": Property(TEXT, Unit.status),
        "area": Property(TEXT, Unit.area),
        "tenant_id": Property(TEXT, Site.key),
    },
    Unit.id,
)


def _rows() -> Rows:
    return units_visible_to(actor()).join(Unit.site).add_columns(Site.key.label("tenant_id"))


def _described(row: Any) -> dict[str, Any]:
    unit = row[0]
    return {
        "unit_key": unit.id,
        "label": unit.label,
        "name": unit.display,
        "building_code": unit.building_code,
        "entrance": unit.entrance or None,
        "floor": unit.floor,
        "room": unit.room,
        "floor_area": unit.floor_area,
        "kind": unit.kind,
        "status": unit.status,
        "occupied_since": unit.occupied_since,
        "phase": unit.phase or None,
        "area": unit.area or None,
        "tenant_id": row.tenant_id,
    }


@blueprint.post("/units/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, results("Unit", UnitResult))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the units of the caller's sites."""
    found = SEARCH.run(session, _rows(), asked)
    return {"items": [_described(row) for row in found.rows], "page": found.page}


@blueprint.get("/units/<key:unit_key>")
@blueprint.response(200, UnitResult)
def get(unit_key: int) -> dict[str, Any]:
    """Give a unit."""
    row = session.execute(_rows().where(Unit.id == unit_key)).first()
    if row is None:
        raise NotFound(noun="unit", key=unit_key)
    return _described(row)
