"""A live server on the loopback, and the official client for each person of the small company."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from camunda_orchestration_sdk import CamundaClient
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from engine.engine import Engine
from engine.worker import run_due
from tests.world import PASSWORD

Client = Callable[[str], CamundaClient]


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    """Plain HTTP, where the official client would not send what is tested."""
    return app.test_client()


@pytest.fixture
def server(app: Flask) -> Iterator[str]:
    """The address of the application on the loopback."""
    served = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    thread.join()
    served.server_close()


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
