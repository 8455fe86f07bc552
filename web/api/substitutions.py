"""Substitutions: somebody else does a person's tasks for some time. Extensions."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields
from marshmallow.validate import Length

from engine.errors import NotFound
from engine.models.substitution import Substitution
from engine.staff import substitutions
from web.api.assignments import username
from web.api.credentials import actor
from web.api.filters import INSTANT, KEY, TEXT
from web.api.listing import Listing
from web.api.noun import Noun
from web.api.schemas import Body, Instant, Key, Result, text
from web.api.search import results
from web.extensions import engine, session

blueprint = Noun("substitutions")

MAX_PROCESSES = 100


class SubstitutionResult(Result):
    """Whose tasks are whose too, from when until before when, for which procedures; none means all."""

    substitution_key = Key()
    principal = fields.String()
    substitute = fields.String()
    start_date = Instant()
    end_date = Instant()
    revocation_date = Instant(allow_none=True)
    process_definition_ids = fields.List(fields.String())


class Appointment(Body):
    """Who does whose tasks; the caller's own unless `principal` names somebody."""

    principal = username(load_default=None)
    substitute = username(required=True)
    start_date = Instant(required=True)
    end_date = Instant(required=True)
    process_definition_ids = fields.List(
        text(shortest=1), load_default=list, validate=Length(max=MAX_PROCESSES)
    )


class Whose(Body):
    """Whose substitutes to list; without it, those in which the caller has a part."""

    principal = username(load_default=None)


LISTING = Listing(
    "Substitution",
    {
        "substitution_key": KEY,
        "principal": TEXT,
        "substitute": TEXT,
        "start_date": INSTANT,
        "end_date": INSTANT,
        "revocation_date": INSTANT,
    },
    "substitution_key",
)


def _described(one: Substitution) -> dict[str, Any]:
    return {
        "substitution_key": one.id,
        "principal": one.principal.username,
        "substitute": one.substitute.username,
        "start_date": one.starts_at,
        "end_date": one.ends_at,
        "revocation_date": one.revoked_at,
        "process_definition_ids": one.process_ids,
    }


@blueprint.post("/substitutions")
@blueprint.arguments(Appointment)
@blueprint.response(201, SubstitutionResult)
def appoint(asked: dict[str, Any]) -> dict[str, Any]:
    """Let one's tasks be somebody else's too; administrators and supervisors also for others."""
    with engine.begin(actor()) as command:
        made = substitutions.appoint(
            command,
            asked["principal"] or command.actor.username,
            asked["substitute"],
            asked["start_date"],
            asked["end_date"],
            asked["process_definition_ids"],
        )
        return _described(made)


@blueprint.post("/substitutions/search")
@blueprint.arguments(LISTING.request, required=False)
@blueprint.arguments(Whose, location="query")
@blueprint.response(200, results("Substitution", SubstitutionResult))
def search(asked: dict[str, Any], whose: dict[str, Any]) -> dict[str, Any]:
    """Search the latest 100 substitutions of the caller, or of the `principal` whose substitutes the caller may appoint."""
    if whose["principal"]:
        found = substitutions.of_user(session, actor(), whose["principal"])
    else:
        found = substitutions.of_actor(session, actor())
    return LISTING.run([_described(one) for one in found], asked)


@blueprint.delete("/substitutions/<key:substitution_key>")
@blueprint.response(204)
def revoke(substitution_key: int) -> Response:
    """End a substitution now. For who may appoint it, and for the substitute."""
    with engine.begin(actor()) as command:
        found = command.session.get(Substitution, substitution_key)
        if found is None or not _may_see(command.session, command.actor, found):
            raise NotFound(noun="substitution", key=substitution_key)
        substitutions.revoke(command, substitution_key)
    return Response(status=204)


def _may_see(where: Any, who: Any, found: Substitution) -> bool:
    return who.user_id == found.substitute_id or substitutions.may_appoint(
        where, who, found.principal
    )
