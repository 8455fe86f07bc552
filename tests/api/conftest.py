"""A live server on the loopback, and the official client for each person of the small company."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from camunda_orchestration_sdk import CamundaClient
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.pool import NullPool
from waitress.server import create_server

from engine import database
from engine.engine import Engine
from engine.worker import run_due
from tests.conftest import SECRET, Clock
from tests.world import PASSWORD, World
from web import create_app
from web.config import Config
from web.extensions import db

Client = Callable[[str], CamundaClient]


@pytest.fixture(scope="session")
def template_database(template_database: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The database of the small company, founded once."""
    bind = database.connect(template_database, poolclass=NullPool)
    World(Engine(bind, home=tmp_path_factory.mktemp("home"), secret=SECRET)).found()
    bind.dispose()
    return template_database


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


@pytest.fixture
def app(engine: Engine, database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    app = create_app(
        Config(
            home=tmp_path / "home",
            database_url=database_url,
            public_url="http://guicheng.test",
            secret=SECRET,
            clock=clock,
            testing=True,
        )
    )
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    """Plain HTTP, where the official client would not send what is tested."""
    return app.test_client()


@pytest.fixture
def server(app: Flask) -> Iterator[str]:
    """The address of the application, served by the server it is delivered with."""
    served = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=served.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.effective_port}"
    served.task_dispatcher.shutdown()
    served.close()
    thread.join(5)


@pytest.fixture
def client(server: str) -> Iterator[Client]:
    """The official client of a person, signed in with the password."""
    opened: dict[str, CamundaClient] = {}

    def of(username: str) -> CamundaClient:
        if username not in opened:
            opened[username] = CamundaClient(
                configuration={
                    "CAMUNDA_REST_ADDRESS": server,
                    "CAMUNDA_AUTH_STRATEGY": "BASIC",
                    "CAMUNDA_BASIC_AUTH_USERNAME": username,
                    "CAMUNDA_BASIC_AUTH_PASSWORD": PASSWORD,
                }
            )
        return opened[username]

    yield of
    for one in opened.values():
        one.close()


@pytest.fixture
def work(engine: Engine) -> Callable[[], int]:
    """Do what the worker would do now."""
    return lambda: run_due(engine)
