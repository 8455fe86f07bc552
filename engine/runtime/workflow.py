"""A running process and its subprocesses: SpiffWorkflow's workflows, with live tokens only.

`Instance` is the process instance, `Subprocess` an embedded subprocess, event subprocess or called process inside it.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.runtime import compensation, conditions, listeners
from engine.runtime.events import ElementTerminated, Event, IncidentClosed
from engine.runtime.meter import Meter

if TYPE_CHECKING:
    from uuid import UUID

    from engine.runtime.behaviour import Behaviour
    from engine.runtime.context import Context
    from engine.runtime.diagram import Flow
    from engine.runtime.scopes import Change
    from engine.runtime.specs import ProcessSpec


for _name in ("spiff", "spiff.task", "spiff.workflow"):
    # SpiffWorkflow's records carry whole variables, and it collects them unless each logger has a level of its own.
    logging.getLogger(_name).setLevel(logging.WARNING)


class NoScripts:
    """Stands where SpiffWorkflow expects a Python script engine: no Python ever runs from a diagram."""

    def evaluate(self, *_: Any, **__: Any) -> Any:
        """Refuse."""
        raise RuntimeError("diagrams hold no Python")

    execute = call_service = evaluate


class Scope:
    """What process instances and subprocesses have in common: tokens that come, move and go.

    `host` is the token of the surrounding activity, `variables` the process scope (None in embedded subprocesses),
    `definition_key` the definition the diagram belongs to.
    """

    spec: ProcessSpec
    tasks: dict[UUID, Task]
    task_tree: Task
    completed: bool
    top_workflow: Instance
    host: Task | None
    variables: dict[str, Any] | None
    definition_key: int

    def begin(self, start: str, first: dict[str, Any] | None = None) -> None:
        """Put the first token on that start event, or on the element where somebody wants it; `first` is its data."""
        self.task_tree.internal_data.update(start=start, first=first or {})
        self.task_tree.run()

    def follow(self, task: Task, flow: Flow) -> None:
        """Send a token along a sequence flow; SpiffWorkflow moves it on when the task has completed."""
        child = task._add_child(self.spec.task_specs[flow.target], TaskState.FUTURE)  # noqa: SLF001
        child.internal_data.update({"flow": flow.id, "from": task.internal_data["key"]})
        if "payload" in task.internal_data:
            child.internal_data["payload"] = task.internal_data.pop("payload")

    def place(self, element_id: str, **data: Any) -> Task:
        """Put a token on an element to which no sequence flow leads; it does not move yet."""
        child = self.task_tree._add_child(self.spec.task_specs[element_id], TaskState.FUTURE)  # noqa: SLF001
        child.internal_data.update(data)
        return child

    def spawn(self, element_id: str, **data: Any) -> None:
        """Put a token on an element to which no sequence flow leads, and let it move."""
        child = self.place(element_id, **data)
        child.task_spec._update(child)  # noqa: SLF001

    def tokens(self) -> list[Task]:
        """All tokens of this scope, those inside subprocesses excluded."""
        return [task for task in self.tasks.values() if task is not self.task_tree]

    def forget(self, task: Task) -> None:
        """Take a finished token out of the tree; its successors move up."""
        parent = task.parent
        parent._children.remove(task.id)  # noqa: SLF001
        for child in task.children:
            child.parent = parent
            parent._child_added_notify(child)  # noqa: SLF001
        del self.tasks[task.id]

    def terminate(self, task: Task) -> None:
        """Stop a token with everything inside it, the innermost first."""
        for child in task.children:
            self.terminate(child)
        if inner := self.top_workflow.subprocesses.get(task.id):
            inner.close()
        listeners.close(task)
        if "incident" in task.internal_data:
            self.report(task, IncidentClosed)
        if "key" in task.internal_data and task.has_state(TaskState.NOT_FINISHED_MASK):
            self.report(task, ElementTerminated)
        task._set_state(TaskState.CANCELLED)  # noqa: SLF001
        self.forget(task)

    def close(self) -> None:
        """Stop every token; the scope is over without having completed."""
        for task in list(self.task_tree.children):
            self.terminate(task)
        self.retire()

    def retire(self) -> None:
        """No token is left: stop listening and leave the instance."""
        self.completed = True
        listeners.close(self.task_tree)
        if self.host is not None:
            del self.top_workflow.subprocesses[self.host.id]

    def report(self, task: Task, event: type[Event], **more: Any) -> None:
        """Add an event of this element instance to what happened."""
        element = task.task_spec.element
        self.top_workflow.events.append(
            event(task.internal_data["key"], element.id, element.process_id, **more)
        )

    def scope_key(self, task: Task) -> int | None:
        """The key of the element instance around this one."""
        if task.task_spec.instance_of_body:
            return cast("int", task.parent.internal_data["key"])
        return None if self.host is None else cast("int", self.host.internal_data["key"])

    def _predict(self, **_: Any) -> None:
        """Nothing: only tokens that exist are in the tree."""

    def _task_completed_notify(self, task: Task) -> None:
        if task is not self.task_tree and task.id in self.tasks:
            self._leave_tree(task)
        if len(self.tasks) == 1 and not self.completed:
            self.conclude()

    def _leave_tree(self, task: Task) -> None:
        parent, spec = task.parent, task.task_spec
        self.forget(task)
        if spec.body is not None:
            spec.body.instance_completed(parent)
        elif spec.element.for_compensation:
            parent.task_spec.instance_completed(parent)

    def conclude(self) -> None:
        """The last token ended."""
        raise NotImplementedError


class Subprocess(Scope, BpmnSubWorkflow):  # type: ignore[misc] # both describe the same attributes
    """The inside of a subprocess, event subprocess or call activity."""

    def __init__(
        self,
        spec: ProcessSpec,
        host: Task,
        variables: dict[str, Any] | None,
        definition_key: int,
        **kwargs: Any,
    ) -> None:
        self.host = host
        self.variables = variables
        self.definition_key = definition_key
        super().__init__(spec, host.id, host.workflow.top_workflow, **kwargs)
        self.top_workflow.subprocesses[host.id] = self

    @property
    def parent_workflow(self) -> Scope:
        """The scope in which the activity lies; without SpiffWorkflow's search through all of them."""
        assert self.host is not None  # noqa: S101
        return cast("Scope", self.host.workflow)

    def conclude(self) -> None:
        """The activity around it goes on."""
        host = self.host
        assert host is not None  # noqa: S101
        self.retire()
        host.task_spec.concluded(host, self)


class Instance(Scope, BpmnWorkflow):  # type: ignore[misc] # both describe the same attributes
    """The process instance: the clock and all else of `context`, the tokens whose turn it is, and what happened.

    `changed` are the variables that got new values and `fresh` the conditions that began to wait since the conditions were
    last asked.
    """

    host = None
    variables: dict[str, Any]

    def __init__(
        self,
        spec: ProcessSpec,
        definition_key: int,
        context: Context,
        variables: dict[str, Any],
        **kwargs: Any,
    ) -> None:
        self.context = context
        self.variables = variables
        self.definition_key = definition_key
        self.events: list[Event] = []
        self.queue: deque[Task] = deque()
        self.changed: list[Change] = []
        self.fresh: list[listeners.Listener] = []
        self.meter = Meter(context.budget)
        super().__init__(spec, script_engine=NoScripts(), **kwargs)

    def conclude(self) -> None:
        """The process instance has completed."""
        self.retire()

    def retire(self) -> None:
        """Nothing will be undone any more either."""
        super().retire()
        compensation.forget_all(self)

    def scopes(self) -> list[Scope]:
        """This process and every subprocess that is alive."""
        return [self, *self.subprocesses.values()]

    def all_tokens(self) -> Iterator[Task]:
        """Every token, and the root of every scope, which holds what its event subprocesses listen to."""
        for scope in self.scopes():
            yield from scope.tasks.values()

    def run_to_wait(self) -> None:
        """Give each token its turn until all wait for somebody. Raises BudgetExceeded."""
        conditions.ask(self)
        while self.queue or self._release_joins():
            task = self.queue.popleft()
            if task.state == TaskState.READY:
                spec: Behaviour = task.task_spec
                self.meter.count_step(spec.element.id)
                task.run()
                conditions.ask(self)

    def _release_joins(self) -> bool:
        """Whether an inclusive join can go on now that nothing else moves."""
        waiting = [task for task in self.all_tokens() if task.state == TaskState.WAITING]
        return any(task.task_spec.release(task) for task in waiting)
