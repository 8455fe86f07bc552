"""How a token lives at an element: the protocol that all our SpiffWorkflow task specs share.

A token is a SpiffWorkflow `Task`. FUTURE is arriving, WAITING stands at a join, READY waits for its turn, STARTED is at
work or stuck in an incident. There are no predicted tasks, and a completed task leaves the tree at once, so that a
step costs the same after ten thousand passes. Everything that can fail happens before a task completes.

Keys of `internal_data`: key, flow, joined, variables, entered, listeners, leaving, flows, payload, incident, inside
(where the first token of a subprocess goes instead of its start event), from and joined_from (the keys of the element
instances it came from), undoable (what completed inside, see `compensation`), heard and stage (how many listeners are done by event, and the event at work), transition (what
task listeners hold), and of `detours`: outcome, back, detour, origin.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.util.task import TaskState

from engine.errors import BudgetExceeded, EngineError
from engine.runtime import compensation, detours, listeners, scopes
from engine.runtime.evaluation import attempt, explained, mapped
from engine.runtime.events import ElementActivated, ElementCompleted, IncidentOpened
from engine.runtime.faults import CONDITION, UNKNOWN, Fault

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.diagram import Element, Flow
    from engine.runtime.multi_instance import MultiInstance
    from engine.runtime.specs import ProcessSpec

log = logging.getLogger(__name__)


class Behaviour(BpmnSpecMixin):  # type: ignore[misc]
    """One element of the diagram. Never changed while it runs: instances share it, also between threads."""

    completable = False
    body: MultiInstance | None = None

    def __init__(self, process_spec: ProcessSpec, element: Element, **extra: Any) -> None:
        super().__init__(
            process_spec, extra.pop("name", element.id), bpmn_name=element.name, **extra
        )
        self.element = element
        self.kind = element.type
        self.input_mappings = element.inputs
        self.output_mappings = element.outputs
        self.boundary = element.boundary
        self.listener_jobs: dict[str, list[Behaviour]] = {}

    @property
    def process_spec(self) -> ProcessSpec:
        """The process or subprocess the element lies in."""
        spec: ProcessSpec = self._wf_spec
        return spec

    @property
    def instance_of_body(self) -> bool:
        """Whether the element runs as one of the instances of a multi-instance body."""
        return self.body is not None

    # What SpiffWorkflow calls

    def test(self) -> None:
        """Nothing: the gate has checked the diagram."""

    def _predict(self, my_task: Task, *_: Any, **__: Any) -> None:
        """Nothing: only tokens that exist are in the tree."""

    def _update_hook(self, my_task: Task) -> bool:
        return True

    def _on_ready_hook(self, my_task: Task) -> None:
        my_task.workflow.top_workflow.queue.append(my_task)

    def _run(self, my_task: Task) -> bool | None:
        try:
            return self._run_hook(my_task)
        except BudgetExceeded:
            raise
        except Fault as fault:
            self.stop(my_task, fault)
        except EngineError as error:
            self.stop(my_task, Fault(UNKNOWN, error.message))
        except Exception as error:
            log.exception("element %s failed", self.element.id)
            self.stop(my_task, Fault(UNKNOWN, f"{type(error).__name__}: {error}"))
        return None

    def _run_hook(self, my_task: Task) -> bool | None:
        if "leaving" in my_task.internal_data:
            return self.leave(my_task, my_task.internal_data["leaving"])
        if self.listener_jobs and self._is_prepared(my_task):
            return None
        self.enter(my_task)
        return self.execute(my_task)

    def _on_complete_hook(self, my_task: Task) -> None:
        workflow = my_task.workflow
        workflow.report(my_task, ElementCompleted)
        listeners.close(my_task)
        compensation.note(my_task)
        for flow_id in my_task.internal_data.pop("flows", ()):
            workflow.follow(my_task, self.process_spec.flows[flow_id])
        detours.take(my_task)

    # The life of a token

    def enter(self, task: Task) -> None:
        """Give the element instance its key, its input variables and its boundary events; again after a retry."""
        self.identify(task)
        data = task.internal_data
        if "entered" not in data:
            if "heard" not in data:
                self._take_inputs(task)
            listeners.open_(task, [self.process_spec.elements[id_] for id_ in self.boundary])
            data["entered"] = True

    def _take_inputs(self, task: Task) -> None:
        if self.input_mappings:
            scopes.write(task, scopes.own(task), mapped(task, self.input_mappings))

    def _is_prepared(self, task: Task) -> bool:
        """Whether a listener still has to see the element instance with its input variables before it begins."""
        self.identify(task)
        if "heard" not in task.internal_data:
            self._take_inputs(task)
        return self.call_listener(task, "start")

    def call_listener(self, task: Task, event: str) -> bool:
        """Call the next listener of that event; False when all have been."""
        data, called = task.internal_data, self.listener_jobs.get(event, [])
        done = data.setdefault("heard", {}).setdefault(event, 0)
        if done == len(called):
            data.pop("stage", None)
            return False
        data["stage"] = event
        child = task._add_child(called[done], TaskState.FUTURE)  # noqa: SLF001
        called[done]._update(child)  # noqa: SLF001
        return True

    def instance_completed(self, task: Task) -> None:
        """A listener is done: the next one, or what the element waited with."""
        event = task.internal_data["stage"]
        task.internal_data["heard"][event] += 1
        if not self.call_listener(task, event):
            self.listeners_done(task, event)

    def listeners_done(self, task: Task, event: str) -> None:
        """All listeners of that event are done: the element begins, or the token leaves it."""
        if event == "start":
            task._ready()  # noqa: SLF001
        else:
            self._go(task)

    def _go(self, task: Task) -> None:
        try:
            self._part(task)
        except Fault as fault:
            self.stop(task, fault)
        else:
            task.complete()

    def identify(self, task: Task) -> None:
        """Give the element instance its key and say that it is here, unless it has one."""
        data, workflow = task.internal_data, task.workflow
        if "key" in data:
            return
        data["key"] = workflow.top_workflow.context.new_key()
        workflow.report(
            task,
            ElementActivated,
            type=self.kind,
            scope_key=workflow.scope_key(task),
            flow_id=data.get("flow"),
            joined=tuple(data.pop("joined", ())),
            definition_key=workflow.definition_key,
            came_from=(*((data["from"],) if "from" in data else ()), *data.pop("joined_from", ())),
        )

    def execute(self, task: Task) -> bool | None:
        """Do the element's work. True: done and left; None: it waits for `resume`. Raises Fault."""
        return self.leave(task, {})

    def leave(self, task: Task, variables: Mapping[str, Any]) -> bool | None:
        """Give the variables back and choose the sequence flows: True. None while listeners of its end are at work.

        Raises Fault, then it can be repeated.
        """
        task.internal_data["leaving"] = variables
        self.deliver(task, variables)
        if self.listener_jobs and self.call_listener(task, "end"):
            return None
        return self._part(task)

    def _part(self, task: Task) -> bool:
        self.depart(task)
        del task.internal_data["leaving"]
        return True

    def depart(self, task: Task) -> None:
        """Choose the sequence flows, or hand the result to the multi-instance body. Raises Fault."""
        if self.body is not None:
            self.body.collect(task)
        elif not detours.choose(task):
            task.internal_data["flows"] = [flow.id for flow in self.choose(task)]

    def deliver(self, task: Task, variables: Mapping[str, Any]) -> None:
        """Output mappings if there are any, else every variable into the scopes around."""
        if self.output_mappings:
            scopes.write(task, scopes.own(task), variables)
            scopes.propagate(task, mapped(task, self.output_mappings), above=True)
        elif variables:
            scopes.propagate(task, variables)

    def choose(self, task: Task) -> Sequence[Flow]:
        """The sequence flows the token takes: all without a condition, those whose condition holds, else the default."""
        flows = [self.process_spec.flows[id_] for id_ in self.element.outgoing]
        conditional = [flow for flow in flows if flow.condition]
        if not conditional:
            return flows
        holding = [
            flow
            for flow, holds in zip(conditional, self.conditions(task, conditional), strict=True)
            if holds
        ]
        chosen = holding or [flow for flow in flows if flow.id == self.element.default]
        return chosen + [f for f in flows if not f.condition and f.id != self.element.default]

    def conditions(self, task: Task, flows: Sequence[Flow], *, first: bool = False) -> list[bool]:
        """Whether each flow's condition holds, all evaluated in one call; `first` looks no further than the first true."""
        results = attempt(task, [flow.condition or "" for flow in flows])
        held: list[bool] = []
        for flow, result in zip(flows, results, strict=True):
            if result.error:
                raise Fault(CONDITION, f"{flow.condition}: {result.error}")
            if not isinstance(result.value, bool):
                raise Fault(
                    CONDITION, f"{flow.condition} is not true or false but {explained(result)}"
                )
            held.append(result.value)
            if first and result.value:
                break
        return held

    def resume(self, task: Task, variables: Mapping[str, Any]) -> None:
        """Finish a waiting element from outside; what fails becomes an incident."""
        try:
            left = self.leave(task, variables)
        except Fault as fault:
            self.stop(task, fault)
        else:
            if left:
                task.complete()

    def renew(self, task: Task) -> None:
        """Report again what waits for somebody, after a migration. Raises Fault."""
        if self.completable and self.is_working(task):
            self.execute(task)

    def stop(self, task: Task, fault: Fault) -> None:
        """The token stays here with an incident."""
        task.internal_data["incident"] = str(fault)
        task.workflow.report(task, IncidentOpened, error_type=fault.error_type, message=str(fault))

    def triggered(self, task: Task, element: Element, variables: Mapping[str, Any]) -> None:
        """A boundary event of this element caught something."""
        if element.interrupting:
            task.workflow.terminate(task)
        task.workflow.spawn(element.id, **{"payload": variables, "from": task.internal_data["key"]})

    def is_working(self, task: Task) -> bool:
        """Whether the element waits for its own work, neither stuck nor about to leave, nor for a listener."""
        stuck = task.internal_data.keys() & {"incident", "leaving", "stage"}
        return bool(task.state == TaskState.STARTED and not stuck)


def payload_of(task: Task) -> Mapping[str, Any] | None:
    """What an event brought along, None if the token came by itself. Taken once."""
    payload: Mapping[str, Any] | None = task.internal_data.pop("payload", None)
    return payload
