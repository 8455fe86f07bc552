"""Who is let in: Basic credentials and bearer tokens, nobody else, and not for ever."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.engine import Engine
from engine.models.identity import ApiToken, User
from engine.staff import identity
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.world import PASSWORD, World
from web.extensions import limiter

PATH = "/v2/topology"
CLERK = ("clerk", PASSWORD)


def user(command_session: object, username: str = "clerk") -> User:
    return command_session.scalars(select(User).where(User.username == username)).one()  # type: ignore[attr-defined]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic Y2xlcms=",
        "Basic AAAAOng=",
        "Basic //79Ov8=",
        "Bearer",
        "Bearer nonsense",
        "Digest username=clerk",
        "Bearer " + "x" * 5000,
    ],
)
def test_refuses_what_are_no_credentials(http: FlaskClient, header: str) -> None:
    answer = http.get(PATH, headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert answer.content_type == "application/problem+json"


def test_lets_in_with_the_password_and_not_with_another(http: FlaskClient) -> None:
    assert http.get(PATH, auth=CLERK).status_code == 200
    assert http.get(PATH, auth=("clerk", PASSWORD + "x")).status_code == 401
    assert http.get(PATH, auth=("nobody", PASSWORD)).status_code == 401


def test_a_session_cookie_means_nothing(http: FlaskClient, world: World) -> None:
    with world.engine.begin(SYSTEM) as command:
        token = identity.open_session(command, user(command.session))
    http.set_cookie("guicheng_session", token)
    assert http.get(PATH).status_code == 401
    assert http.post("/v2/user-tasks/search", json={}).status_code == 401


def test_a_password_is_hashed_once_a_minute(
    http: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    hashed: list[str] = []
    verify = identity.HASHER.verify

    class Counting:
        def verify(self, known: str, password: str) -> bool:
            hashed.append(password)
            return verify(known, password)

    monkeypatch.setattr(identity, "HASHER", Counting())
    # when
    for _ in range(5):
        http.get(PATH, auth=CLERK)
    clock.forward(seconds=61)
    http.get(PATH, auth=CLERK)
    # then
    assert len(hashed) == 2


def test_a_changed_password_is_worth_nothing_at_once(http: FlaskClient, world: World) -> None:
    assert http.get(PATH, auth=CLERK).status_code == 200
    with world.engine.begin(world.actor("clerk")) as command:
        identity.change_password(command, PASSWORD, "another horse, another battery")
    assert http.get(PATH, auth=CLERK).status_code == 401


def test_a_closed_account_is_shut_out_at_once(http: FlaskClient, world: World) -> None:
    with world.engine.begin(SYSTEM) as command:
        token = identity.create_token(command, user(command.session), "ci")
    assert http.get(PATH, auth=CLERK).status_code == 200
    assert http.get(PATH, headers=bearer(token)).status_code == 200
    with world.engine.begin(SYSTEM) as command:
        user(command.session).active = False
    assert http.get(PATH, auth=CLERK).status_code == 401
    assert http.get(PATH, headers=bearer(token)).status_code == 401


def test_a_password_to_be_changed_opens_nothing(http: FlaskClient, world: World) -> None:
    with world.engine.begin(SYSTEM) as command:
        user(command.session).must_change_password = True
    assert http.get(PATH, auth=CLERK).status_code == 403


def test_an_expired_token_is_refused(http: FlaskClient, world: World, clock: Clock) -> None:
    with world.engine.begin(SYSTEM) as command:
        token = identity.create_token(command, user(command.session), "ci")
        command.session.flush()
        command.session.scalars(select(ApiToken)).one().expires_at = command.now
    assert http.get(PATH, headers=bearer(token)).status_code == 401


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", "http://localhost.evil.test", "http://["]
)
def test_a_page_of_another_site_gets_nothing_with_the_browsers_password(
    http: FlaskClient, origin: str
) -> None:
    answer = http.post("/v2/user-tasks/search", auth=CLERK, headers={"Origin": origin})
    assert answer.status_code == 403
    own = http.post("/v2/user-tasks/search", auth=CLERK, headers={"Origin": "http://localhost"})
    assert own.status_code == 200


@pytest.fixture
def throttled(own_app: None, app: Flask) -> Iterator[None]:
    app.config["RATELIMIT_ENABLED"] = True
    limiter.enabled = True
    limiter.init_app(app)
    limiter.reset()
    yield
    limiter.reset()
    limiter.enabled = False


@pytest.mark.usefixtures("throttled")
def test_guessing_passwords_is_slowed_down_and_others_are_not(
    http: FlaskClient, engine: Engine
) -> None:
    answers = [http.get(PATH, auth=("clerk", f"guess {n}")).status_code for n in range(12)]
    assert answers == [401] * 10 + [429] * 2
    assert http.get(PATH, auth=CLERK).status_code == 429
    assert http.post("/v2/user-tasks/search", auth=CLERK).status_code == 429
    assert http.get(PATH, auth=("assistant", PASSWORD)).status_code == 200
    assert http.get(PATH, auth=("clerk", "x")).content_type == "application/problem+json"


@pytest.mark.usefixtures("throttled")
def test_requests_that_succeed_are_not_counted(http: FlaskClient) -> None:
    assert {http.get(PATH, auth=CLERK).status_code for _ in range(30)} == {200}
