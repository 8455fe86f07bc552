"""A process that works on a database until it is killed in the middle of it.

It kills itself with SIGKILL, which nothing can catch, at the n-th occurrence of a named point (`points`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import worker
from engine.engine import Engine
from engine.store import database
from tests.databases import SECRET
from tests.faults import diagrams, points
from tests.faults.drill import PICTURE
from tests.faults.drills_of_machines import OF_MACHINES
from tests.faults.drills_of_people import OF_PEOPLE
from tests.world import World

__all__ = ["PICTURE"]

DRILLS = {drill.process_id: drill for drill in (*OF_PEOPLE, *OF_MACHINES)}
NO_POINT = ("never", 0)
COUNTED = "points.json"
# Importing the engine takes most of a victim's life; those that fork from a process that has done so start at once.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["__main__", __name__])


def sacrifice(engine: Engine, work: str, point: tuple[str, int]) -> int | None:
    """Let a process do some work until that point; give how it ended (-9 when it was killed)."""
    victim = begin(engine, work, point)
    victim.join(timeout=300)
    return victim.exitcode


def spare(engine: Engine, work: str) -> dict[str, int]:
    """Let a process do some work to its end; give how often it came by each point."""
    assert sacrifice(engine, work, NO_POINT) == 0
    counted: dict[str, int] = json.loads((engine.home / COUNTED).read_text())
    return counted


def begin(engine: Engine, work: str, point: tuple[str, int] = NO_POINT) -> Any:
    """Start a process that does some work on the engine's database and data folder, at the time it is there."""
    url = engine.bind.url.render_as_string(hide_password=False)
    victim = _processes.Process(target=live, args=(url, engine.home, engine.clock(), work, point))
    victim.start()
    return victim


def live(url: str, home: Path, now: dt.datetime, work: str, point: tuple[str, int]) -> None:
    """Work, and die at the n-th time that point is reached."""
    home.mkdir(parents=True, exist_ok=True)
    engine = Engine(database.connect(url), home=home, secret=SECRET, clock=lambda: now)
    act = WORKS[work]
    if point == NO_POINT:
        with points.counting(engine, home / COUNTED):
            act(engine)
    else:
        points.arm(engine, *point)
        act(engine)
    engine.bind.dispose()


def release(engine: Engine) -> None:
    """Deploy version after version."""
    world = World(engine)
    for number in range(10):
        world.deploy({"p.bpmn": diagrams.numbered(number)})


def tread(engine: Engine) -> None:
    """Complete the one step of an endless loop, and leave a trace in a variable that only a commit keeps."""
    world = World(engine)
    for count in range(100_000):
        world.complete("work", {"trace": hashlib.sha256(str(count).encode()).hexdigest()})


WORKS: dict[str, Callable[[Engine], object]] = {
    "worker": worker.run_due,
    "release": release,
    "tread": tread,
    **{name: drill.run for name, drill in DRILLS.items()},
}
