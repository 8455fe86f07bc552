"""Substitution: who does a person's tasks for some time, for some procedures or all."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine.errors import NotFound, Rejected
from engine.models.definition import ProcessDefinition
from engine.models.identity import User
from engine.models.substitution import Substitution
from engine.staff import substitutions
from web import locales
from web.extensions import engine, session
from web.signin import current_actor
from web.views import colleagues, names

blueprint = Blueprint("substitutions", __name__, url_prefix="/account/substitutions")


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Show who does the person's tasks when, and whose tasks the person does; `?for=` another one's, for who may."""
    return _page(_principal())


@blueprint.post("/")
def appoint() -> ResponseReturnValue:
    """Let somebody do the person's tasks from one day to another."""
    principal, form = _principal(), request.form
    faults = _faults()
    if not faults:
        try:
            with engine.begin(current_actor()) as command:
                substitutions.appoint(
                    command,
                    principal.username,
                    form["substitute"],
                    _begins(form["from"]),
                    _ends(form["to"]),
                    form.getlist("procedures"),
                )
        except Rejected:
            session.rollback()
            said = _("不能这样设：两人要在同一项目，日期不能与已设的重叠，最长一年")
            return _page(principal, {"substitute": said})
        flash(_("代理已设好"), "done")
        return redirect(_here(principal))
    return _page(principal, faults)


@blueprint.post("/<int:number>/end")
def revoke(number: int) -> ResponseReturnValue:
    """End a substitution now."""
    principal = _principal()
    try:
        with engine.begin(current_actor()) as command:
            substitutions.revoke(command, number)
        flash(_("代理已结束"), "done")
    except NotFound:
        flash(_("这个代理已经结束了"), "waiting")
    return redirect(_here(principal))


def _principal() -> User:
    username = request.values.get("for", "")
    if not username or username == g.user.username:
        user: User = session.get_one(User, g.user.id)
        return user
    found = session.scalar(select(User).where(User.username == username))
    if found is None or not substitutions.may_appoint(session, current_actor(), found):
        raise NotFound(noun="user", key=username)
    return found


def _here(principal: User) -> str:
    own = principal.id == g.user.id
    whose: dict[str, Any] = {} if own else {"for": principal.username}
    return url_for(".index", **whose)


def _faults() -> dict[str, str]:
    faults: dict[str, str] = {}
    if not request.form.get("substitute"):
        faults["substitute"] = str(_("请选择"))
    days = {}
    for name in ("from", "to"):
        try:
            days[name] = dt.date.fromisoformat(request.form.get(name, ""))
        except ValueError:
            faults[name] = str(_("应为日期，例如 2026-11-20"))
    if len(days) == 2 and days["to"] < days["from"]:  # noqa: PLR2004 - both days
        faults["to"] = str(_("不能早于开始的日期"))
    elif "to" in days and days["to"] < _today():
        faults["to"] = str(_("不能早于今天"))
    return faults


def _zone() -> ZoneInfo:
    return ZoneInfo(locales.zone())


def _today() -> dt.date:
    return engine.clock().astimezone(_zone()).date()


def _begins(day: str) -> dt.datetime:
    start = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), _zone())
    return start.astimezone(dt.UTC)


def _ends(day: str) -> dt.datetime:
    """The last day counts to its end."""
    return _begins((dt.date.fromisoformat(day) + dt.timedelta(days=1)).isoformat())


def _page(principal: User, faults: dict[str, str] | None = None) -> ResponseReturnValue:
    own = principal.id == g.user.id
    actor = current_actor()
    listed = (
        substitutions.of_actor(session, actor)
        if own
        else substitutions.of_user(session, actor, principal.username)
    )
    sites = sorted({one.site_id for one in principal.memberships if one.site_id is not None})
    staff = [one for one in colleagues.at(sites or actor.site_ids) if one.id != principal.id]
    known = _procedures()
    page = render_template(
        "account/substitutions.html",
        principal=None if own else names.user(principal),
        whose=None if own else principal.username,
        lines=[_line(one, known) for one in listed],
        people=[("", _("请选择")), *colleagues.options(staff)],
        procedures=known,
        today=_today().isoformat(),
        typed=request.form,
        chosen=request.form.getlist("procedures"),
        faults=faults or {},
    )
    return page, 422 if faults else 200


def _procedures() -> list[tuple[str, str]]:
    query = select(ProcessDefinition.process_id, ProcessDefinition.key).where(
        ProcessDefinition.latest
    )
    found = [
        (row.process_id, names.procedure(names.definition(row.key)))
        for row in session.execute(query)
    ]
    return sorted(found, key=lambda pair: pair[1])


def _line(one: Substitution, known: list[tuple[str, str]]) -> dict[str, Any]:
    now, said = engine.clock(), dict(known)
    ended = one.revoked_at is not None or one.ends_at <= now
    state, text = ("done", _("已结束")) if ended else ("mine", _("生效中"))
    if not ended and one.starts_at > now:
        state, text = "waiting", _("未开始")
    last = (one.ends_at - dt.timedelta(seconds=1)).astimezone(_zone())
    return {
        "id": one.id,
        "principal": names.user(one.principal),
        "substitute": names.user(one.substitute),
        "from": one.starts_at.astimezone(_zone()).date().isoformat(),
        "to": last.date().isoformat(),
        "procedures": [said.get(each, each) for each in one.process_ids],
        "stamp": {"state": state, "text": text},
        "endable": not ended,
    }
