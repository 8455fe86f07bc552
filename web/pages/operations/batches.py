"""Batches: one operation for many instances, how far it is, and letting it stand, go on or end."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from engine.errors import Conflict
from engine.models.batch import ACTIVE, CANCELED, COMPLETED, FAILED, Batch
from engine.operations import batches
from engine.staff import people
from web.errors import words as error_words
from web.extensions import engine, session, wants_fragment
from web.signin import current_actor
from web.views import names
from web.views.operations import progress, scope

PAGE = 50
STATES = (FAILED, ACTIVE, COMPLETED, CANCELED)


def register(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint of operations."""
    blueprint.add_url_rule("/batches", "batches", index)
    blueprint.add_url_rule("/batches/<int:key>", "batch", show)
    blueprint.add_url_rule(
        "/batches/<int:key>/<any(cancel,suspend,resume):act>", "batch_act", change, methods=["POST"]
    )


def _page() -> int:
    return max(request.args.get("page", 1, type=lambda text: min(int(text), 10**6)), 1)


def index() -> ResponseReturnValue:
    """List the batches, the latest first."""
    page, query = _page(), batches.visible_to(current_actor())
    found = session.scalars(query.order_by(Batch.created_at.desc(), Batch.key.desc())
                            .limit(PAGE).offset((page - 1) * PAGE)).all()  # fmt: skip
    return render_template(
        "operations/batches.html",
        rows=progress.rows(found, engine.clock()),
        page=page,
        size=PAGE,
        total=session.scalar(select(func.count()).select_from(query.subquery())) or 0,
    )


def show(key: int) -> ResponseReturnValue:
    """Show a batch; for htmx only its progress and items, as often as it asks."""
    batch = batches.get(session, current_actor(), scope.known(key, "batch operation"))
    far = batches.progress(session, batch)[batch.key]
    who = people.by_id(session, [batch.created_by])
    only = request.args.get("state", "") if request.args.get("state") in STATES else ""
    page = _page()
    numbers = {FAILED: far.failed, ACTIVE: far.open, COMPLETED: far.completed,
               CANCELED: far.canceled, "": far.total}  # fmt: skip
    return render_template(
        "operations/progress.html" if wants_fragment() else "operations/batch.html",
        batch=progress.row(
            batch, far, names.user(who.get(batch.created_by or 0)), engine.clock()
        ),
        items=progress.items(
            current_actor(), key, only=only, limit=PAGE, offset=(page - 1) * PAGE
        ),
        here=url_for(".batch", key=key, state=only or None, page=page if page > 1 else None),
        filters=[
            {
                "label": _("%(state)s %(n)s", state=progress.state(one)[1] if one else _("全部"), n=n),
                "url": url_for(".batch", key=key, state=one or None),
                "current": one == only,
            }
            for one, n in numbers.items()
            if n or not one
        ],
        only=only,
        page=page,
        size=PAGE,
        count=numbers[only],
    )  # fmt: skip


def change(key: int, act: str) -> ResponseReturnValue:
    """Let a batch stand, go on or end."""
    acts = {"cancel": batches.cancel, "suspend": batches.suspend, "resume": batches.resume}
    said = {
        "cancel": _("已取消，没有做的都不再做"),
        "suspend": _("已暂停，做完的不变"),
        "resume": _("继续做了"),
    }
    try:
        with engine.begin(current_actor()) as command:
            acts[act](command, scope.known(key, "batch operation"))
        flash(said[act], "done")
    except Conflict as error:
        flash(error_words(error), "waiting")
    return redirect(url_for("operations.batch", key=key))
