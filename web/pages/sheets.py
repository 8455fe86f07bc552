"""Importing units and owners from an Excel file: upload, look at what would change, then change it."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file
from flask import url_for as link
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer

from engine.errors import Conflict, NotAllowed, Rejected
from engine.models.identity import Site
from engine.registry import imports, workbook
from engine.staff.access import Actor
from web import locales, shell, signin
from web.extensions import db, engine
from web.pages import place

SHOWN = 500
KEPT = dt.timedelta(hours=4)
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MayEdit = Callable[[Actor, int], bool]


def register(blueprint: Blueprint, may_edit: MayEdit) -> None:
    """Add the import's pages to the registry's blueprint, for those who may edit it."""

    def editor() -> tuple[Actor, Site]:
        actor, site = signin.current_actor(), place.here()
        if not may_edit(actor, site.id):
            raise NotAllowed(reason="the registry of this site")
        return actor, site

    @blueprint.route("/units/import", methods=["GET", "POST"], endpoint="imports")
    def upload() -> ResponseReturnValue:
        """Take a workbook and show what it would change; nothing is changed yet."""
        actor, site = editor()
        if request.method == "GET":
            return _page(site)
        file = request.files.get("file")
        content = file.read(workbook.MAX_BYTES + 1) if file else b""
        return _look(actor, site, content)

    @blueprint.post("/units/import/confirm", endpoint="import_confirm")
    def confirm() -> ResponseReturnValue:
        """Do what the looked-at workbook says."""
        actor, site = editor()
        try:
            content = _take(request.form.get("ticket", ""), actor, site)
        except (BadSignature, OSError):
            return _page(site, _("看过的文件已过期，再选一次。"), 422)
        try:
            with engine.begin(actor) as command:
                plan = imports.plan(command.session, actor, site, content)
                counts = imports.apply(command, plan)
        except (Conflict, Rejected):
            db.session.rollback()
            return _look(actor, site, content, _("看过以后台账又变了，下面是现在的差别。"))
        text = _("已导入：新增 %(new)s 行，改动 %(changed)s 行，未变 %(unchanged)s 行", **counts)
        flash(text, "done")
        return redirect(link("registry.index", site=site.key))

    @blueprint.get("/units/import/template.xlsx", endpoint="import_template")
    def template() -> ResponseReturnValue:
        """Give the empty workbook with its headings."""
        file = io.BytesIO(workbook.template())
        return send_file(file, mimetype=EXCEL, as_attachment=True, download_name="units.xlsx")


def _page(site: Site, fault: str = "", status: int = 200, **more: Any) -> ResponseReturnValue:
    page = render_template(
        "registry/import.html",
        site=shell.site_view(site),
        sites=place.options(),
        fault=fault,
        headings=_headings(),
        required=[_heading(c) for c in workbook.COLUMNS if c.required],
        most=workbook.MAX_ROWS,
        **more,
    )
    return page, status


def _look(actor: Actor, site: Site, content: bytes, note: str = "") -> ResponseReturnValue:
    if not content:
        return _page(site, _("先选一个 .xlsx 文件"), 422)
    try:
        plan = imports.plan(db.session(), actor, site, content)
    except Rejected as error:
        return _page(site, _refusal(error), 422)
    changed = [row for row in plan.rows if row.action != imports.UNCHANGED]
    ticket = "" if plan.errors else _keep(content, actor, site)
    return _page(
        site,
        note,
        422 if plan.errors else 200,
        plan=plan,
        rows=changed[:SHOWN],
        errors=[_error(error) for error in plan.errors[:SHOWN]],
        ticket=ticket,
        shown=SHOWN,
    )


def _heading(column: workbook.Column) -> str:
    return column.en if locales.select() == "en" else column.zh


def _headings() -> dict[str, str]:
    return {column.key: _heading(column) for column in workbook.COLUMNS}


def _cure(column: str) -> str:
    """Say how a cell of a column is written."""
    cures: dict[str, str] = {
        "floor": _("写成楼层数字，如 12 或 -1"),
        "floor_area": _("写成数字，如 89.5"),
        "since": _("日期不对，写成 2026-11-20"),
    }
    return cures.get(column) or str(_("只写号码或文字本身，如 3 或 1201"))


def _error(error: Any) -> dict[str, Any]:
    known = {
        "required": _("要填"),
        "too_long": _("太长"),
        "control": _("有看不见的控制字符"),
        "phone": _("不是电话号码"),
        "unknown": _("不是能选的词"),
        "formula": _("是公式，改成值"),
        "type": _cure(error.column),
        "number": _("数不对"),
        "date": _("日期不对，写成 2026-11-20"),
        "contradiction": _("同一房号前后两行说法不一"),
        "duplicate": _("同一房号同一客户写了两次"),
        "another_owner": _("这套房已有另一位业主，先在房号页记他搬离"),
        "precision": _("数字太长已失准，改成文本"),
    }
    return {
        "row": error.row,
        "column": _headings().get(error.column, error.column),
        "words": known.get(error.code, _("不对")),
        "value": error.value,
    }


def _refusal(error: Rejected) -> str:
    known = {
        "not_a_workbook": _("这不是能读的 .xlsx 文件。旧的 .xls 请另存为 .xlsx。"),
        "too_large": _("文件太大，最多 5 MB。"),
        "too_many_rows": _("行数太多，分成几份导入。"),
        "bomb": _("文件解开后过大，只留单元表再试。"),
        "macros": _("文件含宏，另存为不含宏的 .xlsx。"),
        "entities": _("文件含文档类型声明，不能导入。"),
        "repeated_column": _("有一列出现了两次。"),
        "missing_column": _("缺少必要的列，先下载模板对一下。"),
    }
    return str(known.get(str(error.params.get("problem")), _("这个文件不能导入。")))


def _folder() -> Path:
    return engine.home / "imports"


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="looked-at workbook")


def _keep(content: bytes, actor: Actor, site: Site) -> str:
    """Keep a looked-at file until it is confirmed or forgotten; the ticket works for this person and site only."""
    folder, digest = _folder(), hashlib.sha256(content).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        age = dt.datetime.now(dt.UTC).timestamp() - old.stat().st_mtime
        if age > KEPT.total_seconds():
            old.unlink(missing_ok=True)
    (folder / digest).write_bytes(content)
    return str(_serializer().dumps([actor.user_id, site.id, digest]))


def _take(ticket: str, actor: Actor, site: Site) -> bytes:
    kept = _serializer().loads(ticket, max_age=int(KEPT.total_seconds()))
    user_id, site_id, digest = kept
    if (user_id, site_id) != (actor.user_id, site.id):
        raise BadSignature("another person's ticket")
    path = _folder() / str(digest)
    content = path.read_bytes()
    path.unlink(missing_ok=True)
    return content
