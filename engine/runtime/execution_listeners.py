"""Execution listeners: jobs that are done before an element begins its work, or before the token leaves it.

Each is a token below the one of its element, one after the other, so that it is found, retried, saved and ended with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.defaults import ServiceTask

from engine.runtime import scopes
from engine.runtime.activities import open_job
from engine.runtime.behaviour import Behaviour
from engine.runtime.events import LISTENER_EVENT

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.diagram import Listener
    from engine.runtime.specs import ProcessSpec


class ListenerJob(Behaviour, ServiceTask):  # type: ignore[misc]
    """One listener of an element. What it gives back belongs to the element at its start, and goes outwards at its end."""

    completable = True

    def __init__(
        self, process_spec: ProcessSpec, owner: Behaviour, listener: Listener, number: int
    ) -> None:
        self.listener = listener
        element = owner.element
        super().__init__(process_spec, element, name=f"{element.id} [{listener.event} {number}]")
        self.kind = "executionListener"
        self.input_mappings = self.output_mappings = self.boundary = ()
        self.body = owner

    def identify(self, task: Task) -> None:
        """Give it a key; it is no element instance of its own."""
        if "key" not in task.internal_data:
            task.internal_data["key"] = task.workflow.top_workflow.context.new_key()

    def execute(self, task: Task) -> None:
        """Open the job, with the headers of the element and its own."""
        one = self.listener
        headers = {**self.element.headers, **one.headers, LISTENER_EVENT: one.event}
        open_job(task, one.type, one.retries, headers)

    def deliver(self, task: Task, variables: Mapping[str, Any]) -> None:
        """Give the variables to the element, or past it."""
        if self.listener.event == "start":
            scopes.write(task.parent, scopes.own(task.parent), variables)
        else:
            scopes.propagate(task.parent, variables, above=True)

    def depart(self, task: Task) -> None:
        """Nowhere: the element goes on."""

    def _on_complete_hook(self, my_task: Task) -> None:
        """Nothing is reported: no element has completed."""


def attach(process_spec: ProcessSpec, owner: Behaviour) -> None:
    """Give an element's behaviour its execution listeners, in the order they are drawn."""
    for number, listener in enumerate(owner.element.execution_listeners):
        made = ListenerJob(process_spec, owner, listener, number)
        owner.listener_jobs.setdefault(listener.event, []).append(made)
