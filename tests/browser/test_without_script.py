"""Without JavaScript every form can be sent: rows, photographs and a photographed signature included."""

from __future__ import annotations

import datetime as dt

from playwright.sync_api import expect

from tests.browser.conftest import MOMENT, Visit
from tests.browser.person import Person
from tests.browser.typist import photo

TODAY = (MOMENT + dt.timedelta(hours=8)).date().isoformat()


def choose(person: Person, name: str, value: str = "true") -> None:
    person.page.check(f'#form [name="{name}"][value="{value}"]')


def test_a_move_in_is_started_without_script(visit: Visit) -> None:
    clerk = visit("liyutong", java_script_enabled=False)
    clerk.go("/start/move_in_owner")
    choose(clerk, "notice_seen")
    clerk.page.fill("#f-occupied_since", TODAY)
    clerk.page.fill("#f-unit_no", "6-2-302")
    choose(clerk, "applicant_type", "owner_person")
    clerk.page.fill("#f-name", "无脚本先生")
    clerk.page.fill("#f-phone", "138 0000 1201")
    clerk.page.fill("#f-move_in_no", "1")
    clerk.shoot("no-script-start")
    assert clerk.submit() == 302
    expect(clerk.heading).to_contain_text("6-2-302")


def test_a_task_is_completed_with_a_photographed_signature(visit: Visit) -> None:
    assistant = visit("huangsimin", java_script_enabled=False)
    assistant.follow(assistant.look_for("2-1-1002", "mine").first.locator("[data-open]"))
    expect(assistant.heading).to_have_text("发放资料并签领")
    choose(assistant, "issued", "resident_handbook")
    choose(assistant, "informed")
    assistant.page.fill("#f-receipt_by", "代签人")
    assistant.page.fill("#f-receipt_date", TODAY)
    # when: the signature is forgotten at first
    assert assistant.submit() == 422
    expect(assistant.faults).to_have_count(1)
    assistant.shoot("no-script-422")
    assert assistant.page.input_value("#f-receipt_by") == "代签人"
    assistant.page.set_input_files('[name="receipt_sign__file"]', [photo("paper.png")])
    assistant.shoot("no-script-signed")
    assert assistant.submit() == 302
    expect(assistant.told).to_contain_text("签署协议")


def test_rows_of_a_table_are_added_by_the_server(visit: Visit) -> None:
    assistant = visit("hejiaxin", java_script_enabled=False)
    assistant.follow(assistant.look_for("2-1-1001").first.locator("[data-open]"))
    # given: fields that follow from an answer come with the button that only stands there without script
    choose(assistant, "docs_result", "complete")
    assistant.follow(assistant.page.locator("[name=_refresh]"))
    rows = assistant.page.locator("#f-owners > [data-item]")
    add = assistant.page.locator('[name=_add][value="owners"]')
    # when
    assistant.follow(add)
    assistant.page.fill('#form [name="owners.0.name"]', "第一位")
    assistant.follow(add)
    # then
    expect(rows).to_have_count(2)
    assert assistant.page.input_value('#form [name="owners.0.name"]') == "第一位"
