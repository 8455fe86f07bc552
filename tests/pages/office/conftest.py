from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine import registry
from engine.staff.access import SYSTEM
from tests.world import World


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


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
