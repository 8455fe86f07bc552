"""SpiffWorkflow's specification of one process or subprocess, and its root."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.control import BpmnStartTask
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec

from engine.runtime import listeners
from engine.runtime.behaviour import Behaviour
from engine.runtime.diagram import Element

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.diagram import Diagram, Flow, Process

ROOT = "Start"


class ScopeRoot(Behaviour, BpmnStartTask):  # type: ignore[misc]
    """The root of a scope's tokens; it listens for what starts the scope's event subprocesses."""

    def __init__(self, process_spec: ProcessSpec, element: Element) -> None:
        super().__init__(process_spec, element, name=ROOT)

    def _on_ready_hook(self, my_task: Task) -> None:
        """Nothing: `Scope.begin` runs it."""

    def _run_hook(self, my_task: Task) -> bool:
        if self.process_spec.event_starts:
            my_task.internal_data.setdefault("key", my_task.workflow.top_workflow.context.new_key())
            listeners.open_(my_task, self.process_spec.event_starts)
        return True

    def _on_complete_hook(self, my_task: Task) -> None:
        my_task.workflow.spawn(
            my_task.internal_data.pop("start"), **my_task.internal_data.pop("first", {})
        )

    def triggered(self, task: Task, element: Element, variables: Mapping[str, Any]) -> None:
        """An event subprocess begins; an interrupting one ends everything else in the scope."""
        scope = task.workflow
        if element.interrupting:
            listeners.close(task)
            for other in scope.tokens():
                if other.id in scope.tasks:
                    scope.terminate(other)
        scope.spawn(element.scope, payload=variables)


class ProcessSpec(WorkflowSpec):  # type: ignore[misc]
    """The elements of one process or subprocess as SpiffWorkflow task specs, never changed after it is built."""

    def __init__(self, diagram: Diagram, scope_id: str, process: Process) -> None:
        super().__init__(name=scope_id)
        self.diagram = diagram
        self.process = process
        self.elements: Mapping[str, Element] = diagram.elements
        self.flows: Mapping[str, Flow] = diagram.flows
        self.data_objects: dict[str, Any] = {}
        self.start = ScopeRoot(self, diagram.elements.get(scope_id) or _as_element(process))

    @cached_property
    def start_id(self) -> str:
        """The start event of a subprocess."""
        return next(e.id for e in self.diagram.inside(self.name) if e.type == "startEvent")

    @cached_property
    def event_starts(self) -> tuple[Element, ...]:
        """The start events of the event subprocesses directly in this scope."""
        inside = [e for e in self.diagram.inside(self.name) if e.event_subprocess]
        return tuple(s for e in inside for s in self.diagram.inside(e.id) if s.type == "startEvent")

    def behaviour(self, name: str) -> Behaviour | None:
        """How the element of that spec name lives: in this scope, or in one it undoes; None if it is not there."""
        found: Behaviour | None = self.task_specs.get(name)
        element = self.elements.get(name.partition(" [")[0])
        if found is None and element is not None:
            inner = self.diagram.specs.get(element.scope)
            found = inner.task_specs.get(name) if inner is not None else None
        return found

    @cached_property
    def _reachable(self) -> dict[tuple[str, str], frozenset[str]]:
        return {}

    def reachable(self, element_id: str, *, without: str) -> frozenset[str]:
        """The elements a token at this element can come to, itself included, without passing the one named."""
        if (element_id, without) not in self._reachable:
            self._reachable[element_id, without] = self._explore(element_id, without)
        return self._reachable[element_id, without]

    def _explore(self, element_id: str, without: str) -> frozenset[str]:
        seen: set[str] = set()
        ahead = [element_id]
        while ahead:
            current = ahead.pop()
            if current in seen or current == without:
                continue
            seen.add(current)
            element = self.elements[current]
            ahead += [*element.boundary, *element.links]
            ahead += [self.flows[id_].target for id_ in element.outgoing]
        return frozenset(seen)


def _as_element(process: Process) -> Element:
    return Element(
        id=process.id, type="process", name=process.name, process_id=process.id, scope=""
    )
