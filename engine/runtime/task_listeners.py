"""Task listeners: jobs that hold what somebody wants to do with a user task, may correct the task, and may deny it.

What is held waits at the user task's token as its transition; each listener is a token below it, as those of its element are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import NotFound, Rejected
from engine.runtime import scopes
from engine.runtime.activities import open_job
from engine.runtime.events import TASK_LISTENER
from engine.runtime.execution_listeners import ListenerJob
from engine.runtime.finding import Finding

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.behaviour import Behaviour
    from engine.runtime.diagram import Diagram, Element, Listener
    from engine.runtime.specs import ProcessSpec

CREATING, ASSIGNING, UPDATING, COMPLETING = "creating", "assigning", "updating", "completing"
EVENTS = (CREATING, ASSIGNING, UPDATING, COMPLETING)
DENIABLE = (ASSIGNING, UPDATING, COMPLETING)
DRAWN = "drawn"
REASONS = {"canceling": "a task that is canceled ends at once"}
PASSED_OVER = {"emptyApprovers": "skip", "repeatedApprover": "skip"}


class TaskListenerJob(ListenerJob):
    """One task listener. It gives no variables to the process, unless an operator skips it with some."""

    def __init__(
        self, process_spec: ProcessSpec, owner: Behaviour, listener: Listener, number: int
    ) -> None:
        super().__init__(process_spec, owner, listener, number)
        self.kind = "taskListener"

    def execute(self, task: Task) -> None:
        """Open the job, with what would change of the user task."""
        one, owner = self.listener, task.parent.internal_data
        headers = {**self.element.headers, **one.headers, TASK_LISTENER: one.event}
        about = {
            "task_key": owner["key"],
            "action": owner["transition"]["action"],
            "changes": dict(owner["transition"]["changes"]),
        }
        open_job(task, one.type, one.retries, headers, **about)

    def deliver(self, task: Task, variables: Mapping[str, Any]) -> None:
        """Give the variables past the user task."""
        scopes.propagate(task.parent, variables, above=True)


def attach(process_spec: ProcessSpec, owner: Behaviour) -> None:
    """Give a user task's behaviour its task listeners, in the order they are drawn."""
    for number, listener in enumerate(owner.element.task_listeners):
        made = TaskListenerJob(process_spec, owner, listener, number)
        owner.listener_jobs.setdefault(listener.event, []).append(made)


def check(diagram: Diagram) -> list[Finding]:
    """Listeners of events that nobody tells, and at steps that are done without anybody asking."""
    return [finding for element in diagram.elements.values() for finding in _check(element)]


def _check(element: Element) -> Iterator[Finding]:
    for one in element.task_listeners:
        if one.event not in EVENTS:
            what = f"A task listener of the {one.event or 'no'} event"
            yield _unsupported(element, what, REASONS.get(one.event, "it would not be called"))
        if not one.type:
            missing = {"what": "The type of the task listener"}
            yield Finding("error", "missing", element.id, element.line, missing)
    for name, value in element.properties.items() if element.task_listeners else ():
        if name == "vote" or value == PASSED_OVER.get(name):
            what = f"A task listener beside {name}"
            yield _unsupported(element, what, "the step may be done without it")


def _unsupported(element: Element, what: str, reason: str) -> Finding:
    params = {"what": what, "reason": reason}
    return Finding("error", "unsupported", element.id, element.line, params)


def hold(
    task: Task, event: str, action: str, changes: Mapping[str, Any], held: Mapping[str, Any]
) -> bool:
    """Call the listeners of that event at a user task; False, and nothing changed, when it has none."""
    spec, data = task.task_spec, task.internal_data
    if event not in spec.listener_jobs:
        return False
    data["transition"] = {"action": action, "changes": dict(changes), "held": dict(held)}
    data.setdefault("heard", {})[event] = 0
    spec.call_listener(task, event)
    return True


def correct(listener: Task, corrections: Mapping[str, Any]) -> None:
    """Keep what a listener wants changed of the user task, for the listeners after it and for the transition.

    Raises Rejected for another assignee of a task that opens with one: that is for the listeners of its assignment.
    """
    transition = _transition(listener)
    if "assignee" in corrections and DRAWN in transition["held"]:
        raise Rejected(reason="the diagram names the assignee: correct it when it is assigned")
    transition["changes"].update(corrections)


def deny(listener: Task) -> tuple[str, Mapping[str, Any]]:
    """Give up what the listener was asked about; give its event and what was held. Raises Rejected where it cannot be denied."""
    held, owner = _transition(listener)["held"], listener.parent
    event = listener.task_spec.listener.event
    if event not in DENIABLE:
        raise Rejected(reason=f"{event} a task cannot be denied")
    listener.workflow.terminate(listener)
    _settle(owner)
    return event, held


def taken(task: Task) -> Mapping[str, Any]:
    """What was held at a user task whose listeners are done; it is there no more."""
    transition: Mapping[str, Any] = task.internal_data["transition"]
    _settle(task)
    return transition


def is_held(task: Task) -> bool:
    """Whether a listener decides about the user task now."""
    return "transition" in task.internal_data


def _settle(task: Task) -> None:
    del task.internal_data["transition"]
    task.internal_data.pop("stage", None)


def _transition(listener: Task) -> dict[str, Any]:
    if not isinstance(listener.task_spec, TaskListenerJob):
        raise NotFound(noun="task listener", key=listener.internal_data["key"])
    transition: dict[str, Any] = listener.parent.internal_data["transition"]
    return transition
