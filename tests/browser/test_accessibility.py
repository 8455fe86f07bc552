"""The pages people use most, looked at by axe-core: on a desk's screen and on a phone, in English and in the dark."""

from __future__ import annotations

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
    found = {"login": violations(stranger, theme)}
    staff = dict.fromkeys(username for username, _ in PAGES.values())
    people = {username: visit(username, locale=locale, **device) for username in staff}
    for name, (username, path) in PAGES.items():
        people[username].go(path)
        people[username].shoot(f"page-{stranger.width}-{locale}-{name}")
        found[name] = violations(people[username], theme)
    found |= walked(people["huangsimin"], locale, theme)
    assert {name: lines for name, lines in found.items() if lines} == {}


def walked(assistant: Person, locale: str, theme: str) -> dict[str, list[str]]:
    """Look at pages that are reached from others: a task, its instance, a unit, a slip."""
    found = {}
    assistant.follow(assistant.look_for("5-1-902", "mine").first.locator("[data-open]"))
    found["task"] = violations(assistant, theme)
    assistant.shoot(f"page-{assistant.width}-{locale}-task")
    assistant.follow(assistant.crumb)
    found["instance"] = violations(assistant, theme)
    assistant.shoot(f"page-{assistant.width}-{locale}-instance")
    assistant.follow(assistant.page.locator("a[href$='/payment_receipt']"))
    found["record"] = violations(assistant, theme)
    assistant.go("/search?q=5-1-902")
    found["unit"] = violations(assistant, theme)
    assistant.shoot(f"page-{assistant.width}-{locale}-unit")
    return found


def test_a_refused_form_and_a_lost_race_shut_nobody_out(visit: Visit) -> None:
    # given: two assistants at the same step
    first, second = visit("huangsimin", locale="zh"), visit("hejiaxin", locale="zh")
    for person in (first, second):
        person.follow(person.look_for("6-1-1602").first.locator("[data-open]"))
        expect(person.page.locator("#form")).to_be_visible()
    # when: one sends an empty form, the other has taken the step meanwhile
    assert second.submit() == 422
    refused = violations(second, "light", "dark")
    second.shoot("refused")
    first.page.click("text=更多")
    first.follow(first.page.locator("button", has_text="领取"))
    assert second.submit() == 409
    second.shoot("conflict")
    # then
    assert (refused, violations(second, "light", "dark")) == ([], [])


def test_light_and_dark_are_chosen_in_the_menu(visit: Visit) -> None:
    person = visit("hejiaxin", locale="zh")
    person.go("/account/")
    for theme in ("dark", "light"):
        person.page.locator("summary.gc-person").click()
        person.follow(person.page.locator(f"button[name=theme][value={theme}]"))
        expect(person.page.locator("html")).to_have_attribute("data-bs-theme", theme)
