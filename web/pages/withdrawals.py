"""Taking back what one did with a task: a completion, a submission that waits for signers, a delegation, a signer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import tasks
from engine.engine import Command
from engine.errors import Conflict, Rejected
from engine.flow import votes, withdrawals
from engine.models.task import UserTask
from web.errors import words as error_words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import conflicts, names

blueprint = Blueprint("withdrawals", __name__)


@blueprint.post("/tasks/<int:key>/undo/<any(withdraw,take_back,recall):what>")
def undo(key: int, what: str) -> ResponseReturnValue:
    """Take back one's completion, submission or delegation, and go to the task that is one's own again."""
    try:
        with engine.begin(current_actor()) as command:
            task, said = _UNDONE[what](command, key)
            again = task.key
            flash(said % {"step": names.step(names.definition(task.definition_key), task)}, "done")
    except Conflict as error:
        flash(conflicts.words_of(error), "waiting")
        again = key
    except Rejected:
        flash(_("已经不能收回了"), "waiting")
        again = key
    session.rollback()
    return redirect(url_for("tasks.show", key=again))


@blueprint.post("/tasks/<int:key>/signers/remove")
def remove_signer(key: int) -> ResponseReturnValue:
    """Take a signer away: `key` is the signer's task."""
    signer = tasks.get(session, current_actor(), key)
    parent, name = signer.parent_key, names.user(signer.assignee)
    act = tasks.remove_signer if parent else votes.remove_signer
    reason = request.form.get("reason", "").strip()[:500]
    said, category = _("已减签：%(name)s", name=name), "done"
    try:
        with engine.begin(current_actor()) as command:
            done: Any = act(command, key, reason=reason)
    except (Conflict, Rejected) as error:
        said, category = _cannot(error, bool(parent), reason), "waiting"
    else:
        if not getattr(done, "ran", True):
            said, category = _("流程走不下去，加签人留着；已记为系统异常"), "incident"
    session.rollback()
    flash(said, category)
    return _back(parent or signer.key)


def _cannot(error: Conflict | Rejected, added: bool, reason: str) -> str:
    if not added and not reason:
        return str(_("减签要写明原因"))
    if isinstance(error, Conflict):
        return conflicts.words_of(error)
    return str(_("只剩这一个人了，不能减"))


@blueprint.post("/tasks/<int:key>/signers/add")
def add_signer(key: int) -> ResponseReturnValue:
    """Let one more person vote in a running countersign."""
    username, reason = request.form.get("username", ""), request.form.get("reason", "").strip()
    try:
        with engine.begin(current_actor()) as command:
            votes.add_signer(command, key, username, reason[:500])
        flash(_("会签已加一人"), "done")
    except Conflict as error:
        flash(conflicts.words_of(error), "waiting")
    except Rejected as error:
        flash(error_words(error) if reason else _("加人要写明原因"), "error")
    session.rollback()
    return _back(key)


def _back(key: int) -> ResponseReturnValue:
    wanted = request.form.get("task", default=key, type=int)
    return redirect(url_for("tasks.show", key=wanted))


def _withdraw(command: Command, key: int) -> tuple[UserTask, str]:
    return withdrawals.withdraw(command, key), str(_("已撤回，“%(step)s”又在你手里"))


def _take_back(command: Command, key: int) -> tuple[UserTask, str]:
    return tasks.take_back(command, key), str(_("已收回提交，“%(step)s”可以改了再办"))


def _recall(command: Command, key: int) -> tuple[UserTask, str]:
    return tasks.recall(command, key), str(_("已收回委派，“%(step)s”又在你手里"))


_UNDONE: Mapping[str, Callable[[Command, int], tuple[UserTask, str]]] = {
    "withdraw": _withdraw,
    "take_back": _take_back,
    "recall": _recall,
}
