"""Undoing what has completed: which activities can be undone, the handlers that undo them, and what the gate asks of both.

What can be undone is kept below the key `undoable` of a scope's root, of a multi-instance body or of a subprocess that
completes: a list of records [spec name, key of the element instance, its variables, records inside]. Only activities with
a compensation boundary event have one, and what is around them. A called process keeps its own and takes them with it
when it ends; so does whatever is terminated.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from SpiffWorkflow.util.task import TaskState

from engine.runtime.events import ElementActivated, ElementCompleted
from engine.runtime.finding import Finding
from engine.runtime.reader import SUBPROCESSES

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.diagram import Diagram, Element
    from engine.runtime.workflow import Scope

Record = list[Any]
UNDOABLE = "undoable"
BACKWARDS = ("rejectTo", "returnTo")


class Undoing(NamedTuple):
    """A completed activity that is to be undone: its boundary event, the handler, and the variables of what was around it."""

    event: Element
    handler: Element
    variables: dict[str, Any]


def note(task: Task) -> None:
    """Remember an activity that has just completed, if it or something inside it can be undone."""
    spec, data = task.task_spec, task.internal_data
    inside = data.pop(UNDOABLE, None)
    undone = spec.name in spec.process_spec.diagram.compensations
    if not (undone or inside) or spec.element.for_compensation:
        return
    holder = task.parent if spec.instance_of_body else task.workflow.task_tree
    variables = dict(data.get("variables", {})) if inside else {}
    record = [spec.name, data["key"], variables, inside or []]
    holder.internal_data.setdefault(UNDOABLE, []).append(record)


def keep(task: Task, scope: Scope) -> None:
    """Take over what can be undone from the inside of a subprocess that has completed."""
    if records := scope.task_tree.internal_data.get(UNDOABLE):
        task.internal_data[UNDOABLE] = records


def forget(scope: Scope, element_id: str, keys: Container[int]) -> None:
    """No longer undo these completions of an element that somebody opens again."""
    if records := scope.task_tree.internal_data.get(UNDOABLE):
        records[:] = [one for one in records if one[0] != element_id or one[1] not in keys]


def forget_all(scope: Scope) -> None:
    """No longer undo anything."""
    scope.task_tree.internal_data.pop(UNDOABLE, None)


def take(task: Task, activity_id: str) -> list[Undoing]:
    """What an event has to undo, the latest first; no other event will undo it again.

    All that can be undone in its scope, or only that activity. An event subprocess undoes what the scope around it did.
    """
    found: list[Undoing] = []
    for scope in _scopes(task):
        data = scope.task_tree.internal_data
        records = data.pop(UNDOABLE, [])
        if others := [one for one in records if activity_id not in ("", one[0])]:
            data[UNDOABLE] = others
        for record in reversed([one for one in records if activity_id in ("", one[0])]):
            found += _undoings(scope.spec.diagram, record, {})
    return found


def _scopes(task: Task) -> Iterator[Scope]:
    scope = task.workflow
    yield scope
    while scope.host is not None and scope.host.task_spec.element.event_subprocess:
        scope = scope.host.workflow
        yield scope


def _undoings(diagram: Diagram, record: Record, around: dict[str, Any]) -> Iterator[Undoing]:
    name, _, variables, inside = record
    if name in diagram.compensations:
        yield Undoing(*diagram.compensations[name], around)
    for one in reversed(inside):
        yield from _undoings(diagram, one, {**around, **variables})


def begin(task: Task, undoing: Undoing) -> None:
    """Begin a handler below the event that compensates; its boundary event happens on the way."""
    event, handler, variables = undoing
    workflow = task.workflow
    key = workflow.top_workflow.context.new_key()
    workflow.top_workflow.events += [
        ElementActivated(
            key, event.id, event.process_id, type=event.type, scope_key=workflow.scope_key(task), flow_id=None,
            definition_key=workflow.definition_key, came_from=(task.internal_data["key"],),
        ),
        ElementCompleted(key, event.id, event.process_id),
    ]  # fmt: skip
    spec = workflow.spec.behaviour(handler.id)
    child = task._add_child(spec, TaskState.FUTURE)  # noqa: SLF001
    child.internal_data["from"] = key
    if variables:
        child.internal_data["variables"] = variables
    spec._update(child)  # noqa: SLF001


# What the gate asks


def check(diagram: Diagram) -> list[Finding]:
    """What is drawn of compensation and could not happen."""
    return [one for element in diagram.elements.values() for one in _element(diagram, element)]


def _element(diagram: Diagram, element: Element) -> Iterator[Finding]:
    if element.for_compensation:
        yield from _handler(element)
    if element.trigger is None or element.trigger.kind != "compensation":
        return
    if element.type == "boundaryEvent":
        yield from _boundary(diagram, element)
    elif element.trigger.activity:
        yield from _undone(diagram, element, element.trigger.activity)


def _handler(element: Element) -> Iterator[Finding]:
    reason = "compensation events start it"
    if element.incoming or element.outgoing or element.event_subprocess:
        yield _unsupported(element, "A sequence flow or event at a compensation handler", reason)
    if element.boundary:
        yield _unsupported(element, "A boundary event at a compensation handler", reason)
    for name in BACKWARDS:
        if name in element.properties:
            yield _unsupported(element, name, "nothing leads back from a compensation handler")


def _boundary(diagram: Diagram, event: Element) -> Iterator[Finding]:
    if event.outgoing:
        what = "A sequence flow from a compensation event"
        yield _unsupported(event, what, "an association leads to its handler")
    if not event.handlers:
        what = "The handler (association to an activity for compensation) of the event"
        yield Finding("error", "missing", event.id, event.line, {"what": what})
    host = diagram.elements.get(event.attached_to or "")
    rivals = [diagram.elements[id_].trigger for id_ in host.boundary] if host else []
    twice = sum(one is not None and one.kind == "compensation" for one in rivals) > 1
    if len(event.handlers) > 1 or twice:
        yield _unsupported(event, "A second compensation handler", "one undoes an activity")


def _undone(diagram: Diagram, event: Element, activity_id: str) -> Iterator[Finding]:
    activity = diagram.elements.get(activity_id)
    if activity is None or activity.process_id != event.process_id:
        params = {"what": "The activity to compensate", "id": activity_id}
        yield Finding("error", "reference", event.id, event.line, params)
    elif activity.scope not in _around(diagram, event):
        yield _unsupported(event, f"activityRef {activity_id}", "it lies in another scope")
    elif activity_id not in diagram.compensations and not _has_inside(activity):
        yield _unsupported(event, f"activityRef {activity_id}", "no handler undoes it")


def _around(diagram: Diagram, event: Element) -> list[str]:
    """The scope whose activities the event can undo; past an event subprocess also the one around it."""
    found = [event.scope]
    while (scope := diagram.elements.get(found[-1])) and scope.event_subprocess:
        found.append(scope.scope)
    return found


def _has_inside(activity: Element) -> bool:
    return activity.type in SUBPROCESSES and not activity.event_subprocess


def _unsupported(element: Element, what: str, reason: str) -> Finding:
    params = {"what": what, "reason": reason}
    return Finding("error", "unsupported", element.id, element.line, params)
