"""Multi-instance activities: a body token, under it one token per instance with its own variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.util.task import TaskState

from engine.errors import Rejected
from engine.runtime import scopes
from engine.runtime.behaviour import Behaviour
from engine.runtime.evaluation import attempt, evaluate, explained
from engine.runtime.faults import CONDITION, EXPRESSION, Fault

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.diagram import Element, Loop
    from engine.runtime.specs import ProcessSpec

MOST = 500
_VARIABLE = re.compile(r"=\s*([^\W\d]\w*)")


class MultiInstance(Behaviour, LoopTask):  # type: ignore[misc]
    """The body around the instances. Its own variables hold the output collection until it completes.

    Keys of `internal_data` besides the common ones: size (all there ever were), done, removed, items (only what is
    still to come), stop.
    """

    def __init__(
        self, process_spec: ProcessSpec, element: Element, loop: Loop, inner: Behaviour
    ) -> None:
        super().__init__(process_spec, element)
        self.loop = loop
        self.inner = inner
        self.kind = "multiInstanceBody"
        self.input_mappings = self.output_mappings = ()
        inner.boundary = ()
        inner.body = self

    def execute(self, task: Task) -> bool | None:
        """Begin the instances: all, or the first."""
        items = self._items(task)
        task.internal_data.update(size=len(items), done=0, removed=0, items=items)
        if self.loop.output_collection:
            scopes.own(task)[self.loop.output_collection] = [None] * len(items)
        if not items:
            return self.leave(task, {})
        for _ in range(1 if self.loop.sequential else len(items)):
            self._begin_next(task)
        return None

    def _items(self, task: Task) -> list[Any]:
        source = self.loop.input_collection or self.loop.cardinality
        value = evaluate(task, source)
        if self.loop.input_collection:
            items = value
        else:
            items = list(range(1, self._count(source, value) + 1))
        if not isinstance(items, list):
            raise Fault(EXPRESSION, f"the collection {source} is {items!r}, not a list")
        if len(items) > MOST:
            raise Fault(
                EXPRESSION, f"the collection {source} has {len(items)} items, more than {MOST}"
            )
        task.workflow.top_workflow.meter.count_values({source: items})
        return list(items)

    def _count(self, source: str, value: Any) -> int:
        try:
            return min(max(int(value), 0), MOST + 1)
        except (TypeError, ValueError):
            raise Fault(
                EXPRESSION, f"the cardinality {source} is {value!r}, not a number"
            ) from None

    def _begin_next(self, task: Task) -> None:
        items = task.internal_data["items"]
        index = task.internal_data["size"] - len(items)
        child = task._add_child(self.inner, TaskState.FUTURE)  # noqa: SLF001
        child.internal_data.update(index=index, variables=self._variables(index, items.pop(0)))
        if origin := task.internal_data.get("origin"):
            # Everybody is told why the step is open again; who does what is for the diagram to say.
            child.internal_data["origin"] = {**origin, "assignee": None}
        self.inner._update(child)  # noqa: SLF001

    def _variables(self, index: int, item: Any) -> dict[str, Any]:
        variables: dict[str, Any] = {"loopCounter": index + 1}
        if name := local_name(self.loop.output_element):
            variables[name] = None
        if self.loop.input_element:
            variables[self.loop.input_element] = item
        return variables

    def collect(self, instance: Task) -> None:
        """Take an instance's output before it completes, and see whether it was the last that is needed."""
        task = instance.parent
        if name := self.loop.output_collection:
            results = list(scopes.own(task)[name])
            if self.loop.output_element:
                results[instance.internal_data["index"]] = evaluate(
                    instance, self.loop.output_element
                )
            scopes.own(task)[name] = results
        if self.loop.completion_condition:
            task.internal_data["stop"] = self._enough(task, instance)

    def _enough(self, task: Task, instance: Task) -> bool:
        data = task.internal_data
        counts = {
            "numberOfInstances": data["size"] - data["removed"],
            "numberOfActiveInstances": len(task.children) - 1,
            "numberOfCompletedInstances": data["done"] + 1,
            "numberOfTerminatedInstances": data["removed"],
        }
        source = self.loop.completion_condition
        result = attempt(instance, [source], counts)[0]
        if not isinstance(result.value, bool):
            raise Fault(
                CONDITION, f"{source} is not true or false but {result.error or explained(result)}"
            )
        return result.value

    def instance_completed(self, task: Task) -> None:
        """Go on with the next instance, or with the token if all are done or enough are."""
        task.internal_data["done"] += 1
        self._go_on(task)

    def _go_on(self, task: Task) -> None:
        data = task.internal_data
        if data.get("stop") or data["done"] + data["removed"] == data["size"]:
            for child in task.children:
                task.workflow.terminate(child)
            self.resume(task, {})
        elif self.loop.sequential and not task.children:
            self._begin_next(task)

    def add(self, task: Task, item: Any) -> None:
        """One more instance: at once, or after the others if they run one after the other. Raises Rejected beyond 500."""
        data = task.internal_data
        if data["size"] - data["removed"] >= MOST:
            raise Rejected(reason=f"there are {MOST} instances")
        data["size"] += 1
        data["items"].append(item)
        if name := self.loop.output_collection:
            scopes.own(task)[name] = [*scopes.own(task)[name], None]
        if not self.loop.sequential:
            self._begin_next(task)

    def remove(self, instance: Task) -> None:
        """Do without an instance; its output stays null. After the last one the token goes on."""
        task = instance.parent
        task.workflow.terminate(instance)
        task.internal_data["removed"] += 1
        self._go_on(task)

    def deliver(self, task: Task, variables: Mapping[str, Any]) -> None:
        """The output collection goes outwards when it is complete."""
        if name := self.loop.output_collection:
            scopes.propagate(task, {name: scopes.own(task)[name]}, above=True)


def local_name(output_element: str) -> str | None:
    """The variable of an instance that an output element reads, kept apart from those of the other instances."""
    name = _VARIABLE.match(output_element)
    return name[1] if name else None
