"""How long ended instances are kept, what a clean-up now would delete, and deleting it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine.errors import NotFound, Rejected
from engine.models.definition import ProcessDefinition
from engine.operations import retention
from engine.operations.retention import LONGEST, SHORTEST, Expired
from web.extensions import engine, session
from web.signin import current_actor
from web.views.operations import versions


def register(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint of operations."""
    blueprint.add_url_rule("/retention", "retention", rules, methods=["GET", "POST"])
    blueprint.add_url_rule("/retention/clean", "clean", clean, methods=["POST"])


def rules() -> ResponseReturnValue:
    """Show the rules with what they would delete now; change one."""
    fault: dict[str, str] = {}
    if request.method == "POST":
        fault = _change(request.form.get("process", ""), request.form.get("days", "").strip())
        if not fault:
            flash(_("已改保存期限"), "done")
            return redirect(url_for("operations.retention"))
    return _page(fault), 422 if fault else 200


def _change(process_id: str, typed: str) -> dict[str, str]:
    """Change a rule; give what is wrong by field."""
    forever = request.form.get("act") == "forever"
    if not forever and not typed.isdecimal():
        return {_field(): _range()}
    days = None if forever else min(int(typed), LONGEST + 1)
    try:
        with engine.begin(current_actor()) as command:
            retention.change(command, process_id, days)
    except NotFound:
        return {"process": str(_("选一个流程"))}
    except Rejected:
        return {_field(): _range()}
    return {}


def _field() -> str:
    """The days of a rule there is, or of a new one."""
    return "days" if request.form.get("new") else f"days-{request.form.get('process', '')}"


def _range() -> str:
    return str(_("写 %(least)s 到 %(most)s 之间的天数", least=SHORTEST, most=LONGEST))


def clean() -> ResponseReturnValue:
    """Delete what is over, as a batch; unless what there is to delete has changed since it was shown."""
    seen = request.form.get("instances", type=int)
    now = sum(one.instances for one in retention.estimate(session, engine.clock()))
    session.rollback()  # what was read must not hold up the writing on SQLite
    if seen != now or not now:
        flash(_("要清理的刚变了，请再看一遍"), "waiting")
        return redirect(url_for("operations.retention"))
    with engine.begin(current_actor()) as command:
        batch = retention.clean(command)
    return redirect(url_for("operations.batch", key=batch.key))


def _page(fault: dict[str, str]) -> str:
    found = retention.estimate(session, engine.clock())
    named = _names()
    ruled = {one.process_id for one in found}
    return render_template(
        "operations/retention.html",
        rows=sorted((_row(one, named) for one in found), key=lambda row: -row["instances"]),
        others=[(key, name) for key, name in named.items() if key not in ruled],
        total=sum(one.instances for one in found),
        faults=fault,
        typed=request.form,
        shortest=SHORTEST,
        longest=LONGEST,
    )


def _names() -> dict[str, str]:
    query = select(ProcessDefinition).where(ProcessDefinition.latest)
    rows = session.scalars(query.order_by(ProcessDefinition.family, ProcessDefinition.process_id))
    return {row.process_id: versions.name_of(row) for row in rows}


def _row(one: Expired, named: dict[str, str]) -> dict[str, Any]:
    return {
        "process_id": one.process_id,
        "name": named.get(one.process_id, one.process_id),
        "days": one.days,
        "instances": one.instances,
        "tasks": one.tasks,
        "attachments": one.attachments,
        "size": f"{one.bytes / 1_000_000:.1f} MB",
    }
