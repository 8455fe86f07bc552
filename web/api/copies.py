"""Copies: instances people are sent to read. Extensions."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields
from marshmallow.validate import Length
from sqlalchemy import select
from sqlalchemy.orm import aliased

from engine import instances, tasks
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.task import Copy
from engine.staff import copies
from web.api.assignments import MAX_REASON, username
from web.api.credentials import actor
from web.api.filters import INSTANT, KEY, TEXT
from web.api.noun import Noun
from web.api.schemas import Body, Instant, Key, Result, text
from web.api.search import Property, Rows, Search, results
from web.extensions import engine, session

blueprint = Noun("copies")

MAX_READERS = 50


class Copying(Body):
    """Who gets the instance of the task to read, also at other sites."""

    usernames = fields.List(username(), required=True, validate=Length(1, MAX_READERS))
    note = text(load_default="", longest=MAX_REASON)


class CopyResult(Result):
    """An instance somebody was sent; without a sender the step's `copyTo` sent it."""

    process_instance_key = Key()
    user_task_key = Key(allow_none=True)
    username = fields.String()
    sender = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    creation_date = Instant()
    read_date = Instant(allow_none=True)


class Reading(Body):
    """No more is needed."""


_Reader, _Sender = aliased(User), aliased(User)

SEARCH = Search(
    "Copy",
    {
        "process_instance_key": Property(KEY, Copy.instance_key),
        "user_task_key": Property(KEY, Copy.task_key),
        "process_definition_id": Property(TEXT, ProcessInstance.process_id),
        "username": Property(TEXT, _Reader.username),
        "sender": Property(TEXT, _Sender.username, joined=True),
        "creation_date": Property(INSTANT, Copy.created_at),
        "read_date": Property(INSTANT, Copy.read_at),
    },
    Copy.id,
)
RESULTS = results("Copy", CopyResult)


def _rows() -> Rows:
    return (
        select(Copy, _Reader.username, _Sender.username)
        .join(ProcessInstance, ProcessInstance.key == Copy.instance_key)
        .join(_Reader, _Reader.id == Copy.user_id)
        .outerjoin(_Sender, _Sender.id == Copy.sent_by)
    )


def _found(query: Rows, asked: dict[str, Any]) -> dict[str, Any]:
    found = SEARCH.run(session, query, asked)
    return {"items": [_described(*row[:3]) for row in found.rows], "page": found.page}


def _described(copy: Copy, reader: str, sender: str | None) -> dict[str, Any]:
    return {
        "process_instance_key": copy.instance_key,
        "user_task_key": copy.task_key,
        "username": reader,
        "sender": sender,
        "note": copy.note or None,
        "creation_date": copy.created_at,
        "read_date": copy.read_at,
    }


@blueprint.post("/user-tasks/<key:user_task_key>/copies")
@blueprint.arguments(Copying)
@blueprint.response(204)
def send(asked: dict[str, Any], user_task_key: int) -> Response:
    """Send colleagues the instance of a task to read. For who may do it, did it or supervises it."""
    with engine.begin(actor()) as command:
        tasks.copy(command, user_task_key, asked["usernames"], asked["note"])
    return Response(status=204)


@blueprint.post("/copies/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, RESULTS)
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search what the caller was sent to read."""
    return _found(_rows().where(Copy.user_id == actor().user_id), asked)


@blueprint.post("/process-instances/<key:process_instance_key>/copies/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, RESULTS)
def search_instance(asked: dict[str, Any], process_instance_key: int) -> dict[str, Any]:
    """Search who was sent an instance."""
    instance = instances.get(session, actor(), process_instance_key)
    return _found(_rows().where(Copy.instance_key == instance.key), asked)


@blueprint.post("/process-instances/<key:process_instance_key>/copies/reading")
@blueprint.arguments(Reading, required=False)
@blueprint.response(204)
def read(_asked: dict[str, Any], process_instance_key: int) -> Response:
    """Mark the caller's copy of an instance as read."""
    with engine.begin(actor()) as command:
        copies.mark_read(command, process_instance_key)
    return Response(status=204)
