"""Correcting what a completed task recorded."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import corrections, tasks
from engine.corrections import NothingCorrected, ReasonMissing
from engine.errors import InvalidVariables, NotAllowed, TaskChanged
from engine.models.task import UserTask
from web import forms
from web.extensions import engine, session
from web.signin import current_actor
from web.views import entries, names
from web.views.entries import Entry

blueprint = Blueprint("corrections", __name__)


@blueprint.get("/tasks/<int:key>/correct")
def edit(key: int) -> ResponseReturnValue:
    """Show the record in its form, to be corrected."""
    task = _found(key)
    entry = entries.require(entries.of_record(task))
    return _page(task, entry.view(entry.opened(task.submitted)))


@blueprint.post("/tasks/<int:key>/correct")
def submit(key: int) -> ResponseReturnValue:
    """Correct the record, with the reason."""
    task = _found(key)
    entry = entries.require(entries.of_record(task))
    if forms.rearranges(request.form):
        return _page(task, entry.view(entry.posted()))
    raw: dict[str, Any] = {}
    try:
        raw = entry.posted()
        return _corrected(task, raw)
    except forms.FilesRefused as error:
        return _page(task, entry.view(error.raw, error.errors), status=422)
    except InvalidVariables as error:
        return _page(task, entry.view(raw, error.errors), status=422)
    except (ReasonMissing, NothingCorrected, TaskChanged) as error:
        return _again(task, entry, raw, error)


def _found(key: int) -> UserTask:
    task = tasks.get(session, current_actor(), key)
    if not corrections.may_correct(current_actor(), task):
        raise NotAllowed(reason="correcting this record")
    return task


def _corrected(task: UserTask, raw: dict[str, Any]) -> ResponseReturnValue:
    version = request.form.get("version", type=int)
    with engine.begin(current_actor()) as command:
        corrections.correct(command, task.key, raw, request.form.get("reason", ""), version=version)
    flash(_("记录已更正，原来的内容留在审计里"), "done")
    return redirect(url_for("tasks.show", key=task.key))


def _again(
    task: UserTask, entry: Entry, raw: dict[str, Any], error: Exception
) -> ResponseReturnValue:
    missing = isinstance(error, ReasonMissing)
    changed = isinstance(error, TaskChanged)
    fault = _("请写明更正的原因") if missing else _("记录在你打开之后变了，请核对后再提交") if changed else _("内容和原来一样，没有要更正的")  # fmt: skip
    if changed:
        session.rollback()
    return _page(task, entry.view(raw), fault=str(fault), status=409 if changed else 422)


def _page(
    task: UserTask, view: forms.View, *, fault: str = "", status: int = 200
) -> ResponseReturnValue:
    of = names.definition(task.definition_key)
    return render_template(
        "tasks/correct.html",
        task=task,
        step=names.step(of, task),
        procedure=names.procedure(of),
        place=names.unit(task.instance),
        running=task.instance.ended_at is None,
        view=view,
        reason=request.form.get("reason", ""),
        fault=fault,
    ), status
