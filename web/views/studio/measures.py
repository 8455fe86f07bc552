"""How the versions of a procedure do, for its page and its picture."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.models.definition import ProcessDefinition
from engine.studio import measures
from engine.studio.measures import Measures
from web import words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import names
from web.views.operations import scope, versions

INSTANT = dt.timedelta(minutes=1)


def processes(family: str) -> list[dict[str, Any]]:
    """List the procedures of a family with how much runs in their versions."""
    counts = versions.counts(current_actor())
    query = select(ProcessDefinition).where(ProcessDefinition.family == family)
    found: dict[str, dict[str, Any]] = {}
    for row in session.scalars(query.order_by(ProcessDefinition.process_id, ProcessDefinition.version.desc())):  # fmt: skip
        one = found.setdefault(
            row.process_id,
            {
                "id": row.process_id,
                "name": versions.name_of(row),
                "version": row.version,
                "withdrawn": not row.latest,
                "running": 0,
                "versions": [],
                "url": url_for("studio.process", process_id=row.process_id),
                "paper": url_for("studio.paper", process_id=row.process_id),
            },
        )
        running = sum(counts.get(row.key, (0, 0)))
        one["running"] += running
        if running:
            one["versions"].append((row.version, running))
    return list(found.values())


def of(definition: Definition) -> Measures:
    """Measure a version at the sites where the actor operates."""
    sites = scope.site_ids(current_actor())
    return measures.of(session, definition.key, definition.process_id, sites)


def state(definition: Definition, found: Measures) -> dict[str, Any]:
    """Give the state of the picture: where instances stand and are stuck, how long each step takes."""
    drawn = definition.diagram.elements
    badges: dict[str, str] = {}
    for id_, one in drawn.items():
        parts = []
        if found.standing[id_]:
            parts.append(str(_("在办 %(n)s", n=found.standing[id_])))
        if found.incidents[id_]:
            parts.append(str(_("异常 %(n)s", n=found.incidents[id_])))
        took = found.durations.get(id_)
        if took is not None and took >= INSTANT and one.type not in ("startEvent", "endEvent"):
            parts.append(words.duration(took))
        if parts:
            badges[id_] = " · ".join(parts)
    return {
        "done": sorted(found.passages.keys() & drawn.keys()),
        "waiting": sorted(id_ for id_ in found.standing if id_ in drawn),
        "incident": sorted(id_ for id_ in found.incidents if id_ in drawn),
        "badges": badges,
    }


def rows(definition: Definition, found: Measures) -> list[dict[str, Any]]:
    """Give the same step by step, in the order drawn."""
    listed = []
    for one in definition.diagram.elements.values():
        took = found.durations.get(one.id)
        name = names.element(definition, one)
        said = found.standing[one.id] or found.incidents[one.id] or found.passages[one.id]
        if one.process_id == definition.process_id and name and said:
            listed.append(
                {
                    "name": name,
                    "id": one.id,
                    "standing": found.standing[one.id],
                    "incidents": found.incidents[one.id],
                    "passages": found.passages[one.id],
                    "took": words.duration(took) if took is not None and took >= INSTANT else "",
                }
            )
    return listed


def version(
    process_id: str, number: int | None
) -> tuple[list[ProcessDefinition], Definition | None]:
    """Give the versions of a process, the newest first, and the one that was asked for."""
    query = select(ProcessDefinition).where(ProcessDefinition.process_id == process_id)
    listed = list(session.scalars(query.order_by(ProcessDefinition.version.desc())))
    chosen = next((one for one in listed if one.version == number), listed[0] if listed else None)
    return listed, definitions.get(engine, session, chosen.key) if chosen else None
