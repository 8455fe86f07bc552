"""Settings: time limits, the choices where regulations differ, people and roles, what was deployed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from engine.errors import Conflict, NotAllowed, Rejected
from engine.models.definition import Deployment, ProcessDefinition
from engine.staff import people
from web import shell, signin
from web.extensions import engine, session
from web.pages import auditing, policy, recalculation, staff, values, workdays
from web.views import names

blueprint = Blueprint("settings", __name__, url_prefix="/settings")

KEEPERS = ("process_owner", "admin")
PAGE = 50


@blueprint.before_request
def admit() -> None:
    """Let in only those for whom there is something to set."""
    actor = signin.current_actor()
    if not any(actor.has(role) for role in shell.SETTINGS_ROLES):
        raise NotAllowed(reason="settings")


@blueprint.context_processor
def tabs() -> dict[str, Any]:
    """Give every page of the settings its tabs: only those the actor may open."""
    actor, here = signin.current_actor(), request.endpoint or ""
    offered = [
        ("settings.index", _("时限"), "clock", True),
        ("settings.choices", _("冲突与取舍"), "scale", True),
        ("settings.calendar", _("日历"), "calendar", True),
        ("settings.people", _("人员与角色"), "users", actor.has("admin")),
        ("settings.deployments", _("部署"), "rocket", any(actor.has(r) for r in KEEPERS)),
        ("settings.audit", _("审计"), "shield-check", actor.has("admin")),
    ]
    return {
        "tabs": [
            {
                "label": label,
                "url": url_for(endpoint),
                "icon": icon,
                "current": here.startswith(endpoint.removesuffix("s")),
            }
            for endpoint, label, icon, open_to in offered
            if open_to
        ]
    }


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Show the time limits and amounts of the regulations as they hold at a site or in the company."""
    return _table("settings/limits.html", policy.LIMITS)


@blueprint.get("/choices")
def choices() -> ResponseReturnValue:
    """Show the settings: where regulations disagree or leave room, with the shipped default and the sources."""
    return _table("settings/choices.html", policy.CHOICES)


def _table(template: str, kind: policy.Kind) -> ResponseReturnValue:
    site = policy.scope()
    return render_template(
        template,
        groups=policy.groups(kind, site),
        scope=site.key if site else "",
        scope_name=policy.scope_name(site),
        scopes=policy.scopes(),
    )


@blueprint.route("/limits/<key>", methods=["GET", "POST"], endpoint="index_limit")
def limit(key: str) -> ResponseReturnValue:
    """Change a limit at a site or in the company, or go back to what held before."""
    return _edit(policy.LIMITS, key, "settings/limit.html", "settings.index")


@blueprint.route("/choices/<key>", methods=["GET", "POST"], endpoint="choices_one")
def choice(key: str) -> ResponseReturnValue:
    """Change a setting at a site or in the company, or go back to what held before."""
    return _edit(policy.CHOICES, key, "settings/choice.html", "settings.choices")


def _edit(kind: policy.Kind, key: str, template: str, back: str) -> ResponseReturnValue:
    row, site, actor = policy.one(kind, key), policy.scope(), signin.current_actor()
    if not policy.may_change(actor, site, row):
        raise NotAllowed(reason="this setting")
    present = kind.current(session, site, [key])[key]
    wrong = {}
    if request.method == "POST":
        if request.form.get("was") != values.mark(present):
            raise Conflict(noun="setting", key=key)
        try:
            with engine.begin(actor) as command:
                kind.change(command, key, site, _typed(kind, row, present))
        except Rejected:
            wrong = {"value": _cure(row)}
        else:
            flash(_("已改；正在办的事仍按开始时的规定"), "done")
            there = url_for(back, site=site.key if site else None) + f"#{key}"
            return redirect(recalculation.after_change(site) or there)
    return _form(template, kind, row, site, present, back, wrong)


def _typed(kind: policy.Kind, row: values.Row, present: Any) -> Any:
    if request.form.get("act") == "restore":
        return None
    if kind is policy.LIMITS:
        return values.read_limit(row, request.form, present)
    return values.read_setting(row, request.form)


def _cure(row: values.Row) -> str:
    if row.get("kind") in values.TIMES or row.get("kind") == "amount":
        return str(_("写一个不小于零的整数"))
    if row.get("type") == "list":
        return str(_("每行一项，各栏都要写，用竖线 | 隔开"))
    return str(_("这个值不合格式，照现在的样子写"))


def _form(
    template: str,
    kind: policy.Kind,
    row: values.Row,
    site: Any,
    present: Any,
    back: str,
    wrong: dict[str, str],
) -> ResponseReturnValue:
    typed = kind.typed(row, present)
    if wrong:
        typed = request.form.to_dict() | {"values": request.form.getlist("value")}
    page = render_template(
        template,
        row=row,
        title=values.name(row),
        typed=typed,
        faults=wrong,
        was=values.mark(present),
        present=kind.words(row, present),
        shipped=kind.words(row, row["default" if "default" in row else "value"]),
        is_duration=row.get("kind") in values.TIMES and values.simple(present) is not None,
        units=values.units(row),
        options=values.option_words(row) if "type" in row else [],
        columns=values.columns(row) if "type" in row else [],
        scope=site.key if site else "",
        scope_name=policy.scope_name(site),
        back=url_for(back, site=site.key if site else None),
    )
    return page, 422 if wrong else 200


@blueprint.get("/deployments")
def deployments() -> ResponseReturnValue:
    """List what was deployed: family, versions, by whom, when and why."""
    if not any(signin.current_actor().has(role) for role in KEEPERS):
        raise NotAllowed(reason="deployments")
    page = max(request.args.get("page", 1, type=lambda text: min(int(text), 10**6)), 1)
    query = select(Deployment).order_by(Deployment.key.desc())
    rows = list(session.scalars(query.limit(PAGE).offset((page - 1) * PAGE)))
    versions = select(ProcessDefinition).where(
        ProcessDefinition.deployment_key.in_([row.key for row in rows])
    )
    by_deployment: dict[int, list[ProcessDefinition]] = {}
    for one in session.scalars(versions.order_by(ProcessDefinition.process_id)):
        by_deployment.setdefault(one.deployment_key, []).append(one)
    return render_template(
        "settings/deployments.html",
        rows=rows,
        versions=by_deployment,
        who=people.by_id(session, [row.deployed_by for row in rows]),
        names=names,
        page=page,
        size=PAGE,
        total=session.scalar(select(func.count()).select_from(Deployment)) or 0,
    )


for pages in (staff, workdays, recalculation, auditing):
    pages.register(blueprint)
