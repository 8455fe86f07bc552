from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine import registry
from engine.access import SYSTEM
from engine.engine import Engine
from tests.conftest import SECRET, Clock
from tests.world import PASSWORD, World
from web import create_app
from web.config import Config
from web.extensions import db

SignIn = Callable[..., FlaskClient]


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
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, world: World) -> SignIn:
    def enter(username: str) -> FlaskClient:
        client = app.test_client()
        answer = client.post("/login", data={"username": username, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return client

    return enter


AddUnit = Callable[[str, str], int]


@pytest.fixture
def add_unit(world: World) -> AddUnit:
    def add(label: str, site: str) -> int:
        code, entrance, room = label.split("-")
        with world.engine.begin(SYSTEM) as command:
            where = command.session.merge(world.site(site), load=False)
            building = registry.register_building(command, where, code=code, name=f"{code}栋")
            unit = registry.register_unit(
                command, building, room=room, entrance=entrance, floor=int(room[:-2])
            )
            return unit.id

    return add
