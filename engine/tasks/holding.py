"""What somebody wants to do with a task while its listeners decide about it (ADR 29)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import executions, instances
from engine.engine import Command
from engine.models.instance import ProcessInstance
from engine.models.task import UserTask
from engine.runtime import TASK_LISTENERS


def listens(task: UserTask, event: str) -> bool:
    """Whether the diagram asks listeners before that is done with the task; signers have none of their own."""
    return task.parent_key is None and event in task.properties.get(TASK_LISTENERS, "").split()


def begin(
    command: Command,
    task: UserTask,
    event: str,
    action: str,
    changes: Mapping[str, Any],
    held: Mapping[str, Any],
) -> None:
    """Ask the listeners of a locked task; what is `held` is done when they let it pass, and until then nobody has the task."""
    instance = command.session.get_one(ProcessInstance, task.instance_key)
    execution = executions.load(command, instance)
    who = {"by": command.actor.user_id, "name": command.actor.name}
    execution.hold(task.key, event, action, changes, {**held, **who})
    task.state = event
    task.version += 1
    command.audit("task.held", task.element_id, on=instance, task=str(task.key), doing=action)
    instances.save(command, instance, execution)
