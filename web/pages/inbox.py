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
from engine.models.instance import ACTIVE
from web import words
from web.extensions import engine, session
from web.signin import current_actor, current_site
from web.views import boxes, conflicts, names, offers, outcomes, playbooks, rows

blueprint = Blueprint("inbox", __name__)

PAGE = 30
LOOKED_AT = 10
"""Whether a task can be taken back is read from its instance's course, so only so many rows are asked about."""


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
        shows=boxes.shows(box, _show()),
        show=_show(),
        first=_url(box, wanted) if request.args.get("after") else None,
        next=_url(box, wanted, after=listed["next"]) if listed["next"] else None,
        here=request.full_path.rstrip("?"),
        updated=words.date(now, now),
        groups=listed.get("groups", []),
        selectable=any(
            item.get("select") for one in listed.get("groups", []) for item in one["rows"]
        ),
        items=listed.get("items", []),
        plays=playbooks.first(current_actor(), current_site()) if box == boxes.MINE else [],
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
            task = tasks.claim(command, _claimed())
        name = names.step(names.definition(task.definition_key), task)
        outcomes.say(task.key, _("已领取“%(step)s”，在你的待办里", step=name))
    except (TaskChanged, TaskClosed) as error:
        flash(conflicts.words_of(error), "waiting")
    back = request.form.get("next", "")
    return redirect(back if back.startswith("/?") else url_for("inbox.index"))


def _claimed() -> int:
    named = request.form.get("claim") or request.form.get("task", "")
    return int(named) if named.isdecimal() and len(named) < 17 else 0  # noqa: PLR2004 - 53 bits


def _box() -> str:
    box = request.args.get("box", boxes.MINE)
    return box if box in boxes.ICONS else boxes.MINE


def _wanted() -> Filter:
    site = current_site()
    return Filter(
        site_id=site.id if site else None,
        process_id=request.args.get("procedure", "")[:255],
        text=request.args.get("text", "")[:64].strip(),
        now=engine.clock(),
        deferred=_show() == boxes.LATER,
    )


def _show() -> str:
    show = request.args.get("show", boxes.NOW)
    return show if _box() == boxes.MINE and show in (boxes.LATER, boxes.AWAITED) else boxes.NOW


def _counted(wanted: Filter, now: dt.datetime) -> boxes.Counted:
    """Count the boxes; what a view over one of them leaves out counts all the same."""
    return inbox.counts(session, current_actor(), now, words.midnight(now), wanted.site_id)


def _listed(box: str, wanted: Filter, now: dt.datetime, sizes: dict[str, int]) -> dict[str, Any]:
    actor, after = current_actor(), request.args.get("after", "")
    if box == boxes.DONE:
        return _done(wanted, after, now)
    if box == boxes.COPIED:
        copied = inbox.copied(session, actor, wanted, after=after, size=PAGE)
        return {"items": [rows.copy_row(row, now) for row in copied.rows], "next": copied.next}
    if box == boxes.STARTED:
        return _started(wanted, after, now)
    own, show = box == boxes.MINE, _show()
    read = inbox.awaited if show == boxes.AWAITED else inbox.mine if own else inbox.claimable
    page = read(session, actor, wanted, after=after, size=PAGE)
    grouped = rows.groups(page.rows, now, sizes if own and not show else {}, claim=not own)
    if show == boxes.AWAITED:
        _only_look(grouped)
    return {"groups": grouped, "next": page.next}


def _only_look(groups: list[dict[str, Any]]) -> None:
    """What waits for others is looked at, not done."""
    for item in (item for one in groups for item in one["rows"]):
        item.pop("select", None)
        item["action"] = {"label": _("查看"), "primary": False, "url": item["url"]}


def _done(wanted: Filter, after: str, now: dt.datetime) -> dict[str, Any]:
    """List what is done; the latest of running instances can be taken back where the engine lets it."""
    done = inbox.done(session, current_actor(), wanted, after=after, size=PAGE)
    items = [rows.done_row(row, now) for row in done.rows]
    running = [
        pair for pair in zip(done.rows, items, strict=True) if pair[0].instance.status == ACTIVE
    ]
    for row, item in running[:LOOKED_AT]:
        if offers.allowed("withdraw", row.task):
            item["action"] = {
                "label": _("撤回"),
                "primary": False,
                "post": url_for("withdrawals.undo", key=row.task.key, what="withdraw"),
            }
    return {"items": items, "next": done.next}


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
        show=_show() or None,
        **more,
    )
