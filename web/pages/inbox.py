"""The inbox: what I am to do, could take, have done and have started."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import inbox, tasks
from engine.errors import TaskChanged, TaskClosed
from engine.inbox import Filter
from web import words
from web.extensions import engine, session
from web.signin import current_actor, current_site
from web.views import boxes, conflicts, names, rows

blueprint = Blueprint("inbox", __name__)

PAGE = 30


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Show one box, narrowed by words, procedure and the site looked at."""
    now, wanted, box = engine.clock(), _wanted(), _box()
    counted = _counted(wanted, now)
    sizes = boxes.sizes(counted, wanted.process_id) if not wanted.text else {}
    listed = _listed(box, wanted, now, sizes)
    return render_template(
        "inbox/index.html",
        box=box,
        title=boxes.name(box),
        wanted=wanted,
        boxes=boxes.view(box, counted),
        sentence=boxes.sentence(counted, box),
        procedures=boxes.procedures(counted, box),
        claimable=sum(one.total for one in counted[boxes.CLAIMABLE]),
        first=_url(box, wanted) if request.args.get("after") else None,
        next=_url(box, wanted, after=listed["next"]) if listed["next"] else None,
        here=request.full_path.rstrip("?"),
        updated=words.date(now, now),
        groups=listed.get("groups", []),
        items=listed.get("items", []),
    )


@blueprint.get("/inbox/counts")
def counts() -> ResponseReturnValue:
    """Give the boxes with what they hold now, as a part of the page."""
    box, now = _box(), engine.clock()
    counted = _counted(_wanted(), now)
    return render_template(
        "inbox/counts.html",
        box=box,
        boxes=boxes.view(box, counted),
        sentence=boxes.sentence(counted, box),
        updated=words.date(now, now),
    )


@blueprint.post("/inbox/claim")
def claim() -> ResponseReturnValue:
    """Take a task in place and come back to the list."""
    try:
        with engine.begin(current_actor()) as command:
            task = tasks.claim(command, request.form.get("task", default=0, type=int))
        name = names.step(names.definition(task.definition_key), task)
        flash(_("已领取“%(step)s”，在你的待办里", step=name), "done")
    except (TaskChanged, TaskClosed) as error:
        flash(conflicts.words_of(error), "waiting")
    back = request.form.get("next", "")
    return redirect(back if back.startswith("/?") else url_for("inbox.index"))


def _box() -> str:
    box = request.args.get("box", boxes.MINE)
    return box if box in boxes.ICONS else boxes.MINE


def _wanted() -> Filter:
    site = current_site()
    return Filter(
        site_id=site.id if site else None,
        process_id=request.args.get("procedure", "")[:255],
        text=request.args.get("text", "")[:64].strip(),
    )


def _counted(wanted: Filter, now: dt.datetime) -> boxes.Counted:
    return inbox.counts(session, current_actor(), now, words.midnight(now), wanted.site_id)


def _listed(box: str, wanted: Filter, now: dt.datetime, sizes: dict[str, int]) -> dict[str, Any]:
    actor, after = current_actor(), request.args.get("after", "")
    if box == boxes.DONE:
        done = inbox.done(session, actor, wanted, after=after, size=PAGE)
        return {"items": [rows.done_row(row, now) for row in done.rows], "next": done.next}
    if box == boxes.STARTED:
        return _started(wanted, after, now)
    own = box == boxes.MINE
    read = inbox.mine if own else inbox.claimable
    page = read(session, actor, wanted, after=after, size=PAGE)
    grouped = rows.groups(page.rows, now, sizes if own else {}, claim=not own)
    return {"groups": grouped, "next": page.next}


def _started(wanted: Filter, after: str, now: dt.datetime) -> dict[str, Any]:
    page = inbox.started(session, current_actor(), wanted, after=after, size=PAGE)
    opened = inbox.open_tasks_of(session, [row.instance for row in page.rows])
    items = [rows.instance_row(row, opened.get(row.instance.key, []), now) for row in page.rows]
    return {"items": items, "next": page.next}


def _url(box: str, wanted: Filter, **more: Any) -> str:
    return url_for(
        "inbox.index",
        box=None if box == boxes.MINE else box,
        procedure=wanted.process_id or None,
        text=wanted.text or None,
        **more,
    )
