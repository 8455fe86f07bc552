"""Events that wait: start, intermediate, boundary, receive tasks and the event-based gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.defaults import NoneTask

from engine.runtime import listeners
from engine.runtime.behaviour import Behaviour, payload_of

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.diagram import Element


class Occurred(Behaviour, NoneTask):  # type: ignore[misc]
    """A start or boundary event: the token stands for what has already happened."""

    def execute(self, task: Task) -> bool | None:
        """Pass on what the event brought along."""
        return self.leave(task, payload_of(task) or {})


class Catch(Behaviour, NoneTask):  # type: ignore[misc]
    """An intermediate catch event or receive task: waits for its message or time."""

    def execute(self, task: Task) -> bool | None:
        """Listen; behind an event-based gateway or a link it has already happened."""
        payload = payload_of(task)
        if payload is not None:
            return self.leave(task, payload)
        listeners.open_(task, [self.element], key=task.internal_data["key"])
        return None

    def triggered(self, task: Task, element: Element, variables: Mapping[str, Any]) -> None:
        """Go on, unless it was a boundary event of a receive task."""
        if element.id == self.element.id:
            listeners.close(
                task, [one for one in listeners.of(task) if one["element"] == element.id]
            )
            self.resume(task, variables)
        else:
            super().triggered(task, element, variables)


class EventGateway(Behaviour, NoneTask):  # type: ignore[misc]
    """Waits for the first of several events."""

    def execute(self, task: Task) -> None:
        """Listen for all of them."""
        flows = [self.process_spec.flows[id_] for id_ in self.element.outgoing]
        listeners.open_(task, [self.process_spec.elements[flow.target] for flow in flows])

    def triggered(self, task: Task, element: Element, variables: Mapping[str, Any]) -> None:
        """Go on to the event that happened."""
        taken = [
            id_
            for id_ in self.element.outgoing
            if self.process_spec.flows[id_].target == element.id
        ]
        task.internal_data.update(flows=taken, payload=dict(variables))
        task.complete()
