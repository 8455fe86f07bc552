from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import func, select

from engine import demo, identity, limits, registry, roles
from engine.access import Actor, load_actor
from engine.demo.people import PASSWORD
from engine.engine import Engine
from engine.models.identity import Membership, Site, User
from engine.models.registry import Arrears, Customer, CustomerContact, Occupancy, Unit


@pytest.fixture
def loaded(engine: Engine) -> Engine:
    assert demo.load(engine)
    return engine


def actor(engine: Engine, username: str) -> Actor:
    with engine.read() as session:
        user = session.scalars(select(User).where(User.username == username)).one()
        found = load_actor(session, user.id)
    assert found is not None
    return found


def test_the_demo_company_is_complete(loaded: Engine) -> None:
    _has_the_units_people_talk_about(loaded)
    _has_staff_who_see_their_site_only(loaded)
    _has_customers_of_every_kind(loaded)
    _loads_only_once(loaded)


def _has_the_units_people_talk_about(engine: Engine) -> None:
    admin = actor(engine, "admin")
    with engine.read() as session:
        counts = dict(
            session.execute(select(Unit.site_id, func.count()).group_by(Unit.site_id)).all()
        )
        assert 280 <= counts[1] <= 320
        assert 70 <= counts[2] <= 90
        for typed in (
            "3-2-1201",
            "3栋2单元1802",
            "S1-08",
            "B1-217",
            "A1206",
            "A座12层1201",
            "B2801",
        ):
            assert len(registry.search(session, admin, typed).units) == 1, typed
        for typed in ("3-2-401", "3-2-1401", "A1501"):
            assert not registry.search(session, admin, typed).units, typed
        assert registry.find_unit(session, 1, "3-2-1201").status == "pending_move_in"
        statuses = Counter(session.scalars(select(Unit.status).where(Unit.site_id == 1)))
        assert set(statuses) == {"unsold", "sold", "pending_move_in", "occupied", "vacant"}
        assert statuses["pending_move_in"] >= 20


def _has_staff_who_see_their_site_only(engine: Engine) -> None:
    with engine.read() as session:
        assert identity.authenticate(session, "liyutong", PASSWORD).name == "李雨桐"
        held = set(session.scalars(select(Membership.role)))
        assert held == set(roles.catalogue())
        assert session.scalar(select(func.count()).select_from(User)) == 38
    assert actor(engine, "liyutong").site_ids == [1]
    assert actor(engine, "liyutong2").site_ids == [2]
    for username in ("luoyifan", "admin", "liumin"):
        assert actor(engine, username).site_ids == [1, 2]
    with engine.read() as session:
        assert not registry.search(session, actor(engine, "liyutong2"), "3-2-1201")


def _has_customers_of_every_kind(engine: Engine) -> None:
    with engine.read() as session:
        relations = set(session.scalars(select(Occupancy.relation)))
        assert relations >= {"owner", "co_owner", "tenant", "payer"}
        assert set(session.scalars(select(Customer.kind))) == {"person", "company"}
        phones = list(session.scalars(select(Customer.phone)))
        assert len(set(phones)) == len(phones)
        assert all(phone.startswith(("1380000", "07550000")) for phone in phones)
        fewest = (
            select(func.count()).select_from(CustomerContact).group_by(CustomerContact.customer_id)
        )
        assert min(session.scalars(fewest)) >= 2
        assert session.scalar(select(func.count()).select_from(Arrears)) > 5
        office = session.get_one(Site, 2)
        assert limits.settings(session, office, ["fee.management_rate"]) == {
            "fee": {"management_rate": 1800}
        }


def _loads_only_once(engine: Engine) -> None:
    assert not demo.load(engine)
