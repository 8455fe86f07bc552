"""Returning work to an earlier step: where to, what ends for it, and doing it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import course, tasks
from engine.errors import BudgetExceeded, NotAllowed, Rejected, TaskChanged, TaskClosed
from engine.flow import returns
from engine.flow.returns import Plan
from engine.models.task import UserTask
from web import words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import backward, conflicts, names, offers, pictures

blueprint = Blueprint("returns", __name__)


@blueprint.get("/tasks/<int:key>/return")
def show(key: int) -> ResponseReturnValue:
    """Let the steps the work may go back to be chosen from, and show what is cancelled."""
    return _page(_task(key))


@blueprint.get("/tasks/<int:key>/return.json")
def state(key: int) -> ResponseReturnValue:
    """Give the state of the diagram with what a return would end."""
    task = _task(key)
    plan = returns.preview(
        engine, session, current_actor(), key, _wanted(), straight_back=_straight()
    )
    told = course.load(engine, session, task.instance)
    return jsonify(backward.state(told, task, plan, engine.clock()))


@blueprint.post("/tasks/<int:key>/return")
def give_back(key: int) -> ResponseReturnValue:
    """Return the work, for a reason."""
    task = tasks.get(session, current_actor(), key)
    reason = request.form.get("reason", "").strip()
    if "look" in request.form or not reason:
        fault = "" if "look" in request.form else str(_("请写明退回的原因"))
        return _page(_task(key), reason, fault, status=422 if fault else 200)
    try:
        with engine.begin(current_actor()) as command:
            opened = returns.give_back(
                command,
                key,
                _wanted(),
                reason,
                straight_back=_straight(),
                version=request.form.get("version", type=int),
            )
            said = _said(task, opened)
    except (TaskChanged, TaskClosed) as error:
        flash(conflicts.words_of(error), "waiting")
        return redirect(url_for("tasks.show", key=key))
    except (Rejected, BudgetExceeded):
        return _page(_task(key), reason, str(_("现在不能退回到这一步，请另选")), status=422)
    flash(said, "done")
    return redirect(url_for("inbox.index"))


def _task(key: int) -> UserTask:
    task = tasks.get(session, current_actor(), key)
    if not offers.allowed("return", task):
        raise NotAllowed(reason="returning this task")
    return task


def _wanted() -> str:
    return request.values.get("to", "")[:255]


def _straight() -> bool:
    return request.values.get("straight") == "1"


def _said(task: UserTask, opened: list[UserTask]) -> str:
    step = names.step(names.definition(task.definition_key), task)
    again = [names.step(names.definition(one.definition_key), one) for one in opened]
    return str(_("“%(step)s”已退回到“%(to)s”", step=step, to=words.joined(again)))


def _page(
    task: UserTask, reason: str = "", fault: str = "", status: int = 200
) -> ResponseReturnValue:
    now, found = engine.clock(), returns.targets(engine, session, task)
    chosen = next((one for one in found if one.element_id == _wanted()), found[0])
    plan, barred = _plan(task, chosen.element_id)
    told = course.load(engine, session, task.instance)
    where: dict[str, Any] = {"key": task.instance_key, "process": task.process_id}
    straight = "1" if plan.straight_back else None
    return render_template(
        "tasks/return.html",
        task=task,
        step=names.step(names.definition(task.definition_key), task),
        place=names.unit(task.instance),
        targets=backward.targets(told, found, now),
        chosen=chosen.element_id,
        straight=plan.straight_back,
        barred=barred,
        losses=backward.losses(told, plan, now),
        xml_url=url_for("instances.xml", **where),
        state_url=url_for(".state", key=task.key, to=chosen.element_id, straight=straight),
        picture=pictures.label(told, task.process_id),
        reason=reason,
        fault=fault,
        version=request.form.get("version", task.version),
    ), status


def _plan(task: UserTask, to: str) -> tuple[Plan, bool]:
    """Give what the return would do, and whether coming straight back was wanted where it cannot be."""
    actor = current_actor()
    if _straight():
        try:
            found = returns.preview(engine, session, actor, task.key, to, straight_back=True)
        except Rejected:
            return returns.preview(engine, session, actor, task.key, to), True
        return found, False
    return returns.preview(engine, session, actor, task.key, to), False
