"""A process owner walks through a new procedure once; the walk becomes a scenario that proves the draft."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.browser import studio
from tests.browser.conftest import Visit
from tests.browser.person import Person

NEIGHBOUR, PROCESS = "arrears_list_to_security", "arrears_again"
FILE, NAME = f"scenarios/{PROCESS}.test.json", "上午没有送到"


def test_a_walk_with_real_forms_and_a_moved_clock_becomes_a_scenario_that_holds(
    visit: Visit,
) -> None:
    owner = visit(studio.OWNER)
    page = owner.page
    # given: a new procedure from a neighbour, without any scenario
    draft = copied(page)
    studio.show(page, FILE)
    page.locator(".gc-file-tools button").last.click()
    page.locator("dialog.gc-ask button[value=yes]").click()
    studio.save(page)
    # when: it is started and goes on with the forms its people get
    owner.go(f"{draft}/recordings")
    page.locator(f"form:has(input[value={PROCESS}]) button").click(timeout=studio.LONG)
    page.wait_for_url("**/studio/recordings/*", timeout=studio.LONG)
    step(owner, month="2026-11", manual_reason="当日未出")
    step(owner, confirmed_by="郑慧", booked_checked=True)
    # and: the clock is moved past the time it should have been delivered
    page.fill("input[name=duration_own]", "PT3H")
    press(page, "wait")
    expect(page.locator("main")).to_contain_text("12:30")
    step(owner, delivered=True, delivered_by="李雨桐")
    # and: who has to sign signs; the page says that the scenario keeps no picture
    expect(page.locator("[data-brought]")).to_contain_text("签收")
    step(owner, received_by="赵铁军", received_at="2026-11-20T12:20", gate_updated=True, receipt_sign="sign-captain")  # fmt: skip
    expect(page.locator("main")).to_contain_text("已办结")
    owner.shoot("studio-recording")
    # then: the walk is a scenario of the draft
    page.fill("#name", NAME)
    press(page, "keep")
    page.wait_for_url(f"{draft}/proof")
    # and: its proof holds, with what it passed painted on the diagram
    page.locator("form:has(.btn-primary) .btn-primary").click()
    expect(page.locator("#proof .gc-stamp.is-done").first).to_be_visible(timeout=studio.LONG)
    expect(page.locator("#proof tbody tr")).to_have_count(1)
    expect(page.locator("#proof tbody")).to_contain_text(NAME)
    page.locator("#map-1").scroll_into_view_if_needed()
    for passed in ("n_late", "t_receipt", "e_done"):
        expect(page.locator(f"[data-element-id={passed}].is-done")).to_have_count(1)
    owner.shoot("studio-proof")
    saved = json.loads(page.request.get(f"{draft}/files").json()["files"][FILE])
    assert [one["name"] for one in saved["testCases"]] == [NAME]


def copied(page: Page) -> str:
    """Begin a new procedure from a neighbour; gives the draft's address."""
    page.goto("/studio/")
    form = page.locator("form:has([name=new_id])")
    form.locator("[name=process_id]").select_option(NEIGHBOUR)
    form.locator("[name=new_id]").fill(PROCESS)
    form.locator("[name=name]").fill("补送欠费表")
    form.locator("button").click()
    page.wait_for_url("**/studio/drafts/*")
    studio.wait(page)
    return page.url.split("#")[0]


def step(owner: Person, **entered: object) -> int:
    """Fill in the form of the step and do it; gives the status of the answer."""
    owner.typist.fill(entered)
    return press(owner.page, "step")


def press(page: Page, act: str) -> int:
    """Press a button of the recorder; everything so far is done again, which takes its time."""
    with page.expect_navigation(timeout=studio.LONG) as arrived:
        page.click(f"button[name=do][value={act}]", no_wait_after=True)
    assert arrived.value is not None
    return arrived.value.status
