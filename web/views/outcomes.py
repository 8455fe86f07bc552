"""What a person is told after pressing the button: what happened, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import inbox, tasks
from engine.errors import Conflict, TaskClosed, TaskHeld
from engine.flow import withdrawals
from engine.models.instance import ACTIVE, ProcessInstance
from engine.models.task import CREATED, UserTask
from engine.staff import people
from engine.tasks import Completion
from web import words
from web.errors import words as error_words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import conflicts, names, records, sheets
from web.views.people import group_names


def after(completion: Completion) -> ResponseReturnValue:
    """Say what a completion led to and go on: to the actor's next task of the instance, else to the inbox."""
    task = completion.task
    step = names.step(names.definition(task.definition_key), task)
    if not completion.ran:
        flash(
            _(
                "“%(step)s”没能办完：流程走不下去，已记为系统异常。你填的都已存为草稿，不用你处理。",
                step=step,
            ),
            "incident",
        )
        return redirect(url_for("tasks.show", key=task.key))
    if completion.held and task.is_held:
        flash(_("“%(step)s”已提交，系统核对后继续。", step=step), "done")
        return redirect(url_for("inbox.index"))
    if completion.held:
        _tell(task, str(_("“%(step)s”已提交，等加签人办完后继续。", step=step)), "take_back")
        return redirect(url_for("inbox.index"))
    follow = inbox.next_own_task(session, current_actor(), task.instance_key)
    if follow is not None:
        name = names.step(names.definition(follow.definition_key), follow)
        _tell(task, str(_("“%(step)s”已办完。接着办“%(next)s”。", step=step, next=name)))
        return redirect(url_for("tasks.show", key=follow.key))
    follows = what_is_next(completion.instance)
    _tell(task, _("“%(step)s”已办完。%(next)s", step=step, next=follows))
    return redirect(url_for("inbox.index"))


def say(key: int, said: str) -> None:
    """Say what was done with a task, or that listeners decide about it first."""
    session.rollback()
    held = session.get_one(UserTask, key).is_held
    flash(str(_("已提出，系统核对后生效")) if held else said, "done")


def _tell(done: UserTask, said: str, what: str = "withdraw") -> None:
    """Say it, with a button to undo while that is offered."""
    task = session.get_one(UserTask, done.key)
    offered = what != "withdraw" or withdrawals.undoable(engine, session, current_actor(), task)
    if offered and task.parent_key is None:
        label = str(_("撤回") if what == "withdraw" else _("收回提交"))
        address = url_for("withdrawals.undo", key=task.key, what=what)
        flash({"text": said, "label": label, "post": address}, "done")  # type: ignore[arg-type]
    else:
        flash(said, "done")


def what_is_next(instance: ProcessInstance) -> str:
    """Say in a sentence where an instance stands now: ended, with whom, or waiting."""
    instance = session.get_one(ProcessInstance, instance.key)
    if instance.status != ACTIVE:
        return str(_("流程已办结。"))
    opened = inbox.open_tasks_of(session, [instance]).get(instance.key, [])
    opened = [task for task in opened if task.parent_key is None]
    if not opened:
        return str(_("流程在等系统或外部消息。"))
    staff = people.by_id(session, [task.assignee_id for task in opened])
    parts = []
    for task in opened:
        step = names.step(names.definition(task.definition_key), task)
        who = names.user(staff.get(task.assignee_id or 0)) or group_names(task.groups)
        parts.append(str(_("“%(step)s”（%(who)s）", step=step, who=who)))
    return str(_("下一步：%(steps)s。", steps=words.joined(parts[:3])))


def conflict(task: UserTask, raw: Mapping[str, Any], error: Conflict | None) -> ResponseReturnValue:
    """Answer 409: who was faster, and what one typed beside what stands there now. What was typed is kept as a draft."""
    held = TaskHeld() if task.is_held else None
    found = error or held or TaskClosed(**tasks.who_has(session, task))
    open_still = task.state == CREATED
    follow = inbox.next_own_task(session, current_actor(), task.instance_key)
    return render_template(
        "tasks/conflict.html",
        task=task,
        step=names.step(names.definition(task.definition_key), task),
        place=names.unit(task.instance),
        sentence=_fate(task, found),
        differences=differences(task, raw),
        again=url_for("tasks.show", key=task.key) if open_still and tasks.may_complete(current_actor(), task) else None,
        follow=url_for("tasks.show", key=follow.key) if follow and follow.key != task.key else None,
    ), 409  # fmt: skip


def _fate(task: UserTask, error: Conflict) -> str:
    said = error_words(error) if isinstance(error, TaskHeld) else conflicts.sentence(error)
    if said:
        return said
    if task.state == CREATED:
        return str(_("这项任务在你打开之后变了"))
    return str(_("这项任务已经不用办了"))


def differences(task: UserTask, raw: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
    """Give what differs between what one typed and what was submitted: label, one's own, the other."""
    mine = records.flat(sheets.record_of(task, dict(raw)))
    theirs = records.flat(sheets.record_of(task))
    labels = {key: label for key, (label, _text) in (theirs | mine).items()}
    rows = [
        (label, mine.get(key, ("", ""))[1], theirs.get(key, ("", ""))[1])
        for key, label in labels.items()
    ]
    return [row for row in rows if row[1] != row[2]]
