"""After a limit or the calendar was changed: what would move of what runs, and moving it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.errors import NotAllowed
from engine.models.identity import Site
from engine.policy import limits
from engine.timing import recalculations
from engine.timing.recalculations import Move, Preview
from web import signin, words
from web.extensions import engine, session
from web.pages import policy, values
from web.views import names


def register(blueprint: Blueprint) -> None:
    """Add the page to the settings' blueprint."""
    blueprint.add_url_rule(
        "/recalculation", "recalculation", recalculation, methods=["GET", "POST"]
    )


def recalculation() -> ResponseReturnValue:
    """Show what a recalculation would change, and do it."""
    site, actor = policy.scope(), signin.current_actor()
    if not recalculations.may_recalculate(actor, site):
        raise NotAllowed(reason="recalculating time limits")
    if request.method == "GET":
        return _show(site, recalculations.preview(session, actor, site, engine.clock()))
    session.rollback()  # what was read so far must not hold up the writing on SQLite
    done = recalculations.apply(engine, actor, site)
    flash(_("已重算：%(n)s 件事，%(m)s 个时限移动", n=done.instances, m=done.moves), "done")
    if done.after is not None:
        flash(_("还没有算完，请再按一次"), "soon")
    return redirect(url_for("settings.recalculation", site=site.key if site else None))


def after_change(site: Site | None) -> str | None:
    """Give the address of the page when a change just made would move something that runs."""
    session.rollback()
    if not recalculations.concerns(session, signin.current_actor(), site, engine.clock()):
        return None
    return url_for("settings.recalculation", site=site.key if site else None)


def _show(site: Site | None, found: Preview) -> ResponseReturnValue:
    return render_template(
        "settings/recalculation.html",
        found=found,
        rows=[_view(move) for move in found.moves],
        scope=site.key if site else "",
        scope_name=policy.scope_name(site),
        scopes=policy.scopes(),
    )


def _view(move: Move) -> dict[str, Any]:
    now = engine.clock()
    return {
        "number": move.number or str(move.instance_key),
        "unit": move.unit,
        "url": url_for("tasks.show", key=move.task_key)
        if move.task_key
        else url_for("instances.show", key=move.instance_key),
        "name": _name(move),
        "limit": words.limit(move.limit),
        "before": words.due(move.before, now),
        "after": words.due(move.after, now),
        "newly_late": move.late_after and not move.late,
        "no_longer_late": move.late and not move.late_after,
    }


def _name(move: Move) -> str:
    if move.task_key is None:
        row = limits.catalogue().get(move.limit["key"])
        return values.name(row) if row else str(move.limit["key"])
    texts = names.texts(names.definition(move.definition_key))
    return texts.get(f"{move.process_id}.{move.element_id}.name") or move.name
