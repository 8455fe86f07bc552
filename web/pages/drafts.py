"""What happens while a form is filled in: drafts kept, fields shown and hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from engine import starts, tasks
from engine.errors import NotAllowed
from engine.models.task import UserTask
from web import words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import entries, owners, startable
from web.views.decisions import OPINION
from web.views.entries import Entry

blueprint = Blueprint("drafts", __name__)


@blueprint.post("/tasks/<int:key>/draft")
def task(key: int) -> ResponseReturnValue:
    """Keep what is typed into a task's form."""
    opinion = request.form.get(OPINION, "")
    beside = {OPINION: opinion} if opinion else {}
    return _save(entries.require(entries.of_task(_mine(key))), f"task:{key}", beside)


@blueprint.post("/start/<process_id>/draft")
def start(process_id: str) -> ResponseReturnValue:
    """Keep what is typed into a start form."""
    found = startable.find(process_id)
    entry = entries.require(entries.of_start(found.definition, found.site))
    return _save(entry, starts.subject(found.definition))


@blueprint.post("/tasks/<int:key>/refresh")
def refresh_task(key: int) -> ResponseReturnValue:
    """Draw a task's form anew for what is typed."""
    return _drawn(entries.require(entries.of_task(_mine(key))))


@blueprint.post("/tasks/<int:key>/record/refresh")
def refresh_record(key: int) -> ResponseReturnValue:
    """Draw a record that is being corrected anew for what is typed."""
    return _drawn(entries.require(entries.of_record(tasks.get(session, current_actor(), key))))


@blueprint.post("/start/<process_id>/refresh")
def refresh_start(process_id: str) -> ResponseReturnValue:
    """Draw a start form anew for what is typed."""
    found = startable.find(process_id)
    entry = entries.require(entries.of_start(found.definition, found.site))
    before = request.form.get(entries.OWNER_OF, "")
    return _body(entry, owners.filled(entry, entry.typed(), before))


def _mine(key: int) -> UserTask:
    task = tasks.get(session, current_actor(), key)
    if not tasks.may_complete(current_actor(), task):
        raise NotAllowed(reason="filling in this task")
    return task


def _save(
    entry: Entry, subject: str, beside: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    raw = {**entry.typed(), **(beside or {})}
    with engine.begin(current_actor()) as command:
        draft = tasks.save_draft(command, subject, raw)
    return jsonify({"saved": words.time(draft.saved_at)})


def _drawn(entry: Entry) -> ResponseReturnValue:
    return _body(entry, entry.typed())


def _body(entry: Entry, values: Mapping[str, Any]) -> ResponseReturnValue:
    return render_template("forms/body.html", view=entry.view(values))
