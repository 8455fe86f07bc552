"""Forms as they were deployed: form-js JSON as text."""

from __future__ import annotations

from typing import Any

from flask import Response, json
from marshmallow import fields
from sqlalchemy import select

from engine.errors import NotFound
from engine.models.definition import Form
from web.api.noun import Noun
from web.api.schemas import DEFAULT_TENANT, Key, Result
from web.extensions import session

blueprint = Noun("forms")


class FormResult(Result):
    """A form; `schema` is its form-js JSON."""

    form_key = Key()
    form_id = fields.String()
    version = fields.Integer()
    schema = fields.String()
    tenant_id = fields.String()


def find(deployment_key: int, form_id: str) -> Form:
    """Give the form as it was deployed with the bundle, else the latest of that id. Raises NotFound."""
    same = select(Form).where(Form.form_id == form_id)
    own = session.scalar(same.where(Form.deployment_key == deployment_key))
    found = own or session.scalar(same.order_by(Form.version.desc(), Form.key.desc()).limit(1))
    if found is None:
        raise NotFound(noun="form", key=form_id)
    return found


def described(form: Form) -> dict[str, Any]:
    """Give what FormResult says of a form."""
    return {
        "form_key": form.key,
        "form_id": form.form_id,
        "version": form.version,
        "schema": json.dumps(form.schema),
        "tenant_id": DEFAULT_TENANT,
    }


def answer(deployment_key: int, form_id: str | None) -> Any:
    """Give the form of an element, or the empty answer for one without."""
    return described(find(deployment_key, form_id)) if form_id else Response(status=204)


@blueprint.get("/forms/<key:form_key>")
@blueprint.response(200, FormResult)
def get(form_key: int) -> dict[str, Any]:
    """Give a form by its key."""
    found = session.get(Form, form_key)
    if found is None:
        raise NotFound(noun="form", key=form_key)
    return described(found)
