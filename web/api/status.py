"""What anybody may ask: whether the server runs and under which licence."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy import select

from web.api.noun import Noun
from web.api.schemas import Result
from web.extensions import session

blueprint = Noun("status", public=True)


class License(Result):
    """What the server may be used for."""

    valid_license = fields.Boolean()
    license_type = fields.String()
    is_commercial = fields.Boolean()
    expires_at = fields.String(allow_none=True)


@blueprint.get("/license")
@blueprint.response(200, License)
def license_() -> dict[str, Any]:
    """Tell that no licence limits the use."""
    return {
        "valid_license": True,
        "license_type": "Apache-2.0",
        "is_commercial": False,
        "expires_at": None,
    }


@blueprint.get("/status")
@blueprint.response(204)
def status() -> Response:
    """Answer 204 while the server and its database answer."""
    session.execute(select(1))
    return Response(status=204)
