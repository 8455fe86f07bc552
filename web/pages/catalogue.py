"""Starting procedures: the catalogue, and the form each begins with."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from engine import counter, starts, tasks
from engine.errors import DuplicateBusinessKey, InvalidVariables
from engine.models.instance import ProcessInstance
from engine.models.task import Draft
from web import forms, shell, words
from web.extensions import engine, session
from web.signin import current_actor, current_site
from web.views import (
    beginnings,
    drawings,
    entries,
    names,
    owners,
    playbooks,
    procedures,
    startable,
    tickets,
)
from web.views.entries import OWNER_OF, Entry
from web.views.startable import Start

blueprint = Blueprint("catalogue", __name__, url_prefix="/start")


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Show what one may start, or what of it speaks of a matter."""
    actor, site, text = current_actor(), current_site(), request.args.get("matter", "")[:64].strip()
    every = [procedures.view(row, site) for row in startable.everything(actor, site)]
    shown = procedures.found(every, text) if text else every
    return render_template(
        "catalogue/index.html",
        text=text,
        summary=procedures.summary(len(every)),
        often=[] if text else procedures.often(every, actor, engine.clock()),
        families=procedures.families(shown),
        plays=[] if text else playbooks.first(actor, site),
    )


@blueprint.get("/<process_id>")
def start(process_id: str) -> ResponseReturnValue:
    """Show a start form, with the draft of it or what the address says; first where, if that is open."""
    found = startable.find(process_id)
    if not found.chosen:
        return _choose(found)
    entry = entries.of_start(found.definition, found.site)
    draft = _draft_of(found, entry)
    values = entry.opened(draft.data if draft else _given(entry)) if entry else {}
    saved = words.stamp(draft.saved_at, engine.clock()) if draft else ""
    return _form(found, entry.view(owners.filled(entry, values)) if entry else None, saved=saved)


def _draft_of(found: Start, entry: Entry | None) -> Draft | None:
    """Give the draft to go on with: none for a form opened with what the address says, or for the next number."""
    fresh = bool(_given(entry)) or tickets.carried(found.site) is not None
    if fresh and "resume" not in request.args:
        return None
    return tasks.draft_of(session, current_actor(), starts.subject(found.definition))


def _given(entry: Entry | None) -> dict[str, str]:
    """Give what the address fills in: start forms are linked from units and customers."""
    if entry is None:
        return {}
    keys = {field.path for field in entry.form.fields()}
    return {key: value for key, value in request.args.items() if key in keys}


def _choose(found: Start) -> ResponseReturnValue:
    process_id = found.definition.process_id
    given = {key: value for key, value in request.args.items() if key != "choose"}
    sites = [
        {
            "name": names.site(site),
            "url": f"{url_for('catalogue.start', process_id=process_id)}?{urlencode({**given, 'site': site.key})}",
        }
        for site in found.sites
    ]
    name = names.procedure(found.definition)
    return render_template("catalogue/sites.html", name=name, sites=sites)


def _form(
    found: Start,
    view: forms.View | None,
    *,
    saved: str = "",
    twin: dict[str, str] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    of = found.definition
    event = of.diagram.start_event(of.process_id)
    element = f"{of.process_id}.{event.id}" if event else of.process_id
    return render_template(
        "catalogue/start.html",
        process_id=of.process_id,
        name=names.procedure(of),
        step=names.element(of, event),
        about=names.about(of, event),
        clause=event.properties.get("clause", "") if event else "",
        quote=names.text(of, f"{element}.quote"),
        site=shell.site_view(found.site),
        site_name=names.site(found.site),
        elsewhere=len(found.sites) > 1,
        view=view,
        saved=saved,
        ticket=tickets.carried(found.site),
        ticket_words=tickets.words(tickets.carried(found.site)),
        twin=twin,
        token=request.form.get("submission") or secrets.token_hex(16),
        xml_url=url_for("catalogue.xml", process_id=of.process_id),
        state_url=url_for("catalogue.state", process_id=of.process_id),
    ), status


@blueprint.get("/<process_id>/diagram.bpmn")
def xml(process_id: str) -> ResponseReturnValue:
    """Give the diagram of a procedure one may start."""
    found = startable.find(process_id)
    return drawings.xml(found.definition), {"Content-Type": "application/xml"}


@blueprint.get("/<process_id>/diagram.json")
def state(process_id: str) -> ResponseReturnValue:
    """Give where one stands in the diagram before starting: at its start event."""
    of = startable.find(process_id).definition
    event = of.diagram.start_event(of.process_id)
    return jsonify({"current": [event.id] if event else []})


@blueprint.post("/<process_id>")
def submit(process_id: str) -> ResponseReturnValue:
    """Start an instance from the form; the same form sent twice leads to the instance it started."""
    found = startable.find(process_id)
    entry = entries.of_start(found.definition, found.site)
    if request.form.get("do") == "draft":
        return _draft(found, entry)
    if entry is not None and forms.rearranges(request.form):
        return _form(found, entry.view(owners.filled(entry, entry.posted(), _owner_of())))
    raw: dict[str, Any] = {}
    try:
        raw = entry.posted() if entry else {}
        return beginnings.led_to(_started(found, raw))
    except forms.FilesRefused as error:
        return _refused(found, entry, error.raw, error)
    except InvalidVariables as error:
        return _refused(found, entry, raw, error)
    except DuplicateBusinessKey as error:
        return _duplicate(found, entry, raw, error)


def _owner_of() -> str:
    return request.form.get(OWNER_OF, "")


def _started(found: Start, raw: dict[str, Any]) -> ProcessInstance:
    try:
        return _start(found, raw)
    except IntegrityError:
        return _start(found, raw)


def _start(found: Start, raw: dict[str, Any]) -> ProcessInstance:
    token, ticket = request.form.get("submission", ""), tickets.carried(found.site)
    with engine.begin(current_actor()) as command:
        started = starts.start(command, found.definition, found.site, raw, token)
        if ticket is not None:
            counter.link(command, ticket.id, started.key)
        return started


def _draft(found: Start, entry: Entry | None) -> ResponseReturnValue:
    if entry is not None:
        _keep(found, entry.posted())
        flash(_("草稿已存"), "done")
    ticket = tickets.carried(found.site)
    return redirect(
        url_for(
            "catalogue.start",
            process_id=found.definition.process_id,
            site=found.site.key,
            ticket=ticket.id if ticket else None,
            resume=1 if ticket else None,
        )
    )


def _keep(found: Start, raw: dict[str, Any]) -> None:
    with engine.begin(current_actor()) as command:
        tasks.save_draft(command, starts.subject(found.definition), raw)


def _refused(
    found: Start, entry: Entry | None, raw: dict[str, Any], error: InvalidVariables
) -> ResponseReturnValue:
    if entry is None:
        raise error
    _keep(found, raw)
    return _form(found, entry.view(raw, error.errors), status=422)


def _duplicate(
    found: Start, entry: Entry | None, raw: dict[str, Any], error: DuplicateBusinessKey
) -> ResponseReturnValue:
    _keep(found, raw)
    twin = {
        "title": str(_("这一户已经有一个在办的“%(name)s”", name=names.procedure(found.definition))),
        "url": url_for("instances.show", key=error.params["instance_key"]),
    }
    return _form(found, entry.view(raw) if entry else None, twin=twin, status=409)
