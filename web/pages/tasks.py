"""A user task: its form, why it is there, who did what, what comes next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import tasks, worker
from engine.errors import Conflict, InvalidVariables, NotAllowed, Rejected, WaitsForSigners
from engine.models.task import CREATED, UserTask
from web import forms
from web.errors import words as error_words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import conflicts, decisions, entries, names, offers, outcomes, sheets
from web.views.decisions import OPINION, OUTCOME
from web.views.entries import Entry

blueprint = Blueprint("tasks", __name__)

Act = Callable[[UserTask], ResponseReturnValue]


@blueprint.get("/tasks/<int:key>")
def show(key: int) -> ResponseReturnValue:
    """Show a task: its form to those who may complete it, what it says to others, what was submitted once it is done."""
    actor = current_actor()
    task = tasks.get(session, actor, key)
    if not offers.works(task):
        return sheets.closed(task) if task.state != CREATED else sheets.watched(task)
    draft = tasks.draft_of(session, actor, f"task:{key}")
    kept = dict(draft.data) if draft else {}
    opinion = str(kept.pop(OPINION, ""))
    if decisions.asks(task):
        return sheets.asked(task, opinion)
    entry = entries.of_task(task)
    view = entry.view(entry.opened(kept)) if entry else None
    return sheets.opened(task, view, draft=draft, opinion=opinion)


@blueprint.post("/tasks/<int:key>")
def submit(key: int) -> ResponseReturnValue:
    """Do what the button says: complete the task, keep a draft, take it, put it back, add or remove a row."""
    wanted, task = request.form.get("do", ""), tasks.get(session, current_actor(), key)
    if offers.formed(wanted):
        return _elsewhere(task, wanted)
    act: Act = _ACTS.get(wanted, _complete)
    return act(task)


def _elsewhere(task: UserTask, wanted: str) -> ResponseReturnValue:
    """Keep what was typed, and go where something else is done with the task."""
    if tasks.may_work(current_actor(), task):
        entry = entries.of_task(task) if tasks.may_complete(current_actor(), task) else None
        raw = entry.typed() if entry else {}
        if raw or request.form.get(OPINION):
            _keep(task.key, raw)
    return redirect(offers.address(wanted, task.key))


def _complete(task: UserTask) -> ResponseReturnValue:
    if not tasks.may_complete(current_actor(), task):
        return _too_late(task)
    entry = entries.of_task(task)
    if entry is not None and forms.rearranges(request.form):
        return sheets.opened(task, entry.view(entry.posted()))
    raw: dict[str, Any] = {}
    try:
        raw = entry.posted() if entry else {}
        return _completed(task, raw)
    except forms.FilesRefused as error:
        return _refused(task, entry, error.raw, error)
    except InvalidVariables as error:
        return _refused(task, entry, raw, error)
    except Conflict as error:
        return _conflict(task, raw, error)


def _completed(task: UserTask, raw: dict[str, Any]) -> ResponseReturnValue:
    version = request.form.get("version", type=int)
    with engine.begin(current_actor()) as command:
        completion = tasks.complete(
            command,
            task.key,
            raw,
            version=version,
            outcome=request.form.get(OUTCOME) or None,
            opinion=request.form.get(OPINION, ""),
        )
        if completion.ran:
            tasks.drop_draft(command, f"task:{task.key}")
    worker.settle(engine, task.instance_key)
    session.rollback()
    return outcomes.after(completion)


def _refused(
    task: UserTask, entry: Entry | None, raw: dict[str, Any], error: InvalidVariables
) -> ResponseReturnValue:
    opinion, faults = request.form.get(OPINION, ""), decisions.faults(error.errors)
    if entry is None and not faults:
        raise error
    _keep(task.key, raw)
    if decisions.asks(task):
        return sheets.asked(task, opinion, faults, status=422)
    view = entry.view(raw, error.errors) if entry else None
    return sheets.opened(task, view, opinion=opinion, faults=faults, status=422)


def _keep(key: int, raw: dict[str, Any]) -> None:
    opinion = request.form.get(OPINION, "")
    with engine.begin(current_actor()) as command:
        tasks.save_draft(command, f"task:{key}", raw | ({OPINION: opinion} if opinion else {}))


def _answer(task: UserTask) -> ResponseReturnValue:
    return _say(task, tasks.answer, _("已答复，“%(step)s”回到委派人手里"))


def _decline(task: UserTask) -> ResponseReturnValue:
    return _say(task, tasks.decline, _("已谢绝，“%(step)s”回到委派人手里"))


def _say(task: UserTask, act: Callable[..., UserTask], said: str) -> ResponseReturnValue:
    """Answer or decline what was delegated; either needs words."""
    opinion = request.form.get(OPINION, "").strip()
    if not opinion:
        return sheets.asked(task, "", {"opinion": str(_("请填写"))}, status=422)
    try:
        with engine.begin(current_actor()) as command:
            act(command, task.key, opinion, version=request.form.get("version", type=int))
            tasks.drop_draft(command, f"task:{task.key}")
    except Conflict as error:
        flash(conflicts.words_of(error), "waiting")
        return redirect(url_for("tasks.show", key=task.key))
    step = names.step(names.definition(task.definition_key), task)
    outcomes.say(task.key, said % {"step": step})
    return redirect(url_for("inbox.index"))


def _too_late(task: UserTask) -> ResponseReturnValue:
    """Answer a submission by somebody who may not complete the task now: taken, finished, or never theirs to do."""
    if task.state == CREATED and task.assignee_id is None:
        raise NotAllowed(reason="completing this task")
    return _conflict(task, entries.typed_for(task), None)


def _conflict(task: UserTask, raw: dict[str, Any], error: Conflict | None) -> ResponseReturnValue:
    _keep(task.key, raw)
    if isinstance(error, WaitsForSigners):
        flash(error_words(error), "waiting")
        return redirect(url_for("tasks.show", key=task.key))
    session.rollback()
    return outcomes.conflict(tasks.get(session, current_actor(), task.key), raw, error)


def _draft(task: UserTask) -> ResponseReturnValue:
    entry = entries.of_task(task) if tasks.may_complete(current_actor(), task) else None
    if entry is not None or request.form.get(OPINION):
        _keep(task.key, entry.posted() if entry else {})
        flash(_("草稿已存"), "done")
    return redirect(url_for("tasks.show", key=task.key))


def _claim(task: UserTask) -> ResponseReturnValue:
    try:
        with engine.begin(current_actor()) as command:
            tasks.claim(command, task.key)
    except Conflict as error:
        flash(conflicts.words_of(error), "waiting")
    return redirect(url_for("tasks.show", key=task.key))


def _unclaim(task: UserTask) -> ResponseReturnValue:
    with engine.begin(current_actor()) as command:
        tasks.unclaim(command, task.key)
    step = names.step(names.definition(task.definition_key), task)
    outcomes.say(task.key, _("已放回“%(step)s”，其他人可以领取", step=step))
    return redirect(url_for("inbox.index"))


@blueprint.post("/tasks/<int:key>/assign")
def assign(key: int) -> ResponseReturnValue:
    """Give the task to somebody else of its candidates; for supervisors."""
    username, reason = request.form.get("username", ""), request.form.get("reason", "")
    try:
        with engine.begin(current_actor()) as command:
            task = tasks.assign(command, key, username, reason=reason.strip()[:500])
    except Conflict as error:
        flash(conflicts.words_of(error), "waiting")
    except Rejected as error:
        flash(error_words(error), "error")
    else:
        session.rollback()
        outcomes.say(key, _("已指派给%(name)s", name=sheets.assignee_name(task)))
    return redirect(url_for("tasks.show", key=key))


_ACTS: dict[str, Act] = {
    "draft": _draft,
    "claim": _claim,
    "unclaim": _unclaim,
    "answer": _answer,
    "decline": _decline,
}
