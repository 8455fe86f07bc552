"""Conditional events: conditions are asked when they begin to wait, and when a variable that they see changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.runtime import listeners, scopes
from engine.runtime.evaluation import attempt

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.scopes import Change
    from engine.runtime.workflow import Instance


def ask(instance: Instance) -> None:
    """Let every event happen whose condition holds now and whose variables have changed since it was last asked.

    What happens may change variables in turn; those count at the next step. A condition that is not true, null included, does
    not happen.
    """
    if not instance.changed and not instance.fresh:
        return
    changed, fresh = instance.changed, instance.fresh
    instance.changed, instance.fresh = [], []
    for task, listener in _waiting(instance):
        is_fresh = any(listener is one for one in fresh)
        still = task.id in task.workflow.tasks and listener in listeners.of(task)
        if still and (is_fresh or _concerns(task, listener, changed)) and _holds(task, listener):
            instance.meter.count_step(listener["element"])
            listeners.heard(task, listener, {})


def _waiting(instance: Instance) -> list[tuple[Task, listeners.Listener]]:
    return [
        (task, listener)
        for task in instance.all_tokens()
        for listener in listeners.of(task)
        if "condition" in listener
    ]


def _concerns(task: Task, listener: listeners.Listener, changed: Sequence[Change]) -> bool:
    trigger = task.workflow.spec.elements[listener["element"]].trigger
    seen = list(scopes.chain(task))
    return any(
        any(change.scope is scope for scope in seen)
        and (not trigger.filter_names or change.name in trigger.filter_names)
        and (not trigger.filter_changes or change.kind in trigger.filter_changes)
        for change in changed
    )


def _holds(task: Task, listener: listeners.Listener) -> bool:
    return attempt(task, [listener["condition"]])[0].value is True
