from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import func, select

from engine import audit, counter, demo, registry
from engine.demo import journeys
from engine.demo.people import PASSWORD
from engine.deployment import library
from engine.engine import Engine
from engine.models.identity import Membership, Site, User
from engine.models.instance import ProcessInstance
from engine.models.job import Incident
from engine.models.registry import Arrears, Customer, CustomerContact, Occupancy, Unit
from engine.models.task import UserTask
from engine.policy import limits
from engine.staff import identity, roles
from engine.staff.access import Actor, load_actor


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


def test_move_ins_are_under_way_at_many_steps_some_of_them_overdue(loaded: Engine) -> None:
    library.deploy_shipped(loaded)

    assert demo.begin_work(loaded) == len(journeys.JOURNEYS)

    with loaded.read() as session:
        open_tasks = list(session.scalars(select(UserTask).where(UserTask.state == "created")))
        assert len({task.element_id for task in open_tasks}) >= 15
        assert {task.site_id for task in open_tasks} == {1, 2}
        overdue = [task for task in open_tasks if task.due_at and task.due_at < loaded.clock()]
        assert 5 <= len(overdue) < len(open_tasks)
        assert any(task.assignee_id for task in open_tasks)
        assert not session.scalar(select(func.count()).select_from(Incident))
        for instance in session.scalars(select(ProcessInstance)):
            assert instance.started_at <= loaded.clock()
            assert audit.first_break(session, loaded.secret, instance.key) is None
        done = select(ProcessInstance.unit_id).where(
            ProcessInstance.process_id == "move_in_owner", ProcessInstance.status == "completed"
        )
        moved_in = list(session.scalars(select(Unit).where(Unit.id.in_(done))))
        assert len(moved_in) == 3
        assert {unit.status for unit in moved_in} == {"occupied"}
        assert registry.find_unit(session, 1, "3-2-1201").status == "pending_move_in"
        home = session.get_one(Site, 1)
        shown = counter.board(session, home, loaded.clock().date())
        assert [ticket.label for ticket in shown.at_windows] == ["A001", "B001"]
        assert len(shown.waiting) == 3
    assert demo.begin_work(loaded) == 0
