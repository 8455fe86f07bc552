"""Emergencies: two taps start a playbook, one on what happened, one to start; everything else may come later."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from engine import instances, starts
from engine.errors import DuplicateBusinessKey, InvalidVariables
from engine.models.instance import ProcessInstance
from engine.staff import people
from web import words
from web.extensions import engine, session
from web.signin import current_actor, current_site
from web.views import beginnings, entries, names, playbooks, startable
from web.views.startable import Start

blueprint = Blueprint("emergency", __name__, url_prefix="/emergency")

# Somebody who presses twice means one emergency; what colleagues just started is shown before it is started again.
AGAIN = dt.timedelta(seconds=60)
LATELY = dt.timedelta(minutes=15)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show what may have happened, as big buttons."""
    found = playbooks.listed(current_actor(), current_site())
    return render_template("emergency/index.html", plays=found)


@blueprint.get("/<process_id>")
def start(process_id: str) -> ResponseReturnValue:
    """Show the one button that starts a playbook; its form is folded, for nothing of it is needed."""
    found = startable.find(process_id)
    return _page(found)


def _page(found: Start, *, status: int = 200) -> ResponseReturnValue:
    entry = entries.of_start(found.definition, found.site)
    since = engine.clock() - LATELY
    running = starts.lately(session, current_actor(), found.definition, found.site, since)
    return render_template(
        "emergency/start.html",
        process_id=found.definition.process_id,
        name=names.procedure(found.definition),
        icon_name=playbooks.icon_of(found.definition.process_id),
        sites=[(one.key, names.site(one)) for one in found.sites],
        site=found.site.key,
        site_name=names.site(found.site),
        view=entry.view(entry.opened()) if entry else None,
        ahead=playbooks.steps_ahead(found.definition),
        running=[_told(one) for one in running],
        token=secrets.token_hex(16),
    ), status


def _told(instance: ProcessInstance) -> dict[str, Any]:
    starter = people.by_id(session, [instance.started_by]).get(instance.started_by or 0)
    when = words.stamp(instance.started_at, engine.clock())
    said = _("%(name)s %(when)s 已启动", name=names.user(starter), when=when)
    url = url_for("instances.show", key=instance.key)
    return {"said": said, "number": instance.number, "url": url}


@blueprint.post("/<process_id>")
def submit(process_id: str) -> ResponseReturnValue:
    """Start a playbook with what is known; pressed twice, it is started once."""
    found = startable.find(process_id)
    twin = _just_started(found)
    if twin is not None and "again" not in request.form:
        return redirect(url_for("instances.show", key=twin.key))
    try:
        started = _started(found)
    except (InvalidVariables, DuplicateBusinessKey):
        flash(_("这些内容还不能启动，请在这里改正后再发起"), "late")
        return redirect(url_for("catalogue.start", process_id=process_id, site=found.site.key))
    _offer_undo(started)
    return beginnings.led_to(started)


def _just_started(found: Start) -> ProcessInstance | None:
    since = engine.clock() - AGAIN
    recent = starts.lately(session, current_actor(), found.definition, found.site, since)
    return next((one for one in recent if one.started_by == current_actor().user_id), None)


def _started(found: Start) -> ProcessInstance:
    entry = entries.of_start(found.definition, found.site)
    raw = entry.posted() if entry else {}
    try:
        return _start(found, raw)
    except IntegrityError:
        return _start(found, raw)


def _start(found: Start, raw: dict[str, Any]) -> ProcessInstance:
    token = request.form.get("submission", "")
    with engine.begin(current_actor()) as command:
        return starts.start(command, found.definition, found.site, raw, token)


def _offer_undo(instance: ProcessInstance) -> None:
    with engine.begin(current_actor()) as command:
        allowed = instances.may_cancel(command, instances.lock(command, instance.key))
    if allowed:
        address = url_for("emergency.undo", key=instance.key)
        said = str(_("误启动了？60 秒内可以撤销。"))
        flash({"text": said, "label": str(_("撤销")), "post": address}, "waiting")  # type: ignore[arg-type]


@blueprint.post("/instances/<int:key>/undo")
def undo(key: int) -> ResponseReturnValue:
    """Take back a playbook that was started by mistake."""
    with engine.begin(current_actor()) as command:
        instances.cancel(command, key, str(_("误启动")))
    flash(_("已撤销，有关的人都会看到“误启动”"), "done")
    return redirect(url_for("emergency.index"))
