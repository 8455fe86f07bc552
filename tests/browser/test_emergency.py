"""An emergency is started on a phone with two taps, with and without script, and only once."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Visit

TILE = '.gc-plays a[href="/emergency/{}"]'


@pytest.mark.parametrize(
    ("playbook", "locale", "name"),
    [
        pytest.param("emergency_elevator", "en", "Sun Hao", id="in English"),
        pytest.param("emergency_electric", "", "孙浩", id="without script"),
    ],
)
def test_two_taps_start_a_playbook(visit: Visit, playbook: str, locale: str, name: str) -> None:
    # given: the guard's inbox
    guard = visit("sunhao", locale=locale, java_script_enabled=bool(locale), **PHONE)
    guard.go("/")
    guard.shoot(f"emergency-inbox-{playbook}")
    # when
    guard.page.tap(TILE.format(playbook))
    guard.shoot(f"emergency-start-{playbook}")
    guard.page.tap("#form .btn-late")
    # then
    guard.page.wait_for_url(lambda url: "/tasks/" in url or "/instances/" in url)
    expect(guard.page.locator("main")).to_contain_text("TF-")
    guard.shoot(f"emergency-started-{playbook}")
    # who goes back is told that it runs
    guard.page.go_back()
    expect(guard.page.get_by_role("alert")).to_contain_text(name)


def test_whoever_comes_second_is_told_that_it_runs(visit: Visit) -> None:
    guard = visit("sunhao", **PHONE)
    guard.go("/emergency/emergency_gas")
    guard.page.tap("#form .btn-late")
    guard.page.wait_for_url(lambda url: "/emergency/" not in url)
    clerk = visit("liyutong", **PHONE)
    clerk.go("/emergency")
    clerk.page.tap(TILE.format("emergency_gas"))
    expect(clerk.page.get_by_role("alert")).to_contain_text("孙浩")
    clerk.shoot("emergency-second")
