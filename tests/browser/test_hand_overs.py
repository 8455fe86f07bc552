"""Two people pass a task between them; what was typed stays, by mouse and keyboard, on desk and phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import installed, violations
from tests.browser.conftest import DESK, PHONE, Device, Visit
from tests.browser.story import Story


@installed
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_a_delegated_task_comes_back_with_an_opinion(visit: Visit, device: Device) -> None:
    # given: an assistant at a form half filled in
    story = Story(visit, "个人业主一次办完", unit="6-2-901" if device is DESK else "6-2-902")
    story.begin()
    owner, helper = visit("huangsimin", **device), visit("hejiaxin", **device)
    owner.open_step("登记、验证资料", story.unit)
    owner.page.locator(".gc-actions summary").press("Enter")
    owner.follow(owner.page.locator("button[value=claim]"), "Enter")
    expect(owner.page.locator("button[value=unclaim]")).to_have_count(1)
    address = owner.page.url
    owner.typist.fill({"verify_note": "合同号对不上"})
    # when: she asks a colleague
    owner.page.locator(".gc-actions summary").press("Enter")
    owner.follow(owner.page.locator("button[value=delegate]"), "Enter")
    expect(owner.heading).to_have_text("委派")
    assert violations(owner) == []
    owner.page.select_option("#people", "hejiaxin")
    owner.page.fill("#reason", "看看合同号")
    owner.follow(owner.page.locator(".gc-actions .btn-primary"), "Enter")
    # then: the colleague is asked and answers, and the form is as it was
    helper.go(address)
    expect(helper.page.locator("main")).to_contain_text("看看合同号")
    assert violations(helper) == []
    helper.page.fill("#opinion", "是旧合同号")
    helper.follow(helper.page.locator("button[value=answer]"))
    owner.go(address)
    expect(owner.page.locator("#people")).to_contain_text("是旧合同号")
    expect(owner.page.locator("[name=verify_note]")).to_have_value("合同号对不上")
    assert owner.complaints + helper.complaints == []
