"""The pages people use most, looked at by axe-core, on a desk's screen and on a phone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import DESK, PHONE, Device, Visit
from tests.browser.person import Person

BUILT = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
AXE = Path(os.environ.get("GUICHENG_AXE", BUILT))
GRAVE = ("serious", "critical")
PAGES = {
    "inbox": ("huangsimin", "/"),
    "claimable": ("huangsimin", "/?box=claimable"),
    "catalogue": ("liyutong", "/start"),
    "start": ("liyutong", "/start/move_in_owner"),
    "units": ("liyutong", "/units"),
    "counter": ("liyutong", "/counter/"),
    "settings": ("admin", "/settings/"),
    "people": ("admin", "/settings/people"),
}


def violations(person: Person) -> list[str]:
    """Give the grave violations of a page, with where they are."""
    person.page.evaluate(AXE.read_text("utf-8"))
    found: Any = person.page.evaluate("() => axe.run()")
    return [
        f"{one['impact']} {one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


pytestmark = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci")


@pytest.mark.parametrize("device", [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone")])
def test_no_page_shuts_anybody_out(visit: Visit, device: Device) -> None:
    stranger = visit(sign_in=False, **device)
    stranger.go("/login")
    stranger.shoot(f"page-{stranger.width}-login")
    found = {"login": violations(stranger)}
    people: dict[str, Person] = {}
    for name, (username, path) in PAGES.items():
        person = people.get(username) or visit(username, **device)
        people[username] = person
        person.go(path)
        person.shoot(f"page-{person.width}-{name}")
        found[name] = violations(person)
    found |= walked(people["huangsimin"])
    assert {name: lines for name, lines in found.items() if lines} == {}


def walked(assistant: Person) -> dict[str, list[str]]:
    """Look at pages that are reached from others: a task, its instance, a unit, a slip."""
    found = {}
    assistant.look_for("5-1-902", "mine").first.locator("[data-open]").click()
    found["task"] = violations(assistant)
    assistant.shoot(f"page-{assistant.width}-task")
    assistant.page.locator(".gc-crumb a").last.click()
    found["instance"] = violations(assistant)
    assistant.shoot(f"page-{assistant.width}-instance")
    assistant.page.locator("a[href$='/payment_receipt']").click()
    found["record"] = violations(assistant)
    assistant.go("/search?q=5-1-902")
    found["unit"] = violations(assistant)
    assistant.shoot(f"page-{assistant.width}-unit")
    return found
