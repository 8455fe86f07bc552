"""Finds tokens in a running process instance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from engine.errors import NotFound
from engine.runtime import listeners

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.workflow import Instance


def alive(instance: Instance) -> list[Task]:
    """The tokens that are element instances, in the order they came."""
    tokens = [token for scope in instance.scopes() for token in scope.tokens()]
    return sorted(
        (token for token in tokens if "key" in token.internal_data),
        key=lambda token: int(token.internal_data["key"]),
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


def listening(instance: Instance, key: int) -> tuple[Task, listeners.Listener]:
    """The message subscription of that key and the token that holds it. Raises NotFound."""
    for task in instance.all_tokens():
        for listener in listeners.of(task):
            if listener["key"] == key and "name" in listener:
                return task, listener
    raise NotFound(noun="message subscription", key=key)


def due(instance: Instance, now: datetime) -> tuple[Task, listeners.Listener] | None:
    """The timer that has been due longest, with the token that holds it."""
    timers = [
        (instant, task, listener)
        for task in instance.all_tokens()
        for instant, listener in listeners.due(task)
        if instant <= now
    ]
    return min(timers, key=lambda timer: timer[0])[1:] if timers else None
