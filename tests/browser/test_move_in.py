"""An owner moves in, from arrival to archive, by the people whose work it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Device, Visit
from tests.browser.person import Person
from tests.browser.story import RECTIFICATION, Story, names

ONE_GO = "个人业主一次办完"
COMPANY = "公司业主委托代办"


@pytest.mark.parametrize(
    ("unit", "device"),
    [pytest.param("3-2-1201", DESK, id="at the counter"), pytest.param("6-1-1302", PHONE, id="on phones")],
)  # fmt: skip
def test_an_individual_owner_moves_in_from_arrival_to_archive(
    visit: Visit, unit: str, device: Device
) -> None:
    story = Story(visit, ONE_GO, unit=unit, **device)
    clerk = story.begin()
    story.play()
    # then
    assert_ended(story, clerk)
    assert_printed(clerk, "handover_letter", "收楼书", "入户门")
    assert_printed(clerk, "payment_receipt", "付款收据", "玖佰柒拾玖元贰角整")
    assert_occupied(clerk, unit)


def assert_ended(story: Story, person: Person) -> None:
    """The instance's page says that it has ended, and everything on the way is there."""
    person.go(story.page)
    person.wait_for(person.page.locator(".gc-head .gc-stamp.is-done"))
    expect(person.page.locator(".gc-head .gc-stamp")).to_have_text("已办结")
    course = person.page.locator(".gc-time")
    for step in story.steps[1:]:
        expect(course).to_contain_text(names(step.process_id)[step.element_id])
    person.shoot(f"{story.unit}-{person.width}-instance")


def assert_printed(person: Person, record: str, title: str, content: str) -> None:
    """A slip opens with its words and the code that leads back."""
    person.page.locator(f'a[href$="/{record}"]').click()
    slip = person.page.locator(".gc-slip").first
    expect(slip).to_contain_text(content)
    expect(person.heading).to_have_text(title)
    code = slip.locator("img[src^='data:image/svg+xml']").first
    assert code.evaluate("image => image.complete && image.naturalWidth > 0")
    person.shoot(f"record-{person.width}-{record}")
    person.page.go_back()


def assert_occupied(person: Person, unit: str) -> None:
    """The registry knows that somebody lives there now."""
    person.go("/search?q=" + unit)
    expect(person.page.locator(".gc-head .gc-stamp")).to_have_text("已入住")
    person.shoot(f"{unit}-{person.width}-unit")


def test_a_company_sends_its_agent_who_brings_a_missing_paper_later(visit: Visit) -> None:
    story = Story(visit, COMPANY)
    clerk = story.begin()
    story.play(until="t_issue")
    # then: the paper was asked for, supplied and found in order
    assistant = story.person("huangsimin2")
    expect(assistant.heading).to_have_text("发放资料并签领")
    story.play(since="t_issue", until="t_pay")
    cashier = story.person("zhenghui2")
    due = cashier.page.locator("#f-amount_due").input_value()
    story.do(story.step("t_pay"), received=round(float(due.replace(",", "")) * 100))
    story.play(since="t_appoint")
    # then
    assert_ended(story, clerk)
    assert_occupied(clerk, story.unit)


def test_a_defect_keeps_one_key_back_until_it_is_put_right(visit: Visit) -> None:
    # given: a move-in whose electrical inspection is under way, and a defect found there
    unit = "5-1-501"
    defect = {"location": "照明、开关插座", "category": "lighting", "defect": "两只筒灯不亮"}
    story = Story(visit, COMPANY, unit=unit)
    story.do(story.step("t_walk_engineering"), by="wangdayong")
    story.do(story.step("t_meter"), by="huangsimin")
    story.do(story.step("t_list"), by="huangsimin", defects=[defect])
    story.do(story.step("t_sign", 1), by="huangsimin")
    # when: one key stays with the company
    assistant = story.do(story.step("t_key_retain"), by="huangsimin")
    # then: the defect is put right with it, and the key goes back
    repair = Story(visit, "两项缺陷", RECTIFICATION, unit=unit)
    repair.do(repair.step("d_owner"))
    repair.do(repair.step("t_fix"))
    repair.do(repair.step("t_recheck", 1))
    repair.do(repair.step("t_return_key"))
    assistant.go("/search?q=" + unit)
    row = assistant.page.locator("tr", has_text="收楼缺陷整改")
    assistant.wait_for(row.filter(has_text="已办结"))
    assistant.shoot("5-1-501-unit")
    expect(row).to_contain_text("已办结")
