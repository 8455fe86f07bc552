"""Fixtures every test may use: a database of its own, an engine with a clock that can be moved, the application.

`GUICHENG_TEST_DATABASE=postgresql` runs the same tests on PostgreSQL, with server binaries from the package index.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import settings
from sqlalchemy.pool import NullPool

from engine import demo
from engine.deployment import library
from engine.engine import Engine
from engine.staff import identity
from tests.databases import ON_POSTGRESQL, SECRET, Databases, connect, databases
from tests.world import World
from web import create_app
from web.config import Config
from web.extensions import db

__all__ = ["ON_POSTGRESQL", "SECRET", "Clock"]

# Strong hashing would take most of the time of the whole suite.
STRONG = identity.HASHER
identity.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

# How long an example takes says nothing about whether it is right.
settings.register_profile("guicheng", deadline=None)
settings.load_profile("guicheng")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 11, 20, 1, 30, tzinfo=dt.UTC)  # Friday 09:30 in Shenzhen

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        """Move on by a duration (hours=…, days=…)."""
        self.now += dt.timedelta(**duration)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run only what touches a database; the rest has run already."""
    elsewhere = [item for item in items if _runs_elsewhere(item)]
    items[:] = [item for item in items if item not in set(elsewhere)]
    config.hook.pytest_deselected(items=elsewhere)


def _runs_elsewhere(item: pytest.Item) -> bool:
    if not ON_POSTGRESQL:
        return item.get_closest_marker("postgresql") is not None
    touches = "database_url" in getattr(item, "fixturenames", ())
    return not touches or item.get_closest_marker("sqlite") is not None


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def all_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    with databases(tmp_path_factory.mktemp("databases")) as found:
        yield found


def _nothing(_engine: Engine) -> None:
    pass


def _small_company(engine: Engine) -> None:
    World(engine).found()


def _demo_company(engine: Engine) -> None:
    library.deploy_shipped(engine)
    demo.load(engine)


CONTENT: dict[str, Callable[[Engine], object]] = {
    "empty": _nothing,
    "small": _small_company,
    "demo": _demo_company,
}


@pytest.fixture
def content(request: pytest.FixtureRequest) -> str:
    """What stands in the database: the small company for `world` and `app`, the demo company for `demo_engine`."""
    if "demo_engine" in request.fixturenames:
        return "demo"
    return "small" if {"world", "app"} & set(request.fixturenames) else "empty"


@pytest.fixture
def database_url(all_databases: Databases, content: str) -> Iterator[str]:
    """The URL of this test's own database."""
    url = all_databases.copy(content, CONTENT[content], Clock())
    yield url
    all_databases.drop(url)


@pytest.fixture
def engine(database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Engine]:
    """An engine on this test's own database."""
    bind = connect(database_url)
    yield Engine(bind, home=tmp_path / "home", secret=SECRET, clock=clock)
    bind.dispose()


@pytest.fixture
def world(engine: Engine) -> World:
    """A small company on an otherwise empty database."""
    return World(engine)


@pytest.fixture
def demo_engine(engine: Engine) -> Engine:
    """The demo company with the shipped procedures, without any instance."""
    return engine


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application is put together once: that takes longer than most tests."""
    return create_app(_config(tmp_path_factory.mktemp("app"), "sqlite://", Clock()))


@pytest.fixture
def own_app() -> None:
    """Gives a test that changes how the application is put together one of its own as `app`."""


@pytest.fixture
def app(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, clock: Clock
) -> Iterator[Flask]:
    """The web application on this test's own database; forms need no CSRF token here."""
    config = _config(tmp_path / "home", database_url, clock)
    if "own_app" in request.fixturenames:
        made = create_app(config)
    else:
        made = request.getfixturevalue("shared_app")
        move(made, config)
    made.config["WTF_CSRF_ENABLED"] = False
    yield made
    with made.app_context():
        db.engine.dispose()


def _config(home: Path, database_url: str, clock: Clock) -> Config:
    return Config(
        home=home,
        database_url=database_url,
        public_url="http://guicheng.test",
        secret=SECRET,
        clock=clock,
        testing=True,
    )


def move(app: Flask, config: Config) -> None:
    """Let an application run on another database, with another clock and data folder."""
    with app.app_context():
        bind = db.engines[None] = connect(config.database_url, poolclass=NullPool)
        app.extensions["config"] = config
        app.extensions["guicheng"] = Engine(
            bind, home=config.home, secret=config.secret, clock=config.clock
        )
