"""What the person who looks at a task may do with it besides completing it; what cannot be done is absent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _

from engine import tasks
from engine.engine import Command
from engine.flow import returns, withdrawals
from engine.models.instance import ACTIVE
from engine.models.task import COMPLETED, COMPLETING, CREATED, UserTask
from engine.timing import pauses
from web.extensions import engine, session
from web.signin import current_actor

Offered = Callable[[UserTask], bool]


def works(task: UserTask) -> bool:
    """Whether the actor may work on the task and no step he did before keeps him from taking it."""
    actor = current_actor()
    return tasks.may_work(actor, task) and not tasks.barred(session, actor, task)


def _transfer(task: UserTask) -> bool:
    if task.state != CREATED:
        return False
    actor = current_actor()
    above = tasks.may_assign(actor, task) and task.assignee_id is not None
    return above or (task.owner_id is None and tasks.holds(actor, task))


def _completable(task: UserTask) -> bool:
    return tasks.may_complete(current_actor(), task) and works(task)


def _return(task: UserTask) -> bool:
    return _completable(task) and bool(returns.targets(engine, session, task))


def _copy(task: UserTask) -> bool:
    actor = current_actor()
    own = tasks.may_work(actor, task) or task.completed_by == actor.user_id
    return own or tasks.may_assign(actor, task)


def _urge(task: UserTask) -> bool:
    actor = current_actor()
    if task.state != CREATED or task.assignee_id == actor.user_id:
        return False
    return tasks.may_urge(Command(engine, session, actor), task.instance, task)


def _pause(task: UserTask) -> bool:
    return task.paused_at is None and pauses.may_pause(current_actor(), task)


def _resume(task: UserTask) -> bool:
    return pauses.may_resume(current_actor(), task)


def _plan(task: UserTask) -> bool:
    if task.state != CREATED:
        return False
    return tasks.may_work(current_actor(), task) or tasks.may_assign(current_actor(), task)


def _recall(task: UserTask) -> bool:
    actor = current_actor()
    owners = {actor.user_id, *(one.user_id for one in actor.principals)}
    return task.state == CREATED and task.owner_id is not None and task.owner_id in owners


def _take_back(task: UserTask) -> bool:
    held = task.state == COMPLETING and not task.is_held
    return held and task.completed_by == current_actor().user_id


def _withdraw(task: UserTask) -> bool:
    if task.state != COMPLETED or task.parent_key is not None:
        return False
    return withdrawals.withdrawable(engine, session, current_actor(), task)


_OFFERS: Mapping[str, tuple[Any, str, Offered]] = {
    "return": (_("退回…"), "arrow-back-up", _return),
    "transfer": (_("转办…"), "arrow-right", _transfer),
    "delegate": (_("委派…"), "user-question", _completable),
    "sign": (_("加签…"), "user-plus", _completable),
    "copy": (_("抄送…"), "send", _copy),
    "urge": (_("催办…"), "bell-ringing", _urge),
    "pause": (_("暂停计时…"), "player-pause", _pause),
    "resume": (_("恢复计时…"), "player-play", _resume),
    "plan": (_("跟进日与优先级…"), "calendar-event", _plan),
    "recall": (_("收回委派"), "arrow-back-up", _recall),
    "take_back": (_("收回提交"), "arrow-back-up", _take_back),
    "withdraw": (_("撤回"), "arrow-back-up", _withdraw),
}
AT_ONCE = frozenset({"recall", "take_back", "withdraw"})
"""What needs no form of its own."""


def allowed(name: str, task: UserTask) -> bool:
    """Whether the actor may do this with the task now."""
    if name not in _OFFERS or task.instance.status != ACTIVE:
        return name == "copy" and _copy(task)
    return _OFFERS[name][2](task)


def menu(task: UserTask) -> list[dict[str, Any]]:
    """Give what may be done as items of the menu inside the task's form: buttons that keep what was typed first."""
    return [
        {"label": label, "icon": icon, "name": "do", "value": name}
        for name, (label, icon, _offered) in _OFFERS.items()
        if name not in AT_ONCE and allowed(name, task)
    ]


def links(task: UserTask) -> list[dict[str, Any]]:
    """Give what may be done where there is no form: links, and buttons of their own for what is done at once."""
    return [
        {"label": label, "icon": icon}
        | ({"post": url_for("withdrawals.undo", key=task.key, what=name)} if name in AT_ONCE else {"url": address(name, task.key)})
        for name, (label, icon, _offered) in _OFFERS.items()
        if allowed(name, task)
    ]  # fmt: skip


def address(name: str, key: int) -> str:
    """Give where something is done with a task."""
    if name == "return":
        return url_for("returns.show", key=key)
    return url_for("task_actions.act", key=key, name=name)


def formed(name: str) -> bool:
    """Whether this is done in a form of its own."""
    return name in _OFFERS and name not in AT_ONCE
