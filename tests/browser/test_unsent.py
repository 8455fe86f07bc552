"""A long form sent after the session has ended: nothing of it is typed twice."""

from __future__ import annotations

from playwright.sync_api import expect

from engine.demo.people import PASSWORD
from tests.browser.conftest import Visit

TYPED = "登录过期前写的一大段"


def test_what_was_typed_outlives_the_session(visit: Visit) -> None:
    # given: a clerk whose session ends while a form is filled in
    clerk = visit("liyutong")
    page = clerk.page
    clerk.go("/start/goods_release")
    clerk.typist.named("reason").fill(TYPED)
    clerk.context.clear_cookies(name="guicheng_session")
    # when: the form is sent, and the clerk signs in where the page says
    page.locator("#form .btn-primary").click()
    expect(page.locator("[data-refused]")).to_contain_text("登录后接着填")
    page.locator("[data-refused] .btn-primary").click()
    page.fill("#username", clerk.username)
    page.fill("#password", PASSWORD)
    page.locator("main form .btn-primary").click()
    # then: the form has it again, as a draft that is kept
    expect(clerk.typist.named("reason")).to_have_value(TYPED)
    assert page.url.endswith("/start/goods_release")
    # and: another form of the same person is not touched by it
    clerk.go("/")
    assert page.evaluate("sessionStorage.length") == 0
