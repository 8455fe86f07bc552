from __future__ import annotations

import pytest
from sqlalchemy import select

from engine import registry
from engine.models.registry import Unit
from tests.world import World


@pytest.fixture
def town(world: World, add_unit) -> None:
    for label in ("3-2-1201", "4-2-1201", "5-1-0801"):
        add_unit(label, "north")
    with world.engine.begin(world.actor("supervisor")) as command:
        for name, phone in (("曾小山", "13800001234"), ("何嘉", "13900005678")):
            customer = registry.register_customer(command, world.site(), name=name, phone=phone)
        unit = command.session.scalars(select(Unit).where(Unit.label == "5-1-0801")).one()
        registry.occupy(command, unit, customer, "owner", world.engine.clock().date())


@pytest.mark.parametrize("typed", ["3-2-1201", "3栋2单元1201"])
def test_opens_the_only_unit_that_can_be_meant(sign_in, town, typed: str):
    answer = sign_in("clerk").get("/search", query_string={"q": typed})
    assert answer.status_code == 302
    assert answer.location.startswith("/units/")


@pytest.mark.parametrize("typed", ["zxs", "1234", "曾小山", "ZENGXIAOSHAN"])
def test_opens_the_only_customer_by_name_initials_or_phone_tail(sign_in, town, typed: str):
    answer = sign_in("clerk").get("/search", query_string={"q": typed})
    assert answer.location.startswith("/customers/")


def test_lists_what_is_ambiguous_in_groups(sign_in, town):
    text = sign_in("clerk").get("/search?q=1201").text
    assert "3栋2单元1201" in text
    assert "4栋2单元1201" in text


def test_answers_htmx_with_the_groups_only_and_never_redirects_while_typing(sign_in, town):
    client = sign_in("clerk")
    part = client.get("/search?q=zxs", headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "曾小山" in part.text
    assert "138****1234" in part.text
    assert "<html" not in part.text
    assert client.get("/search?q=zxs&stay=1").status_code == 200


@pytest.mark.parametrize("typed", ["3-2-1201", "zxs", "1234", "%", "_", "曾"])
def test_finds_nothing_of_another_site(sign_in, town, typed: str):
    answer = sign_in("stranger").get("/search", query_string={"q": typed})
    assert answer.status_code == 200
    assert "没有找到" in answer.text


@pytest.mark.parametrize("typed", ["", " ", "' OR 1=1 --", "<script>", "9" * 400, "\U0010ffff"])
def test_survives_whatever_is_typed(sign_in, town, typed: str):
    answer = sign_in("clerk").get("/search", query_string={"q": typed})
    assert answer.status_code == 200
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "url", ["/search?q=%00", "/units?text=%00&status=%00", "/settings/people/%00"]
)
def test_refuses_characters_no_database_keeps(sign_in, town, url: str):
    assert sign_in("root").get(url).status_code == 400
