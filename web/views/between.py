"""What people do with each other's tasks, in words: for the timeline and for notifications."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from engine.models.audit import AuditEntry

Words = Callable[[Mapping[str, Any]], str]


def act(entry: AuditEntry) -> str:
    """Say in a line what somebody did, nothing for what is no act between people."""
    said = _ACTS.get(entry.action)
    return said(entry.detail) if said else ""


def stamp(entry: AuditEntry) -> str:
    """Say for whom it was done, nothing for somebody's own work."""
    whose = entry.detail.get("acted_for")
    return str(_("代 %(name)s 办理", name=whose)) if whose else ""


def _to(detail: Mapping[str, Any]) -> str:
    return str(detail.get("to") or "")


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


_ACTS: dict[str, Words] = {
    "task.transferred": lambda detail: str(_("转办给 %(to)s", to=_to(detail))),
    "task.delegated": lambda detail: str(_("委派给 %(to)s", to=_to(detail))),
    "task.answered": lambda detail: str(_("答复委派")),
    "task.declined": lambda detail: str(_("谢绝委派")),
    "task.recalled": lambda detail: str(_("收回委派")),
    "task.signers_added": _signers,
    "task.signer_removed": lambda detail: str(_("减签：%(to)s", to=_to(detail))),
    "task.signed": _signed,
    "task.submitted": lambda detail: str(_("已提交，等加签人办完")),
    "task.given_back": lambda detail: str(_("重新打开，请再提交")),
    "task.copied": lambda detail: str(_("抄送给 %(to)s", to=_to(detail))),
    "task.urged": lambda detail: str(_("催办")),
    "task.updated": lambda detail: str(_("改优先级或跟进日期")),
    "task.nobody": lambda detail: str(_("岗位无人，转上级办理")),
    "task.skipped": _skipped,
    "task.withdrawn": lambda detail: str(_("撤回")),
    "vote.signer_added": lambda detail: str(_("会签加人：%(to)s", to=detail.get("signer") or "")),
    "vote.signer_removed": lambda detail: str(_("会签减人：%(to)s", to=detail.get("signer") or "")),
    "clock.paused": lambda detail: str(_("暂停计时")),
    "clock.resumed": lambda detail: str(_("恢复计时")),
}


def _about(text: Callable[[str, str], str]) -> Words:
    """Make the words of a notification from the step and who acted, with the principal it is for."""

    def said(params: Mapping[str, Any]) -> str:
        line = text(str(params.get("step") or ""), str(params.get("by") or ""))
        whose = params.get("principal")
        return str(_("（代 %(name)s）%(text)s", name=whose, text=line)) if whose else line

    return said


def _period(text: Callable[[str, str], str]) -> Words:
    return lambda params: text(str(params.get("principal")), str(params.get("substitute")))


KINDS: dict[str, tuple[str, Words]] = {
    "task_transferred": (
        "mine",
        _about(lambda step, by: str(_("%(by)s 把「%(step)s」转给你办", by=by, step=step))),
    ),
    "task_moved": (
        "waiting",
        _about(lambda step, by: str(_("%(by)s 把你的「%(step)s」转给他人", by=by, step=step))),
    ),
    "task_delegated": (
        "mine",
        _about(lambda step, by: str(_("%(by)s 请你就「%(step)s」提意见", by=by, step=step))),
    ),
    "task_answered": (
        "mine",
        _about(lambda step, by: str(_("%(by)s 已答复「%(step)s」", by=by, step=step))),
    ),
    "task_declined": (
        "mine",
        _about(lambda step, by: str(_("%(by)s 谢绝了「%(step)s」的委派", by=by, step=step))),
    ),
    "task_recalled": (
        "waiting",
        _about(lambda step, by: str(_("「%(step)s」的委派已收回", step=step))),
    ),
    "sign_asked": ("mine", _about(lambda step, by: str(_("「%(step)s」请你加签", step=step)))),
    "sign_withdrawn": (
        "waiting",
        _about(lambda step, by: str(_("「%(step)s」不再需要你加签", step=step))),
    ),
    "task_signed": (
        "waiting",
        _about(lambda step, by: str(_("%(by)s 已就「%(step)s」加签", by=by, step=step))),
    ),
    "task_given_back": (
        "mine",
        _about(lambda step, by: str(_("%(by)s 不同意「%(step)s」，请再办", by=by, step=step))),
    ),
    "task_urged": (
        "soon",
        _about(lambda step, by: str(_("%(by)s 催办「%(step)s」", by=by, step=step))),
    ),
    "task_returned": (
        "mine",
        _about(lambda step, by: str(_("%(by)s 退回到「%(step)s」，请再办", by=by, step=step))),
    ),
    "task_withdrawn": (
        "mine",
        _about(lambda step, by: str(_("「%(step)s」已撤回，又在你手里", step=step))),
    ),
    "task_stands_in": (
        "mine",
        _about(lambda step, by: str(_("「%(step)s」的岗位无人，请你办理", step=step))),
    ),
    "copy_sent": ("waiting", _about(lambda step, by: str(_("「%(step)s」抄送给你", step=step)))),
    "substitution_set": (
        "waiting",
        _period(lambda whose, by: str(_("%(by)s 代 %(name)s 办理任务", by=by, name=whose))),
    ),
    "substitution_ended": (
        "waiting",
        _period(lambda whose, by: str(_("%(by)s 不再代 %(name)s 办理任务", by=by, name=whose))),
    ),
}
