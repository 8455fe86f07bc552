"""A person's own account: roles, password, language and look, devices, tokens, notifications."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine.errors import Rejected, WeakPassword, WrongCredentials
from engine.models.identity import Site, User
from engine.staff import accounts, identity, notifications
from web import locales, shell, signin
from web.extensions import db, engine
from web.pages import device, handovers, notices, passwords

blueprint = Blueprint("account", __name__, url_prefix="/account")

YEAR = 365 * 24 * 3600


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Show the actor's roles, devices and tokens."""
    return _page()


def _page(
    token: str = "", label: str = "", fault: str = "", status: int = 200
) -> ResponseReturnValue:
    actor = signin.current_actor()
    return render_template(
        "account/index.html",
        user=g.user,
        roles=[_role(one) for one in g.user.memberships],
        sessions=accounts.sessions_of(db.session(), actor, engine.clock()),
        own=g.login.digest,
        hands_over=bool(handovers.overseen()),
        device_name=device.name,
        tokens=accounts.tokens_of(db.session(), actor),
        token=token,
        label=label,
        fault=fault,
    ), status


def _role(membership: Any) -> dict[str, str]:
    site = shell.site_view(membership.site)["name"] if membership.site else _("全部项目")
    return {"role": shell.role_name(membership.role), "site": site, "area": membership.area}


@blueprint.route("/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """Change the actor's own password; this browser stays signed in, all others are signed out."""
    if request.method == "GET":
        return _password()
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return _password(again=_("两次输入的不一样"))
    try:
        with engine.begin(signin.current_actor()) as command:
            identity.change_password(command, request.form.get("current", ""), new)
            user = command.session.get_one(User, g.user.id)
            token = identity.open_session(command, user, user_agent=request.user_agent.string)
    except WrongCredentials:
        return _password(current=_("现在的密码不对"))
    except WeakPassword as error:
        return _password(new=passwords.weakness(error))
    flash(_("密码已改，其他设备上的登录都退出了"), "done")
    return signin.set_cookie(make_response(redirect(url_for("account.index"))), token)


def _password(**faults: str) -> ResponseReturnValue:
    page = render_template(
        "account/password.html",
        faults=faults,
        least=identity.MIN_LENGTH,
        forced=g.user.must_change_password,
    )
    return page, 422 if faults else 200


@blueprint.post("/language")
@signin.public
def language() -> ResponseReturnValue:
    """Keep the reader's language: in the account, for visitors in a cookie."""
    locale = request.form.get("locale", "")
    if locale not in locales.LOCALES:
        raise Rejected(reason="no such language")
    answer = redirect(_back())
    if g.actor is not None:
        with engine.begin(g.actor) as command:
            identity.set_preferences(command, locale=locale)
    answer.set_cookie(locales.COOKIE, locale, max_age=YEAR, httponly=True, samesite="Lax")
    return answer


@blueprint.post("/theme")
def theme() -> ResponseReturnValue:
    """Keep the actor's choice between light and dark."""
    with engine.begin(signin.current_actor()) as command:
        identity.set_preferences(command, theme=request.form.get("theme", ""))
    return redirect(_back())


@blueprint.post("/site")
def site() -> ResponseReturnValue:
    """Choose the site to look at; empty looks at all of the actor's."""
    chosen, key = 0, request.form.get("site", "")
    if key:
        found = db.session.scalar(select(Site).where(Site.key == key))
        if found is None or not signin.current_actor().belongs_to(found.id):
            raise Rejected(reason="no such site")
        chosen = found.id
    with engine.begin(signin.current_actor()) as command:
        identity.touch_session(command, request.cookies[signin.COOKIE], site_id=chosen)
    return redirect(_back())


@blueprint.post("/sessions/revoke")
def revoke_session() -> ResponseReturnValue:
    """Sign one of the actor's browsers out."""
    with engine.begin(signin.current_actor()) as command:
        accounts.revoke_session(command, request.form.get("session", ""))
    flash(_("那台设备已退出登录"), "done")
    return redirect(url_for("account.index"))


@blueprint.post("/tokens")
def create_token() -> ResponseReturnValue:
    """Make a token for the API and show it this once."""
    label = request.form.get("label", "").strip()[:255]
    if not label:
        return _page(fault=_("写上给谁用，以后好收回"), status=422)
    with engine.begin(signin.current_actor()) as command:
        token = identity.create_token(command, command.session.get_one(User, g.user.id), label)
    db.session.rollback()  # what was read before the command is a picture of the past
    return _page(token=token, label=label)


@blueprint.post("/tokens/revoke")
def revoke_token() -> ResponseReturnValue:
    """Take a token back."""
    with engine.begin(signin.current_actor()) as command:
        accounts.revoke_token(command, request.form.get("token", ""))
    flash(_("令牌已收回"), "done")
    return redirect(url_for("account.index"))


@blueprint.get("/notifications", endpoint="notifications")
def told() -> ResponseReturnValue:
    """List what the actor was told, in words."""
    rows = notifications.recent(db.session(), signin.current_actor(), 100)
    return render_template("account/notifications.html", rows=notices.views(rows))


@blueprint.post("/notifications/read")
def read() -> ResponseReturnValue:
    """Mark everything told so far as read."""
    with engine.begin(signin.current_actor()) as command:
        notifications.mark_read(command, command.now)
    return redirect(url_for("account.notifications"))


def _back() -> str:
    return signin.safe_target(request.form.get("next"))
