from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import audit, registry
from engine.engine import Engine
from engine.errors import Conflict, NotAllowed, NotFound, Rejected
from engine.models import Base
from engine.models.definition import Deployment, ProcessDefinition, Resource
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.registry import Customer, Unit
from engine.registry.names import spell
from engine.registry.typings import canonical, places
from tests.engine.company.conftest import NOW, person

DAY = dt.date(2026, 11, 20)


@pytest.fixture
def registered(engine: Engine, sites: dict[str, Site]) -> dict[str, int]:
    """A duplex, two flats, a shop and a parking space at home; two offices and a merged one at the office site."""
    home, office = sites["liyuan"], sites["lianhe"]
    with engine.begin(person("service_assistant")) as command:
        b3 = registry.register_building(
            command, home, code="3", name="3栋", name_en="Building 3", phase="一期", area="东区"
        )
        s1 = registry.register_building(command, home, code="S1", name="S1商铺")
        b1 = registry.register_building(command, home, code="B1", name="B1车库")
        a = registry.register_building(command, office, code="A", name="A座", name_en="Tower A")
        made = [
            registry.register_unit(command, b3, room="1201", entrance="2", floor=12, floor_area=8912),
            registry.register_unit(command, b3, room="1201", entrance="1", floor=12),
            registry.register_unit(command, b3, room="1801", entrance="2", floor=18, merged=["1802"]),
            registry.register_unit(command, s1, room="08", kind="shop"),
            registry.register_unit(command, b1, room="217", kind="parking", floor=-1),
            registry.register_unit(command, a, room="1205", kind="office", floor=12, merged=["1206", "1207"]),
            registry.register_unit(command, a, room="1201", kind="office", floor=12),
        ]  # fmt: skip
        li = registry.register_customer(
            command, home, name="李小山", phone="138 0000 1234", id_no="440300199001010011",
            contacts=[{"name": "王芳", "phone": "13800004321", "period": "off_hours"}],
        )  # fmt: skip
        firm = registry.register_customer(
            command, office, name="深圳市安和科技有限公司", kind="company", phone="0755-80001234"
        )
        registry.occupy(command, made[0], li, "owner", DAY)
        registry.occupy(command, made[5], firm, "tenant", DAY)
    return {unit.label: unit.id for unit in made} | {"li": li.id, "firm": firm.id}


TYPINGS = [
    ("3-2-1201", ["3-2-1201"]),
    ("3栋2单元1201", ["3-2-1201"]),
    ("3 栋 2 单元 1201 室", ["3-2-1201"]),
    ("3号楼2单元1201", ["3-2-1201"]),
    ("一期3栋2单元12层1201", ["3-2-1201"]),
    ("3－2－1201", ["3-2-1201"]),
    ("3栋1201", ["3-1-1201", "3-2-1201"]),
    ("1201", ["3-1-1201", "3-2-1201", "A1201"]),
    ("3-2-12", ["3-2-1201"]),
    ("3栋2单元18楼", ["3-2-1801"]),
    ("3-2-1802", ["3-2-1801"]),
    ("3-2-1801–1802", ["3-2-1801"]),
    ("A1205", ["A1205"]),
    ("a座12层1205", ["A1205"]),
    ("A座12层05", ["A1205"]),
    ("A-1206", ["A1205"]),
    ("A1205–1207", ["A1205"]),
    ("s1-08", ["S1-08"]),
    ("S1-8", ["S1-08"]),
    ("s108", ["S1-08"]),
    ("b1217", ["B1-217"]),
    ("B1-217", ["B1-217"]),
    ("9-9-999", []),
]


@pytest.mark.parametrize(("typed", "labels"), TYPINGS)
def test_finds_units_however_their_number_is_typed(
    engine: Engine, registered: dict[str, int], typed: str, labels: list[str]
) -> None:
    with engine.read() as session:
        found = registry.search(session, person("front_desk"), typed)
    assert [unit.label for unit in found.units] == labels


@pytest.mark.parametrize(
    "typed",
    [
        "李小山",
        "李",
        "小山",
        "lxs",
        "LXS",
        "lixiaoshan",
        "lixiao",
        "li xiao",
        "1234",
        "00001234",
        "138 0000 1234",
    ],
)
def test_finds_owners_by_name_pinyin_initials_and_phone_tail(
    engine: Engine, registered: dict[str, int], typed: str
) -> None:
    with engine.read() as session:
        found = registry.search(session, person("front_desk", 1), typed)
        assert [customer.name for customer in found.customers] == ["李小山"]
        assert [o.unit.label for o in found.customers[0].occupancies] == ["3-2-1201"]


@pytest.mark.parametrize(
    "typed", ["", "   ", "234", "%", "_", "李%", "x" * 500, "\x00", "\ud800", "12" * 40, "('"]
)
def test_finds_nothing_for_what_means_nothing(
    engine: Engine, registered: dict[str, int], typed: str
) -> None:
    with engine.read() as session:
        assert not registry.search(session, person("front_desk"), typed)


def test_finds_companies_by_a_part_of_their_name(
    engine: Engine, registered: dict[str, int]
) -> None:
    with engine.read() as session:
        found = registry.search(session, person("front_desk", 2), "安和科技")
        assert [customer.id for customer in found.customers] == [registered["firm"]]


def test_nobody_finds_or_opens_what_belongs_to_another_site(
    engine: Engine, sites: dict[str, Site], registered: dict[str, int]
) -> None:
    clerk = person("front_desk", sites["lianhe"])
    with engine.read() as session:
        for typed in ("3-2-1201", "李小山", "lxs", "1234"):
            found = registry.search(session, clerk, typed)
            assert not found.units
            assert all(customer.site_id == sites["lianhe"].id for customer in found.customers)
        assert not registry.search(session, clerk, "3-2-1201", site=sites["liyuan"])
        with pytest.raises(NotFound):
            registry.get_unit(session, clerk, registered["3-2-1201"])
        with pytest.raises(NotFound):
            registry.get_customer(session, clerk, registered["li"])


def test_a_site_narrows_the_search_of_people_who_work_at_both(
    engine: Engine, sites: dict[str, Site], registered: dict[str, int]
) -> None:
    with engine.read() as session:
        found = registry.search(session, person("company_leader"), "1201", site=sites["lianhe"])
        assert [unit.label for unit in found.units] == ["A1201"]


def test_units_are_called_as_people_call_them(engine: Engine, registered: dict[str, int]) -> None:
    with engine.read() as session:
        named = {
            unit.label: (unit.display, unit.display_en)
            for unit in session.scalars(registry.units_visible_to(person("front_desk")))
        }
    assert named["3-2-1201"] == ("3栋2单元1201", "Building 3, Entrance 2, 1201")
    assert named["3-2-1801"][0] == "3栋2单元1801–1802"
    assert named["A1205"] == ("A座12层1205–1207", "Tower A, 12/F, 1205–1207")
    assert named["S1-08"] == ("商铺 S1-08", "Shop S1-08")
    assert named["B1-217"] == ("车位 B1-217", "Parking B1-217")


def test_find_unit_takes_a_label_or_an_unmistakable_typing(
    engine: Engine, registered: dict[str, int]
) -> None:
    with engine.read() as session:
        assert registry.find_unit(session, 1, "3-2-1201").id == registered["3-2-1201"]
        assert registry.find_unit(session, 1, "3栋2单元1201").id == registered["3-2-1201"]
        assert registry.find_unit(session, 1, "3栋1201") is None
        assert registry.find_unit(session, 2, "3-2-1201") is None
        for nothing in ("", " ", "\x00", "\ud800"):
            assert registry.find_unit(session, 1, nothing) is None


def test_a_new_status_is_kept_with_its_day_and_audited(
    engine: Engine, registered: dict[str, int]
) -> None:
    with engine.begin(person("service_assistant")) as command:
        unit = registry.find_unit(command.session, 1, "3-2-1201")
        registry.set_status(command, unit, "occupied", DAY)
    with engine.read() as session:
        unit = session.get(Unit, registered["3-2-1201"])
        assert (unit.status, unit.occupied_since, unit.version) == ("occupied", DAY, 2)
        last = audit.entries(session, audit.ADMINISTRATION)[-1]
        assert (last.action, last.detail["before"], last.detail["after"]) == (
            "unit.status", "unsold", "occupied",
        )  # fmt: skip


def test_refuses_a_status_nobody_knows(engine: Engine, registered: dict[str, int]) -> None:
    with engine.begin(person("service_assistant")) as command:
        unit = registry.find_unit(command.session, 1, "3-2-1201")
        with pytest.raises(Rejected):
            registry.set_status(command, unit, "haunted")


CHANGES = {
    "status": lambda c, unit, li: registry.set_status(c, unit, "vacant"),
    "unit": lambda c, unit, li: registry.update_unit(c, unit, phase="二期"),
    "customer": lambda c, unit, li: registry.update_customer(c, li, phone="13800000000"),
    "occupancy": lambda c, unit, li: registry.occupy(c, unit, li, "payer", DAY),
    "new customer": lambda c, unit, li: registry.register_customer(c, unit.site, name="张三"),
    "building": lambda c, unit, li: registry.register_building(c, unit.site, code="9", name="9"),
    "arrears": lambda c, unit, li: registry.set_arrears(c, unit, 100, DAY),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("role", "site"), [("technician", 1), ("front_desk", 2)])
def test_refuses_changes_by_people_without_a_role_for_them_at_the_site(
    engine: Engine, registered: dict[str, int], change: str, role: str, site: int
) -> None:
    with engine.begin(person(role, site)) as command:
        unit = registry.find_unit(command.session, 1, "3-2-1201")
        customer = command.session.get(Customer, registered["li"])
        with pytest.raises(NotAllowed):
            CHANGES[change](command, unit, customer)


def test_refuses_a_change_of_what_someone_changed_meanwhile(
    engine: Engine, registered: dict[str, int]
) -> None:
    with engine.begin(person("front_desk")) as command:
        unit = registry.find_unit(command.session, 1, "3-2-1201")
        registry.update_unit(command, unit, version=1, floor_area=9000)
        with pytest.raises(Conflict):
            registry.update_unit(command, unit, version=1, floor_area=9100)


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"name": "  "}, {"name": "a\x00b"}, {"name": "长" * 256}, {"phone": "phone"},
     {"phone": "1" * 40}, {"site_id": "2"}, {"pinyin": "x"}, {"note": "\ud800"}],
)  # fmt: skip
def test_refuses_bad_customer_data_and_changes_nothing(
    engine: Engine, registered: dict[str, int], changes: dict[str, str]
) -> None:
    def change() -> None:
        with engine.begin(person("front_desk")) as command:
            customer = command.session.get(Customer, registered["li"])
            registry.update_customer(command, customer, **changes)

    with pytest.raises(Rejected):
        change()
    with engine.read() as session:
        assert session.get(Customer, registered["li"]).version == 1


def test_a_renamed_customer_is_found_by_the_new_name(
    engine: Engine, registered: dict[str, int]
) -> None:
    with engine.begin(person("front_desk")) as command:
        customer = command.session.get(Customer, registered["li"])
        registry.update_customer(command, customer, version=1, name="曾志伟", phone="13900009999")
    with engine.read() as session:
        actor = person("front_desk")
        assert registry.search(session, actor, "zzw").customers[0].name == "曾志伟"
        assert registry.search(session, actor, "9999").customers
        assert not registry.search(session, actor, "lxs").customers


def test_the_audit_of_a_customer_holds_no_personal_data(
    engine: Engine, registered: dict[str, int]
) -> None:
    with engine.read() as session:
        written = str([(e.subject, e.detail) for e in audit.entries(session, 0)])
    assert "李小山" not in written
    assert "138" not in written


def test_occupancies_begin_once_and_end(engine: Engine, registered: dict[str, int]) -> None:
    with engine.begin(person("front_desk")) as command:
        unit = registry.find_unit(command.session, 1, "3-2-1201")
        li = command.session.get(Customer, registered["li"])
        with pytest.raises(Rejected):
            registry.occupy(command, unit, li, "owner", DAY)
        owner = registry.occupancies_of(command.session, unit, DAY)[0]
        with pytest.raises(Rejected):
            registry.vacate(command, owner, DAY - dt.timedelta(days=1))
        registry.vacate(command, owner, DAY + dt.timedelta(days=1))
        assert registry.occupancies_of(command.session, unit, DAY) == [owner]
        assert registry.occupancies_of(command.session, unit, DAY + dt.timedelta(days=1)) == []
        registry.occupy(command, unit, li, "owner", DAY + dt.timedelta(days=2))


def test_refuses_to_mix_sites_in_an_occupancy(engine: Engine, registered: dict[str, int]) -> None:
    with engine.begin(person("front_desk")) as command:
        unit = registry.find_unit(command.session, 1, "3-2-1201")
        firm = command.session.get(Customer, registered["firm"])
        with pytest.raises(Rejected):
            registry.occupy(command, unit, firm, "owner", DAY)


def test_arrears_are_recorded_changed_and_cleared_by_finance(
    engine: Engine, registered: dict[str, int]
) -> None:
    with engine.begin(person("finance_clerk")) as command:
        unit = registry.find_unit(command.session, 1, "3-2-1201")
        for amount in (28518, 57036, 0):
            registry.set_arrears(command, unit, amount, DAY)
            assert registry.arrears_of(command.session, unit) == amount
        with pytest.raises(Rejected):
            registry.set_arrears(command, unit, -1, DAY)


def test_finds_an_instance_by_its_number_and_by_its_unit(
    engine: Engine, sites: dict[str, Site], registered: dict[str, int]
) -> None:
    with engine.begin(person("admin")) as command:
        command.session.add_all(_instance(registered["3-2-1201"]))
    with engine.read() as session:
        for typed in ("rh-20261120-007", "liyuan/3-2-1201/1", "3栋2单元1201"):
            found = registry.search(session, person("front_desk"), typed)
            assert [instance.key for instance in found.instances] == [4]
            stranger = registry.search(session, person("front_desk", sites["lianhe"]), typed)
            assert not stranger.instances


def _instance(unit_id: int) -> list[Base]:
    return [
        Deployment(key=1, family="move_in", digest="", deployed_at=NOW),
        Resource(key=2, deployment_key=1, name="a.bpmn", kind="bpmn", content=b""),
        ProcessDefinition(
            key=3, process_id="move_in_owner", version=1, name="入伙", family="move_in", digest="",
            deployment_key=1, resource_key=2, start_groups=[], created_at=NOW,
        ),
        ProcessInstance(
            key=4, process_id="move_in_owner", definition_key=3, site_id=1, unit_id=unit_id,
            number="RH-20261120-007", business_key="liyuan/3-2-1201/1", state=b"", variables={},
            policy={}, active=[], started_at=NOW,
        ),
    ]  # fmt: skip


def test_masks_keep_no_more_than_is_needed() -> None:
    assert registry.mask_phone("13800001234") == "138****1234"
    assert registry.mask_phone("12345") == "***45"
    assert registry.mask_phone("") == ""
    assert registry.mask_id("440300199001010011") == "440*************11"
    assert registry.mask_id("1234") == "****"
    assert registry.mask_name("陈立群") == "陈**"
    assert registry.mask_name("John Smith") == "J. S."
    assert registry.mask_name("安和科技", company=True) == "安和科技"


def test_only_those_who_need_them_see_phones(sites: dict[str, Site]) -> None:
    home = sites["liyuan"]
    assert registry.may_see_personal(person("front_desk", home), home.id)
    assert not registry.may_see_personal(person("front_desk", sites["lianhe"]), home.id)
    for role in ("technician", "security_guard", "admin", "process_owner"):
        assert not registry.may_see_personal(person(role, home), home.id)


def test_surnames_are_spelled_as_surnames() -> None:
    assert spell("曾志伟") == ("zengzhiwei", "zzw")
    assert spell("单小明") == ("shanxiaoming", "sxm")
    assert spell("John Smith") == ("johnsmith", "js")
    assert spell("ABC贸易", person=False) == ("abcmaoyi", "amy")


@given(st.text(max_size=80))
def test_any_typing_is_read_without_failing(typed: str) -> None:
    assert len(canonical(typed)) <= 80
    for place in places(typed):
        assert place.room
