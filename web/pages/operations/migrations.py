"""Taking running instances to another version of their procedure: the plan, what would not fit, and doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select, select

from engine import instances
from engine.deployment.definitions import Definition
from engine.errors import Conflict, NotFound, Rejected
from engine.models.definition import ProcessDefinition
from engine.models.instance import ProcessInstance
from engine.operations import modifications, plans, upgrades
from engine.operations.plans import Plan, Preview
from engine.runtime import Unmigratable
from engine.store.keys import is_key
from web.errors import words as error_words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import names
from web.views.operations import previews, steps, versions

FIELD = "map."


def register(blueprint: Blueprint) -> None:
    """Add the page to the blueprint of operations."""
    blueprint.add_url_rule(
        "/definitions/<process_id>/migrate", "migrate", migrate, methods=["GET", "POST"]
    )


@dataclass(frozen=True, kw_only=True)
class Way:
    """From which version to which, for all instances or one, by what mapping."""

    rows: list[ProcessDefinition]
    source: Definition
    target: Definition
    instance: ProcessInstance | None
    mapping: dict[str, str]

    @property
    def chosen(self) -> Select[ProcessInstance]:
        """The instances to take along."""
        those = versions.running(current_actor()).where(
            ProcessInstance.definition_key == self.source.key
        )
        return those.where(ProcessInstance.key == self.instance.key) if self.instance else those

    @property
    def plan(self) -> Plan:
        """The plan as the engine takes it: only what has another id."""
        renamed = {one: to for one, to in self.mapping.items() if to and to != one}
        return Plan(target_key=self.target.key, mapping=renamed)


def migrate(process_id: str) -> ResponseReturnValue:
    """Show the plan; preview and run it."""
    way = _way(process_id)
    fault, preview = "", None
    if request.method == "POST":
        try:
            if request.form.get("act") == "run":
                return _run(way)
            preview = plans.preview(engine, session, way.plan, way.chosen)
        except Unmigratable as error:
            fault = _misfits(way, error)
        except Conflict as error:
            fault = error_words(error)
        except Rejected as error:
            fault = previews.refusal(error)
    return _page(way, preview, fault), 422 if fault else 200


def _way(process_id: str) -> Way:
    query = select(ProcessDefinition).where(ProcessDefinition.process_id == process_id)
    rows = list(session.scalars(query.order_by(ProcessDefinition.version.desc())))
    if not rows:
        raise NotFound(noun="process definition", key=process_id)
    one = _instance(process_id)
    source = one.definition_key if one else _chosen("source", rows, rows[-1].key)
    others = [row.key for row in rows if row.key != source] or [source]
    return Way(
        rows=rows,
        source=names.definition(source),
        target=names.definition(_chosen("target", rows, others[0])),
        instance=one,
        mapping={
            name.removeprefix(FIELD): to
            for name, to in request.form.items()
            if name.startswith(FIELD)
        },
    )


def _chosen(name: str, rows: list[ProcessDefinition], otherwise: int) -> int:
    wanted = request.values.get(name, type=int)
    return wanted if wanted in {row.key for row in rows} else otherwise


def _instance(process_id: str) -> ProcessInstance | None:
    key = request.values.get("instance", type=int)
    if key is None:
        return None
    found = instances.get(session, current_actor(), key) if is_key(key) else None
    if found is None or found.process_id != process_id:
        raise NotFound(noun="process instance", key=key)
    modifications.require(current_actor(), found)
    return found


def _run(way: Way) -> ResponseReturnValue:
    reason, plan, chosen = request.form.get("reason", ""), way.plan, way.chosen
    one, number = (way.instance.key, way.target.version) if way.instance else (None, 0)
    session.rollback()  # what was read must not hold up the writing on SQLite
    with engine.begin(current_actor()) as command:
        if one is not None:
            upgrades.migrate(command, one, plan, reason)
        else:
            batch_key = upgrades.migrate_all(command, plan, chosen, reason).key
    if one is None:
        return redirect(url_for("operations.batch", key=batch_key))
    flash(_("已换到第 %(n)s 版", n=number), "done")
    return redirect(url_for("instances.show", key=one))


def _misfits(way: Way, error: Unmigratable) -> str:
    said = [
        str(
            _(
                "“%(step)s”：%(why)s",
                step=steps.label(
                    way.source, way.source.diagram.elements.get(one.element_id), one.element_id
                ),
                why=versions.meaning(one.reason),
            )
        )
        for one in error.misfits
    ]
    return str(_("；")).join(said)


def _page(way: Way, preview: Preview | None, fault: str) -> str:
    stand = versions.standing(way.chosen)
    counts = versions.counts(current_actor())
    return render_template(
        "operations/migrate.html",
        way=way,
        name=names.procedure(way.source),
        options=[
            (
                row.key,
                _(
                    "第 %(n)s 版，在办 %(count)s 件",
                    n=row.version,
                    count=sum(counts.get(row.key, (0, 0))),
                ),
            )
            for row in way.rows
        ],
        total=1 if way.instance else sum(counts.get(way.source.key, (0, 0))),
        lines=versions.lines(way.source, way.target, stand, way.mapping),
        field=FIELD,
        preview=preview,
        findings=_findings(way, preview),
        fault=fault,
        reason=request.form.get("reason", ""),
    )


def _findings(way: Way, preview: Preview | None) -> list[dict[str, Any]]:
    return versions.told(preview.findings, way.source, way.target) if preview else []
