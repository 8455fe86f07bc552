"""Deploying in words: what the gate says, where instances stand, what was deployed before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from engine.deployment import definitions
from engine.models.definition import ProcessDefinition
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.studio import BundleDraft
from engine.studio import drafts
from engine.studio.releases import Gate, Release
from web import words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import names
from web.views.operations import versions
from web.views.studio import findings, shelf
from web.views.studio.drawn import Drawn


def gate(of: Gate) -> dict[str, Any]:
    """Give what the gate and the scenarios say."""
    proof = of.proof
    failed = [one["name"] for one in proof.results if not one["passed"]] if proof else []
    return {
        "errors": [_finding(one) for one in of.errors],
        "warnings": [_finding(one) for one in of.found if one.severity != "error"],
        "changed": of.changed,
        "proof": proof is not None,
        "proven": of.proven,
        "passed": len(proof.results) - len(failed) if proof else 0,
        "failed": failed,
        "deployable": of.changed and not of.errors,
    }


def _finding(one: Any) -> dict[str, str]:
    return {"path": one.file, "element": one.element_id or "", "text": findings.words(one)}


def standing(drawn: Drawn) -> list[dict[str, Any]]:
    """Give per process of a bundle where its running instances stand, and what the bundle no longer has."""
    found = []
    for diagram in drawn.diagrams().values():
        for process_id in diagram.processes:
            counts = _counts(process_id)
            if not counts[""]:
                continue
            elements = [
                {
                    "id": id_,
                    "name": drawn.name(id_, process_id),
                    "count": count,
                    "missing": id_ not in diagram.elements,
                }
                for id_, count in counts.most_common()
                if id_ and id_ != process_id
            ]
            found.append(
                {
                    "process_id": process_id,
                    "name": drawn.process(diagram, process_id),
                    "running": counts[""],
                    "elements": sorted(elements, key=lambda one: not one["missing"]),
                    "url": url_for("operations.migrate", process_id=process_id),
                }
            )
    return found


def _counts(process_id: str) -> Counter[str]:
    """Count running instances, under no name, and those that stand at each element."""
    chosen = versions.running(current_actor()).where(ProcessInstance.process_id == process_id)
    found = versions.standing(chosen)
    keys = chosen.with_only_columns(ProcessInstance.key).subquery()
    found[""] = session.scalar(select(func.count()).select_from(keys)) or 0
    return found


def gone(family: str, drawn: Drawn) -> list[dict[str, Any]]:
    """List the deployed processes of a family that a bundle no longer has: what runs of them, and who calls them."""
    here = {one for diagram in drawn.diagrams().values() for one in diagram.processes}
    lost = [row for row in definitions.of_family(session, family) if row.process_id not in here]
    callers = _callers({row.process_id for row in lost}, family) if lost else {}
    return [
        {
            "name": versions.name_of(row),
            "running": _counts(row.process_id)[""],
            "callers": callers.get(row.process_id, []),
        }
        for row in lost
    ]


def _callers(called: set[str], family: str) -> dict[str, list[str]]:
    """Give for each of some processes the names of those in other families that call it."""
    others = select(ProcessDefinition).where(
        ProcessDefinition.latest, ProcessDefinition.family != family
    )
    found: dict[str, list[str]] = {}
    for row in session.scalars(others):
        diagram = definitions.get(engine, session, row.key).diagram
        for one in sorted(called & diagram.called_processes):
            found.setdefault(one, []).append(versions.name_of(row))
    return found


def behind(draft: BundleDraft) -> int | None:
    """Give which deployment came after the one a draft stands on: it would be covered up. None when none did."""
    last = drafts.latest_key(session, draft.family)
    return shelf.number(last) if last is not None and last != draft.base_key else None


def history(listed: list[Release], who: Mapping[int, User]) -> list[dict[str, Any]]:
    """Give the deployments of a family: who changed what, and why."""
    numbers = {one.deployment.key: one.number for one in listed}
    return [
        {
            "key": one.deployment.key,
            "number": one.number,
            "at": words.stamp(one.deployment.deployed_at, engine.clock()),
            "by": names.user(who.get(one.deployment.deployed_by or 0)) or str(_("系统")),
            "note": str(_("随软件附带")) if one.deployment.shipped else one.deployment.note,
            "override": one.deployment.override_reason or "",
            "restores": numbers.get(one.deployment.restores_key or 0),
            "latest": one.number == len(listed),
            "same": one.deployment.digest == listed[0].deployment.digest,
            "added": one.added,
            "removed": one.removed,
            "changed": one.changed,
        }
        for one in listed
    ]
