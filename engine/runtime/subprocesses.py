"""Activities with an inside: embedded subprocesses, event subprocesses and call activities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.defaults import CallActivity as SpiffCallActivity
from SpiffWorkflow.bpmn.specs.defaults import SubWorkflowTask

from engine.errors import EngineError
from engine.runtime import compensation, scopes
from engine.runtime.behaviour import Behaviour, payload_of
from engine.runtime.context import Binding
from engine.runtime.evaluation import evaluate
from engine.runtime.faults import CALLED_PROCESS, Fault
from engine.runtime.workflow import Subprocess

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.context import Context
    from engine.runtime.diagram import Diagram, Element
    from engine.runtime.specs import ProcessSpec

CALL_DEPTH = 20


class EmbeddedSubprocess(Behaviour, SubWorkflowTask):  # type: ignore[misc]
    """A subprocess or event subprocess: its inside shares the variables around it."""

    def __init__(self, process_spec: ProcessSpec, element: Element, **extra: Any) -> None:
        super().__init__(process_spec, element, subworkflow_spec=element.id, **extra)

    def execute(self, task: Task) -> None:
        """Begin inside."""
        inner = self.inner(task)
        if payload := payload_of(task):
            scopes.write(task, scopes.own(task), payload)
        inside = task.internal_data.pop("inside", None) or {"start": inner.start_id}
        Subprocess(inner, task, None, task.workflow.definition_key).begin(**inside)

    def inner(self, task: Task) -> ProcessSpec:
        """The specification of its inside."""
        return self.process_spec.diagram.specs[self.element.id]

    def concluded(self, task: Task, scope: Subprocess) -> None:
        """The inside has completed."""
        compensation.keep(task, scope)
        self.resume(task, {})

    def restore(self, task: Task, variables: dict[str, Any] | None) -> Subprocess:
        """The inside of a saved token, still without its tokens."""
        return Subprocess(
            self.inner(task), task, None, task.workflow.definition_key, deserializing=True
        )


class CallActivity(Behaviour, SpiffCallActivity):  # type: ignore[misc]
    """Runs another process, bound when the token arrives and remembered by its definition key."""

    def __init__(self, process_spec: ProcessSpec, element: Element, **extra: Any) -> None:
        self.called = element.extension("calledElement")
        super().__init__(
            process_spec, element, subworkflow_spec=self.called.get("processId", ""), **extra
        )

    def execute(self, task: Task) -> None:
        """Begin the called process with its own variables."""
        process_id = evaluate(task, self.called.get("processId", ""))
        key, diagram = self._bind(task, process_id)
        start = diagram.start_event(process_id) if process_id in diagram.processes else None
        if start is None:
            raise Fault(CALLED_PROCESS, f"the process {process_id} has no start event")
        task.internal_data.update(definition_key=key, called=process_id)
        variables = (
            scopes.visible(task)
            if self._passes("propagateAllParentVariables")
            else dict(scopes.own(task))
        )
        task.workflow.top_workflow.meter.count_values(variables)
        Subprocess(diagram.specs[process_id], task, variables, key).begin(start.id)

    def _bind(self, task: Task, process_id: Any) -> tuple[int, Diagram]:
        self._refuse_depth(task)
        if not isinstance(process_id, str):
            raise Fault(CALLED_PROCESS, f"the called process is {process_id!r}, not a text")
        context: Context = task.workflow.top_workflow.context
        kind = self.called.get("bindingType", "latest")
        try:
            if kind == "latest" or context.bound is None:
                return context.diagram_for(process_id)
            tag = str(evaluate(task, self.called.get("versionTag", "")))
            return context.bound(process_id, Binding(kind, task.workflow.definition_key, tag))
        except EngineError as error:
            raise Fault(CALLED_PROCESS, f"{process_id}: {error.message}") from error

    def _refuse_depth(self, task: Task) -> None:
        depth, host = 0, task.workflow.host
        while host is not None:
            depth, host = depth + 1, host.workflow.host
        if depth >= CALL_DEPTH:
            raise Fault(CALLED_PROCESS, f"processes call each other more than {CALL_DEPTH} deep")

    def _passes(self, attribute: str) -> bool:
        return self.called.get(attribute, "true") == "true"

    def concluded(self, task: Task, scope: Subprocess) -> None:
        """The called process has completed: its variables come back by mappings, or all of them."""
        back = self.output_mappings or self._passes("propagateAllChildVariables")
        variables: Mapping[str, Any] = scope.variables or {}
        self.resume(task, variables if back else {})

    def restore(self, task: Task, variables: dict[str, Any] | None) -> Subprocess:
        """The inside of a saved token, from the definition that was called then."""
        key, diagram = task.workflow.top_workflow.context.diagram_for(
            task.internal_data["definition_key"]
        )
        spec = diagram.specs[task.internal_data["called"]]
        return Subprocess(spec, task, variables or {}, key, deserializing=True)
