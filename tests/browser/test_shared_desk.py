"""A shared computer: people change, drafts stay, the language holds, and the server may die at any moment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from engine.demo.people import PASSWORD
from tests.browser.conftest import Server, Visit
from tests.browser.person import Person

START = "/start/move_in_owner"


def change_to(person: Person, username: str) -> None:
    person.page.locator("details.gc-menu:has(summary.gc-person) > summary").click()
    person.follow(person.page.locator("a[href^='/switch']"))
    person.shoot("switch")
    if person.page.locator(f"a[href*='user={username}']").count():
        person.follow(person.page.locator(f"a[href*='user={username}']"))
    else:
        person.page.fill("#username", username)
    person.page.fill("#password", PASSWORD)
    person.follow(person.page.locator("main form .btn-primary"))


def test_people_change_at_one_computer_and_find_their_own_drafts(visit: Visit) -> None:
    desk = visit("liyutong")
    desk.go(START)
    desk.typist.fill({"name": "李雨桐记的", "phone": "138 0000 1201"})
    # when: somebody else takes over before anything was sent, and the first comes back
    change_to(desk, "huangsimin")
    expect(desk.page.locator("summary.gc-person")).to_contain_text("黄思敏")
    change_to(desk, "liyutong")
    expect(desk.page.locator("summary.gc-person")).to_contain_text("李雨桐")
    desk.go(START)
    # then
    assert desk.typist.named("name").input_value() == "李雨桐记的"


def test_what_is_typed_is_there_again_after_a_reload(visit: Visit) -> None:
    cashier = visit("zhenghui")
    cashier.open_step("收费开票", "2-1-901")
    cashier.typist.fill({"receipt_no": "SJ-草稿", "pay_method": "cash"})
    expect(cashier.page.locator("[data-draft-state]")).to_contain_text("已存")
    cashier.shoot("draft-saved")
    cashier.page.reload()
    assert cashier.typist.named("receipt_no").input_value() == "SJ-草稿"
    assert cashier.typist.named("pay_method").input_value() == "cash"


def test_english_stays_chosen(visit: Visit) -> None:
    person = visit("hejiaxin")
    person.page.locator("summary.gc-person").click()
    person.follow(person.page.locator("button[name=locale][value=en]"))
    expect(person.page.locator("html")).to_have_attribute("lang", "en")
    person.shoot("en-inbox")
    person.go(START)
    expect(person.page.locator("html")).to_have_attribute("lang", "en")
    again = visit("hejiaxin")
    expect(again.page.locator("html")).to_have_attribute("lang", "en")
    again.page.locator("summary.gc-person").click()
    again.follow(again.page.locator("button[name=locale][value=zh]"))
    expect(again.page.locator("html")).to_have_attribute("lang", "zh-CN")


@pytest.fixture
def mortal(server: Server) -> Iterator[Server]:
    """The server, which is up again whatever happens to it."""
    yield server
    if server.process.poll() is not None:
        server.start()


def test_a_killed_server_comes_back_with_the_session_and_the_draft(
    visit: Visit, mortal: Server
) -> None:
    # given
    cashier = visit("zhenghui")
    cashier.open_step("核算入伙费用", "3-1-1702")
    cashier.typist.fill({"fee_enquiry_phone": "0755-0000 7777"})
    expect(cashier.page.locator("[data-draft-state]")).to_contain_text("已存")
    # when: it dies while something more is being typed
    mortal.kill()
    cashier.typist.fill({"late_fee": "断电时写的"})
    expect(cashier.page.locator("[data-draft-state]")).to_contain_text("没")
    cashier.shoot("server-down")
    mortal.start()
    # then: what was typed meanwhile can still be sent, by the same session
    cashier.typist.fill({"pay_by": "2026-11-27", "fees_explained": True})
    assert cashier.submit() == 302
    expect(cashier.heading).to_have_text("收费开票")
