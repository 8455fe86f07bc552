"""Variables: looked up at process instances, scopes in them, or a user task; never across all instances."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from marshmallow import ValidationError, fields
from werkzeug.exceptions import BadRequest

from engine.errors import NotFound
from web.api import filters
from web.api.credentials import actor
from web.api.filters import AMONG, FLAG, KEY, TEXT, Kind, values_of
from web.api.listing import Listing
from web.api.noun import Noun
from web.api.schemas import Body, Key, Result
from web.api.scopes import Item, Reader, scope_of
from web.api.search import results
from web.extensions import engine, session

blueprint = Noun("variables")

SHOWN = 8191
MAX_SCOPES = 100
VARIABLE_KEY_PATTERN = "^[0-9]{1,25}$"
PLACES = ("process_instance_key", "scope_key", "variable_key")


def _read_variable_key(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch("[0-9]{1,25}", value, re.ASCII):
        raise ValidationError("Not a key: it must be digits in a string.")
    return value


VARIABLE_KEY = Kind({"type": "string", "pattern": VARIABLE_KEY_PATTERN}, _read_variable_key, AMONG)


class VariableSearchResult(Result):
    """A variable; its value is JSON as text, cut off after 8,191 characters unless the whole is asked for."""

    variable_key = fields.String()
    name = fields.String()
    value = fields.String()
    is_truncated = fields.Boolean()
    scope_key = Key()
    process_instance_key = Key()
    root_process_instance_key = Key(allow_none=True)
    tenant_id = fields.String()


class VariableResult(Result):
    """A variable with its whole value: JSON as text."""

    variable_key = fields.String()
    name = fields.String()
    value = fields.String()
    scope_key = Key()
    process_instance_key = Key()
    root_process_instance_key = Key(allow_none=True)
    tenant_id = fields.String()


class Shown(Body):
    """Whether long values are cut off."""

    truncate_values = fields.Boolean(load_default=True)


LISTING = Listing(
    "Variable",
    {
        "variable_key": VARIABLE_KEY,
        "name": TEXT,
        "value": TEXT,
        "scope_key": KEY,
        "process_instance_key": KEY,
        "tenant_id": TEXT,
        "is_truncated": FLAG,
    },
    "variable_key",
)
OF_TASK = Listing("UserTaskVariable", {"name": TEXT}, "variable_key")
RESULTS = results("Variable", VariableSearchResult)


def _reader() -> Reader:
    return Reader(engine, session, actor())


def _cut(items: Iterable[Item], *, truncate: bool) -> list[Item]:
    return [
        item
        | {
            "value": item["value"][:SHOWN] if truncate else item["value"],
            "is_truncated": truncate and len(item["value"]) > SHOWN,
        }
        for item in items
    ]


def _scopes(wanted: dict[str, filters.Asked]) -> list[set[int]]:
    """Give the scopes each place of the filter names. Raises BadRequest when none does, or too many."""
    named = {
        place: values_of([one for one in wanted.get(place, []) if one[0] in filters.SAME])
        for place in PLACES
        if any(name in filters.SAME for name, _ in wanted.get(place, []))
    }
    if not named:
        raise BadRequest(
            "A search for variables needs processInstanceKey, scopeKey or variableKey in its filter, as a key or with "
            "$eq or $in; the variables of a user task are at /user-tasks/{userTaskKey}/variables/search."
        )
    if max(map(len, named.values())) > MAX_SCOPES:
        raise BadRequest(f"A search for variables looks at {MAX_SCOPES} scopes at most.")
    return [
        {scope_of(key) if place == "variable_key" else key for key in keys}
        for place, keys in named.items()
    ]


@blueprint.post("/variables/search")
@blueprint.arguments(LISTING.request, required=False)
@blueprint.arguments(Shown, location="query")
@blueprint.response(200, RESULTS)
def search(asked: dict[str, Any], shown: dict[str, bool]) -> dict[str, Any]:
    """Search the variables of named instances or scopes at the caller's sites; personal data may be masked."""
    wanted = asked.get("filter") or {}
    scopes = set.union(*_scopes(wanted))
    found = _reader().of_scopes(scopes)
    return LISTING.run(_cut(found, truncate=shown["truncate_values"]), asked)


@blueprint.get("/variables/<string(maxlength=25):variable_key>")
@blueprint.response(200, VariableResult)
def get(variable_key: str) -> Item:
    """Give a variable with its whole value."""
    try:
        scope = scope_of(_read_variable_key(variable_key))
    except ValidationError:
        scope = 0
    for item in _reader().of_scopes([scope]):
        if item["variable_key"] == variable_key:
            return item
    raise NotFound(noun="variable", key=variable_key)


@blueprint.post("/user-tasks/<key:user_task_key>/variables/search")
@blueprint.arguments(OF_TASK.request, required=False)
@blueprint.arguments(Shown, location="query")
@blueprint.response(200, RESULTS)
def search_task(
    asked: dict[str, Any], shown: dict[str, bool], user_task_key: int
) -> dict[str, Any]:
    """Search what a user task sees: its own variables and those of the process."""
    return _of_task(asked, shown, user_task_key, effective=False)


@blueprint.post("/user-tasks/<key:user_task_key>/effective-variables/search")
@blueprint.arguments(OF_TASK.request, required=False)
@blueprint.arguments(Shown, location="query")
@blueprint.response(200, RESULTS)
def search_task_effective(
    asked: dict[str, Any], shown: dict[str, bool], user_task_key: int
) -> dict[str, Any]:
    """Search what a user task sees, each name once: the innermost."""
    return _of_task(asked, shown, user_task_key, effective=True)


def _of_task(
    asked: dict[str, Any], shown: dict[str, bool], key: int, *, effective: bool
) -> dict[str, Any]:
    found = _reader().of_task(key, effective=effective)
    return OF_TASK.run(_cut(found, truncate=shown["truncate_values"]), asked)
