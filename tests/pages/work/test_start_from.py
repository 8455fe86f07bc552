"""Start forms opened from what is known already: a number of the counter, the owner of the unit that is chosen."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from engine import counter, registry
from engine.models.instance import ProcessInstance
from engine.models.queue import Ticket
from engine.models.registry import Unit
from engine.staff.access import SYSTEM
from tests.diagrams import chain, process, user_task
from tests.pages.conftest import SignIn
from tests.pages.work.conftest import form
from tests.world import World

ASK = [
    {"type": "unit", "key": "unit_no", "label": "单元", "validate": {"required": True}},
    {"type": "textfield", "key": "name", "label": "业主", "properties": {"fill": "owner.name"}},
    {"type": "textfield", "key": "phone", "label": "电话", "properties": {"fill": "owner.phone"}},
]


@pytest.fixture
def counter_hall(world: World) -> World:
    """A site with a procedure begun at the counter and two units, each with its owner."""
    diagram = process(
        user_task("check", "service_assistant") + chain("s", "check", "e"),
        start={"businessKey": "=unit_no", "numberPrefix": "YS", "startGroups": "front_desk"},
    ).replace(
        b'<startEvent id="s"><extensionElements>',
        b'<startEvent id="s"><extensionElements><zeebe:formDefinition formId="p.s"/>',
    )
    world.deploy({"p.bpmn": diagram, "forms/p.s.form": form("p.s", *ASK)}, family="move_in")
    for label, name, phone in (
        ("3-2-1201", "陈大文", "13800001201"),
        ("4-2-1202", "梁小姐", "13800001202"),
    ):
        settle(world, label, name, phone)
    world.add_unit("5-2-1203")
    return world


def settle(world: World, label: str, name: str, phone: str) -> None:
    world.add_unit(label)
    with world.engine.begin(SYSTEM) as command:
        site = command.session.merge(world.site(), load=False)
        unit = registry.find_unit(command.session, site.id, label)
        assert isinstance(unit, Unit)
        customer = registry.register_customer(command, site, name=name, phone=phone)
        registry.occupy(command, unit, customer, "owner", dt.date(2020, 1, 1))


def refreshed(client: FlaskClient, **typed: str) -> str:
    """What the form shows after a field was changed."""
    answer = client.post("/start/p/refresh", data=typed)
    assert answer.status_code == 200
    return answer.text


def value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*? value="([^"]*)"', page)
    assert found, (name, page)
    return found[1]


def test_the_owner_of_the_unit_chosen_is_filled_in(counter_hall: World, sign_in: SignIn) -> None:
    page = refreshed(sign_in("clerk"), unit_no="3-2-1201", name="", phone="")
    assert (value(page, "name"), value(page, "phone")) == ("陈大文", "13800001201")


def test_what_was_typed_is_never_overwritten(counter_hall: World, sign_in: SignIn) -> None:
    page = refreshed(sign_in("clerk"), unit_no="3-2-1201", name="来的人", phone="")
    assert (value(page, "name"), value(page, "phone")) == ("来的人", "13800001201")


def test_another_unit_brings_its_own_owner(counter_hall: World, sign_in: SignIn) -> None:
    clerk = sign_in("clerk")
    first = refreshed(clerk, unit_no="3-2-1201", name="", phone="")
    kept = {name: value(first, name) for name in ("name", "phone", "_owner_of")}
    second = refreshed(clerk, unit_no="4-2-1202", **kept)
    assert (value(second, "name"), value(second, "phone")) == ("梁小姐", "13800001202")
    kept = {name: value(second, name) for name in ("name", "phone", "_owner_of")}
    third = refreshed(clerk, unit_no="5-2-1203", **kept)
    assert (value(third, "name"), value(third, "phone")) == ("", "")


def test_without_script_the_button_brings_the_owner(counter_hall: World, sign_in: SignIn) -> None:
    clerk = sign_in("clerk")
    assert 'name="_refresh"' in clerk.get("/start/p").text
    typed = {"unit_no": "3-2-1201", "name": "", "phone": "", "_refresh": "1"}
    page = clerk.post("/start/p", data=typed).text
    assert value(page, "name") == "陈大文"


def test_a_unit_in_the_address_brings_its_owner(counter_hall: World, sign_in: SignIn) -> None:
    page = sign_in("clerk").get("/start/p?unit_no=4-2-1202").text
    assert value(page, "name") == "梁小姐"


def test_a_unit_that_is_not_there_brings_nobody(counter_hall: World, sign_in: SignIn) -> None:
    page = refreshed(sign_in("clerk"), unit_no="9-9-9999", name="", phone="")
    assert (value(page, "name"), value(page, "phone")) == ("", "")


@pytest.fixture
def ticket(counter_hall: World) -> Ticket:
    with counter_hall.engine.begin(counter_hall.actor("clerk")) as command:
        site = command.session.merge(counter_hall.site(), load=False)
        taken = counter.take(command, site, "move_in", unit_label="3-2-1201")
        counter.call_next(command, site, "2")
        return counter.serve(command, taken.id)


def begin(client: FlaskClient, ticket: Ticket, **more: str) -> Any:
    page = client.get(f"/start/p?ticket={ticket.id}&unit_no={ticket.unit_label}").text
    assert f"{ticket.label} · 2 号窗" in page
    typed = {
        "submission": value(page, "submission"),
        "ticket": value(page, "ticket"),
        "unit_no": "3-2-1201",
        "name": "陈大文",
    }
    return client.post("/start/p", data=typed | more)


def linked(world: World, ticket: Ticket) -> int | None:
    with world.engine.read() as session:
        return session.get_one(Ticket, ticket.id).instance_key


def test_the_instance_and_the_number_it_was_started_for_know_each_other(
    counter_hall: World, ticket: Ticket, sign_in: SignIn
) -> None:
    clerk = sign_in("clerk")
    assert begin(clerk, ticket).status_code == 302
    key = linked(counter_hall, ticket)
    assert f"{ticket.label} · 2 号窗" in clerk.get(f"/instances/{key}").text
    with counter_hall.engine.read() as session:
        number = session.get_one(ProcessInstance, key).number
    assert f'href="/instances/{key}">{number}</a>' in clerk.get("/counter/?site=north").text


def test_a_number_counts_as_served_meanwhile_and_is_linked_all_the_same(
    counter_hall: World, ticket: Ticket, sign_in: SignIn
) -> None:
    with counter_hall.engine.begin(counter_hall.actor("clerk")) as command:
        counter.finish(command, ticket.id)
    assert begin(sign_in("clerk"), ticket).status_code == 302
    assert linked(counter_hall, ticket)


def test_a_refused_start_keeps_the_number_and_links_nothing(
    counter_hall: World, ticket: Ticket, sign_in: SignIn
) -> None:
    answer = begin(sign_in("clerk"), ticket, unit_no="")
    assert answer.status_code == 422
    assert value(answer.text, "ticket") == str(ticket.id)
    assert linked(counter_hall, ticket) is None


def test_a_number_opens_an_empty_form_and_a_draft_of_it_comes_back(
    counter_hall: World, ticket: Ticket, sign_in: SignIn
) -> None:
    clerk = sign_in("clerk")
    clerk.post("/start/p/draft", data={"unit_no": "5-2-1203", "name": "前一位客人"})
    assert "前一位客人" not in clerk.get(f"/start/p?ticket={ticket.id}").text
    typed = {"ticket": str(ticket.id), "unit_no": "3-2-1201", "name": "这一位", "do": "draft"}
    again = clerk.post("/start/p", data=typed)
    assert f"ticket={ticket.id}" in again.location
    assert value(clerk.get(again.location).text, "name") == "这一位"


@pytest.mark.parametrize("number", ["0", "x", "-1", "99999999999999999999", "77"])
def test_a_number_that_is_not_there_is_none(
    counter_hall: World, sign_in: SignIn, number: str
) -> None:
    answer = sign_in("clerk").get(f"/start/p?ticket={number}")
    assert answer.status_code == 200
    assert 'name="ticket"' not in answer.text


def test_numbers_of_other_sites_stay_there(
    counter_hall: World, ticket: Ticket, sign_in: SignIn
) -> None:
    stranger = sign_in("stranger")
    assert ticket.label not in stranger.get(f"/start/p?ticket={ticket.id}").text
