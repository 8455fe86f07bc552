"""The pages people use most, looked at by axe-core: on a desk's screen and on a phone, in English and in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.axe import violations
from tests.browser.conftest import DESK, PHONE, Device, Visit
from tests.browser.person import Person

PAGES = {
    "inbox": ("huangsimin", "/"),
    "claimable": ("huangsimin", "/?box=claimable"),
    "catalogue": ("liyutong", "/start"),
    "start": ("liyutong", "/start/move_in_owner"),
    "units": ("liyutong", "/units"),
    "counter": ("liyutong", "/counter/"),
    "settings": ("admin", "/settings/"),
    "choices": ("admin", "/settings/choices"),
    "people": ("admin", "/settings/people"),
    "operations": ("admin", "/operations/"),
    "versions": ("admin", "/operations/definitions/move_in_owner"),
    "retention": ("admin", "/operations/retention"),
    "import": ("admin", "/units/import"),
    "account": ("huangsimin", "/account/"),
    "nowhere": ("huangsimin", "/nowhere"),
}


pytestmark = axe.installed


@pytest.mark.parametrize(
    ("device", "locale", "theme"),
    [
        pytest.param(DESK, "zh", "light", id="desk"),
        pytest.param(PHONE, "en", "dark", id="phone in English in the dark"),
    ],
)
def test_no_page_shuts_anybody_out(visit: Visit, device: Device, locale: str, theme: str) -> None:
    stranger = visit(sign_in=False, **device)
    stranger.go("/login")
    found = {"login": violations(stranger)}
    people = {username: visit(username, **device) for username, _ in PAGES.values()}
    with looking(list(people.values()), locale, theme):
        for name, (username, path) in PAGES.items():
            people[username].go(path)
            people[username].shoot(f"page-{stranger.width}-{locale}-{theme}-{name}")
            found[name] = violations(people[username])
        found |= walked(people["huangsimin"], f"{locale}-{theme}")
    assert {name: lines for name, lines in found.items() if lines} == {}


@contextmanager
def looking(people: list[Person], locale: str, theme: str) -> Iterator[None]:
    """Let people read in a language, in the light or in the dark; in the end as they did before."""
    try:
        for person in people:
            choose(person, locale=locale, theme=theme)
        yield
    finally:
        for person in people:
            person.go("/account/")
            choose(person, locale="zh", theme="light")


def choose(person: Person, **wanted: str) -> None:
    for name, value in wanted.items():
        person.page.locator("summary.gc-person").click()
        with person.page.expect_navigation():
            person.page.click(f"button[name={name}][value={value}]")


def walked(assistant: Person, look: str) -> dict[str, list[str]]:
    """Look at pages that are reached from others: a task, its instance, a unit, a slip."""
    found = {}
    assistant.look_for("5-1-902", "mine").first.locator("[data-open]").click()
    found["task"] = violations(assistant)
    assistant.shoot(f"page-{assistant.width}-{look}-task")
    assistant.page.locator(".gc-crumb a").last.click()
    found["instance"] = violations(assistant)
    assistant.shoot(f"page-{assistant.width}-{look}-instance")
    assistant.page.locator("a[href$='/payment_receipt']").click()
    found["record"] = violations(assistant)
    assistant.go("/search?q=5-1-902")
    found["unit"] = violations(assistant)
    assistant.shoot(f"page-{assistant.width}-{look}-unit")
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_refused_form_and_a_lost_race_shut_nobody_out(visit: Visit, theme: str) -> None:
    # given: two assistants at the same step
    unit = {"light": "6-1-1602", "dark": "5-1-2502"}[theme]
    first, second = visit("huangsimin"), visit("hejiaxin")
    with looking([second], "zh", theme):
        for person in (first, second):
            person.look_for(unit).first.locator("[data-open]").click()
            expect(person.page.locator("#form")).to_be_visible()
        # when: one sends an empty form, the other has taken the step meanwhile
        assert second.submit() == 422
        refused = violations(second)
        second.shoot(f"refused-{theme}")
        first.page.click("text=更多")
        first.page.locator("button", has_text="领取").click()
        assert second.submit() == 409
        second.shoot(f"conflict-{theme}")
        # then
        assert (refused, violations(second)) == ([], [])
