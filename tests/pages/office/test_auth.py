from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.models.audit import AuditEntry
from engine.staff import identity
from tests.conftest import Clock
from tests.world import PASSWORD, World
from web.extensions import limiter
from web.signin import COOKIE

CREDENTIALS = {"username": "clerk", "password": PASSWORD}


def without_token(page: str) -> str:
    return re.sub(r'(csrf_token" value|data-csrf)="[^"]*"', "", page)


def token_of(client: FlaskClient) -> str | None:
    cookie = client.get_cookie(COOKIE)
    return cookie.value if cookie else None


def test_signs_in_and_keeps_where_the_person_wanted_to_go(client: FlaskClient, world: World):
    door = client.get("/account/?from=mail")
    assert door.status_code == 302

    answer = client.post("/login", data=CREDENTIALS | {"next": "/account/?from=mail"})

    assert answer.location == "/account/?from=mail"
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("target", ["//evil.test", "https://evil.test/", "/\\evil.test", ""])
def test_never_leads_outside_after_signing_in(client: FlaskClient, world: World, target: str):
    answer = client.post("/login", data=CREDENTIALS | {"next": target})
    assert answer.location == "/"


def test_gives_every_failure_the_same_answer_and_keeps_the_user_name(
    client: FlaskClient, world: World
):
    known = client.post("/login", data={"username": "clerk", "password": "wrong"})
    unknown = client.post("/login", data={"username": "nobody", "password": "wrong"})

    assert known.status_code == unknown.status_code == 422
    assert 'value="clerk"' in known.text
    assert without_token(known.text).replace("clerk", "nobody") == without_token(unknown.text)


def test_writes_a_refused_sign_in_to_the_audit(client: FlaskClient, world: World):
    client.post("/login", data={"username": "clerk", "password": "wrong"})

    with world.engine.read() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "session.refused")
        ).one()
    assert entry.subject == "clerk"


def test_gives_a_new_token_at_every_sign_in_and_ends_the_former(
    sign_in, world: World, clock: Clock
):
    client = sign_in("clerk")
    former = token_of(client)

    client.post("/login", data=CREDENTIALS)

    assert token_of(client) != former
    with world.engine.read() as session:
        assert identity.find_session(session, former, clock()) is None


def test_signs_out_for_good(sign_in, world: World, clock: Clock):
    client = sign_in("clerk")
    token = token_of(client)

    client.post("/logout")

    assert token_of(client) is None
    with world.engine.read() as session:
        assert identity.find_session(session, token, clock()) is None
    assert client.post("/logout").status_code == 302


@pytest.mark.usefixtures("own_app")
def test_slows_down_who_keeps_guessing_without_losing_the_user_name(app: Flask, world: World):
    app.config["RATELIMIT_ENABLED"] = True
    limiter.init_app(app)
    try:
        client = app.test_client()
        wrong = {"username": "clerk", "password": "wrong"}
        answers = [client.post("/login", data=wrong) for _ in range(11)]
        blocked = client.post("/login", data=CREDENTIALS)
        other = client.post("/login", data={"username": "root", "password": PASSWORD})
    finally:
        limiter.reset()
        limiter.enabled = False
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
    assert "9 次" in answers[0].text
    assert blocked.status_code == 429
    assert 'value="clerk"' in blocked.text
    assert other.status_code == 302


def test_changes_the_person_at_a_shared_computer(sign_in, world: World, clock: Clock):
    client = sign_in("clerk")
    client.post("/switch", data={"username": "cashier", "password": PASSWORD})
    former = token_of(client)

    page = client.get("/switch?user=clerk")
    assert "Clerk" in page.text
    assert "Cashier" in page.text
    client.post("/switch", data=CREDENTIALS)

    assert "Clerk" in client.get("/account/").text
    with world.engine.read() as session:
        assert identity.find_session(session, former, clock()) is None


def test_keeps_the_present_person_when_the_password_of_the_next_is_wrong(sign_in):
    client = sign_in("clerk")
    answer = client.post("/switch", data={"username": "cashier", "password": "wrong"})
    assert answer.status_code == 422
    assert "Clerk" in client.get("/account/").text


def test_takes_a_person_off_the_list_of_the_device(sign_in):
    client = sign_in("clerk")
    client.post("/switch", data={"username": "cashier", "password": PASSWORD})

    client.post("/switch/forget", data={"username": "clerk"})

    assert "user=clerk" not in client.get("/switch").text


def test_ignores_a_forged_list_of_people(client: FlaskClient, world: World):
    client.set_cookie("guicheng_people", '["root"]')
    assert "Root" not in client.get("/switch").text


def test_sets_a_new_password_by_a_reset_link_once(client: FlaskClient, world: World):
    with world.engine.begin(world.actor("root")) as command:
        token = identity.begin_reset(command, "clerk")
    assert client.get(f"/reset/{token}").status_code == 200

    weak = client.post(f"/reset/{token}", data={"new": "short", "again": "short"})
    differs = client.post(f"/reset/{token}", data={"new": "long enough one", "again": "x"})
    done = client.post(
        f"/reset/{token}", data={"new": "a new long phrase", "again": "a new long phrase"}
    )

    assert (weak.status_code, differs.status_code, done.location) == (422, 422, "/login")
    assert client.get(f"/reset/{token}").status_code == 410
    again = client.post(
        f"/reset/{token}", data={"new": "yet another one", "again": "yet another one"}
    )
    assert again.status_code == 410
    signed = client.post("/login", data={"username": "clerk", "password": "a new long phrase"})
    assert signed.status_code == 302


def test_refuses_an_expired_reset_link(client: FlaskClient, world: World, clock: Clock):
    with world.engine.begin(world.actor("root")) as command:
        token = identity.begin_reset(command, "clerk")
    clock.forward(hours=25)
    assert client.get(f"/reset/{token}").status_code == 410


def test_needs_the_csrf_token_to_sign_in(app: Flask, world: World):
    app.config["WTF_CSRF_ENABLED"] = True
    assert app.test_client().post("/login", data=CREDENTIALS).status_code == 400


@pytest.mark.parametrize("nasty", ["\x00", "a" * 5000, "' OR 1=1 --", "\ud800"])
def test_survives_hostile_user_names(client: FlaskClient, world: World, nasty: str):
    body = b"username=" + nasty.encode("utf-8", "surrogatepass").replace(b"\x00", b"%00")
    answer = client.post(
        "/login", data=body + b"&password=x", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code in {400, 422}
