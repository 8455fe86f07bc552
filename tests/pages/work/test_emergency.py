"""Emergencies on a phone: one tap on what happened, one to start; nobody starts the same twice by mistake."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from engine.models.instance import TERMINATED, ProcessInstance
from tests.diagrams import chain, process, user_task
from tests.pages.conftest import SignIn
from tests.pages.work.conftest import form
from tests.world import World

FIRE = "emergency_fire_report"
FIELDS = [
    {"type": "textfield", "key": "place", "label": "地点"},
    {"type": "checkbox", "key": "injured", "label": "有人受伤"},
]
ASKING = [{"type": "textfield", "key": "why", "label": "原因", "validate": {"required": True}}]


def playbook(process_id: str, start_form: str) -> bytes:
    drawn = process(
        user_task("t_call", "all_staff") + chain("s", "t_call", "e"),
        process_id,
        start={"numberPrefix": "TF"},
        cancelable="starter within PT1M",
    )
    found = f'<zeebe:formDefinition formId="{start_form}"/><zeebe:properties>'.encode()
    return drawn.replace(
        b'<startEvent id="s"><extensionElements><zeebe:properties>',
        b'<startEvent id="s"><extensionElements>' + found,
    )


@pytest.fixture
def browser(world: World, sign_in: SignIn) -> FlaskClient:
    files = {
        "a.bpmn": playbook(FIRE, "quick"),
        "b.bpmn": playbook("emergency_asking", "asking"),
        "forms/quick.form": form("quick", *FIELDS),
        "forms/asking.form": form("asking", *ASKING),
    }
    world.deploy(files, family="emergency")
    return sign_in("clerk")


def count(world: World) -> int:
    with world.engine.read() as session:
        return session.scalar(select(func.count()).select_from(ProcessInstance)) or 0


def token(page: str) -> dict[str, str]:
    found = re.search(r'name="submission" value="(\w+)"', page)
    return {"submission": found[1] if found else "", "site": "north"}


@pytest.mark.parametrize("path", ["/", "/start", "/emergency"])
def test_a_big_button_leads_from_the_first_pages_to_the_one_that_starts(
    browser: FlaskClient, path: str
) -> None:
    page = browser.get(path).text
    assert f'href="/emergency/{FIRE}"' in page
    assert "/emergency/emergency_asking" not in page


def test_the_second_tap_starts_with_nothing_filled_in(browser: FlaskClient, world: World) -> None:
    page = browser.get(f"/emergency/{FIRE}").text
    assert all(f'href="tel:{number}"' in page for number in ("119", "120", "110"))
    answer = browser.post(f"/emergency/{FIRE}", data=token(page))
    assert answer.status_code == 302
    assert answer.location == f"/tasks/{world.task('t_call').key}"


def test_what_is_known_may_come_along(browser: FlaskClient, world: World) -> None:
    sent = token(browser.get(f"/emergency/{FIRE}").text) | {"place": "3栋大堂", "injured": "on"}
    browser.post(f"/emergency/{FIRE}", data=sent)
    task = world.task("t_call")
    assert world.instance(task.instance_key).variables == {"place": "3栋大堂", "injured": True}


@pytest.mark.parametrize("fresh", [True, False])
def test_two_presses_start_one(browser: FlaskClient, world: World, fresh: bool) -> None:
    pages = [browser.get(f"/emergency/{FIRE}").text for _ in range(2)]
    first = browser.post(f"/emergency/{FIRE}", data=token(pages[0]))
    second = browser.post(f"/emergency/{FIRE}", data=token(pages[fresh]))
    assert (first.status_code, second.status_code, count(world)) == (302, 302, 1)


def test_shows_what_a_colleague_just_started_and_lets_a_second_one_start(
    browser: FlaskClient, world: World, sign_in: SignIn
) -> None:
    browser.post(f"/emergency/{FIRE}", data=token(browser.get(f"/emergency/{FIRE}").text))
    other = sign_in("assistant")
    page = other.get(f"/emergency/{FIRE}").text
    assert "Clerk" in page
    assert 'name="again"' in page
    other.post(f"/emergency/{FIRE}", data=token(page) | {"again": "1"})
    assert count(world) == 2


def test_a_start_by_mistake_is_taken_back(browser: FlaskClient, world: World) -> None:
    browser.post(f"/emergency/{FIRE}", data=token(browser.get(f"/emergency/{FIRE}").text))
    key = world.task("t_call").instance_key
    assert f"/emergency/instances/{key}/undo" in browser.get("/").text
    browser.post(f"/emergency/instances/{key}/undo")
    assert world.instance(key).status == TERMINATED


def test_nobody_else_takes_it_back(browser: FlaskClient, world: World, sign_in: SignIn) -> None:
    browser.post(f"/emergency/{FIRE}", data=token(browser.get(f"/emergency/{FIRE}").text))
    key = world.task("t_call").instance_key
    assert sign_in("assistant").post(f"/emergency/instances/{key}/undo").status_code == 403
