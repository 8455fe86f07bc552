"""Ad-hoc subprocesses: elements that are activated by a list, an operator or an application, in any order and number.

Each activation is an inner instance: a token below that of the subprocess, with a scope and variables of its own, as in
Zeebe since 8.8. The subprocess completes when its condition holds after an activation, without a condition when none is left,
with a task definition when the job worker says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.defaults import ServiceTask
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import LoopTask
from SpiffWorkflow.util.task import TaskState

from engine.errors import NotFound, Rejected
from engine.runtime import scopes
from engine.runtime.activities import open_job
from engine.runtime.behaviour import Behaviour
from engine.runtime.evaluation import attempt, evaluate, explained
from engine.runtime.events import AD_HOC
from engine.runtime.faults import CONDITION, EXPRESSION, Fault
from engine.runtime.multi_instance import MOST, local_name
from engine.runtime.subprocesses import EmbeddedSubprocess

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.diagram import Element
    from engine.runtime.specs import ProcessSpec

ELEMENTS = "adHocSubProcessElements"


class Activation(EmbeddedSubprocess):
    """One activation of an element, with what follows it."""

    def __init__(self, process_spec: ProcessSpec, element: Element, owner: AdHocSubprocess) -> None:
        super().__init__(process_spec, element, name=f"{element.id} [activation]")
        self.kind = "adHocSubProcessInnerInstance"
        self.input_mappings = self.output_mappings = self.boundary = ()
        self.body = owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """What a job worker decides: elements to activate, each with variables of its own, or that the subprocess is fulfilled.

    `alone` ends what is active in it.
    """

    elements: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    fulfilled: bool = False
    alone: bool = False


class DirectingJob(Behaviour, ServiceTask):  # type: ignore[misc]
    """The job of a worker that directs an ad-hoc subprocess; a new one each time an activation has completed."""

    completable = True

    def __init__(self, process_spec: ProcessSpec, element: Element, owner: AdHocSubprocess) -> None:
        super().__init__(process_spec, element, name=f"{element.id} [job]")
        self.kind = "adHocSubProcessJob"
        self.input_mappings = self.output_mappings = self.boundary = ()
        self.body = owner

    def identify(self, task: Task) -> None:
        """Give it a key; it is no element instance of its own."""
        if "key" not in task.internal_data:
            task.internal_data["key"] = task.workflow.top_workflow.context.new_key()

    def execute(self, task: Task) -> None:
        """Open the job."""
        drawn = self.element.extension("taskDefinition")
        headers = {**self.element.headers, AD_HOC: str(task.parent.internal_data["key"])}
        open_job(task, drawn.get("type", ""), drawn.get("retries", ""), headers)

    def deliver(self, task: Task, variables: Mapping[str, Any]) -> None:
        """Give the variables to the subprocess."""
        scopes.write(task.parent, scopes.own(task.parent), variables)

    def depart(self, task: Task) -> None:
        """Nowhere: the subprocess goes on."""

    def _on_complete_hook(self, my_task: Task) -> None:
        """Nothing is reported: no element has completed."""
        my_task.parent.internal_data.setdefault("directed", {})


class AdHocSubprocess(Behaviour, LoopTask):  # type: ignore[misc]
    """The subprocess around the activations.

    Keys of `internal_data` besides the common ones: fulfilled (the condition has held), directed (what a worker decided).
    """

    def __init__(self, process_spec: ProcessSpec, element: Element, **extra: Any) -> None:
        super().__init__(process_spec, element, **extra)
        drawn = element.extension("adHoc")
        self.collection = drawn.get("activeElementsCollection", "")
        self.output_collection = drawn.get("outputCollection", "")
        self.output_element = drawn.get("outputElement", "")
        self.activation = Activation(process_spec, element, self)
        works = "taskDefinition" in element.extensions
        self.job = DirectingJob(process_spec, element, self) if works else None

    def execute(self, task: Task) -> None:
        """Activate what the list names, or where somebody wants to begin; stay open if that is nothing."""
        own: dict[str, Any] = {ELEMENTS: self._described()}
        if self.output_collection:
            own[self.output_collection] = []
        scopes.write(task, scopes.own(task), own)
        if inside := task.internal_data.pop("inside", None):
            self._begin(task, inside)
        elif self.job:
            self._ask(task)
        else:
            self.activate(task, [(one, {}) for one in self._listed(task)])

    def _described(self) -> list[dict[str, Any]]:
        return [
            {
                "elementId": one.id,
                "elementName": one.name,
                "documentation": one.documentation,
                "properties": dict(one.properties),
                "parameters": [],
            }
            for one in self.process_spec.diagram.activatable(self.element.id)
        ]

    def _listed(self, task: Task) -> list[str]:
        if not self.collection:
            return []
        ids = evaluate(task, self.collection)
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise Fault(EXPRESSION, f"{self.collection} is {ids!r}, not a list of element ids")
        if unknown := self._unknown(ids):
            raise Fault(EXPRESSION, f"{self.collection}: {self._nothing(unknown)}")
        if len(ids) > MOST:
            raise Fault(
                EXPRESSION, f"{self.collection} names {len(ids)} elements, more than {MOST}"
            )
        return ids

    def _unknown(self, ids: Iterable[str]) -> list[str]:
        there = {one.id for one in self.process_spec.diagram.activatable(self.element.id)}
        return [one for one in ids if one not in there]

    def _nothing(self, ids: Iterable[str]) -> str:
        return f"there is no element {', '.join(ids)} to activate in {self.element.id}"

    def activate(
        self, task: Task, wanted: Iterable[tuple[str, Mapping[str, Any]]], *, alone: bool = False
    ) -> None:
        """Activate elements, each with variables of its own; `alone` ends the activations there are.

        Raises Rejected naming the elements that are not there, then nothing has happened.
        """
        chosen = list(wanted)
        if unknown := self._unknown(one for one, _ in chosen):
            raise Rejected(reason=self._nothing(unknown))
        if alone:
            self._end(_activations(task))
        for element_id, variables in chosen:
            self._begin(task, {"start": element_id}, variables)

    def _begin(
        self, task: Task, inside: dict[str, Any], variables: Mapping[str, Any] | None = None
    ) -> None:
        child = task._add_child(self.activation, TaskState.FUTURE)  # noqa: SLF001
        name = local_name(self.output_element)
        own = {**({name: None} if name else {}), **(variables or {})}
        child.internal_data.update(inside=inside, variables=own)
        self.activation._update(child)  # noqa: SLF001

    def begin(self, task: Task, element_id: str, local: Mapping[str, Any]) -> None:
        """Activate any element inside, as an operator may; `local` are the element's own variables."""
        first = {"variables": dict(local)} if local else {}
        self._begin(task, {"start": element_id, "first": first})

    def _end(self, tokens: Iterable[Task]) -> None:
        for one in tokens:
            one.workflow.terminate(one)

    def _ask(self, task: Task) -> None:
        """Let the worker decide; a job that is still open is told nothing new and ends."""
        self._end(one for one in task.children if one.task_spec is self.job)
        child = task._add_child(self.job, TaskState.FUTURE)  # noqa: SLF001
        child.task_spec._update(child)  # noqa: SLF001

    def direct(self, job: Task, direction: Direction, variables: Mapping[str, Any]) -> None:
        """Complete the job and follow what its worker decided. Raises Rejected as `activate`, then nothing has happened."""
        if unknown := self._unknown(one for one, _ in direction.elements):
            raise Rejected(reason=self._nothing(unknown))
        if direction.fulfilled and direction.elements:
            raise Rejected(reason="a subprocess that is fulfilled activates nothing more")
        job.parent.internal_data["directed"] = {
            "elements": [[one, dict(own)] for one, own in direction.elements],
            "fulfilled": direction.fulfilled,
            "alone": direction.alone,
        }
        job.task_spec.resume(job, variables)

    def _follow(self, task: Task, directed: Mapping[str, Any]) -> None:
        if directed.get("fulfilled"):
            task.internal_data["fulfilled"] = True
        self.activate(task, directed.get("elements", ()), alone=directed.get("alone", False))
        if self._is_over(task):
            self.resume(task, {})

    def collect(self, instance: Task) -> None:
        """Take the output of an activation before it completes, and see whether the condition holds."""
        task = instance.parent
        if name := self.output_collection:
            results = scopes.own(task)[name]
            scopes.own(task)[name] = [*results, evaluate(instance, self.output_element or "=null")]
        if self.element.completion_condition and not task.internal_data.get("fulfilled"):
            task.internal_data["fulfilled"] = self._holds(instance)

    def _holds(self, instance: Task) -> bool:
        source = self.element.completion_condition
        result = attempt(instance, [source])[0]
        if not isinstance(result.value, bool):
            raise Fault(
                CONDITION, f"{source} is not true or false but {result.error or explained(result)}"
            )
        return result.value

    def instance_completed(self, task: Task) -> None:
        """An activation or a listener is done: the token goes on if that was enough."""
        if "stage" in task.internal_data:
            super().instance_completed(task)
        elif (directed := task.internal_data.pop("directed", None)) is not None:
            self._follow(task, directed)
        elif self._is_over(task):
            self._end(task.children)
            self.resume(task, {})
        elif self.job and not task.internal_data.get("fulfilled"):
            self._ask(task)

    def _is_over(self, task: Task) -> bool:
        if not (self.element.completion_condition or self.job):
            return not task.children
        enough, ends = bool(task.internal_data.get("fulfilled")), self.element.cancels_remaining
        return enough and (not _activations(task) or (ends and not self.job))

    def deliver(self, task: Task, variables: Mapping[str, Any]) -> None:
        """The output collection goes outwards, besides what output mappings give."""
        if name := self.output_collection:
            scopes.propagate(task, {name: scopes.own(task)[name]}, above=True)
        super().deliver(task, variables)


def _activations(task: Task) -> list[Task]:
    return [one for one in task.children if isinstance(one.task_spec, Activation)]


def found(tokens: Iterable[Task], key: int) -> Task:
    """The token of the ad-hoc subprocess of that key, if it is open. Raises NotFound."""
    for task in tokens:
        if task.internal_data.get("key") == key and is_open(task):
            return task
    raise NotFound(noun="ad-hoc subprocess", key=key)


def is_open(task: Task) -> bool:
    """Whether the token is an ad-hoc subprocess in which elements can be activated."""
    return isinstance(task.task_spec, AdHocSubprocess) and task.task_spec.is_working(task)
