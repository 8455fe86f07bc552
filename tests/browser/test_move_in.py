"""An owner moves in, from arrival to archive, by the people whose work it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, MOMENT, PHONE, Device, Visit
from tests.browser.person import Person
from tests.browser.story import OWNER, RECTIFICATION, Story

ONE_GO = "个人业主一次办完"
COMPANY = "公司业主委托代办"
TODAY = MOMENT.date().isoformat()
# What a clerk reads: the two records, and that somebody lives there.
WORDS = {"zh": ("收楼书", "付款收据", "已入住"), "en": ("Hand-over letter", "Receipt", "Occupied")}


@pytest.mark.parametrize(
    ("unit", "device", "locale"),
    [
        pytest.param("3-2-1201", DESK, "zh", id="at the counter"),
        pytest.param("6-1-1302", PHONE, "en", id="on phones in English"),
    ],
)
def test_an_individual_owner_moves_in_from_arrival_to_archive(
    visit: Visit, unit: str, device: Device, locale: str
) -> None:
    story = Story(visit, ONE_GO, unit=unit, locale=locale, **device)
    clerk = story.begin()
    story.play()
    # then
    story.assert_ended(clerk)
    letter, receipt, occupied = WORDS[locale]
    assert_printed(clerk, "handover_letter", letter, "入户门")
    assert_printed(clerk, "payment_receipt", receipt, "玖佰柒拾玖元贰角整")
    assert_occupied(clerk, unit, occupied)


def assert_printed(person: Person, record: str, title: str, content: str) -> None:
    """A slip opens with its words and the code that leads back."""
    person.follow(person.page.locator(f'a[href$="/{record}"]'))
    slip = person.page.locator(".gc-slip").first
    expect(slip).to_contain_text(content)
    expect(person.heading).to_have_text(title)
    code = slip.locator("img[src^='data:image/svg+xml']").first
    assert code.evaluate("image => image.complete && image.naturalWidth > 0")
    person.shoot(f"record-{person.width}-{record}")
    assert_paper(person)
    person.page.go_back()


def assert_paper(person: Person) -> None:
    """A record is read without going sideways; on paper it stands alone."""
    desk = person.page.locator(".gc-desk")
    assert desk.evaluate("desk => desk.scrollWidth <= innerWidth")
    person.page.emulate_media(media="print")
    expect(person.page.locator(".gc-paperbar")).to_be_hidden()
    person.page.emulate_media(media="screen")


def assert_occupied(person: Person, unit: str, words: str = "已入住") -> None:
    """The registry knows that somebody lives there now."""
    person.go("/search?q=" + unit)
    expect(person.page.locator(".gc-head .gc-stamp")).to_have_text(words)
    person.shoot(f"{unit}-{person.width}-unit")


def called_to_the_window(clerk: Person, unit: str) -> None:
    """A number for somebody who has arrived, called to a window, where the start form is opened from it."""
    page = clerk.page
    clerk.go("/counter/")
    page.fill("#unit", unit)
    page.press("#unit", "Escape")
    clerk.follow(page.locator("form[action$='/take'] .btn-primary"))
    clerk.shoot(f"counter-{clerk.width}-waiting")
    page.fill("#window", "3号窗口")
    clerk.follow(page.locator("form[action$='/call'] .btn-primary"))
    clerk.shoot(f"counter-{clerk.width}-called")
    clerk.follow(page.locator("form[action$='/begin'] .btn-primary"))
    assert f"/start/{OWNER}?" in page.url
    assert clerk.typist.named("unit_no").input_value() == unit


def test_a_unit_with_defects_from_the_counter_to_the_archive(visit: Visit) -> None:
    # given: a company's agent, who took a number and brings a missing paper later
    story = Story(visit, COMPANY)
    story.ways[""] = lambda clerk: called_to_the_window(clerk, story.unit)
    clerk = story.begin()
    expect(clerk.page.locator(".gc-head")).to_contain_text("A001 · 3 号窗")
    # when: papers, contracts, fees, the inspection and its defects
    story.play(until="t_pay")
    due = story.person("zhenghui2").page.locator("#f-amount_due").input_value()
    story.do(story.step("t_pay"), received=round(float(due.replace(",", "")) * 100))
    story.play(since="t_appoint", until="t_archive")
    # and: one key stays, the defects are put right with it, and the key goes back
    put_right(visit, story.unit, defects=2)
    clerk.go(f"/search?q={story.unit}")
    row = clerk.page.locator("tr", has_text="收楼缺陷整改")
    clerk.wait_for(row.filter(has_text="已办结"))
    clerk.shoot(f"{story.unit}-{clerk.width}-put-right")
    # and: the archive is made
    story.play(since="t_archive")
    # then
    story.assert_ended(clerk)
    expect(clerk.page.locator(".gc-head")).to_contain_text("A001 · 3 号窗")
    assert_printed(clerk, "move_in_flow_sheet", "入住办理流程单", "建“住户档案”")
    assert_occupied(clerk, story.unit)


def put_right(visit: Visit, unit: str, defects: int) -> None:
    """Every defect gets somebody, is mended with the kept key and looked at again; then the key is given back."""
    repair = Story(visit, "两项缺陷", RECTIFICATION, unit=unit)
    people = {"d_owner": "zhouguodong2", "t_fix": "wangdayong2", "t_recheck": "huangsimin2"}
    for element_id, username in people.items():
        step = repair.step(element_id, 1 if element_id == "t_recheck" else 0)
        for _ in range(defects):
            dates = {"recheck_at": TODAY} if element_id == "t_recheck" else {}
            repair.do(step, by=username, **dates)
    moment = f"{TODAY}T09:40:00+08:00"
    repair.do(repair.step("t_return_key"), by="huangsimin2", key_returned_at=moment)
