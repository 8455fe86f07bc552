from __future__ import annotations

import datetime as dt

import pytest

from engine import anchors
from engine.models.audit import AuditEntry
from engine.staff import identity
from engine.staff.access import SYSTEM
from tests.diagrams import chain, process, user_task
from tests.world import PASSWORD, World

WORKING = "move_in_owner.t_conflict"


@pytest.fixture
def running(world: World) -> World:
    world.deploy({"p.bpmn": process(user_task("work", limit=WORKING) + chain("s", "work", "e"))})
    world.start("p")
    return world


def due(world: World) -> str:
    moment = world.task("work").due_at
    assert moment is not None
    return moment.astimezone(dt.timezone(dt.timedelta(hours=8))).strftime("%m-%d %H:%M")


def was(page: str) -> str:
    return page.split('name="was" value="')[1].split('"', maxsplit=1)[0].replace("&#34;", '"')


def test_a_changed_limit_leads_to_what_would_move_and_moves_it_when_told(sign_in, running: World):
    client = sign_in("owner")
    url = f"/settings/limits/{WORKING}"
    form = {"was": was(client.get(url).text), "number": "2", "unit": "days", "act": "change"}
    answer = client.post(url, data=form)
    assert answer.location == "/settings/recalculation"
    page = client.get(answer.location).text
    assert "1 件事会变" in page
    assert "11-23 17:30" in page
    assert "11-24 17:30" in page
    assert due(running) == "11-23 17:30"
    answer = client.post(answer.location, follow_redirects=True)
    assert "1 个时限移动" in answer.text
    assert "都已按现在的规定" in answer.text
    assert due(running) == "11-24 17:30"


def test_a_changed_limit_that_moves_nothing_leads_back(sign_in, world: World):
    client = sign_in("owner")
    url = f"/settings/limits/{WORKING}"
    form = {"was": was(client.get(url).text), "number": "2", "unit": "days", "act": "change"}
    assert client.post(url, data=form).location.startswith("/settings/#")


def test_a_day_off_is_added_shown_and_taken_away_again(sign_in, running: World):
    client = sign_in("root")
    form = {"date": "2026-11-23", "kind": "rest", "name": "管道抢修"}
    answer = client.post("/settings/calendar", data=form)
    assert answer.location == "/settings/recalculation"
    assert "管道抢修" in client.get("/settings/calendar").text
    client.post(answer.location)
    assert due(running) == "11-24 17:30"
    client.post("/settings/calendar", data={"date": "2026-11-23", "kind": ""})
    assert "管道抢修" not in client.get("/settings/calendar").text


def test_the_calendar_of_a_site_shows_its_own_days(sign_in, running: World):
    client = sign_in("root")
    form = {"date": "2026-11-28", "kind": "work", "name": "补班", "site": "north"}
    assert client.post("/settings/calendar", data=form).status_code == 302
    assert "补班" in client.get("/settings/calendar?site=north").text
    assert "补班" not in client.get("/settings/calendar?site=south").text


@pytest.mark.parametrize("date", ["", "soon", "1999-01-01"])
def test_a_date_that_is_none_is_told_at_its_field(sign_in, running: World, date: str):
    answer = sign_in("root").post("/settings/calendar", data={"date": date, "kind": "rest"})
    assert answer.status_code == 422
    assert 'id="e-date"' in answer.text


def test_says_beyond_which_year_the_public_holidays_are_unknown(sign_in, world: World):
    client = sign_in("owner")
    assert "春节" in client.get("/settings/calendar?year=2026").text
    assert "还不知道" in client.get("/settings/calendar?year=2027").text


def test_only_administrators_change_the_calendar(sign_in, world: World):
    client = sign_in("owner")
    assert 'name="kind"' not in client.get("/settings/calendar").text
    form = {"date": "2026-11-23", "kind": "rest"}
    assert client.post("/settings/calendar", data=form).status_code == 403


def test_a_director_recalculates_his_site_only(sign_in, running: World):
    with running.engine.begin(SYSTEM) as command:
        user = identity.create_user(command, username="director", name="D", password=PASSWORD)
        identity.grant(command, user, command.session.merge(running.site(), load=False), "site_director")  # fmt: skip
    client = sign_in("director")
    assert client.get("/settings/recalculation?site=north").status_code == 200
    assert client.post("/settings/recalculation?site=south").status_code == 404
    assert sign_in("clerk").get("/settings/recalculation").status_code == 403


def test_administrators_see_and_verify_the_audit(sign_in, world: World):
    assert anchors.write(world.engine) is not None
    client = sign_in("root")
    page = client.get("/settings/audit").text
    assert "2026-11-20" in page
    assert "全都对得上" in client.get("/settings/audit?verify=1").text
    with world.engine.bind.begin() as connection:
        connection.execute(AuditEntry.__table__.update().values(actor_name="Nobody"))  # type: ignore[attr-defined]
    assert "从第 1 条起对不上" in client.get("/settings/audit?verify=1").text
    assert sign_in("owner").get("/settings/audit").status_code == 403
