"""The same statements through the bare driver: what the engine sends is recorded, and replayed on a copy of the database."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, event
from sqlalchemy import Engine as Bind

COMMIT, ROLLBACK = "commit", "rollback"


class Statement(NamedTuple):
    """One statement as it went to the driver; `many` when it took several rows of parameters."""

    text: str
    parameters: Any
    many: bool = False


class Tape:
    """Records, while it runs, every statement and commit of an engine's connections."""

    def __init__(self, bind: Bind) -> None:
        self._recorded: list[Statement] | None = None
        event.listen(bind, "before_cursor_execute", self._statement)
        event.listen(bind, "commit", lambda _: self._end(COMMIT))
        event.listen(bind, "rollback", lambda _: self._end(ROLLBACK))

    @contextmanager
    def recording(self) -> Iterator[list[Statement]]:
        """Give the list that fills while the block runs."""
        self._recorded = recorded = []
        try:
            yield recorded
        finally:
            self._recorded = None

    def _statement(self, *seen: Any) -> None:
        connection, _, text, parameters, _, many = seen
        if self._recorded is not None and connection.get_execution_options().get("guicheng_write"):
            self._recorded.append(Statement(text, parameters, many))

    def _end(self, how: str) -> None:
        if self._recorded is not None:
            self._recorded.append(Statement(how, None))


def replay(connection: Any, statements: list[Statement]) -> float:
    """Run statements on a driver's connection, fetching every row; give the seconds it took."""
    began = time.perf_counter()
    for text, parameters, many in statements:
        if parameters is None:
            getattr(connection, text)()
            continue
        cursor = connection.cursor()
        (cursor.executemany if many else cursor.execute)(text, parameters)
        if cursor.description:
            cursor.fetchall()
        cursor.close()
    return time.perf_counter() - began


def replay_through(connection: Connection, statements: list[Statement]) -> float:
    """Run statements through SQLAlchemy, without its mapper and without building any; give the seconds it took.

    This is what the way through the library costs: no completion on it can be quicker.
    """
    began = time.perf_counter()
    for text, parameters, many in statements:
        if parameters is None:
            getattr(connection, text)()
        elif not text.startswith("BEGIN"):  # that is said by itself
            found = connection.exec_driver_sql(text, list(parameters) if many else parameters)
            if found.returns_rows:
                found.fetchall()
    return time.perf_counter() - began


def sqlite(path: Path) -> sqlite3.Connection:
    """Open a SQLite file with the engine's own pragmas."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
        connection.execute(f"PRAGMA {pragma}").close()
    return connection
