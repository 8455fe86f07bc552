"""Looking at a deployed procedure: its versions with what runs, and the whole of it on paper for auditors."""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.deployment.definitions import Definition
from engine.errors import NotFound
from engine.models.definition import ProcessDefinition
from web import words
from web.extensions import engine
from web.signin import current_actor
from web.views import drawings, names
from web.views.operations import versions
from web.views.studio import drawn, measures, paper, shelf


def register(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint of the studio."""
    blueprint.add_url_rule("/processes/<process_id>", "process", show)
    blueprint.add_url_rule("/processes/<process_id>/diagram.bpmn", "process_xml", xml)
    blueprint.add_url_rule("/processes/<process_id>/diagram.json", "process_state", state)
    blueprint.add_url_rule("/processes/<process_id>/paper", "paper", on_paper)


def _find(process_id: str) -> tuple[list[ProcessDefinition], Definition]:
    listed, chosen = measures.version(process_id, request.args.get("version", type=int))
    if chosen is None:
        raise NotFound(noun="process definition", key=process_id[:80])
    return listed, chosen


def show(process_id: str) -> ResponseReturnValue:
    """Show a version of a procedure: running, incidents and durations on its steps."""
    listed, chosen = _find(process_id)
    found = measures.of(chosen)
    counts = versions.counts(current_actor())
    return render_template(
        "studio/process.html",
        name=names.procedure(chosen),
        process_id=process_id,
        family=chosen.family,
        family_name=shelf.family_name(chosen.family),
        version=chosen.version,
        found={
            "running": found.running,
            "ended": found.ended,
            "incidents": found.incidents.total(),
            "whole": words.duration(found.whole) if found.whole is not None else "",
        },
        versions=[
            {
                "number": one.version,
                "current": one.key == chosen.key,
                "latest": one.latest,
                "running": sum(counts.get(one.key, (0, 0))),
                "at": words.stamp(one.created_at, engine.clock()),
                "url": url_for(".process", process_id=process_id, version=one.version),
            }
            for one in listed
        ],
        rows=measures.rows(chosen, found),
    )


def xml(process_id: str) -> ResponseReturnValue:
    """Give the diagram of a version."""
    return drawings.xml(_find(process_id)[1]), drawn.XML


def state(process_id: str) -> ResponseReturnValue:
    """Give what is marked in the picture of a version."""
    chosen = _find(process_id)[1]
    return jsonify(measures.state(chosen, measures.of(chosen)))


def on_paper(process_id: str) -> ResponseReturnValue:
    """Show the whole of a version for auditors, to be printed."""
    chosen = _find(process_id)[1]
    return render_template("studio/paper.html", **paper.view(chosen))
