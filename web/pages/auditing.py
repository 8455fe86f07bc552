"""The audit of administration: who changed accounts, limits and calendars, and whether the record is whole."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from sqlalchemy import func, select

from engine import anchors, audit
from engine.models.audit import AuditEntry
from engine.staff import access
from web import signin, words
from web.extensions import engine, session
from web.views import names

PAGE = 50
LONGEST = 300
ACTIONS = {
    "limit.changed": _("改时限"),
    "setting.changed": _("改取舍"),
    "calendar.changed": _("改日历"),
    "instance.deleted": _("删除过期的事"),
    "retention.changed": _("改保存期"),
    "user.created": _("建账号"),
    "user.opened": _("开账号"),
    "user.closed": _("停账号"),
    "role.granted": _("给角色"),
    "role.revoked": _("收回角色"),
    "password.changed": _("改密码"),
    "password.reset": _("重设密码"),
    "password.reset_begun": _("发重设密码的链接"),
    "session.opened": _("登录"),
    "session.closed": _("退出登录"),
    "session.refused": _("登录被拒"),
    "session.revoked": _("收回登录"),
    "token.created": _("建访问令牌"),
    "token.revoked": _("收回访问令牌"),
    "site.created": _("建项目"),
    "building.registered": _("登记楼栋"),
    "unit.registered": _("登记单元"),
    "unit.changed": _("改单元"),
    "unit.status": _("改单元状态"),
    "unit.arrears": _("改欠费"),
    "customer.registered": _("登记客户"),
    "customer.changed": _("改客户"),
    "customer.revealed": _("查看客户资料"),
    "registry.imported": _("导入房号和客户"),
    "deployment.created": _("部署"),
    "definition.resumed": _("恢复流程"),
    "definition.suspended": _("停用流程"),
    "demo.loaded": _("装入演示公司"),
}
FAULTS = {
    "file_missing": _("锚定文件 %(file)s 不见了"),
    "file_changed": _("锚定文件 %(file)s 被改过"),
    "chain_cut": _("记录链 %(chain)s 的第 %(seq)s 条不见了（%(file)s 里有）"),
    "chain_changed": _("记录链 %(chain)s 的第 %(seq)s 条被改过（与 %(file)s 不同）"),
    "chain_broken": _("记录链 %(chain)s 从第 %(seq)s 条起对不上"),
}


def register(blueprint: Blueprint) -> None:
    """Add the page to the settings' blueprint."""
    blueprint.add_url_rule("/audit", "audit", administration)


def administration() -> ResponseReturnValue:
    """Show the latest entries of administration and the anchors; with `?verify=1` check everything anchored."""
    access.require(signin.current_actor(), "admin")
    page = max(request.args.get("page", 1, type=lambda text: min(int(text), 10**6)), 1)
    verified = anchors.verify(engine) if request.args.get("verify") else None
    chain = select(AuditEntry).where(AuditEntry.chain == audit.ADMINISTRATION)
    rows = session.scalars(
        chain.order_by(AuditEntry.seq.desc()).limit(PAGE).offset((page - 1) * PAGE)
    )
    known = anchors.files(engine)
    return render_template(
        "settings/audit.html",
        rows=[_view(row) for row in rows],
        total=session.scalar(select(func.count()).select_from(chain.subquery())) or 0,
        page=page,
        size=PAGE,
        anchored=known[-1].stem if known else "",
        files=len(known),
        verified=verified,
        faults=[_fault(one) for one in verified.faults] if verified else [],
    )


def _view(entry: AuditEntry) -> dict[str, Any]:
    detail = {name: value for name, value in entry.detail.items() if value not in (None, "", [])}
    text = json.dumps(detail, ensure_ascii=False)[1:-1].replace('"', "")
    return {
        "seq": entry.seq,
        "at": words.stamp(entry.at, engine.clock()),
        "who": names.staff(entry.actor_name) if entry.actor_id else str(_("系统")),
        "what": str(ACTIONS.get(entry.action, entry.action)),
        "subject": entry.subject,
        "detail": text if len(text) <= LONGEST else text[:LONGEST] + "…",
    }


def _fault(fault: anchors.Fault) -> str:
    chain = str(_("行政")) if fault.chain == audit.ADMINISTRATION else fault.chain
    return str(FAULTS[fault.code]) % {"file": fault.file, "chain": chain, "seq": fault.seq}
