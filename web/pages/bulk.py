"""Many tasks at once from the inbox: each has its own result, and what stands out is left to be looked at."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine import tasks, worker
from engine.errors import EngineError, InvalidVariables
from engine.models.task import UserTask
from engine.tasks import Result
from engine.tasks.batches import MOST
from web.errors import words as error_words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import conflicts, marks

blueprint = Blueprint("bulk", __name__, url_prefix="/inbox")


@blueprint.post("/many")
def many() -> ResponseReturnValue:
    """Complete or claim what is ticked, and list what became of each."""
    wanted = _ticked()
    if not wanted:
        flash(_("先勾选任务"), "waiting")
        return redirect(url_for("inbox.index"))
    actor = current_actor()
    claiming = request.form.get("do") == "claim"
    rows = _rows(list(wanted))
    odd = (
        set()
        if claiming or request.form.get("odd")
        else {key for key, row in rows.items() if marks.of(row)["odd"]}
    )
    acted = [key for key in wanted if key in rows and key not in odd]
    if claiming:
        results = tasks.claim_many(engine, actor, [(key, wanted[key]) for key in acted])
    else:
        given = [(key, wanted[key], _decision(rows[key])) for key in acted]
        results = tasks.complete_many(engine, actor, given)
        for instance_key in {rows[key].instance_key for key in acted}:
            worker.settle(engine, instance_key)
    session.rollback()
    return render_template("inbox/results.html", claiming=claiming, **_told(results, list(odd)))


def _ticked() -> dict[int, int]:
    """Read the ticked tasks with the versions that were shown; what is no such pair is passed over."""
    found: dict[int, int] = {}
    for value in request.form.getlist("task")[:MOST]:
        key, _dot, version = value.partition(".")
        if key.isdecimal() and version.isdecimal() and len(key) < 17 and len(version) < 10:  # noqa: PLR2004 - 53 bits, and a column's size
            found[int(key)] = int(version)
    return found


def _rows(keys: list[int]) -> dict[int, UserTask]:
    query = tasks.visible_to(current_actor()).where(UserTask.key.in_(keys))
    return {row.key: row for row in session.scalars(query)}


def _decision(task: UserTask) -> dict[str, Any]:
    outcome = marks.outcome(task)
    return {"outcome": outcome} if outcome else {}


def _told(results: list[Result], odd: list[int]) -> dict[str, Any]:
    rows = {
        row.key: row
        for row in session.scalars(
            select(UserTask).where(UserTask.key.in_([*(one.key for one in results), *odd]))
        )
    }
    done = [_line(rows[one.key], "") for one in results if one.done]
    refused = [_line(rows[one.key], _why(one)) for one in results if not one.done]
    left = [_line(rows[key], str(_("与众不同，请打开看过再办"))) for key in odd if key in rows]
    return {"done": done, "refused": refused, "left": left}


def _line(task: UserTask, why: str) -> dict[str, Any]:
    return {
        "url": url_for("tasks.show", key=task.key),
        "text": marks.told(task),
        "marks": marks.of(task)["marks"],
        "why": why,
    }


def _why(result: Result) -> str:
    error: EngineError | None = result.error
    if error is None:
        return str(_("流程走不下去，已记为系统异常"))
    if isinstance(error, InvalidVariables):
        return str(_("有要填写或选择的内容，请打开办理"))
    return conflicts.words_of(error) or error_words(error)
