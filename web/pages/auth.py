"""Signing in and out, changing the person at a shared counter computer, and setting a new password by a reset link."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from engine.errors import Rejected, WeakPassword, WrongCredentials
from engine.models.identity import PasswordReset, User
from engine.staff import identity
from engine.staff.access import SYSTEM, load_actor
from web import signin
from web.extensions import db, engine, limiter
from web.pages import device, passwords

blueprint = Blueprint("auth", __name__)

FIELD = 64  # the longest user name


def _typed() -> str:
    return request.form.get("username", "").strip()[:FIELD]


def _who_tries() -> str:
    return f"{request.remote_addr}|{_typed().casefold()}"


def _failed(response: Response) -> bool:
    return response.status_code == 422  # noqa: PLR2004 - only failures count


throttle = limiter.shared_limit(
    "10/minute", scope="sign-in", key_func=_who_tries, methods=["POST"], deduct_when=_failed
)
throttle_address = limiter.shared_limit(
    "100/minute", scope="sign-in-address", methods=["POST"], deduct_when=_failed
)


@blueprint.route("/login", methods=["GET", "POST"])
@signin.public
@throttle
@throttle_address
def login() -> ResponseReturnValue:
    """Ask for user name and password; every failure gets the same answer and keeps the user name."""
    if request.method == "POST":
        return _sign_in("auth/login.html")
    if g.actor is not None:
        return redirect(signin.safe_target(request.args.get("next")))
    return _door("auth/login.html")


@blueprint.route("/switch", methods=["GET", "POST"])
@signin.public
@throttle
@throttle_address
def switch() -> ResponseReturnValue:
    """Change the person at a shared computer: one of those who signed in here lately, and the password."""
    if request.method == "POST":
        return _sign_in("auth/switch.html")
    return _door("auth/switch.html", username=request.args.get("user", "")[:FIELD])


@blueprint.post("/switch/forget")
@signin.public
def forget() -> ResponseReturnValue:
    """Take a person off the list of this device."""
    answer = redirect(url_for("auth.switch"))
    return device.keep(answer, [name for name in device.usernames() if name != _typed()])


@blueprint.post("/logout")
@signin.public
def logout() -> ResponseReturnValue:
    """Sign this browser out."""
    _close()
    session.clear()
    answer = redirect(url_for("auth.login"))
    answer.delete_cookie(signin.COOKIE)
    return answer


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@signin.public
@limiter.limit("20/minute")
def reset(token: str) -> ResponseReturnValue:
    """Set a new password by the one-time link an administrator handed out."""
    if not _is_open(token):
        return render_template("auth/spent.html"), 410
    if request.method == "GET":
        return _new_password(token)
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return _new_password(token, again=_("两次输入的不一样"))
    try:
        with engine.begin(SYSTEM) as command:
            identity.reset_password(command, token, new)
    except WeakPassword as error:
        return _new_password(token, new=passwords.weakness(error))
    except Rejected:
        return render_template("auth/spent.html"), 410
    flash(_("新密码已生效，请用它登录"), "done")
    return redirect(url_for("auth.login"))


@blueprint.errorhandler(429)
def slow_down(error: HTTPException) -> ResponseReturnValue:
    """Say that there were too many attempts, with the user name kept."""
    template = "auth/switch.html" if request.endpoint == "auth.switch" else "auth/login.html"
    return _door(template, 429, username=_typed(), fault=_("试得太多了，过一分钟再试。"))


def _sign_in(template: str) -> ResponseReturnValue:
    username, password = _typed(), request.form.get("password", "")[:1024]
    try:
        user = identity.authenticate(db.session(), username, password)
    except WrongCredentials:
        with engine.begin(SYSTEM) as command:
            command.audit("session.refused", username, address=request.remote_addr)
        return _door(template, 422, username=username, fault=_refusal())
    return _admit(user)


def _refusal() -> str:
    left = limiter.current_limit.remaining - 1 if limiter.current_limit else 0
    if left > 0:
        return str(_("账号或密码不对，还可以试 %(count)s 次。", count=left))
    return str(_("账号或密码不对。"))


def _admit(user: User) -> ResponseReturnValue:
    actor = load_actor(db.session(), user.id)
    if actor is None:
        raise WrongCredentials
    _close()
    with engine.begin(actor) as command:
        token = identity.open_session(command, user, user_agent=request.user_agent.string)
    session.clear()
    answer = make_response(redirect(signin.safe_target(request.form.get("next"))))
    device.keep(answer, [user.username, *device.usernames()])
    return signin.set_cookie(answer, token)


def _close() -> None:
    """End the session this browser has, so that no token outlives the change of person."""
    if g.actor is not None:
        with engine.begin(g.actor) as command:
            identity.close_session(command, request.cookies[signin.COOKIE])


def _door(
    template: str, status: int = 200, *, username: str = "", fault: str = ""
) -> ResponseReturnValue:
    people = device.people(db.session())
    return render_template(
        template,
        username=username,
        fault=fault,
        people=people,
        chosen=next((one for one in people if one.username == username), None),
        next=request.values.get("next", ""),
    ), status


def _is_open(token: str) -> bool:
    found = db.session.get(PasswordReset, identity.digest(token))
    return found is not None and found.used_at is None and found.expires_at > engine.clock()


def _new_password(token: str, **faults: str) -> ResponseReturnValue:
    page = render_template("auth/reset.html", token=token, faults=faults, least=identity.MIN_LENGTH)
    return page, 422 if faults else 200
