from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.models.queue import Ticket
from tests.world import World


def take(client: FlaskClient, service: str = "move_in", unit: str = "") -> None:
    form = {"site": "north", "service": service, "unit": unit}
    assert client.post("/counter/take", data=form).status_code == 302


def tickets(world: World) -> list[Ticket]:
    with world.engine.read() as session:
        return list(session.scalars(select(Ticket).order_by(Ticket.id)))


def test_gives_numbers_and_calls_them_to_a_window_in_order(sign_in, world: World, add_unit):
    add_unit("3-2-1201", "north")
    client = sign_in("clerk")
    take(client, unit="3栋2单元1201")
    take(client, "repair")
    assert "前面还有 0 位" in client.get("/counter/").text

    client.post("/counter/call", data={"site": "north", "window": "2"})

    first, second = tickets(world)
    assert (first.state, first.window, first.unit_label) == ("called", "2", "3-2-1201")
    assert second.state == "waiting"
    board = client.get("/counter/display").text
    assert first.label in board
    assert "请到 2 号窗" in board
    assert 'value="2"' in client.get("/counter/").text


def test_begins_a_move_in_with_what_the_number_tells(sign_in, world: World, add_unit):
    add_unit("3-2-1201", "north")
    client = sign_in("clerk")
    take(client, unit="3-2-1201")
    client.post("/counter/call", data={"site": "north", "window": "1"})
    ticket = tickets(world)[0]

    answer = client.post(f"/counter/{ticket.id}/begin")

    assert "move_in_owner" in answer.location
    assert "unit_no=3-2-1201" in answer.location
    assert f"queue_no={ticket.label}" in answer.location
    assert tickets(world)[0].state == "serving"


@pytest.mark.parametrize(
    ("verbs", "state"),
    [
        (["serve", "finish"], "done"),
        (["recall", "skip"], "skipped"),
        (["skip", "recall"], "called"),
        (["finish", "skip"], "done"),
    ],
)
def test_moves_a_number_on(sign_in, world: World, verbs: list[str], state: str):
    client = sign_in("clerk")
    take(client)
    client.post("/counter/call", data={"site": "north", "window": "1"})
    for verb in verbs:
        assert client.post(f"/counter/{tickets(world)[0].id}/{verb}").status_code == 302
    assert tickets(world)[0].state == state


def test_keeps_what_was_typed_when_the_unit_is_unknown(sign_in, world: World):
    form = {"site": "north", "service": "repair", "unit": "99-9-<b>"}
    answer = sign_in("clerk").post("/counter/take", data=form)
    assert answer.status_code == 422
    assert "99-9-&lt;b&gt;" in answer.text
    assert 'value="repair" checked' in answer.text
    assert tickets(world) == []


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("take", {"service": "tea"}),
        ("take", {}),
        ("call", {"window": ""}),
        ("call", {"window": "w" * 40}),
    ],
)
def test_refuses_what_is_not_offered(sign_in, world: World, url: str, form: dict[str, str]):
    answer = sign_in("clerk").post(f"/counter/{url}", data=form)
    assert answer.status_code == 422


def test_leaves_the_queue_of_another_site_alone(sign_in, world: World):
    client = sign_in("clerk")
    take(client)
    ticket = tickets(world)[0]
    stranger = sign_in("stranger")
    assert ticket.label not in stranger.get("/counter/").text
    assert stranger.get("/counter/?site=north").status_code == 404
    assert stranger.post("/counter/take", data={"site": "north"}).status_code == 404
    assert stranger.post(f"/counter/{ticket.id}/skip").status_code == 404
    assert stranger.post(f"/counter/{ticket.id}/begin").status_code == 404


def test_answers_htmx_with_the_queue_only(sign_in, world: World):
    part = sign_in("clerk").get("/counter/", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "没有人在等" in part


def test_knows_no_other_verbs(sign_in, world: World):
    client = sign_in("clerk")
    take(client)
    assert client.post(f"/counter/{tickets(world)[0].id}/delete").status_code == 404
    assert client.post("/counter/999/skip").status_code == 404
