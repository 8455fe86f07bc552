"""Versions of procedures: how many instances run in each, and standing still or going on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine.errors import Conflict, NotFound
from engine.models.batch import Batch
from engine.models.definition import ProcessDefinition
from engine.operations import suspension
from web import words
from web.errors import words as error_words
from web.extensions import engine, session
from web.signin import current_actor
from web.views.operations import scope, versions


def register(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint of operations."""
    blueprint.add_url_rule("/definitions", "definitions", index)
    blueprint.add_url_rule("/definitions/<process_id>", "definition", show)
    blueprint.add_url_rule(
        "/definitions/<int:key>/<any(suspend,resume):act>", "standstill", standstill, methods=["POST"]
    )  # fmt: skip


def index() -> ResponseReturnValue:
    """List the procedures with what runs in their versions, those with several versions at work first."""
    counts, q = versions.counts(current_actor()), request.args.get("q", "").strip().lower()
    rows: dict[str, dict[str, Any]] = {}
    for one in session.scalars(_newest_first()):
        row = rows.setdefault(one.process_id, _row(one))
        active, still = counts.get(one.key, (0, 0))
        row["running"] += active + still
        row["versions"] += bool(active or still)
        row["stopped"] += one.suspended_at is not None and one.latest
    found = [row for row in rows.values() if q in row["name"].lower() or q in row["process_id"]]
    found.sort(key=lambda row: (row["versions"] < 2, -row["running"]))  # noqa: PLR2004 - several
    return render_template("operations/definitions.html", rows=found, q=request.args.get("q", ""))


def _newest_first() -> Any:
    return select(ProcessDefinition).order_by(
        ProcessDefinition.process_id, ProcessDefinition.version.desc()
    )


def _row(newest: ProcessDefinition) -> dict[str, Any]:
    return {
        "process_id": newest.process_id,
        "name": versions.name_of(newest),
        "version": newest.version,
        "running": 0,
        "versions": 0,
        "stopped": 0,
    }


def show(process_id: str) -> ResponseReturnValue:
    """Show the versions of a procedure."""
    counts, now = versions.counts(current_actor()), engine.clock()
    rows = list(session.scalars(_newest_first().where(ProcessDefinition.process_id == process_id)))
    if not rows:
        raise NotFound(noun="process definition", key=process_id)
    most = max([sum(counts.get(row.key, (0, 0))) for row in rows] + [1])
    return render_template(
        "operations/definition.html",
        process_id=process_id,
        name=versions.name_of(rows[0]),
        newest=rows[0],
        rows=[
            {
                "key": row.key,
                "version": row.version,
                "tag": row.version_tag,
                "latest": row.latest,
                "at": words.stamp(row.created_at, now),
                "suspended": words.stamp(row.suspended_at, now) if row.suspended_at else "",
                "active": counts.get(row.key, (0, 0))[0],
                "still": counts.get(row.key, (0, 0))[1],
                "share": round(100 * sum(counts.get(row.key, (0, 0))) / most, 1),
            }
            for row in rows
        ],
    )


def standstill(key: int, act: str) -> ResponseReturnValue:
    """Start nothing more from a version, or let it be started again; its instances too if wanted."""
    row = session.get(ProcessDefinition, scope.known(key, "process definition"))
    if row is None:
        raise NotFound(noun="process definition", key=key)
    process_id, reason = row.process_id, request.form.get("reason", "")
    there = url_for("operations.definition", process_id=process_id)
    if act == "suspend" and not reason.strip():
        flash(_("停用要写明原因"), "error")
        return redirect(there)
    session.rollback()  # what was read must not hold up the writing on SQLite
    try:
        batch_key = _change(key, act, reason)
    except Conflict as error:
        flash(error_words(error), "waiting")
        return redirect(there)
    flash(_("已停用这一版") if act == "suspend" else _("已恢复这一版"), "done")
    return redirect(url_for("operations.batch", key=batch_key) if batch_key else there)


def _change(key: int, act: str, reason: str) -> int | None:
    too = request.form.get("instances") == "1"
    with engine.begin(current_actor()) as command:
        batch: Batch | None = (
            suspension.suspend_definition(command, key, reason, include_instances=too)
            if act == "suspend"
            else suspension.resume_definition(command, key, include_instances=too)
        )
        return batch.key if batch else None
