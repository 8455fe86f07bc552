"""Short ways to return, withdraw and vote in tests."""

from __future__ import annotations

from typing import Any

from engine import tasks
from engine.flow import returns, withdrawals
from engine.models.task import UserTask
from tests.world import World


def give_back(world: World, element_id: str, to: str, *, by: str, **more: Any) -> list[UserTask]:
    """Return the one open task of an element."""
    task = world.task(element_id)
    with world.engine.begin(world.actor(by)) as command:
        return returns.give_back(
            command, task.key, to, "not in order", version=task.version, **more
        )


def preview(world: World, element_id: str, to: str, *, by: str, **more: Any) -> returns.Plan:
    """Say what returning the one open task would do."""
    with world.engine.read() as session:
        return returns.preview(
            world.engine, session, world.actor(by), world.task(element_id).key, to, **more
        )


def targets(world: World, element_id: str) -> list[returns.Target]:
    """List where the one open task may go."""
    with world.engine.read() as session:
        return returns.targets(
            world.engine, session, session.get_one(UserTask, world.task(element_id).key)
        )


def withdraw(world: World, task: UserTask, *, by: str) -> UserTask:
    """Take a completed task back."""
    with world.engine.begin(world.actor(by)) as command:
        return withdrawals.withdraw(command, task.key)


def say(world: World, who: str, outcome: str, **more: Any) -> tasks.Completion:
    """Let a signer vote."""
    actor = world.actor(who)
    (task,) = [one for one in world.open_tasks() if one.assignee_id == actor.user_id]
    with world.engine.begin(actor) as command:
        return tasks.complete(command, task.key, {}, outcome=outcome, **more)


def steps(world: World) -> list[str]:
    """The open steps, sorted."""
    return sorted(task.element_id for task in world.open_tasks())
