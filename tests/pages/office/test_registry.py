from __future__ import annotations

import datetime as dt
import io

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from engine import registry
from engine.models.audit import AuditEntry
from engine.models.registry import Customer, Occupancy, Unit
from tests.world import World

PHONE = "13800001234"


@pytest.fixture
def house(world: World, add_unit) -> dict[str, int]:
    """A unit of each site, the northern one with an owner who owes."""
    add_unit("3-2-1201", "north")
    add_unit("9-1-0101", "south")
    with world.engine.begin(world.actor("supervisor")) as command:
        unit = command.session.scalars(select(Unit).where(Unit.label == "3-2-1201")).one()
        owner = registry.register_customer(
            command, world.site(), name="曾小山", phone=PHONE, id_no="440300199001010018"
        )
        occupancy = registry.occupy(command, unit, owner, "owner", dt.date(2026, 1, 1))
    with world.engine.begin(world.actor("cashier")) as command:
        registry.set_arrears(command, unit, 123450, dt.date(2026, 10, 1))
    with world.engine.read() as session:
        other = session.scalars(select(Unit.id).where(Unit.label == "9-1-0101")).one()
    return {"unit": unit.id, "owner": owner.id, "other": other, "occupancy": occupancy.id}


def test_shows_units_by_building_and_floor_with_their_status_in_words(sign_in, house):
    text = sign_in("clerk").get("/units").text
    assert "2-1201" in text
    assert "未售 1" in text
    assert "0101" not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("text=3-2-1201", True),
        ("text=zxs", True),
        ("text=1234", True),
        ("status=unsold", True),
        ("status=occupied", False),
        ("text=nobody", False),
        ("status=' OR 1=1", False),
        ("page=99999999999999999999", True),
        ("building=-1&page=0", True),
    ],
)
def test_filters_units(sign_in, house, query: str, found: bool):
    answer = sign_in("clerk").get(f"/units?{query}")
    assert answer.status_code == 200
    assert (f"/units/{house['unit']}" in answer.text) is found


def test_hides_every_noun_of_another_site(sign_in, house):
    client = sign_in("stranger")
    for url in (
        f"/units/{house['unit']}",
        f"/units/{house['unit']}/edit",
        f"/units/{house['unit']}/occupants",
        f"/customers/{house['owner']}",
        f"/customers/{house['owner']}/edit",
        "/units?site=north",
        "/units/import?site=north",
    ):
        assert client.get(url).status_code == 404, url
    assert client.post(f"/customers/{house['owner']}/reveal").status_code == 404
    assert client.post(f"/occupancies/{house['occupancy']}/end").status_code == 404


def test_shows_a_unit_with_masked_phones_and_what_is_owed(sign_in, house):
    text = sign_in("clerk").get(f"/units/{house['unit']}").text
    assert "曾小山" in text
    assert "138****1234" in text
    assert PHONE not in text
    assert "1,234.50" in text
    assert "改资料" not in text


def test_shows_full_numbers_to_those_who_need_them_and_writes_it_down(sign_in, world: World, house):
    url = f"/customers/{house['owner']}"
    client = sign_in("supervisor")
    assert PHONE not in client.get(url).text

    assert PHONE in client.post(f"{url}/reveal").text

    with world.engine.read() as session:
        query = select(AuditEntry.actor_name).where(AuditEntry.action == "customer.revealed")
        assert session.scalars(query).all() == ["Supervisor"]
    assert sign_in("owner").post(f"{url}/reveal").status_code == 403


def test_changes_a_unit_and_refuses_an_older_version(sign_in, world: World, house):
    client = sign_in("supervisor")
    url = f"/units/{house['unit']}/edit"
    with world.engine.read() as session:
        version = session.get_one(Unit, house["unit"]).version
    form = {"version": version, "display": "3栋1201", "floor_area": "98.50", "status": "unsold"}

    assert client.post(url, data=form).status_code == 302
    assert client.post(url, data=form).status_code == 409

    with world.engine.read() as session:
        assert session.get_one(Unit, house["unit"]).floor_area == 9850


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("floor_area", "NaN"),
        ("floor_area", "1e999999"),
        ("floor_area", "-3"),
        ("floor_area", "1.234"),
        ("display", " "),
        ("display", "x" * 300),
        ("status", "demolished"),
        ("area", "a\x07b"),
    ],
)
def test_refuses_a_bad_value_at_its_field_and_keeps_what_was_typed(
    sign_in, world: World, house, field: str, value: str
):
    form = {"version": 1, "display": "Kept", "phase": "Typed phase", field: value}
    answer = sign_in("supervisor").post(f"/units/{house['unit']}/edit", data=form)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert "Typed phase" in answer.text
    with world.engine.read() as session:
        assert session.get_one(Unit, house["unit"]).phase == ""


def test_changes_a_customer_with_contacts(sign_in, world: World, house):
    answer = sign_in("supervisor").post(
        f"/customers/{house['owner']}/edit",
        data={
            "version": 1,
            "name": "曾大山",
            "phone": "0755-0000 1111",
            "contact_name": ["何某", ""],
            "contact_phone": ["13900000000", ""],
            "contact_relation": ["配偶", ""],
            "contact_period": ["off_hours", "office_hours"],
        },
    )
    assert answer.status_code == 302
    with world.engine.read() as session:
        customer = session.get_one(Customer, house["owner"])
        assert (customer.name, customer.initials) == ("曾大山", "zds")
        assert [one.name for one in customer.contacts] == ["何某"]


def test_keeps_a_typed_customer_when_the_phone_is_wrong(sign_in, house):
    answer = sign_in("supervisor").post(
        f"/customers/{house['owner']}/edit",
        data={"version": 1, "name": "曾大山", "phone": "call me", "contact_name": "何某"},
    )
    assert answer.status_code == 422
    assert "曾大山" in answer.text
    assert 'href="#phone"' in answer.text


@pytest.mark.parametrize("url", ["edit", "occupants"])
def test_lets_only_editors_change_units(sign_in, house, url: str):
    assert sign_in("clerk").get(f"/units/{house['unit']}/{url}").status_code == 403


def test_adds_an_occupant_known_or_new_and_ends_an_occupancy(sign_in, world: World, house):
    client = sign_in("supervisor")
    url = f"/units/{house['unit']}/occupants"
    assert "曾小山" in client.get(f"{url}?find=zxs").text
    known = {"customer": house["owner"], "relation": "payer", "since": "2026-11-20"}
    new = {"name": "青禾设计", "kind": "company", "relation": "tenant", "since": "2026-11-20"}

    assert client.post(url, data=known).status_code == 302
    assert client.post(url, data=new).status_code == 302
    assert client.post(url, data=known).status_code == 422
    assert client.post(url, data=new | {"since": "soon"}).status_code == 422
    assert client.post(url, data=new | {"name": ""}).status_code == 422
    client.post(f"/occupancies/{house['occupancy']}/end", data={"until": "2026-11-20"})

    with world.engine.read() as session:
        rows = session.scalars(select(Occupancy).order_by(Occupancy.id)).all()
        assert [(row.relation, row.until is None) for row in rows] == [
            ("owner", False),
            ("payer", True),
            ("tenant", True),
        ]


def workbook(*rows: tuple[object, ...]) -> dict[str, object]:
    book = Workbook()
    book.active.append(["楼栋", "单元", "楼层", "房号", "客户名称", "电话"])
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return {"file": (io.BytesIO(file.getvalue()), "units.xlsx"), "site": "north"}


GOOD = ("5", "1", 8, "0801", "何某", "13900001111")


def labels(world: World) -> list[str]:
    with world.engine.read() as session:
        return list(session.scalars(select(Unit.label).order_by(Unit.label)))


def test_imports_only_what_was_looked_at_and_confirmed(sign_in, world: World, house):
    client, before = sign_in("supervisor"), labels(world)

    look = client.post("/units/import", data=workbook(GOOD))
    assert "新增 1 行" in look.text
    assert labels(world) == before
    ticket = look.text.split('name="ticket" value="')[1].split('"')[0]
    stolen = sign_in("root").post("/units/import/confirm", data={"ticket": ticket, "site": "north"})
    assert stolen.status_code == 422
    done = client.post("/units/import/confirm", data={"ticket": ticket, "site": "north"})

    assert done.status_code == 302
    assert labels(world) == sorted([*before, "5-1-0801"])
    again = client.post("/units/import/confirm", data={"ticket": ticket, "site": "north"})
    assert again.status_code == 422


def test_shows_every_error_with_its_row_and_writes_nothing(sign_in, world: World, house):
    before = labels(world)
    bad = ("5", "1", "up", "0802", "<b>", "no phone")
    answer = sign_in("supervisor").post("/units/import", data=workbook(GOOD, bad))
    assert answer.status_code == 422
    assert "<td>3</td>" in answer.text
    assert "不是电话号码" in answer.text
    assert 'name="ticket"' not in answer.text
    assert labels(world) == before


@pytest.mark.parametrize("file", [b"", b"PK\x03\x04 not really", b"<html>"])
def test_refuses_what_is_no_workbook(sign_in, house, file: bytes):
    data = {"file": (io.BytesIO(file), "units.xlsx")}
    assert sign_in("supervisor").post("/units/import", data=data).status_code == 422


def test_gives_the_template_and_keeps_the_import_to_editors(sign_in, house):
    answer = sign_in("supervisor").get("/units/import/template.xlsx")
    assert load_workbook(io.BytesIO(answer.data)).active["A1"].value == "楼栋"
    assert sign_in("clerk").get("/units/import").status_code == 403
