"""Keys: ordered by time, exact as doubles, unique over threads and processes."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy.pool import NullPool

from engine.engine import Engine
from engine.store import database
from engine.store.keys import EPOCH_MS, KeyGenerator
from tests.databases import SECRET

DAY_MS = 24 * 3600 * 1000
MOMENT = EPOCH_MS + 300 * DAY_MS


class Time:
    """The wall clock of this machine, in a test's hands."""

    def __init__(self, milliseconds: int) -> None:
        self.now = milliseconds

    def __call__(self) -> int:
        return self.now * 1_000_000


@pytest.fixture
def wall_clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    found = Time(MOMENT)
    monkeypatch.setattr(time, "time_ns", found)
    return found


def test_keys_of_one_generator_ascend_also_within_a_millisecond(wall_clock: Time) -> None:
    new_key = KeyGenerator(7)
    keys = [new_key() for _ in range(1000)]
    assert all(one < other for one, other in pairwise(keys))
    wall_clock.now += 1
    assert new_key() > keys[-1]


def test_keys_are_exact_as_doubles_for_decades(wall_clock: Time) -> None:
    wall_clock.now = EPOCH_MS + 33 * 365 * DAY_MS
    new_key = KeyGenerator(63)
    assert all(int(float(key)) == key < 2**53 for key in (new_key() for _ in range(300)))


def test_a_clock_set_back_does_not_repeat_keys(wall_clock: Time) -> None:
    new_key = KeyGenerator(1)
    before = [new_key() for _ in range(200)]
    wall_clock.now -= 60_000
    after = [new_key() for _ in range(200)]
    assert min(after) > max(before)


def test_a_later_millisecond_gives_the_greater_key_whichever_process_makes_it(
    wall_clock: Time,
) -> None:
    early, late = KeyGenerator(63), KeyGenerator(0)
    key = early()
    wall_clock.now += 1
    assert late() > key


def test_nodes_keep_the_keys_of_one_moment_apart(wall_clock: Time) -> None:
    generators = [KeyGenerator(node) for node in range(1, 65)]
    keys = [new_key() for new_key in generators for _ in range(300)]
    assert len(set(keys)) == len(keys)


def test_threads_that_share_a_generator_never_get_the_same_key() -> None:
    new_key = KeyGenerator(3)

    def many(_: int) -> list[int]:
        return [new_key() for _ in range(2000)]

    with ThreadPoolExecutor(8) as executor:
        lists = list(executor.map(many, range(8)))
    assert all(one < other for keys in lists for one, other in pairwise(keys))
    assert len({key for keys in lists for key in keys}) == 8 * 2000


def test_two_engines_on_one_database_give_different_keys(engine: Engine, wall_clock: Time) -> None:
    other = Engine(engine.bind, home=engine.home, secret=SECRET, clock=engine.clock)
    keys = [one.new_key() for _ in range(300) for one in (engine, other)]
    assert len(set(keys)) == len(keys)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_an_engine_takes_a_new_node_after_a_fork(
    engine: Engine, wall_clock: Time, database_url: str
) -> None:
    # A forked process must not use the connections of its parent.
    bind = database.connect(database_url, poolclass=NullPool)
    forked = Engine(bind, home=engine.home, secret=SECRET, clock=engine.clock)
    before = forked.new_key()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, str(forked.new_key()).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        theirs = int(answer.read())
    ours = [before, *(forked.new_key() for _ in range(200))]
    assert theirs not in ours
    assert (theirs >> 7) % 64 != (before >> 7) % 64
