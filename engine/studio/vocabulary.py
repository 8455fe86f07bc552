"""What a bundle may name: roles, limits, settings, processes, decisions, job types, and the variables known at an element."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import handlers
from engine.deployment import parts
from engine.forms import Component, every
from engine.models.definition import Decision, ProcessDefinition
from engine.models.definition import Form as FormRow
from engine.policy import limits, settings
from engine.runtime import Diagram, Element
from engine.staff import roles

AROUND = ("site", "unit", "initiator", "process_instance")


def limit_rows() -> list[dict[str, Any]]:
    """List the rows of the policy table that are times, and the others after them."""
    rows = list(limits.catalogue().values())
    return sorted(rows, key=lambda row: row["kind"] not in limits.TIMES)


def role_rows() -> list[roles.Role]:
    """List the roles of the company."""
    return list(roles.catalogue().values())


def setting_keys() -> list[str]:
    """List the keys of the settings."""
    return list(settings.catalogue())


def job_types() -> list[str]:
    """List the types of the jobs that are done by the engine itself."""
    return sorted(handlers.TYPES)


def deployed_processes(session: Session) -> list[ProcessDefinition]:
    """List the latest version of every process."""
    query = select(ProcessDefinition).where(ProcessDefinition.latest)
    return list(session.scalars(query.order_by(ProcessDefinition.process_id)))


def deployed_decisions(session: Session) -> dict[str, str]:
    """Give the deployed decisions, ids to names."""
    query = select(Decision.decision_id, Decision.name).order_by(Decision.decision_id, Decision.key)
    return dict(session.execute(query).all())


def deployed_forms(session: Session) -> list[str]:
    """List the ids of the deployed forms."""
    return sorted(set(session.scalars(select(FormRow.form_id))))


def variables(files: Mapping[str, bytes]) -> dict[str, list[str]]:
    """Give the names a FEEL expression at an element or flow may use: what was written before a token gets there."""
    read = {path: parts.read(path, content) for path, content in files.items()}
    forms = {
        str(part.form["id"]): _fields(part.components)
        for part in read.values()
        if part.form is not None
    }
    found: dict[str, set[str]] = {}
    for part in read.values():
        if part.diagram is not None:
            for id_, names in _of_diagram(part.diagram, forms):
                found.setdefault(id_, set()).update(names)
    return {id_: sorted(names) for id_, names in sorted(found.items())}


def _fields(components: tuple[Component, ...]) -> set[str]:
    return {one.path.split(".")[0] for one in every(components) if one.key and one.path}


def _of_diagram(diagram: Diagram, forms: Mapping[str, set[str]]) -> Iterator[tuple[str, set[str]]]:
    written = {one.id: _written(one, forms) for one in diagram.elements.values()}
    before: dict[str, set[str]] = {one: set() for one in diagram.elements}
    for one in diagram.elements.values():
        for following in _following(diagram, one):
            before[following].add(one.id)
    for one in diagram.elements.values():
        names = set(AROUND) | {target.split(".")[0] for _, target in one.inputs}
        for earlier in _closure(before, one.id):
            names |= written[earlier]
        if one.loop:
            names |= {one.loop.input_element, "loopCounter"} - {""}
        yield one.id, names | written[one.id]
        for flow in one.outgoing:
            yield flow, names | written[one.id]


def _following(diagram: Diagram, one: Element) -> Iterator[str]:
    yield from (diagram.flows[flow].target for flow in one.outgoing)
    yield from one.boundary
    yield from (*one.links, *one.handlers)
    if one.type in ("subProcess", "adHocSubProcess"):
        yield from (inner.id for inner in diagram.inside(one.id))


def _closure(before: Mapping[str, Iterable[str]], start: str) -> set[str]:
    reached: set[str] = set()
    ahead = list(before[start])
    while ahead:
        current = ahead.pop()
        if current not in reached:
            reached.add(current)
            ahead += before[current]
    return reached


def _written(one: Element, forms: Mapping[str, set[str]]) -> set[str]:
    names = {target.split(".")[0] for _, target in one.outputs}
    names |= forms.get(one.form_id or "", set()) if not one.outputs else set()
    names |= {
        one.extension(kind).get("resultVariable", "") for kind in ("script", "calledDecision")
    }
    if one.loop:
        names.add(one.loop.output_collection)
    if one.properties.get("outcomes"):
        names.add("outcome")
    return names - {""}
