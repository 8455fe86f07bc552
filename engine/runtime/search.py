"""Finds tokens in a running process instance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from engine.errors import NotFound, Rejected
from engine.runtime import listeners
from engine.runtime.events import Active
from engine.runtime.multi_instance import MultiInstance

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.workflow import Instance


Due = tuple["Task", listeners.Listener]


def alive(instance: Instance) -> list[Active]:
    """The element instances that are alive, in the order they came."""
    tokens = [token for scope in instance.scopes() for token in scope.tokens()]
    found = [_active(token) for token in tokens if "key" in token.internal_data]
    return sorted(found, key=lambda active: active.key)


def _active(task: Task) -> Active:
    spec, data = task.task_spec, task.internal_data
    return Active(
        key=data["key"],
        element_id=spec.element.id,
        process_id=spec.element.process_id,
        type=spec.kind,
        scope_key=task.workflow.scope_key(task),
        incident=data.get("incident"),
    )


def find(instance: Instance, key: int, wanted: Callable[[Task], bool] = lambda _: True) -> Task:
    """The element instance of that key. Raises NotFound if it is not alive or not as wanted."""
    for task in instance.all_tokens():
        if task.internal_data.get("key") == key and wanted(task):
            return task
    raise NotFound(noun="element instance", key=key)


def working(instance: Instance, key: int) -> Task:
    """The user task or job of that key, if it waits to be completed."""
    return find(
        instance, key, lambda task: task.task_spec.completable and task.task_spec.is_working(task)
    )


def body(task: Task) -> Task | None:
    """The multi-instance body the token is or belongs to, None if it has nothing to do with one."""
    found = _owner(task)
    runs = isinstance(found.task_spec, MultiInstance) and "size" in found.internal_data
    return found if runs else None


def around(task: Task) -> Task:
    """The token that stands in the scope: this one, or the one it works for as an instance, a listener or a handler."""
    while task.task_spec.instance_of_body:
        task = task.parent
    return task.parent if undoes(task) else task


def undoes(task: Task) -> bool:
    """Whether the token is a compensation handler at work, below the event that compensates."""
    spec = task.task_spec
    return bool(spec.element.for_compensation and not spec.instance_of_body)


def _owner(task: Task) -> Task:
    while task.task_spec.instance_of_body:
        task = task.parent
    return task


def beside(task: Task, element_id: str) -> Task:
    """The token that must leave for another to stand on that element: this one, its body, or what is around it.

    Raises Rejected if the element lies in none of the scopes around the token.
    """
    current: Task | None = task
    while current is not None:
        spec = current.workflow.spec
        if any(element.id == element_id for element in spec.diagram.inside(spec.name)):
            return around(current)
        current = current.workflow.host
    raise Rejected(reason=f"{element_id} is not in a scope around {task.task_spec.element.id}")


def listening(instance: Instance, key: int) -> tuple[Task, listeners.Listener]:
    """The message or signal subscription of that key and the token that holds it. Raises NotFound."""
    for task in instance.all_tokens():
        for listener in listeners.of(task):
            if listener["key"] == key and listeners.ADDRESSED & listener.keys():
                return task, listener
    raise NotFound(noun="subscription", key=key)


def due(instance: Instance, now: datetime) -> list[Due]:
    """The timers that are due, the one due longest first, with the tokens that hold them."""
    timers = [
        (instant, task, listener)
        for task in instance.all_tokens()
        for instant, listener in listeners.due(task)
        if instant <= now
    ]
    return [timer[1:] for timer in sorted(timers, key=lambda timer: timer[0])]
