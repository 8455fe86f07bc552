"""The small forms in which something is done with a task: what each asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from engine import tasks
from engine.engine import Command
from engine.models.task import UserTask
from engine.tasks import AFTER, BEFORE, BESIDE
from engine.timing import pauses
from web import words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import colleagues, people

Options = Sequence[tuple[str, str]]
Given = Mapping[str, Any]
PRIORITIES = (25, 50, 75, 100)


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing a form asks. `kind`: one (a choice), many (ticks), radio, text, moment; `value` is what stands in it."""

    name: str
    kind: str
    label: str
    required: bool = False
    options: Options = ()
    help: str = ""
    value: Any = ""
    error: str = ""

    def read(self, form: MultiDict[str, str]) -> Any:
        """Give what was typed or chosen: a text, for `many` a list."""
        return form.getlist(self.name) if self.kind == "many" else form.get(self.name, "").strip()

    def fault(self, given: Any) -> str:
        """Say what is wrong with it; nothing when nothing is."""
        chosen = given if isinstance(given, list) else [given] if given else []
        if self.required and not chosen:
            return str(_("请选择") if self.options else _("请填写"))
        known = {value for value, _label in self.options}
        if self.options and not set(chosen) <= known:
            return str(_("请从列出的选项中选择"))
        return ""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A small form: its title, what doing it means, its questions, the words on its button."""

    title: str
    lead: str
    verb: str
    questions: Sequence[Question] = field(default_factory=tuple)

    def read(self, form: MultiDict[str, str]) -> dict[str, Any]:
        """Give what was typed, by question."""
        return {one.name: one.read(form) for one in self.questions}

    def faults(self, given: Given) -> dict[str, str]:
        """Give what is wrong, by question."""
        found = {one.name: one.fault(given[one.name]) for one in self.questions}
        return {name: fault for name, fault in found.items() if fault}

    def filled(self, given: Given, faults: Mapping[str, str]) -> Ask:
        """Give the form with what was typed and what is wrong with it."""
        shown = [
            replace(one, value=given.get(one.name, one.value), error=faults.get(one.name, ""))
            for one in self.questions
        ]
        return replace(self, questions=shown)


def of(name: str, task: UserTask) -> Ask:
    """Give the form for something done with a task."""
    return _ASKS[name](task)


def _who(label: str, found: Options, *, many: bool = False, hint: str = "") -> Question:
    kind = "many" if many else "one"
    return Question(name="people", kind=kind, label=label, required=True, options=found, help=hint)


def _why(label: str, *, required: bool = False, hint: str = "") -> Question:
    return Question(name="reason", kind="text", label=label, required=required, help=hint)


def _transfer(task: UserTask) -> Ask:
    found = colleagues.options(colleagues.to_transfer(task), task.site_id)
    return Ask(
        title=_("转办"),
        lead=_("任务交给对方，由对方办完。时限照旧计算，不重新开始。"),
        verb=_("转办"),
        questions=[_who(_("交给"), found), _why(_("说明"))],
    )


def _delegate(task: UserTask) -> Ask:
    found = colleagues.options(colleagues.to_help(task), task.site_id)
    return Ask(
        title=_("委派"),
        lead=_("请对方提意见，答复后任务回到你手里，由你办完。期间可以收回。"),
        verb=_("委派"),
        questions=[_who(_("请谁"), found), _why(_("要对方做什么"))],
    )


def _sign(task: UserTask) -> Ask:
    found = colleagues.options(colleagues.to_sign(task), task.site_id)
    position = Question(
        name="position",
        kind="radio",
        label=_("在什么时候签"),
        required=True,
        value=BEFORE,
        options=[
            (BEFORE, _("前加签：对方签了，我才能办")),
            (BESIDE, _("并加签：与我同时，都签了才往下走")),
            (AFTER, _("后加签：我办完后对方签，签了才往下走")),
        ],
    )
    who = _who(_("请谁签"), found, many=True)
    return Ask(
        title=_("加签"),
        lead=_("请同事一起签这一步。对方不同意时，任务回到你手里。"),
        verb=_("请对方签"),
        questions=[who, position, _why(_("说明"))],
    )


def _copy(task: UserTask) -> Ask:
    found = colleagues.options(colleagues.to_read(task))
    return Ask(
        title=_("抄送"),
        lead=_("对方可以看这个流程，不用办理；出现在对方的“抄送我”里。"),
        verb=_("抄送"),
        questions=[_who(_("抄送给"), found, many=True), _why(_("附言"))],
    )


def _urge(task: UserTask) -> Ask:
    whose = people.of_task(task, {task.assignee.id: task.assignee} if task.assignee else {})
    who = " ".join(filter(None, (whose[0]["name"], whose[0]["role"])))
    return Ask(
        title=_("催办"),
        lead=_("提醒%(who)s尽快办理，并记入进程。", who=who),
        verb=_("催办"),
        questions=[_why(_("附言"))],
    )


def _pause(task: UserTask) -> Ask:
    latest = pauses.longest(Command(engine, session, current_actor()), task)
    until = Question(
        name="until",
        kind="moment",
        label=_("停到什么时候"),
        help=_("不填就停到 %(at)s，到时自动恢复。", at=words.due(latest, engine.clock())),
    )
    return Ask(
        title=_("暂停计时"),
        lead=_("等客户或等材料时停下时限，停了多久，到期就往后推多久。"),
        verb=_("暂停计时"),
        questions=[_why(_("原因"), required=True), until],
    )


def _resume(_task: UserTask) -> Ask:
    return Ask(
        title=_("恢复计时"), lead=_("时限从现在起继续计算。"), verb=_("恢复计时"), questions=[]
    )


def priority_name(number: int) -> str:
    """Give the name of a priority; the ordinary one is 50."""
    if number > 75:  # noqa: PLR2004 - the steps of PRIORITIES
        return str(_("紧急"))
    if number > 50:  # noqa: PLR2004
        return str(_("优先"))
    return str(_("普通")) if number == 50 else str(_("可缓"))  # noqa: PLR2004


def _plan(task: UserTask) -> Ask:
    day = words.local(task.follow_up_at).strftime("%Y-%m-%dT%H:%M") if task.follow_up_at else ""
    follow_up = Question(
        name="follow_up",
        kind="moment",
        label=_("跟进日"),
        value=day,
        help=_("到那时之前不在待办里显示，在“以后跟进”里找得到；时限照旧计算。不填就一直显示。"),
    )
    questions = [follow_up]
    if tasks.may_assign(current_actor(), task):
        known = sorted({*PRIORITIES, task.priority}, reverse=True)
        options = [(str(one), priority_name(one)) for one in known]
        value = str(task.priority)
        questions.append(
            Question(name="priority", kind="one", label=_("优先级"), options=options, value=value)
        )
    return Ask(
        title=_("跟进日与优先级"),
        lead=_("只改这项任务在待办里怎么排，流程不变。"),
        verb=_("保存"),
        questions=[*questions, _why(_("说明"))],
    )


_ASKS: Mapping[str, Callable[[UserTask], Ask]] = {
    "transfer": _transfer,
    "delegate": _delegate,
    "sign": _sign,
    "copy": _copy,
    "urge": _urge,
    "pause": _pause,
    "resume": _resume,
    "plan": _plan,
}
