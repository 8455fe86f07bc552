"""Handing all open tasks of a person who leaves over to another."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import or_, select

from engine import tasks
from engine.errors import NotAllowed, Rejected
from engine.models.identity import User
from engine.models.task import UNFINISHED, UserTask
from engine.staff import substitutions
from engine.tasks import Result
from web.errors import words as error_words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import colleagues, conflicts, marks

blueprint = Blueprint("handovers", __name__)


@blueprint.route("/handover", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    """Choose who leaves and who takes over; hand over, and list what became of each task."""
    staff = overseen()
    if not staff:
        raise NotAllowed(reason="handing over somebody's tasks")
    if request.method == "GET":
        return _page(staff, {})
    leaver, successor = request.form.get("leaver", ""), request.form.get("successor", "")
    faults = _faults(staff, leaver, successor)
    if faults:
        return _page(staff, faults)
    reason = request.form.get("reason", "").strip()[:500]
    try:
        results = tasks.hand_over(engine, current_actor(), leaver, successor, reason)
    except Rejected:
        return _page(staff, {"successor": _("不能交给这个人")})
    session.rollback()
    return _results(results)


def overseen() -> list[User]:
    """List the people whose tasks the actor may hand over: for administrators everybody, else those below him."""
    actor = current_actor()
    found = colleagues.at(actor.site_ids)
    return [
        one
        for one in found
        if one.id != actor.user_id and substitutions.may_appoint(session, actor, one)
    ]


def _faults(staff: list[User], leaver: str, successor: str) -> dict[str, str]:
    faults = {}
    if leaver not in {one.username for one in staff}:
        faults["leaver"] = str(_("请选择"))
    if not successor or successor == leaver:
        faults["successor"] = str(_("请选另一个人"))
    return faults


def _page(staff: list[User], faults: dict[str, Any]) -> ResponseReturnValue:
    chosen = request.values.get("leaver", "")
    everybody = colleagues.at(current_actor().site_ids)
    page = render_template(
        "account/handover.html",
        leavers=[("", _("请选择")), *colleagues.options(staff)],
        successors=[("", _("请选择")), *colleagues.options(everybody)],
        leaver=chosen,
        waiting=_waiting(staff, chosen),
        typed=request.form,
        faults=faults,
    )
    return page, 422 if faults else 200


def _waiting(staff: list[User], username: str) -> list[dict[str, Any]]:
    """List what the chosen person has to do, among the actor's sites."""
    user = next((one for one in staff if one.username == username), None)
    if user is None:
        return []
    query = tasks.visible_to(current_actor()).where(
        or_(UserTask.assignee_id == user.id, UserTask.owner_id == user.id),
        UserTask.state.in_(UNFINISHED),
    )
    return [_line(one, "") for one in session.scalars(query.order_by(UserTask.due_at).limit(500))]


def _results(results: list[Result]) -> ResponseReturnValue:
    query = select(UserTask).where(UserTask.key.in_([one.key for one in results]))
    rows = {row.key: row for row in session.scalars(query)}
    return render_template(
        "account/handed.html",
        done=[_line(rows[one.key], "") for one in results if one.done],
        kept=[_line(rows[one.key], _why(one)) for one in results if not one.done],
    )


def _why(result: Result) -> str:
    return conflicts.words_of(result.error) or error_words(result.error) if result.error else ""


def _line(task: UserTask, why: str) -> dict[str, Any]:
    url = url_for("tasks.show", key=task.key)
    return {"url": url, "label": marks.told(task), "remark": why}
