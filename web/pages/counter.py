"""The counter: giving out numbers, calling them to windows, and the display over the counter."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import counter, registry
from engine.deployment import definitions
from engine.errors import Conflict, Rejected
from engine.models.identity import Site
from engine.models.queue import Ticket
from web import signin
from web.extensions import db, engine, wants_fragment
from web.pages import place
from web.views import tickets

blueprint = Blueprint("counter", __name__, url_prefix="/counter")

WINDOW = "window"
NUMBERED = re.compile(r"(\d{1,3})\s*(?:号窗口?|号)", re.ASCII)
STEPS = {
    "recall": counter.recall,
    "serve": counter.serve,
    "finish": counter.finish,
    "skip": counter.skip,
}
PROCESS = "move_in_owner"


def services() -> dict[str, str]:
    """Give what people come for, in words."""
    return {
        "move_in": _("入伙"),
        "payment": _("缴费"),
        "repair": _("报修"),
        "other": _("其他"),
    }


def states() -> dict[str, tuple[str, str, str]]:
    """Give the states of a number: colour, icon and words."""
    return {
        "waiting": ("waiting", "hourglass", _("等候")),
        "called": ("soon", "speakerphone", _("已叫号")),
        "serving": ("mine", "user-check", _("办理中")),
        "done": ("done", "check", _("办完")),
        "skipped": ("paused", "player-pause", _("过号")),
    }


def _window() -> str:
    """Give the window typed: 2, 2 号窗 and 2号窗口 are the same one."""
    typed = request.form.get("window", "").strip()
    numbered = NUMBERED.fullmatch(typed)
    return numbered[1] if numbered else typed


def _view(site: Site) -> dict[str, Any]:
    """Give what the counter's pages show of a site's queue today."""
    board = counter.board(db.session(), site, place.today(site))
    return {
        "board": board,
        "here": site,
        "services": services(),
        "states": states(),
        "window": session.get(WINDOW, "1"),
        "window_name": tickets.window_name,
        "started": tickets.instances_of(board),
        "works": _works_here(site),
        "may_begin": _may_begin(site),
    }


def _works_here(site: Site) -> bool:
    return any(signin.current_actor().has(role, site.id) for role in counter.ROLES)


def _may_begin(site: Site) -> bool:
    startable = definitions.startable(db.session(), signin.current_actor(), site.id)
    return any(row.process_id == PROCESS for row in startable)


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Show today's queue of the site; htmx gets the queue only."""
    view = _view(place.here())
    if wants_fragment():
        return render_template("counter/queue.html", **view)
    return render_template("counter/index.html", typed={}, faults={}, **view)


@blueprint.get("/display")
def display() -> ResponseReturnValue:
    """Show in large figures who is called to which window; htmx refreshes the board only."""
    template = "counter/board.html" if wants_fragment() else "counter/display.html"
    return render_template(template, **_view(place.here()))


@blueprint.post("/take")
def take() -> ResponseReturnValue:
    """Give the next number."""
    site, form = place.here(), request.form
    typed = form.get("unit", "").strip()[:64]
    unit = registry.find_unit(db.session(), site.id, typed)
    if typed and unit is None:
        return _again(
            site, unit=_("%(site)s没有这套房，改成 3-2-1201 这样，或留空", site=site.name)
        )
    if form.get("service") not in counter.SERVICES:
        return _again(site, service=_("选一项"))
    label = unit.label if unit else ""
    with engine.begin(signin.current_actor()) as command:
        ticket = counter.take(command, site, form["service"], unit_label=label)
    ahead = counter.position(db.session(), ticket)
    flash(_("%(label)s 号，前面还有 %(count)s 位", label=ticket.label, count=ahead), "mine")
    return redirect(url_for("counter.index", site=site.key))


def _again(site: Site, **faults: str) -> ResponseReturnValue:
    page = render_template("counter/index.html", typed=request.form, faults=faults, **_view(site))
    return page, 422


@blueprint.post("/call")
def call() -> ResponseReturnValue:
    """Call the next number to a window; the browser remembers the window."""
    site, window = place.here(), _window()
    chosen = request.form.getlist("of") or list(counter.SERVICES)
    try:
        with engine.begin(signin.current_actor()) as command:
            ticket = counter.call_next(command, site, window, chosen)
    except Rejected:
        return _again(site, window=_("写窗口号，最多 %(n)s 个字", n=counter.LONGEST_WINDOW))
    session[WINDOW] = window
    if ticket is None:
        flash(_("没有人在等"), "done")
    return redirect(url_for("counter.index", site=site.key))


@blueprint.post("/<int(max=9007199254740991):ticket_id>/<verb>")
def step(ticket_id: int, verb: str) -> ResponseReturnValue:
    """Move a number on: recall, serve, finish or skip it."""
    if verb not in STEPS:
        abort(404)
    actor = signin.current_actor()
    found = counter.get(db.session(), actor, ticket_id)
    try:
        with engine.begin(actor) as command:
            STEPS[verb](command, found.id)
    except Conflict:
        flash(_("%(label)s 号刚被别的窗口动过", label=found.label), "soon")
    site = db.session.get_one(Site, found.site_id)
    return redirect(url_for("counter.index", site=site.key))


@blueprint.post("/<int(max=9007199254740991):ticket_id>/begin")
def begin(ticket_id: int) -> ResponseReturnValue:
    """Note that the person is at the window, and go on to the start form with what the number tells."""
    actor = signin.current_actor()
    found = counter.get(db.session(), actor, ticket_id)
    try:
        with engine.begin(actor) as command:
            counter.serve(command, found.id)
    except Conflict:
        flash(_("%(label)s 号刚被别的窗口动过", label=found.label), "soon")
        return redirect(url_for("counter.index"))
    return redirect(_start_url(found))


def _start_url(ticket: Ticket) -> str:
    site = db.session.get_one(Site, ticket.site_id)
    return url_for(
        "catalogue.start",
        process_id=PROCESS,
        site=site.key,
        unit_no=ticket.unit_label or None,
        queue_no=ticket.label,
        ticket=ticket.id,
    )
