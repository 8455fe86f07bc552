"""Many threads that do something at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from engine.errors import Conflict


def together(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all at once, each in its own thread; give each one's result or what it raised, in order."""
    gate = threading.Barrier(len(acts), timeout=30)

    def one(act: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as executor:
        return list(executor.map(one, acts))


def winners(results: Sequence[Any], losing: type[Exception] = Conflict) -> list[Any]:
    """Give the results of those who succeeded; all others must have been refused with `losing` and nothing else."""
    refused = [one for one in results if isinstance(one, Exception)]
    for error in refused:
        if not isinstance(error, losing):
            raise AssertionError(f"not a clean {losing.__name__}: {error!r}") from error
    return [one for one in results if not isinstance(one, Exception)]
