"""The course of a process instance: what it went through, where it stands, what it may still reach."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.engine import Engine
from engine.errors import NotFound
from engine.models.audit import AuditEntry
from engine.models.identity import User
from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.job import Incident
from engine.models.task import CREATED, UserTask
from engine.runtime import Diagram, Element
from engine.staff import people

LATEST = 400
TOLD = (
    "instance.canceled",
    "instance.suspended",
    "instance.resumed",
    "instance.modified",
    "instance.migrated",
    "incident.skipped",
    "incident.moved",
    "clock.paused",
    "clock.resumed",
    "task.answered",
    "task.assigned",
    "task.copied",
    "task.declined",
    "task.delegated",
    "task.given_back",
    "task.held",
    "task.denied",
    "task.nobody",
    "task.recalled",
    "task.signed",
    "task.signer_removed",
    "task.signers_added",
    "task.skipped",
    "task.submitted",
    "task.transferred",
    "task.unclaimed",
    "task.updated",
    "task.urged",
    "task.corrected",
    "task.returned",
    "task.withdrawn",
    "vote.signer_added",
    "vote.signer_removed",
    "incident.opened",
    "incident.resolved",
)


@dataclass(frozen=True, kw_only=True)
class Living:
    """An element instance that is alive now."""

    key: int
    element_id: str
    type: str
    process_id: str
    flow_id: str | None
    joined: tuple[str, ...]
    since: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Course:
    """What there is to tell about an instance; `passed` and `tasks` are its latest 400, in order of time."""

    instance: ProcessInstance
    definition: Definition
    passed: Sequence[ElementInstance]
    tasks: Sequence[UserTask]
    incidents: Sequence[Incident]
    people: Mapping[int, User]
    called: Mapping[str, Definition]

    @cached_property
    def living(self) -> tuple[Living, ...]:
        """The element instances alive now, outer ones first."""
        return tuple(_living(entry) for entry in self.instance.active)

    @property
    def open_tasks(self) -> list[UserTask]:
        """The user tasks that wait for somebody."""
        return [task for task in self.tasks if task.state == CREATED]

    def diagram_of(self, process_id: str) -> Diagram:
        """The diagram that holds a process: the instance's own or one it calls."""
        own = self.definition.diagram
        if process_id in own.content or process_id not in self.called:
            return own
        return self.called[process_id].diagram

    def element(self, process_id: str, element_id: str) -> Element | None:
        """An element as drawn."""
        return self.diagram_of(process_id).elements.get(element_id)


def load(engine: Engine, session: Session, instance: ProcessInstance) -> Course:
    """Read the course of an instance in a fixed number of statements."""
    definition = definitions.get(engine, session, instance.definition_key)
    passed = _latest(session, ElementInstance, instance.key, ElementInstance.started_at)
    tasks = _latest(session, UserTask, instance.key, UserTask.created_at)
    incidents = session.scalars(
        select(Incident).where(Incident.instance_key == instance.key).order_by(Incident.key)
    )
    return Course(
        instance=instance,
        definition=definition,
        passed=passed,
        tasks=tasks,
        incidents=list(incidents),
        people=_people(session, instance, tasks),
        called=_called(engine, session, definition, passed, tasks, instance),
    )


def _latest(session: Session, model: Any, key: int, moment: Any) -> list[Any]:
    query = (
        select(model)
        .where(model.instance_key == key)
        .order_by(moment.desc(), model.key.desc())
        .limit(LATEST)
    )
    return list(session.scalars(query))[::-1]


def _people(
    session: Session, instance: ProcessInstance, tasks: Iterable[UserTask]
) -> dict[int, User]:
    ids = {instance.started_by} | {
        one for task in tasks for one in (task.assignee_id, task.completed_by, task.acted_for)
    }
    return people.by_id(session, ids)


def _called(
    engine: Engine,
    session: Session,
    definition: Definition,
    passed: Iterable[ElementInstance],
    tasks: Iterable[UserTask],
    instance: ProcessInstance,
) -> dict[str, Definition]:
    """Give the definitions of the processes this one called, as bound when their tasks opened, else as they are now."""
    bound = {task.process_id: task.definition_key for task in tasks}
    names = {row.process_id for row in passed} | {entry["process"] for entry in instance.active}
    found: dict[str, Definition] = {}
    for process_id in sorted((names | bound.keys()) - definition.diagram.content.keys()):
        try:
            found[process_id] = (
                definitions.get(engine, session, bound[process_id])
                if process_id in bound
                else definitions.called(engine, session, process_id)
            )
        except NotFound:
            continue
    return found


def _living(entry: Mapping[str, Any]) -> Living:
    return Living(
        key=entry["key"],
        element_id=entry["id"],
        type=entry["type"],
        process_id=entry["process"],
        flow_id=entry["flow"],
        joined=tuple(entry.get("joined") or ()),
        since=dt.datetime.fromisoformat(entry["since"]),
    )


def flows_taken(course: Course, process_id: str) -> set[str]:
    """Give the sequence flows of a process that tokens went along."""
    rows = [row for row in course.passed if row.process_id == process_id]
    taken = {row.flow_id for row in rows} | {one for row in rows for one in row.joined or ()}
    for living in course.living:
        if living.process_id == process_id:
            taken |= {living.flow_id, *living.joined}
    return {flow for flow in taken if flow}


def reachable(course: Course, process_id: str) -> set[str]:
    """Give the elements of a process that its living element instances are at or may still reach."""
    diagram = course.diagram_of(process_id)
    todo = [one.element_id for one in course.living if one.process_id == process_id]
    found: set[str] = set()
    while todo:
        element = diagram.elements.get(todo.pop())
        if element is None or element.id in found:
            continue
        found.add(element.id)
        todo += [diagram.flows[flow].target for flow in element.outgoing]
        todo += [*element.boundary, *_inside(diagram, element), *_undoing(diagram, element)]
    return found


def _undoing(diagram: Diagram, element: Element) -> list[str]:
    """The handlers an event may invoke, with their boundary events."""
    trigger = element.trigger
    if trigger is None or trigger.kind != "compensation" or element.type == "boundaryEvent":
        return []
    undone = (
        pair
        for activity, pair in diagram.compensations.items()
        if not trigger.activity or trigger.activity in (activity, diagram.elements[activity].scope)
    )
    return [one.id for pair in undone for one in pair]


def _inside(diagram: Diagram, element: Element) -> list[str]:
    if element.type not in ("subProcess", "adHocSubProcess"):
        return []
    return [one.id for one in diagram.inside(element.id)]


def acts(session: Session, instance_key: int) -> list[AuditEntry]:
    """List who gave, took or put back tasks of the instance, canceled it or corrected a record."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.chain == instance_key, AuditEntry.action.in_(TOLD))
        .order_by(AuditEntry.seq.desc())
        .limit(LATEST)
    )
    return list(session.scalars(query))[::-1]


def relatives(session: Session, instance: ProcessInstance) -> list[ProcessInstance]:
    """List the instance that started this one and those this one started, all at the same site."""
    query = select(ProcessInstance).where(
        ProcessInstance.site_id == instance.site_id,
        (ProcessInstance.parent_key == instance.key)
        | (ProcessInstance.key == (instance.parent_key or 0)),
    )
    return list(session.scalars(query.order_by(ProcessInstance.started_at)))
