"""Kill after kill: a drill on a fresh database, interrupted at a point, looked at, taken up again and compared."""

from __future__ import annotations

import datetime as dt
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from engine.engine import Engine
from engine.store import database
from tests.databases import SECRET, Databases
from tests.faults import facts
from tests.faults.drill import BEGIN
from tests.faults.facts import Facts
from tests.faults.invariants import broken
from tests.faults.points import POINTS
from tests.faults.victim import DRILLS, sacrifice, spare
from tests.world import World

TEMPLATE = "drills"
# Until the leases of a dead worker and the pauses of a failed attempt are over.
LATE = dt.timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Kill:
    """One process that was killed, and what was wrong afterwards."""

    drill: str
    point: str
    number: int
    faults: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Course:
    """A drill that nobody interrupted: what it left, and how often it came by each point."""

    facts: Facts
    counts: dict[str, int]


class Range:
    """Where processes are killed: a fresh copy of a prepared company for each."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        self._databases, self._folder = databases, folder
        self._courses: dict[str, Course] = {}
        self._made = 0

    def course(self, drill: str) -> Course:
        """Give what a drill leaves when nobody interrupts it."""
        if drill not in self._courses:
            with self._engine() as engine:
                counts = spare(engine, drill)
                self._courses[drill] = Course(facts=facts.of(engine), counts=counts)
                if wrong := broken(engine):
                    raise AssertionError(f"{drill} without a kill: {wrong}")
        return self._courses[drill]

    def kill(self, drill: str, point: str, number: int) -> Kill:
        """Kill a process at a point of its work, take the work up again, and tell what is wrong."""
        expected = self.course(drill).facts
        with self._engine() as engine:
            ended = sacrifice(engine, drill, (point, number))
            wrong = (
                [] if ended == -signal.SIGKILL else [f"it was not killed but ended with {ended}"]
            )
            wrong += [f"at once: {one}" for one in broken(engine)]
            DRILLS[drill].run(engine, late=LATE)
            wrong += [f"afterwards: {one}" for one in broken(engine)]
            wrong += facts.differences(expected, facts.of(engine))
        return Kill(drill=drill, point=point, number=number, faults=tuple(wrong))

    @contextmanager
    def _engine(self) -> Iterator[Engine]:
        self._made += 1
        url = self._databases.copy(TEMPLATE, fill, lambda: BEGIN)
        bind = database.connect(url)
        home = self._folder / f"home{self._made}"
        try:
            yield Engine(bind, home=home, secret=SECRET, clock=lambda: BEGIN)
        finally:
            bind.dispose()
            self._databases.drop(url)


def fill(engine: Engine) -> None:
    """Found the company and deploy what the drills need."""
    world = World(engine).found()
    for drill in DRILLS.values():
        world.deploy(dict(drill.files), family=drill.process_id)


def plan(range_: Range, kills: int, seed: int) -> Iterator[tuple[str, str, int]]:
    """Give so many drills, points and numbers by chance: every drill in turn, every point it comes by as likely as others."""
    chance = random.Random(seed)
    drills = list(DRILLS)
    chance.shuffle(drills)
    for turn in range(kills):
        drill = drills[turn % len(drills)]
        counts = range_.course(drill).counts
        point = chance.choice([one for one in POINTS if counts[one]])
        yield drill, point, chance.randint(1, counts[point])


def run(
    range_: Range, kills: int, seed: int, tell: Callable[[Kill], object] = lambda _: None
) -> list[Kill]:
    """Kill so many processes, or until somebody interrupts it; `tell` hears of each."""
    done: list[Kill] = []
    with suppress(KeyboardInterrupt):
        for drill, point, number in plan(range_, kills, seed):
            done.append(range_.kill(drill, point, number))
            tell(done[-1])
    return done
