"""A process that does a day's work on a database until it is killed in the middle of it.

It kills itself with SIGKILL, which nothing can catch, at the n-th occurrence of a named point.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from engine import attachments, database, tasks, worker
from engine.access import load_actor
from engine.engine import Engine
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.task import CREATED, UserTask
from tests.databases import SECRET
from tests.faults import diagrams
from tests.world import World

PICTURE = b"\x89PNG\r\n\x1a\n" + b"picture "
NO_POINT = ("never", 0)
# Importing the engine takes most of a victim's life; those that fork from a process that has done so start at once.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["__main__", __name__])


def die() -> None:
    """End as a machine without power ends."""
    os.kill(os.getpid(), signal.SIGKILL)


def sacrifice(engine: Engine, work: str, point: tuple[str, int]) -> int | None:
    """Let a process do some work until that point; give how it ended (-9 when it was killed)."""
    victim = begin(engine, work, point)
    victim.join(timeout=30)
    return victim.exitcode


def begin(engine: Engine, work: str, point: tuple[str, int] = NO_POINT) -> Any:
    """Start a process that does some work on the engine's database and data folder, at the time it is there."""
    url = engine.bind.url.render_as_string(hide_password=False)
    victim = _processes.Process(target=live, args=(url, engine.home, engine.clock(), work, point))
    victim.start()
    return victim


def live(url: str, home: Path, now: dt.datetime, work: str, point: tuple[str, int]) -> None:
    """Work, and die at the n-th time that point is reached."""
    engine = Engine(database.connect(url), home=home, secret=SECRET, clock=lambda: now)
    _arm(engine, *point)
    WORKS[work](engine)
    engine.bind.dispose()


def _arm(engine: Engine, point: str, number: int) -> None:
    left = number

    def count(*_args: object, **_kwargs: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            die()

    if point == "before a statement":
        event.listen(engine.bind, "before_cursor_execute", count)
    elif point == "before a commit":
        event.listen(Session, "before_commit", count)
    elif point == "after a commit":
        event.listen(Session, "after_commit", count)
    elif point == "in an after-commit callback":
        engine.on_work(count)


def begin_day(engine: Engine) -> None:
    """Begin the errands that nobody has begun: one through the park and one across the bridge."""
    with engine.read() as session:
        begun = [one.variables["trip"] for one in session.scalars(select(ProcessInstance))
                 if one.process_id == "errand"]  # fmt: skip
    for trip in ("bridge", "park"):
        if trip not in begun:
            World(engine).start("errand", {"trip": trip, "rounds": 0})


def go_on(engine: Engine) -> None:
    """Do what people and workers find to do until nothing is left."""
    while _complete_all(engine) + worker.run_due(engine):
        pass


def _complete_all(engine: Engine) -> int:
    with engine.read() as session:
        query = select(UserTask).where(UserTask.state == CREATED).order_by(UserTask.key)
        found = session.scalars(query).all()
        clerk = session.scalars(select(User.id).where(User.username == "clerk")).one()
        actor = load_actor(session, clerk)
    assert actor is not None
    for task in found:
        with engine.begin(actor) as command:
            instance, _ = tasks.lock(command, task.key)
            rounds = instance.variables.get("rounds", 0)
            photo = attachments.store(
                command, task.site_id, PICTURE + str(task.key).encode(), "photo.png",
                task_key=task.key, instance_key=task.instance_key,
            )  # fmt: skip
            variables = {"rounds": rounds + 1} if task.element_id == "work" else {}
            tasks.complete(command, task.key, {"photo": str(photo.key), **variables})
    return len(found)


def whole_day(engine: Engine) -> None:
    """Begin the errands and bring them to their end."""
    begin_day(engine)
    go_on(engine)


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
    "whole day": whole_day,
    "worker": worker.run_due,
    "release": release,
    "tread": tread,
}
