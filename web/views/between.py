"""What people do with each other's tasks, in words: for the timeline and for notifications."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from engine.models.audit import AuditEntry
from web.views import names

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
    "task.given_back": _filled(_("重新打开，请再提交")),
    "task.copied": _filled(_("抄送给 %(to)s")),
    "task.urged": _filled(_("催办")),
    "task.updated": _filled(_("改优先级或跟进日期")),
    "task.nobody": _filled(_("岗位无人，转上级办理")),
    "task.skipped": _skipped,
    "task.withdrawn": _filled(_("撤回")),
    "vote.signer_added": _filled(_("会签加人：%(signer)s")),
    "vote.signer_removed": _filled(_("会签减人：%(signer)s")),
    "clock.paused": _filled(_("暂停计时")),
    "clock.resumed": _filled(_("恢复计时")),
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
    "task_moved": ("waiting", _about(_("%(by)s 把你的「%(step)s」转给他人"))),
    "task_delegated": ("mine", _about(_("%(by)s 请你就「%(step)s」提意见"))),
    "task_answered": ("mine", _about(_("%(by)s 已答复「%(step)s」"))),
    "task_declined": ("mine", _about(_("%(by)s 谢绝了「%(step)s」的委派"))),
    "task_recalled": ("waiting", _about(_("「%(step)s」的委派已收回"))),
    "sign_asked": ("mine", _about(_("「%(step)s」请你加签"))),
    "sign_withdrawn": ("waiting", _about(_("「%(step)s」不再需要你加签"))),
    "task_signed": ("waiting", _about(_("%(by)s 已就「%(step)s」加签"))),
    "task_given_back": ("mine", _about(_("%(by)s 不同意「%(step)s」，请再办"))),
    "task_urged": ("soon", _about(_("%(by)s 催办「%(step)s」"))),
    "task_returned": ("mine", _about(_("%(by)s 退回到「%(step)s」，请再办"))),
    "task_withdrawn": ("mine", _about(_("「%(step)s」已撤回，又在你手里"))),
    "task_stands_in": ("mine", _about(_("「%(step)s」的岗位无人，请你办理"))),
    "copy_sent": ("waiting", _about(_("「%(step)s」抄送给你"))),
    "substitution_set": ("waiting", _filled(_("%(substitute)s 代 %(principal)s 办理任务"))),
    "substitution_ended": ("waiting", _filled(_("%(substitute)s 不再代 %(principal)s 办理任务"))),
}
