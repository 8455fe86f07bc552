"""What people do with each other's tasks, in words: for the timeline and for notifications."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from engine.models.audit import AuditEntry
from web import words
from web.extensions import engine
from web.views import names, people

PEOPLE = frozenset({"to", "signer", "by", "principal", "substitute"})
"""Details that name people."""

Words = Callable[[Mapping[str, Any]], str]


def act(entry: AuditEntry) -> str:
    """Say in a line what somebody did, nothing for what is no act between people."""
    said = _ACTS.get(entry.action)
    return said(entry.detail) if said else ""


def stamp(entry: AuditEntry) -> str:
    """Say for whom it was done, nothing for somebody's own work."""
    whose = entry.detail.get("acted_for")
    return str(_("代 %(name)s 办理", name=names.staff(str(whose)))) if whose else ""


def _to(detail: Mapping[str, Any]) -> str:
    return names.staff(str(detail.get("to") or ""))


def _signers(detail: Mapping[str, Any]) -> str:
    to = _to(detail)
    return {
        "before": str(_("前加签：%(to)s", to=to)),
        "after": str(_("后加签：%(to)s", to=to)),
    }.get(str(detail.get("position")), str(_("并加签：%(to)s", to=to)))


def _signed(detail: Mapping[str, Any]) -> str:
    rejected = detail.get("outcome") == "reject"
    return str(_("加签意见：不同意") if rejected else _("加签意见：同意"))


def _assigned(detail: Mapping[str, Any]) -> str:
    to = _to(detail)
    return str(_("改派给 %(to)s", to=to) if to else _("改派任务"))


def _urged(detail: Mapping[str, Any]) -> str:
    told = int(detail.get("told") or 0)
    if told == 1:
        return str(_("催办，通知了 1 人"))
    return str(_("催办，通知了 %(n)s 人", n=told) if told else _("催办"))


def _moment(detail: Mapping[str, Any], name: str) -> str:
    """Give a moment the audit keeps as text, as people read it; nothing without one."""
    written = detail.get(name)
    if not written:
        return ""
    return words.due(dt.datetime.fromisoformat(str(written)), engine.clock())


def _paused(detail: Mapping[str, Any]) -> str:
    until = _moment(detail, "until")
    return str(_("暂停计时，最迟到 %(at)s", at=until) if until else _("暂停计时"))


def _resumed(detail: Mapping[str, Any]) -> str:
    due = _moment(detail, "due")
    return str(_("恢复计时，%(at)s 到期", at=due) if due else _("恢复计时"))


def _updated(detail: Mapping[str, Any]) -> str:
    """Say what of a task was changed to what."""
    after = {name: pair[-1] for name, pair in (detail.get("changes") or {}).items()}
    said = [_CHANGED[name](after) for name in _CHANGED if name in after]
    return words.joined(said) or str(_("改了任务"))


def _priority(after: Mapping[str, Any]) -> str:
    return str(_("优先级改为 %(n)s", n=after["priority"]))


def _follow_up(after: Mapping[str, Any]) -> str:
    at = _moment(after, "follow_up_at")
    return str(_("推后到 %(at)s", at=at) if at else _("不再推后"))


def _due(after: Mapping[str, Any]) -> str:
    at = _moment(after, "due_at")
    return str(_("到期改为 %(at)s", at=at) if at else _("不再限时"))


def _groups(after: Mapping[str, Any]) -> str:
    return str(_("可领取岗位改为%(roles)s", roles=people.group_names(after["groups"]) or "—"))


def _users(_after: Mapping[str, Any]) -> str:
    return str(_("改可领取的人"))


_CHANGED: dict[str, Words] = {
    "priority": _priority,
    "follow_up_at": _follow_up,
    "due_at": _due,
    "groups": _groups,
    "users": _users,
}


def _skipped(detail: Mapping[str, Any]) -> str:
    if detail.get("rule") == "repeated":
        return str(_("审批人此前已同意，自动通过"))
    return str(_("无人可审批，按设置自动通过"))


def returned(entry: AuditEntry, step: str) -> str:
    """Say that work was returned to a step, given by its name in the reader's language."""
    if entry.detail.get("straight_back"):
        return str(_("退回到“%(to)s”，办完直接回来", to=step))
    return str(_("退回到“%(to)s”", to=step))


def _filled(text: LazyString) -> Words:
    """Make words of a text that names details; one that is missing stays empty."""
    return lambda detail: (
        str(text) % defaultdict(str, {k: _said(k, v) for k, v in detail.items() if v is not None})
    )


def _said(key: str, value: Any) -> Any:
    return names.staff(value) if key in PEOPLE and isinstance(value, str) else value


_ACTS: dict[str, Words] = {
    "task.transferred": _filled(_("转办给 %(to)s")),
    "task.delegated": _filled(_("委派给 %(to)s")),
    "task.answered": _filled(_("答复委派")),
    "task.declined": _filled(_("谢绝委派")),
    "task.recalled": _filled(_("收回委派")),
    "task.signers_added": _signers,
    "task.signer_removed": _filled(_("减签：%(to)s")),
    "task.signed": _signed,
    "task.submitted": _filled(_("已提交，等加签人办完")),
    "task.held": _filled(_("已提出，系统核对中")),
    "task.denied": _filled(_("系统核对没有通过")),
    "task.given_back": _filled(_("重新打开，请再提交")),
    "task.copied": _filled(_("抄送给 %(to)s")),
    "task.assigned": _assigned,
    "task.urged": _urged,
    "task.updated": _updated,
    "task.nobody": _filled(_("岗位无人，转上级办理")),
    "task.skipped": _skipped,
    "task.withdrawn": _filled(_("撤回")),
    "vote.signer_added": _filled(_("会签加人：%(signer)s")),
    "vote.signer_removed": _filled(_("会签减人：%(signer)s")),
    "clock.paused": _paused,
    "clock.resumed": _resumed,
}


def _about(text: LazyString) -> Words:
    """Make the words of a notification from the step and who acted, with the principal it is for."""

    def said(params: Mapping[str, Any]) -> str:
        line = _filled(text)(params)
        whose = names.staff(str(params.get("principal") or ""))
        return str(_("（代 %(name)s）%(text)s", name=whose, text=line)) if whose else line

    return said


KINDS: dict[str, tuple[str, Words]] = {
    "task_transferred": ("mine", _about(_("%(by)s 把「%(step)s」转给你办"))),
    "task_moved": ("waiting", _about(_("%(by)s 把你的「%(step)s」转给 %(to)s"))),
    "task_delegated": ("mine", _about(_("%(by)s 请你就「%(step)s」提意见"))),
    "task_answered": ("mine", _about(_("%(by)s 已答复「%(step)s」"))),
    "task_declined": ("mine", _about(_("%(by)s 谢绝了「%(step)s」的委派"))),
    "task_recalled": ("waiting", _about(_("「%(step)s」的委派已收回"))),
    "sign_asked": ("mine", _about(_("「%(step)s」请你加签"))),
    "sign_withdrawn": ("waiting", _about(_("「%(step)s」不再需要你加签"))),
    "task_signed": ("waiting", _about(_("%(by)s 已就「%(step)s」加签"))),
    "task_given_back": ("mine", _about(_("%(by)s 不同意「%(step)s」，请再办"))),
    "task_denied": ("mine", _about(_("「%(step)s」系统核对没有通过：%(reason)s"))),
    "task_urged": ("soon", _about(_("%(by)s 催办「%(step)s」"))),
    "task_returned": ("mine", _about(_("%(by)s 退回到「%(step)s」，请再办"))),
    "task_withdrawn": ("mine", _about(_("「%(step)s」已撤回，又在你手里"))),
    "task_stands_in": ("mine", _about(_("「%(step)s」的岗位无人，请你办理"))),
    "copy_sent": ("waiting", _about(_("「%(step)s」抄送给你"))),
    "substitution_set": ("waiting", _filled(_("%(substitute)s 代 %(principal)s 办理任务"))),
    "substitution_ended": ("waiting", _filled(_("%(substitute)s 不再代 %(principal)s 办理任务"))),
}
