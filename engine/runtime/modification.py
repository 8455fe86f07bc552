"""Putting tokens where no sequence flow leads and taking them away, by somebody with the right to do so.

The element instances of a subprocess that is not active are created on the way, without their start events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from engine.errors import Rejected
from engine.runtime import ad_hoc, scopes, search
from engine.runtime.events import IncidentClosed
from engine.runtime.faults import Fault

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.diagram import Diagram, Element
    from engine.runtime.workflow import Instance, Scope

NO_TARGETS = ("startEvent", "boundaryEvent")


def activate(
    instance: Instance, element_id: str, local: Mapping[str, Any], scope_key: int | None = None
) -> None:
    """Put a token on an element, in the scope it lies in; `local` become its own variables.

    `scope_key` is the element instance around it, needed when several could be. Raises Rejected for an element that is
    not there, that nothing can be put on, or without one single place for it.
    """
    if host := _ad_hoc(instance, element_id, scope_key):
        _refuse_target(host.workflow.spec.diagram, host.workflow.spec.elements[element_id])
        host.task_spec.begin(host, element_id, local)
        return
    scope, depth = _place(instance, element_id, scope_key)
    way = _around(scope.spec.diagram, element_id)[:depth][::-1]
    for outer in way:
        if scope.spec.elements[outer].loop:
            raise Rejected(reason=f"{outer} runs several times; start it as a whole")
    _refuse_target(scope.spec.diagram, scope.spec.elements[element_id])
    data: dict[str, Any] = {"variables": dict(local)} if local else {}
    first = element_id
    for outer in reversed(way):
        data, first = {"inside": {"start": first, "first": data}}, outer
    scope.spawn(first, **data)


def _ad_hoc(instance: Instance, element_id: str, scope_key: int | None) -> Task | None:
    """The one open ad-hoc subprocess in which the element can be activated, if there is one."""
    places = [
        task
        for task in instance.all_tokens()
        if ad_hoc.is_open(task)
        and any(one.id == element_id for one in _inside(task))
        and scope_key in (None, task.internal_data["key"])
    ]
    return places[0] if len(places) == 1 else None


def _inside(task: Task) -> tuple[Element, ...]:
    spec = task.task_spec
    return tuple(spec.process_spec.diagram.inside(spec.element.id))


def _around(diagram: Diagram, element_id: str) -> list[str]:
    """The subprocesses around an element, the nearest first, and at last its process."""
    found = [diagram.elements[element_id].scope]
    while found[-1] in diagram.elements:
        found.append(diagram.elements[found[-1]].scope)
    return found


def _place(instance: Instance, element_id: str, scope_key: int | None) -> tuple[Scope, int]:
    """The living scope nearest around the element, and how many subprocesses lie between; the own process goes first."""
    found: list[tuple[bool, int, Scope]] = []
    for scope in instance.scopes():
        if element_id not in scope.spec.elements or scope_key not in (None, _key(scope)):
            continue
        around = _around(scope.spec.diagram, element_id)
        if scope.spec.name in around:
            called = scope.definition_key != instance.definition_key
            found.append((called, around.index(scope.spec.name), scope))
    if not found:
        raise Rejected(reason=f"there is no place for {element_id}")
    nearest = min(one[:2] for one in found)
    places = [one for one in found if one[:2] == nearest]
    if len(places) > 1:
        raise Rejected(reason=f"{element_id} could be in {len(places)} scopes; say in which")
    return places[0][2], nearest[1]


def _key(scope: Scope) -> int | None:
    return None if scope.host is None else scope.host.internal_data["key"]


def _refuse_target(diagram: Diagram, element: Element) -> None:
    if element.type in NO_TARGETS:
        raise Rejected(reason=f"{element.id} is an event that only happens by itself")
    if element.for_compensation:
        raise Rejected(reason=f"{element.id} runs only when something is undone")
    before = {diagram.elements[diagram.flows[flow].source].type for flow in element.incoming}
    if "eventBasedGateway" in before:
        raise Rejected(reason=f"{element.id} waits behind its gateway only")


def terminate(task: Task) -> None:
    """Stop an element instance and, if nothing else is in it then, what is around it.

    Raises Rejected if that would be the whole process instance.
    """
    scope = task.workflow
    leaving, body = search.around(task), search.body(task)
    if isinstance(task.task_spec, ad_hoc.Activation) and len(task.parent.children) > 1:
        scope.terminate(task)
    elif body not in (None, task) and (len(body.children) > 1 or body.internal_data["items"]):
        instance = task if task.parent is body else task.parent  # that of a listener
        body.task_spec.remove(instance)
    elif search.undoes(task):
        scope.terminate(task)
        leaving.task_spec.instance_completed(leaving)
    elif [one.id for one in scope.task_tree.children] != [leaving.id]:
        scope.terminate(leaving)
    elif scope.host is not None:
        terminate(scope.host)
    else:
        raise Rejected(reason="nothing would be left of the process instance; cancel it instead")


def skip(task: Task, variables: Mapping[str, Any]) -> None:
    """Go on behind an element that is stuck as if it had done its work. Raises Rejected for what only joins or listens."""
    scope, spec = task.workflow, task.task_spec
    if task is scope.task_tree or task.state != TaskState.STARTED:
        raise Rejected(reason=f"{spec.element.id} cannot be skipped")
    for child in task.children:
        scope.terminate(child)
    if inner := scope.top_workflow.subprocesses.get(task.id):
        inner.close()
    del task.internal_data["incident"]
    scope.report(task, IncidentClosed)
    task.internal_data.pop("leaving", None)
    scopes.propagate(task, variables, above=True)
    try:
        spec.depart(task)
    except Fault as fault:
        spec.stop(task, fault)
    else:
        task.complete()
