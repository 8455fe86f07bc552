"""A company with a great many open tasks and waiting instances: what an inbox page and looking for due timers cost."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine as Bind

from engine import inbox, worker
from engine.models.instance import ProcessInstance
from engine.models.task import UserTask
from tests.bench.measures import prepare
from tests.world import World

FEW, MANY = 1_000, 1_000_000
OWN, TIMES = 200, 60
NUMBERS = """WITH RECURSIVE numbers(n) AS (
  SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last}) """


def measure(bind: Bind, folder: Path) -> dict[str, float]:
    """Fill a database with few, then many open tasks; give growth and 99th percentile of a page, and due timers."""
    world = prepare(bind, folder)
    started = world.start("approval")
    _fill(bind, started.key, 1, FEW)
    few = _pages(world)
    _fill(bind, started.key, FEW + 1, MANY)
    many = _pages(world)
    return {
        "inbox_growth_1m": round(statistics.median(many) / statistics.median(few), 2),
        "inbox_p99_ms_1m": round(statistics.quantiles(many, n=100)[-1], 2),
        "inbox_search_ms_1m": round(statistics.median(_searches(world)), 2),
        "due_timers_ms_1m": round(_due(world), 3),
    }


def _fill(bind: Bind, key: int, first: int, last: int) -> None:
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
            connection.exec_driver_sql(NUMBERS.format(first=first, last=last) + copied + which)
    with bind.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _copy(table: str, columns: list[str], changed: dict[str, str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(changed.get(name, f'source."{name}"') for name in columns)
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} AS source, numbers"


def _pages(world: World) -> list[float]:
    """Time the pages of an inbox: own tasks, tasks to take, the page after that, and the counts of all boxes."""
    actor = world.actor("assistant")
    now = world.engine.clock()
    wanted = inbox.Filter(now=now)
    with world.engine.read() as session:
        after = inbox.claimable(session, actor, wanted).next or ""
    asked: list[Callable[[Any], object]] = [
        lambda session: inbox.mine(session, actor, wanted),
        lambda session: inbox.claimable(session, actor, wanted),
        lambda session: inbox.claimable(session, actor, wanted, after=after),
        lambda session: inbox.counts(session, actor, now, now + dt.timedelta(hours=8)),
    ]
    return [one for ask in asked for one in _times(world, ask)]


def _searches(world: World) -> list[float]:
    """Time a search through the tasks to take that finds nothing."""
    actor, wanted = world.actor("assistant"), inbox.Filter(text="nowhere to be found")
    return list(_times(world, lambda session: inbox.claimable(session, actor, wanted), 5))


def _times(world: World, ask: Callable[[Any], object], times: int = TIMES) -> Iterable[float]:
    for number in range(times + 3):
        with world.engine.read() as session:
            began = time.perf_counter()
            ask(session)
            took = (time.perf_counter() - began) * 1000
        if number >= 3:  # the first ones fill the caches of statements and pages
            yield took


def _due(world: World) -> float:
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        assert not worker.due_timers(world.engine)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
