"""Operations at a glance: what is stuck, what waits, what runs, and in which versions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from engine.models.batch import ACTIVE, SUSPENDED, Batch
from engine.models.definition import ProcessDefinition
from engine.models.identity import Site
from engine.operations import batches
from web import words
from web.extensions import engine, session
from web.pages.operations import jobs
from web.signin import current_actor
from web.views import names
from web.views.operations import progress, scope, versions

MOST = 12


def register(blueprint: Blueprint) -> None:
    """Add the page to the blueprint of operations."""
    blueprint.add_url_rule("/", "index", index)


def index() -> ResponseReturnValue:
    """Show the state of everything at the sites where the actor operates."""
    now = engine.clock()
    waiting = jobs.late(now).with_only_columns(func.count())
    under_way = batches.visible_to(current_actor()).where(Batch.state.in_((ACTIVE, SUSPENDED)))
    running = session.scalars(under_way.order_by(Batch.created_at.desc()).limit(MOST)).all()
    stuck = _stuck()
    return render_template(
        "operations/index.html",
        stuck=stuck,
        incidents=sum(row["count"] for row in stuck),
        jobs=jobs.counts(now),
        late=session.scalar(waiting) or 0,
        batches=progress.rows(running, now),
        charts=_charts(),
    )


def _stuck() -> list[dict[str, Any]]:
    """Count the open incidents by procedure and site, the most first."""
    every = scope.opened(current_actor()).subquery()
    rows = session.execute(
        select(
            every.c.process_id, every.c.site_id, func.max(every.c.definition_key), func.count(),
            func.min(every.c.created_at),
        ).group_by(every.c.process_id, every.c.site_id).order_by(func.count().desc())
    ).all()  # fmt: skip
    sites = {one.id: one for one in session.scalars(select(Site))}
    return [
        {
            "name": names.procedure(names.definition(definition_key)),
            "site": names.site(sites[site_id]),
            "count": count,
            "age": words.duration(engine.clock() - since),
            "url": url_for("operations.incidents", process=process_id, site=sites[site_id].key),
        }
        for process_id, site_id, definition_key, count, since in rows
    ]


def _charts() -> list[dict[str, Any]]:
    """Give what runs by procedure and version, the busiest procedures first; widths in per cent of the busiest version."""
    counts = {key: sum(both) for key, both in versions.counts(current_actor()).items()}
    query = select(ProcessDefinition).where(ProcessDefinition.key.in_(counts))
    rows = session.scalars(query.order_by(ProcessDefinition.version.desc()))
    most = max([*counts.values(), 1])
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(row.process_id, _chart(row))
        one["total"] += counts[row.key]
        share = round(100 * counts[row.key] / most, 1)
        one["bars"].append({"version": row.version, "count": counts[row.key], "share": share})
    return sorted(found.values(), key=lambda one: -one["total"])[:MOST]


def _chart(row: ProcessDefinition) -> dict[str, Any]:
    return {
        "name": versions.name_of(row),
        "url": url_for("operations.definition", process_id=row.process_id),
        "total": 0,
        "bars": [],
    }
