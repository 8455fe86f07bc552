"""Many threads that do something at the same moment, and what most of them do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from engine import tasks
from engine.errors import Conflict
from engine.models.task import UserTask
from engine.staff.access import Actor
from tests.world import World


def together(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all at once, each in its own thread; give each one's result or what it raised, in order."""
    gate = threading.Barrier(len(acts), timeout=120)

    def one(act: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return act()
        except Exception as error:  # noqa: BLE001 - the test says which of them are right
            return error

    with ThreadPoolExecutor(len(acts)) as executor:
        return list(executor.map(one, acts))


def winners(results: Sequence[Any], losing: type[Exception] = Conflict) -> list[Any]:
    """Give the results of those who succeeded; all others must have been refused with `losing` and nothing else."""
    refused = [one for one in results if isinstance(one, Exception)]
    unclean = [error for error in refused if not isinstance(error, losing)]
    assert unclean == [], f"not a clean {losing.__name__}: {unclean[0]!r}"
    return [one for one in results if not isinstance(one, Exception)]


def complete(world: World, actor: Actor, task: UserTask, **variables: Any) -> bool:
    """Complete a task in the version it was seen."""
    with world.engine.begin(actor) as command:
        done = tasks.complete(command, task.key, variables, version=task.version)
    return done.ran
