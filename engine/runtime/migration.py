"""Carrying a saved process instance over to another version of its diagram.

Tokens go from element to element by a mapping, to the element of the same id where it names none. What waits goes on
waiting: timers keep the moment they are due, messages their correlation, multi-instance bodies their count. Called
processes stay in the version that was called.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from SpiffWorkflow.util.task import TaskState

from engine.errors import Rejected
from engine.runtime import compensation, listeners, state
from engine.runtime.catching import Catch, EventGateway
from engine.runtime.faults import Fault

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.context import Context
    from engine.runtime.diagram import Diagram, Element
    from engine.runtime.workflow import Instance, Scope

CATCHING = ("startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask")


@dataclass(frozen=True, slots=True)
class Misfit:
    """An element whose tokens cannot be carried over.

    `reason` is missing (no counterpart), type (another kind of element), scope (inside another subprocess), flow (the
    sequence flow by which a token came to a join is gone) or handler (it has completed and could not be undone any more).
    """

    element_id: str
    target_id: str
    reason: Literal["missing", "type", "scope", "flow", "handler"]


class Unmigratable(Rejected):
    """The process instance stands where the other version has no place for it: {elements}."""

    code = "unmigratable"

    def __init__(self, misfits: Iterable[Misfit]) -> None:
        """Keep the misfits."""
        self.misfits = tuple(misfits)
        super().__init__(elements=", ".join(f"{m.element_id} ({m.reason})" for m in self.misfits))


@dataclass(frozen=True, slots=True)
class Route:
    """From one version of a process to another; `mapping` names the elements whose id changes."""

    source: Diagram
    target: Diagram
    mapping: Mapping[str, str]

    def to(self, element_id: str) -> str:
        """The counterpart of an element or scope."""
        return self.mapping.get(element_id, element_id)

    def misfit(self, element_id: str) -> Misfit | None:
        """Why a token on that element cannot be carried over; None if it can."""
        old, new = (
            self.source.elements.get(element_id),
            self.target.elements.get(self.to(element_id)),
        )
        if old is None or new is None or old.process_id != new.process_id:
            return Misfit(element_id, self.to(element_id), "missing")
        if _kind(old) != _kind(new):
            return Misfit(element_id, new.id, "type")
        return Misfit(element_id, new.id, "scope") if self.to(old.scope) != new.scope else None

    def flow(self, flow_id: str) -> str | None:
        """The counterpart of a sequence flow: of the same id, else the only one between the counterparts of its ends."""
        old = self.source.flows[flow_id]
        ends = (self.to(old.source), self.to(old.target))
        same = self.target.flows.get(flow_id)
        if same is not None and same.target == ends[1]:
            return flow_id
        found = [f.id for f in self.target.flows.values() if (f.source, f.target) == ends]
        return found[0] if len(found) == 1 else None


def _kind(element: Element) -> tuple[object, ...]:
    loop = element.loop and (element.loop.sequential, element.loop.output_collection)
    kind = element.trigger.kind if element.trigger else None
    trigger = kind if element.type in CATCHING or kind == "compensation" else None
    works = "taskDefinition" in element.extensions
    return element.type, loop, trigger, works, element.event_subprocess, element.for_compensation


def migrate(
    route: Route, definition_key: int, context: Context, saved: bytes, variables: dict[str, Any]
) -> Instance:
    """Load a saved instance under the target diagram. Raises Unmigratable, or Rejected where an expression fails.

    User tasks and jobs report themselves again, under their old keys, with what the target says of them.
    """
    data = state.read(saved)
    rewriting = _Rewriting(route)
    rewriting.scope(data[3])
    if rewriting.misfits:
        raise Unmigratable(dict.fromkeys(rewriting.misfits))
    instance = state.restore(route.target, definition_key, context, data, variables)
    try:
        for task in _own(instance):
            _renew(task, route)
            for listener in listeners.of(task):
                listener.pop("was", None)
    except Fault as fault:
        raise Rejected(reason=str(fault)) from fault
    return instance


class _Rewriting:
    """Renames elements in the saved form, in place."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.misfits: list[Misfit] = []

    def scope(self, data: list[Any]) -> None:
        self._listeners(data[0])
        self._undoable(data[0])
        if "start" in data[0]:
            data[0]["start"] = self.route.to(data[0]["start"])
        for token in data[3]:
            self._token(token)

    def _token(self, token: list[Any]) -> None:
        name, place, internal, children, inner = token
        element_id = name.partition(" [")[0]  # of an instance or a listener
        if misfit := self.route.misfit(element_id):
            self.misfits.append(misfit)
        token[0] = self.route.to(element_id) + name[len(element_id) :]
        self._listeners(internal)
        self._undoable(internal)
        if place in (TaskState.FUTURE, TaskState.WAITING) and "flow" in internal:
            self._flow(element_id, internal)
        for child in children:
            self._token(child)
        if inner is not None and "called" not in internal:
            self.scope(inner)

    def _listeners(self, internal: dict[str, Any]) -> None:
        for listener in internal.get("listeners", []):
            listener["was"] = listener["element"]
            listener["element"] = self.route.to(listener["element"])

    def _undoable(self, data: dict[str, Any]) -> None:
        """What has completed stays undoable where it has a counterpart with a handler, or does not go along at all."""
        for record in data.get(compensation.UNDOABLE, []):
            self._undone(record)

    def _undone(self, record: list[Any]) -> None:
        element_id, bracket, rest = record[0].partition(" [")
        to, route = self.route.to(element_id), self.route
        lost = record[0] in route.source.compensations and to not in route.target.compensations
        if misfit := route.misfit(element_id) or (
            Misfit(element_id, to, "handler") if lost else None
        ):
            self.misfits.append(misfit)
        record[0] = to + bracket + rest
        for inner in record[3]:
            self._undone(inner)

    def _flow(self, element_id: str, internal: dict[str, Any]) -> None:
        found = self.route.flow(internal["flow"])
        if found is None:
            self.misfits.append(Misfit(element_id, self.route.to(element_id), "flow"))
        else:
            internal["flow"] = found


def _own(instance: Instance) -> list[Task]:
    """The tokens and scope roots that are not inside called processes."""
    return [
        task
        for scope in instance.scopes()
        if not _is_called(instance, scope)
        for task in list(scope.tasks.values())
    ]


def _is_called(instance: Instance, scope: Scope) -> bool:
    while scope is not instance:
        if scope.variables is not None or scope.host is None:
            return True
        scope = scope.host.workflow
    return False


def _renew(task: Task, route: Route) -> None:
    spec, data = task.task_spec, task.internal_data
    if task is task.workflow.task_tree:
        if task.state == TaskState.COMPLETED:
            _renew_root(task, route)
    elif task.state == TaskState.WAITING:
        spec._update(task)  # noqa: SLF001 - the join may have fewer flows to wait for
    elif "entered" in data:
        _listen(task, _heard(task), route)
        spec.renew(task)


def _renew_root(task: Task, route: Route) -> None:
    starts = task.task_spec.process_spec.event_starts
    if starts:
        task.internal_data.setdefault("key", task.workflow.top_workflow.context.new_key())
    _listen(task, starts, route)


def _heard(task: Task) -> list[Element]:
    """What the element listens to in the target: its boundary events, and while it waits its own triggers."""
    spec = task.task_spec
    elements, flows = spec.process_spec.elements, spec.process_spec.flows
    heard = [elements[id_] for id_ in spec.boundary]
    if "incident" in task.internal_data:
        return heard
    if isinstance(spec, Catch):
        heard.append(spec.element)
    if isinstance(spec, EventGateway):
        heard += [elements[flows[id_].target] for id_ in spec.element.outgoing]
    return heard


def _listen(task: Task, heard: Iterable[Element], route: Route) -> None:
    """Go on listening to what is still drawn, stop for what is not, begin with what is new. Raises Fault."""
    wanted = {element.id: element for element in heard}
    for listener in list(listeners.of(task)):
        element, was = wanted.get(listener["element"]), listener.pop("was", None)
        if element is not None and _same(route.source.elements.get(was), element):
            del wanted[element.id]
        else:
            listeners.close(task, [listener])
    listeners.open_(task, wanted.values())


def _same(old: Element | None, new: Element) -> bool:
    """Whether what is listened to stays: a timer of any span, for its clock runs on, and anything else as drawn before."""
    if old is None or old.trigger is None or new.trigger is None:
        return False
    if old.trigger.kind != new.trigger.kind:
        return False
    return new.trigger.kind == "timer" or old.trigger == new.trigger
