"""What tests of pages share: people who sign in through the door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world import PASSWORD, World

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def sign_in(app: Flask, world: World) -> SignIn:
    """Give the browser of a person, signed in."""

    def enter(username: str) -> FlaskClient:
        client = app.test_client()
        answer = client.post("/login", data={"username": username, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return client

    return enter
