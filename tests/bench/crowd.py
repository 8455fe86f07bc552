"""A company with a great many open tasks and waiting instances: what an inbox page and looking for due timers cost."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine as Bind

from engine import inbox, worker
from engine.models.instance import ProcessInstance
from engine.models.task import UserTask
from tests.bench.measures import prepare
from tests.world import World

Page = Callable[[Any], object]
FEW, MANY = 1_000, 1_000_000
OWN, TIMES, SEARCHES = 200, 60, 10
WARM = 3  # the first ones fill the caches of statements and pages
NUMBERS = """WITH RECURSIVE numbers(n) AS (
  SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) """


def measure(few: Bind, many: Bind, folder: Path) -> dict[str, float]:
    """Fill two databases with few and many open tasks; give growth and 99th percentile of a page, a search, and due timers.

    The growth is that of the page that grows most.
    """
    worlds = [_crowded(bind, last, folder) for bind, last in ((few, FEW), (many, MANY))]
    pages = _in_turns(worlds)
    growth = [statistics.median(grown) / statistics.median(page) for page, grown in pages]
    slowest = statistics.quantiles([one for _, grown in pages for one in grown], n=100)[-1]
    return {
        "inbox_growth_1m": round(max(growth), 2),
        "inbox_p99_ms_1m": round(slowest, 2),
        "inbox_search_ms_1m": round(statistics.median(_searches(worlds[-1])), 2),
        "due_timers_ms_1m": round(_due(worlds[-1]), 3),
    }


def _crowded(bind: Bind, last: int, folder: Path) -> World:
    world = prepare(bind, folder)
    started = world.start("approval")
    _fill(bind, started.key, last)
    return world


def _fill(bind: Bind, key: int, last: int) -> None:
    """Copy the instance and its task: 200 are the assistant's own, the others for all of the role; every timer lies ahead."""
    soon = "'2030-01-01 00:00:00.000000'"
    if bind.dialect.name == "postgresql":
        soon += "::timestamptz"
    own = "(SELECT id FROM \"user\" WHERE username = 'assistant')"
    instance = {"key": f"{key} - n", "number": "'RH-' || n", "next_due": soon}
    task = {
        "key": f"{key} - n",
        "instance_key": f"{key} - n",
        "assignee_id": f"CASE WHEN n <= {OWN} THEN {own} END",
        "due_at": f"CASE WHEN n / 5 * 5 < n THEN {soon} END",
        "check_at": soon,
    }
    with bind.begin() as connection:
        for model, changed, like in (
            (ProcessInstance, instance, "key"),
            (UserTask, task, "instance_key"),
        ):
            copied = _copy(model.__tablename__, list(model.__table__.columns.keys()), changed)
            which = f' WHERE source."{like}" = {key}'
            connection.exec_driver_sql(NUMBERS.format(last=last) + copied + which)
    if bind.dialect.name == "postgresql":  # which learns this by itself in time; SQLite never does
        with bind.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _copy(table: str, columns: list[str], changed: dict[str, str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(changed.get(name, f'source."{name}"') for name in columns)
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} AS source, numbers"


def _pages(world: World) -> list[Page]:
    """The pages of an inbox: own tasks, tasks to take, the page after that, and the counts of all boxes."""
    actor = world.actor("assistant")
    now = world.engine.clock()
    wanted = inbox.Filter(now=now)
    with world.engine.read() as session:
        after = inbox.claimable(session, actor, wanted).next or ""
    return [
        lambda session: inbox.mine(session, actor, wanted),
        lambda session: inbox.claimable(session, actor, wanted),
        lambda session: inbox.claimable(session, actor, wanted, after=after),
        lambda session: inbox.counts(session, actor, now, now + dt.timedelta(hours=8)),
    ]


def _in_turns(worlds: list[World]) -> list[list[list[float]]]:
    """Give the milliseconds of each page in each world, asked for in turns, so that both see the same machine."""
    asked = zip(*(_pages(world) for world in worlds), strict=True)
    return [[list(times) for times in zip(*_rounds(worlds, pages), strict=True)] for pages in asked]


def _rounds(worlds: list[World], pages: Sequence[Page]) -> Iterator[list[float]]:
    for number in range(TIMES + WARM):
        times = [_time(world, page) for world, page in zip(worlds, pages, strict=True)]
        if number >= WARM:
            yield times


def _time(world: World, page: Page) -> float:
    with world.engine.read() as session:
        began = time.perf_counter()
        page(session)
        return (time.perf_counter() - began) * 1000


def _searches(world: World) -> list[float]:
    """Time a search through the tasks to take that finds nothing."""
    actor, wanted = world.actor("assistant"), inbox.Filter(text="nowhere to be found")
    search: Page = lambda session: inbox.claimable(session, actor, wanted)  # noqa: E731
    return [_time(world, search) for _ in range(SEARCHES + WARM)][WARM:]


def _due(world: World) -> float:
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        assert not worker.due_timers(world.engine)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
