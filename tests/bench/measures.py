"""What one completion costs at the service level: time, statements on the wire, commits, rows, bytes."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Connection, event, func, select, text
from sqlalchemy import Engine as Bind

from engine import tasks
from engine.engine import Engine
from engine.models import Base
from engine.store import database, schema
from tests.bench import bare, servers
from tests.world import World

HERE = Path(__file__).parent
FILES = {name: (HERE / name).read_bytes() for name in ("approval.bpmn", "approval.step.form")}
FORM = {"title": "a title", "count": "3", "agreed": True}


def sqlite(folder: Path, instances: int) -> dict[str, float]:
    """Measure on SQLite beside the bare driver, and count what a completion writes."""
    path, copy, third = (folder / f"{name}.sqlite" for name in ("bench", "bare", "core"))
    bind = servers.sqlite(path)
    world = prepare(bind, folder)
    _warm_up(world, bind)
    shutil.copy(path, copy)
    shutil.copy(path, third)
    core = servers.sqlite(third)
    with closing(bare.sqlite(copy)) as driver, core.connect() as connection:
        results = _beside(world, bind, (driver, _writing(connection)), instances, "sqlite")
    core.dispose()
    results |= _counted(world, bind)
    results["bytes_per_instance"] = _bytes_per_instance(world, bind)
    bind.dispose()
    return results


def postgresql(folder: Path, instances: int) -> dict[str, float]:
    """Measure on PostgreSQL beside the bare driver."""
    with servers.postgresql(folder) as server:
        bind = server.create("bench")
        world = prepare(bind, folder)
        _warm_up(world, bind)
        server.create("bare", template="bench").dispose()
        core = server.create("core", template="bench")
        with closing(psycopg.connect(server.uri("bare"))) as driver, core.connect() as connection:
            results = _beside(world, bind, (driver, _writing(connection)), instances, "postgresql")
        core.dispose()
        bind.dispose()
    return results


def _warm_up(world: World, bind: Bind) -> None:
    """Fill the caches, and leave the database so that it can be copied."""
    for _ in _completions(world, 20, bare.Tape(bind)):
        pass
    bind.dispose()


def _writing(connection: Connection) -> Connection:
    return connection.execution_options(**database.WRITE)


def _beside(
    world: World, bind: Bind, copies: tuple[Any, Connection], instances: int, name: str
) -> dict[str, float]:
    """Complete tasks and replay the same statements on the copies, in turns, so that all see the same machine."""
    driver, connection = copies
    seconds: list[tuple[float, float, float]] = []
    for turn in _completions(world, instances, bare.Tape(bind)):
        driven = bare.replay(driver, turn.statements)
        through = bare.replay_through(connection, turn.statements)
        if turn.seconds is not None:
            seconds.append((turn.seconds, driven, through))
    took, floor, core = (statistics.median(each) * 1000 for each in zip(*seconds, strict=True))
    return {
        f"complete_{name}_ms": round(took, 3),
        f"bare_sql_{name}_ms": round(floor, 3),
        f"core_sql_{name}_ms": round(core, 3),
        f"complete_{name}_over_bare_sql": round(took / floor, 2),
    }


class Turn(NamedTuple):
    """What was sent to the database for a start or a completion, and the seconds a completion took."""

    statements: list[bare.Statement]
    seconds: float | None


def _completions(world: World, instances: int, tape: bare.Tape) -> Iterator[Turn]:
    actor = world.actor("assistant")
    for _ in range(instances):
        with tape.recording() as statements:
            started = world.start("approval")
        yield Turn(statements, None)
        for _ in range(3):
            (task,) = world.open_tasks(started)
            with tape.recording() as statements:
                began = time.perf_counter()
                with world.engine.begin(actor) as command:
                    tasks.complete(command, task.key, FORM, version=task.version)
                took = time.perf_counter() - began
            yield Turn(statements, took)


def prepare(bind: Bind, folder: Path) -> World:
    """Make a company with the bench's process on an empty database."""
    schema.upgrade(bind)
    world = World(Engine(bind, home=folder, secret=b"bench")).found()
    world.deploy(FILES)
    return world


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
