"""What people do with a task besides completing it, each in a small form of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import tasks
from engine.engine import Command
from engine.errors import Conflict, NotAllowed, Rejected, TaskChanged, TaskClosed
from engine.models.task import UserTask
from engine.staff import people
from engine.timing import pauses
from web import words
from web.errors import words as error_words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import asks, conflicts, names, offers, outcomes
from web.views.asks import Ask

blueprint = Blueprint("task_actions", __name__)

NAMES = "transfer,delegate,sign,copy,urge,pause,resume,plan"


@blueprint.route(f"/tasks/<int:key>/<any({NAMES}):name>", methods=["GET", "POST"])
def act(key: int, name: str) -> ResponseReturnValue:
    """Ask what is needed and do it; what stood in the task's form is kept as its draft."""
    task = tasks.get(session, current_actor(), key)
    if not offers.allowed(name, task):
        return _not_now(task)
    ask = asks.of(name, task)
    if request.method == "GET":
        return _page(task, ask)
    given = ask.read(request.form)
    faults = ask.faults(given)
    if not faults:
        try:
            return _done(task, name, given)
        except (TaskChanged, TaskClosed) as error:
            flash(conflicts.words_of(error), "waiting")
            return redirect(url_for("tasks.show", key=key))
        except (Conflict, Rejected) as error:
            faults = {"": error_words(error)} | _fault_of(error)
    return _page(task, ask.filled(given, faults), faults.get("", ""), status=422)


def _fault_of(error: Conflict | Rejected) -> dict[str, str]:
    """Point at the field where it is known; the summary is then not needed."""
    return {error.params["field"]: error.params["fault"], "": ""} if "field" in error.params else {}


def _not_now(task: UserTask) -> ResponseReturnValue:
    if request.method == "GET":
        raise NotAllowed(reason="doing this with the task")
    flash(_("现在不能这样办，任务可能已经变了"), "waiting")
    return redirect(url_for("tasks.show", key=task.key))


def _page(task: UserTask, ask: Ask, problem: str = "", status: int = 200) -> ResponseReturnValue:
    return render_template(
        "tasks/act.html",
        task=task,
        step=names.step(names.definition(task.definition_key), task),
        place=names.unit(task.instance),
        ask=ask,
        problem=problem,
        version=request.form.get("version", task.version),
    ), status


def _done(task: UserTask, name: str, given: Mapping[str, Any]) -> ResponseReturnValue:
    with engine.begin(current_actor()) as command:
        said = _ACTS[name](command, task.key, given)
    outcomes.say(task.key, said)
    after = tasks.get(session, current_actor(), task.key)
    keeps = name not in {"transfer", "delegate", "plan"} or tasks.may_work(current_actor(), after)
    hidden = after.follow_up_at is not None and name == "plan"
    if keeps and not hidden:
        return redirect(url_for("tasks.show", key=task.key))
    return redirect(url_for("inbox.index"))


def _version() -> int | None:
    return request.form.get("version", type=int)


def _name(command: Command, username: str) -> str:
    return names.user(people.by_username(command.session, [username]).get(username))


def _transfer(command: Command, key: int, given: Mapping[str, Any]) -> str:
    who = given["people"]
    tasks.transfer(command, key, who, version=_version(), reason=given["reason"])
    return str(_("已转办给%(name)s", name=_name(command, who)))


def _delegate(command: Command, key: int, given: Mapping[str, Any]) -> str:
    who = given["people"]
    tasks.delegate(command, key, who, version=_version(), note=given["reason"])
    return str(_("已委派给%(name)s，答复后回到你手里", name=_name(command, who)))


def _sign(command: Command, key: int, given: Mapping[str, Any]) -> str:
    tasks.add_signers(
        command, key, given["people"], given["position"], version=_version(), note=given["reason"]
    )
    return str(_("已请%(names)s加签", names=_joined(command, given["people"])))


def _copy(command: Command, key: int, given: Mapping[str, Any]) -> str:
    tasks.copy(command, key, given["people"], given["reason"])
    return str(_("已抄送给%(names)s", names=_joined(command, given["people"])))


def _joined(command: Command, usernames: list[str]) -> str:
    return words.joined([_name(command, one) for one in usernames])


def _urge(command: Command, key: int, given: Mapping[str, Any]) -> str:
    tasks.urge(command, key, given["reason"])
    return str(_("已催办"))


def _pause(command: Command, key: int, given: Mapping[str, Any]) -> str:
    until = _moment(command, key, "until", given["until"])
    task = pauses.begin(command, key, given["reason"], until, version=_version())
    return str(_("“%(step)s”的时限已暂停", step=_step(task)))


def _resume(command: Command, key: int, _given: Mapping[str, Any]) -> str:
    task = pauses.end(command, key, version=_version())
    return str(_("“%(step)s”的时限已恢复", step=_step(task)))


def _step(task: UserTask) -> str:
    return names.step(names.definition(task.definition_key), task)


def _plan(command: Command, key: int, given: Mapping[str, Any]) -> str:
    moment = _moment(command, key, "follow_up", given["follow_up"])
    priority = int(given["priority"]) if given.get("priority") else tasks.UNSET
    tasks.update(
        command,
        key,
        priority=priority,
        follow_up_at=moment,
        version=_version(),
        reason=given["reason"],
    )
    return str(_("已保存"))


def _moment(command: Command, key: int, name: str, text: str) -> dt.datetime | None:
    """Read a date, at its beginning, or date and time at the site. Raises Rejected with the field and what is wrong."""
    if not text:
        return None
    try:
        typed = dt.datetime.fromisoformat(text)
    except ValueError:
        fault = str(_("应为日期和时间，例如 2026-11-20 10:42"))
        raise Rejected(reason="no date", field=name, fault=fault) from None
    zone = ZoneInfo(tasks.get(command.session, command.actor, key).site.timezone)
    moment = typed.replace(tzinfo=zone).astimezone(dt.UTC)
    if not command.now < moment <= command.now + dt.timedelta(days=366):
        fault = str(_("应在现在以后、一年以内"))
        raise Rejected(reason="the moment is past", field=name, fault=fault)
    return moment


_ACTS: Mapping[str, Callable[[Command, int, Mapping[str, Any]], str]] = {
    "transfer": _transfer,
    "delegate": _delegate,
    "sign": _sign,
    "copy": _copy,
    "urge": _urge,
    "pause": _pause,
    "resume": _resume,
    "plan": _plan,
}
