"""People and roles, for administrators: accounts, what they may do where, closing them, reset links."""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request
from flask import url_for as link
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine.errors import Rejected, WeakPassword
from engine.models.identity import Site, User
from engine.staff import access, accounts, identity, roles
from web import shell, signin
from web.extensions import engine, session
from web.pages import passwords
from web.views import names

USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,62}")
LONGEST = 255


def register(blueprint: Blueprint) -> None:
    """Add the pages to the settings' blueprint."""
    for rule, endpoint, view, methods in (
        ("/people", "people", people, ["GET", "POST"]),
        ("/people/<username>", "people_one", person, ["GET"]),
        ("/people/<username>/grant", "grant", grant, ["POST"]),
        ("/people/<username>/revoke", "revoke", revoke, ["POST"]),
        ("/people/<username>/active", "active", active, ["POST"]),
        ("/people/<username>/reset", "reset", reset, ["POST"]),
    ):
        blueprint.add_url_rule(rule, endpoint, view, methods=methods)


def people() -> ResponseReturnValue:
    """List the accounts, and add one with a password of chance that a reset link replaces."""
    actor = signin.current_actor()
    access.require(actor, "admin")
    if request.method == "GET":
        return _people({})
    form = request.form
    faults = _faults()
    if faults:
        return _people(faults)
    username, name = form["username"].strip(), form["name"].strip()
    try:
        with engine.begin(actor) as command:
            identity.create_user(
                command,
                username=username,
                name=name,
                name_en=form.get("name_en", "").strip()[:LONGEST],
                password=secrets.token_urlsafe(24),
            )
            token = identity.begin_reset(command, username)
    except WeakPassword as error:
        return _people({"username": passwords.weakness(error)})
    except Rejected:
        return _people({"username": _("这个账号名有人用了")})
    return _person(username, token=token)


def _faults() -> dict[str, str]:
    faults = {}
    if not USERNAME.fullmatch(request.form.get("username", "").strip()):
        faults["username"] = _("小写字母开头，只用小写字母、数字和 . _ -，2 到 63 个字")
    if not 0 < len(request.form.get("name", "").strip()) <= LONGEST:
        faults["name"] = _("要填")
    return faults


def _people(faults: dict[str, str]) -> ResponseReturnValue:
    rows = accounts.everybody(session, signin.current_actor())
    wanted = request.args.get("q", "").strip().casefold()
    page = render_template(
        "settings/people.html",
        rows=[
            row for row in rows if wanted in f"{row.username} {row.name} {row.name_en}".casefold()
        ],
        q=wanted,
        roles_of=_roles,
        typed=request.form,
        faults=faults,
    )
    return page, 422 if faults else 200


def _roles(user: User) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "role": shell.role_name(one.role),
            "site": shell.site_view(one.site)["name"] if one.site else _("全部项目"),
            "area": one.area,
            "on_duty": one.on_duty,
        }
        for one in user.memberships
    ]


def person(username: str) -> ResponseReturnValue:
    """Show an account with its roles."""
    return _person(username)


def _person(
    username: str, *, token: str = "", faults: dict[str, str] | None = None
) -> ResponseReturnValue:
    session.rollback()  # what was read before a command is a picture of the past
    user = accounts.get_user(session, signin.current_actor(), username)
    address = current_app.config["PUBLIC_URL"] + link("auth.reset", token=token) if token else ""
    sites = session.scalars(select(Site).order_by(Site.id))
    page = render_template(
        "settings/person.html",
        user=user,
        names=names,
        roles=_roles(user),
        address=address,
        typed=request.form,
        faults=faults or {},
        role_options=[(key, shell.role_name(key)) for key in roles.catalogue()],
        site_options=[(s.key, shell.site_view(s)["name"]) for s in sites] + [("", _("全部项目"))],
        is_self=user.id == signin.current_actor().user_id,
    )
    return page, 422 if faults else 200


def grant(username: str) -> ResponseReturnValue:
    """Give a person a role at a site or everywhere."""
    actor, form = signin.current_actor(), request.form
    user = accounts.get_user(session, actor, username)
    key = form.get("site", "")
    site = session.scalar(select(Site).where(Site.key == key)) if key else None
    if key and site is None:
        return _person(username, faults={"site": _("选一个列出的")})
    if _holds(user, site, form.get("role", "")):
        return _person(username, faults={"role": _("已经有这个角色了")})
    try:
        with engine.begin(actor) as command:
            identity.grant(
                command,
                command.session.get_one(User, user.id),
                site,
                form.get("role", ""),
                area=form.get("area", "").strip()[:64],
            )
    except Rejected:
        return _person(username, faults={"role": _("选一个列出的")})
    flash(_("%(name)s 多了一个角色", name=user.name), "done")
    return redirect(link("settings.people_one", username=username))


def _holds(user: User, site: Site | None, role: str) -> bool:
    wanted = (site.id if site else None, role)
    return any((one.site_id, one.role) == wanted for one in user.memberships)


def revoke(username: str) -> ResponseReturnValue:
    """Take a role from a person."""
    actor = signin.current_actor()
    user = accounts.get_user(session, actor, username)
    with engine.begin(actor) as command:
        row = command.session.get_one(User, user.id)
        accounts.revoke_role(command, row, request.form.get("membership", 0, type=_row_id))
    flash(_("%(name)s 少了一个角色", name=user.name), "done")
    return redirect(link("settings.people_one", username=username))


def _row_id(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < len(str(2**53)) else 0


def active(username: str) -> ResponseReturnValue:
    """Close an account, or open it again."""
    actor = signin.current_actor()
    user = accounts.get_user(session, actor, username)
    opened = request.form.get("active") == "1"
    with engine.begin(actor) as command:
        accounts.set_active(command, command.session.get_one(User, user.id), opened)
    said = _("%(name)s 的账号开了") if opened else _("%(name)s 的账号停了，各处登录都已退出")
    flash(said % {"name": user.name}, "done")
    return redirect(link("settings.people_one", username=username))


def reset(username: str) -> ResponseReturnValue:
    """Make a one-time reset link and show it this once."""
    actor = signin.current_actor()
    user = accounts.get_user(session, actor, username)
    with engine.begin(actor) as command:
        token = identity.begin_reset(command, user.username)
    return _person(username, token=token)
