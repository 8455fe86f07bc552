"""Plans by which instances go to another version of their process, and what would not fit (ADR 20)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.engine import Engine
from engine.errors import NotFound, Rejected
from engine.models.instance import ACTIVE, SUSPENDED, ProcessInstance
from engine.runtime import Element, Route


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Where to: a definition, and the elements whose counterpart has another id (source id to target id)."""

    target_key: int
    mapping: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As a batch keeps it."""
        return {"target": self.target_key, "mapping": dict(self.mapping)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """What `as_json` gave."""
        return cls(target_key=data["target"], mapping=data["mapping"])


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a plan means for the tokens on one element of one version, and in how many instances.

    Blocking: missing, type, scope (as `runtime.Misfit`). Notices: form, people, limit (an open task changes) and called
    (a called process stays in the version that was called).
    """

    code: str
    element_id: str
    target_id: str
    version: int
    instances: int
    blocking: bool


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a plan would do to instances: how many there are that run, how many fit, how many are there already."""

    target: Definition
    instances: int
    fitting: int
    already: int
    findings: tuple[Finding, ...]


def route(
    engine: Engine, session: Session, plan: Plan, source: Definition
) -> tuple[Definition, Route]:
    """Give the target and the way there. Raises NotFound, or Rejected for another process or an unknown target element."""
    target = definitions.get(engine, session, plan.target_key)
    if target.process_id != source.process_id:
        raise Rejected(reason=f"{target.process_id} is not {source.process_id}")
    unknown = sorted(set(plan.mapping.values()) - target.diagram.elements.keys())
    if unknown:
        raise Rejected(reason=f"version {target.version} has no {', '.join(unknown)}")
    return target, Route(source.diagram, target.diagram, plan.mapping)


def preview(
    engine: Engine, session: Session, plan: Plan, chosen: Select[ProcessInstance]
) -> Preview:
    """Tell what a plan would do to the running ones of the chosen instances, from where they stand now.

    What stands before a join is looked at when an instance is migrated. Raises as `route` does.
    """
    rows = session.execute(
        chosen.where(ProcessInstance.status.in_((ACTIVE, SUSPENDED))).with_only_columns(
            ProcessInstance.definition_key, ProcessInstance.process_id, ProcessInstance.active
        )
    )
    looking = _Looking(engine, session, plan)
    for definition_key, process_id, active in rows:
        looking.at(definition_key, own(process_id, active))
    return looking.result()


def own(process_id: str, active: Iterable[Mapping[str, Any]]) -> set[str]:
    """The elements that hold tokens, those inside called processes left out."""
    entries = {entry["key"]: entry for entry in active}

    def is_called(entry: Mapping[str, Any]) -> bool:
        while (around := entries.get(entry["scope"])) is not None:
            if around["type"] == "callActivity":
                return True
            entry = around
        return False

    return {
        entry["id"]
        for entry in entries.values()
        if entry["process"] == process_id and not is_called(entry)
    }


class _Looking:
    """Goes through instances and counts what it finds; each element of each version is compared once."""

    def __init__(self, engine: Engine, session: Session, plan: Plan) -> None:
        self.engine, self.session, self.plan = engine, session, plan
        self.target = definitions.get(engine, session, plan.target_key)
        self.seen: Counter[tuple[int, str]] = Counter()
        self.known: dict[tuple[int, str], list[tuple[str, bool]]] = {}
        self.instances = self.fitting = self.already = 0

    def at(self, definition_key: int, elements: set[str]) -> None:
        self.instances += 1
        if definition_key == self.target.key:
            self.already += 1
            return
        places = [(definition_key, element_id) for element_id in elements]
        self.seen.update(places)
        self.fitting += not any(blocks for one in places for _, blocks in self._compared(one))

    def _compared(self, place: tuple[int, str]) -> list[tuple[str, bool]]:
        if place not in self.known:
            self.known[place] = list(self._compare(*place))
        return self.known[place]

    def _compare(self, definition_key: int, element_id: str) -> Iterator[tuple[str, bool]]:
        source = definitions.get(self.engine, self.session, definition_key)
        _, way = route(self.engine, self.session, self.plan, source)
        if misfit := way.misfit(element_id):
            yield misfit.reason, True
            return
        old, new = (
            source.diagram.elements[element_id],
            self.target.diagram.elements[way.to(element_id)],
        )
        if old.type == "callActivity":
            yield "called", False
        if old.type == "userTask":
            for code, changed in self._changes(source, old, new):
                if changed:
                    yield code, False

    def _changes(
        self, source: Definition, old: Element, new: Element
    ) -> Iterator[tuple[str, bool]]:
        yield "form", self._form(source, old) != self._form(self.target, new)
        assigned = "assignmentDefinition"
        yield "people", old.extension(assigned) != new.extension(assigned)
        yield "limit", old.properties.get("limit") != new.properties.get("limit")

    def _form(self, definition: Definition, element: Element) -> Any:
        if not element.form_id or element.form_id.startswith("="):
            return element.form_id
        try:
            form = definitions.form(self.engine, self.session, definition, element.form_id)
        except NotFound:
            return None
        return form.schema

    def result(self) -> Preview:
        findings = [
            Finding(
                code=code, element_id=element_id, instances=count, blocking=blocks,
                target_id=self.plan.mapping.get(element_id, element_id),
                version=definitions.get(self.engine, self.session, definition_key).version,
            )
            for (definition_key, element_id), count in self.seen.items()
            for code, blocks in self._compared((definition_key, element_id))
        ]  # fmt: skip
        order = sorted(findings, key=lambda one: (not one.blocking, -one.instances, one.element_id))
        return Preview(
            target=self.target, instances=self.instances, fitting=self.fitting,
            already=self.already, findings=tuple(order),
        )  # fmt: skip
