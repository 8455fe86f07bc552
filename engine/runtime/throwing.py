"""Events that throw: end events, escalations and errors, and the search for what catches them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from SpiffWorkflow.bpmn.specs.defaults import NoneTask

from engine.runtime import compensation, listeners, scopes
from engine.runtime.behaviour import Behaviour
from engine.runtime.evaluation import evaluate
from engine.runtime.events import SignalThrown
from engine.runtime.faults import EXPRESSION, UNHANDLED_ERROR, Fault

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.diagram import Element


class Catcher(NamedTuple):
    """The boundary event or event subprocess start that catches, and the token it belongs to."""

    task: Task
    element: Element

    def catch(self, variables: Mapping[str, Any]) -> None:
        """Let it happen."""
        self.task.task_spec.triggered(self.task, self.element, variables)


def catcher(task: Task, kind: str, code: str | None) -> Catcher | None:
    """What catches an error or escalation that this element instance throws: the nearest, from inside outwards."""
    for place, elements in _places(task):
        if found := _matching(elements, kind, code):
            return Catcher(place, found)
    return None


def _places(task: Task) -> Iterator[tuple[Task, Iterable[Element]]]:
    """Activities around the task with their boundary events, scopes with their event subprocesses."""
    current: Task | None = task
    while current is not None:
        activity = current
        while activity.task_spec.instance_of_body:
            activity = activity.parent
        spec = activity.task_spec
        yield activity, [spec.process_spec.elements[id_] for id_ in spec.boundary]
        if not spec.element.event_subprocess:
            yield activity.workflow.task_tree, spec.process_spec.event_starts
        current = activity.workflow.host


def _matching(elements: Iterable[Element], kind: str, code: str | None) -> Element | None:
    candidates = [e for e in elements if e.trigger and e.trigger.kind == kind]
    exact = (e for e in candidates if e.trigger and e.trigger.code == code)
    catching_all = (e for e in candidates if e.trigger and e.trigger.code is None)
    return next(exact, None) or next(catching_all, None)


def throw_error(task: Task, code: str, message: str, variables: Mapping[str, Any]) -> None:
    """An element instance failed in a way the diagram may foresee; without a catch event it is an incident."""
    found = catcher(task, "error", code)
    if found is None:
        reason = f"no event catches the error {code}" + (f": {message}" if message else "")
        task.task_spec.stop(task, Fault(UNHANDLED_ERROR, reason))
    else:
        found.catch(variables)


class Throw(Behaviour, NoneTask):  # type: ignore[misc]
    """An end event or intermediate throw event without a job.

    What it throws is thrown after it has completed: an interrupting catch event then finds no half-done token.
    """

    def execute(self, task: Task) -> bool | None:
        """Leave, if the error it throws will be caught."""
        if trigger := self.element.trigger:
            task.internal_data["code"] = self._code(task, trigger.code)
            if trigger.kind == "signal":
                task.internal_data["signal"] = listeners.name_of(task, trigger)
        if self._kind == "error" and catcher(task, "error", task.internal_data["code"]) is None:
            raise Fault(UNHANDLED_ERROR, f"no event catches the error {task.internal_data['code']}")
        return self.leave(task, {})

    @property
    def _kind(self) -> str | None:
        return self.element.trigger.kind if self.element.trigger else None

    def _code(self, task: Task, text: str | None) -> str | None:
        code = evaluate(task, text) if text else None
        if code is not None and not isinstance(code, str):
            raise Fault(EXPRESSION, f"the code {text} is {code!r}, not a text")
        return code

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        if self._kind == "terminate":
            self._terminate_others(my_task)
        elif self._kind == "link":
            source = {"from": my_task.internal_data["key"]}
            my_task.workflow.spawn(self.element.links[0], payload={}, **source)
        elif self._kind == "signal":
            name, variables = my_task.internal_data["signal"], dict(scopes.own(my_task))
            my_task.workflow.report(my_task, SignalThrown, signal_name=name, variables=variables)
        elif self._kind in ("error", "escalation"):
            code = my_task.internal_data["code"]
            if found := catcher(my_task, self._kind, code):
                found.catch({})

    def _terminate_others(self, task: Task) -> None:
        for other in task.workflow.tokens():
            if other is not task and other.id in task.workflow.tasks:
                task.workflow.terminate(other)


class Compensate(Throw):
    """An end event or intermediate throw event that undoes what completed: it stays until every handler has completed."""

    def execute(self, task: Task) -> bool | None:
        """Let the handlers of all that is to be undone begin at once."""
        activity_id = self.element.trigger.activity if self.element.trigger else ""
        undone = compensation.take(task, activity_id)
        for one in undone:
            compensation.begin(task, one)
        return None if undone else self.leave(task, {})

    def instance_completed(self, task: Task) -> None:
        """A handler or a listener is done."""
        if "stage" in task.internal_data:
            super().instance_completed(task)
        elif not task.children:
            self.resume(task, {})
