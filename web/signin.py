"""Who is asking: the actor of the request from the session cookie. Without one, only pages marked `public` answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from flask import Response, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.models.identity import LoginSession, Site, User
from engine.staff import identity, sight
from engine.staff.access import Actor, load_actor
from web.extensions import db, engine, session

COOKIE = "guicheng_session"
TOUCH_AFTER = dt.timedelta(minutes=5)
View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def public(view: View) -> View:
    """Mark a view that answers without a signed-in person."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def identify() -> ResponseReturnValue | None:
    """Find the request's actor; refuse or redirect when there is none and the view is not public."""
    g.actor = g.user = g.login = None
    if request.endpoint == "static" or request.path.startswith("/v2/"):
        return None
    token = request.cookies.get(COOKIE, "")
    login = identity.find_session(session, token, engine.clock()) if token else None
    user = session.get(User, login.user_id) if login else None
    actor = load_actor(session, user.id, engine.clock()) if user else None
    if login is not None and user is not None and actor is not None:
        _admit(login, user, actor, token)
        return _must_change_password()
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "is_public", False):
        return None
    return _ask_to_sign_in()


def _admit(login: LoginSession, user: User, actor: Actor, token: str) -> None:
    g.login, g.user, g.actor = login, user, actor
    sight.narrow(db.session(), actor.hidden)
    if engine.clock() - login.seen_at > TOUCH_AFTER:
        with engine.begin(actor) as command:
            identity.touch_session(command, token)


def _must_change_password() -> ResponseReturnValue | None:
    allowed = {"account.password", "auth.logout", "static"}
    if g.user.must_change_password and request.endpoint not in allowed:
        return redirect(url_for("account.password"))
    return None


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.method != "GET" or request.headers.get("HX-Request"):
        abort(401)
    path = request.full_path.rstrip("?")
    return redirect(url_for("auth.login", next=None if path == "/" else path))


def current_actor() -> Actor:
    """Give the signed-in actor; a public view without one gets 401."""
    if g.actor is None:
        abort(401)
    actor: Actor = g.actor
    return actor


def current_site() -> Site | None:
    """Give the site the person looks at, None for all of theirs."""
    if g.login is None or g.login.site_id is None or not g.actor.belongs_to(g.login.site_id):
        return None
    return session.get(Site, g.login.site_id)


def set_cookie(response: Response, token: str) -> Response:
    """Keep the session token in the browser, out of reach of scripts."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(identity.ABSOLUTE.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response


def safe_target(target: str | None) -> str:
    """Give a redirect target inside the application; anything else becomes the inbox."""
    inside = target and target.startswith("/") and not target.startswith(("//", "/\\"))
    return str(target) if inside and "\\" not in str(target) else url_for("inbox.index")
