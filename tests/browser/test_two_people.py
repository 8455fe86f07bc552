"""Two people at the same task, and what people type that no form should accept."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.person import Person
from tests.browser.story import Story

SCRIPT = "<script>document.title = 'broken into'</script>"
LONG = "长" * 10_000
SQL = "'; DROP TABLE process_instance; --"


def test_the_second_of_two_people_sees_who_finished_and_keeps_what_was_typed(visit: Visit) -> None:
    # given: two assistants look at the same form
    story = Story(visit, "个人业主一次办完", unit="3-1-1302")
    entered = story.step("t_sign").entered
    first, second = visit("huangsimin"), visit("hejiaxin")
    for person in (first, second):
        person.open_step("签署协议", story.unit)
        story.fill(person, entered)
    second.typist.fill({"copies": 3})
    address = second.page.url
    # when
    assert first.submit() == 302
    assert second.submit() == 409
    # then
    second.shoot("conflict")
    expect(second.page.locator("[role=alert]")).to_contain_text("黄思敏")
    expect(second.page.locator("tr", has_text="每份份数")).to_contain_text("3")
    second.go(address)
    expect(second.page.locator("main")).to_contain_text("黄思敏")
    expect(second.page.locator("#form")).to_have_count(0)


def test_an_empty_start_form_says_what_is_missing_and_leads_there(visit: Visit) -> None:
    clerk = visit("liyutong")
    clerk.go("/start/move_in_owner")
    assert clerk.submit() == 422
    clerk.shoot("start-empty-422")
    expect(clerk.page.locator("#errors")).to_be_focused()
    faults = clerk.faults.all()
    assert faults
    for fault in faults:
        target = str(fault.get_attribute("href"))
        assert clerk.page.locator(target).count() == 1, target
    faults[0].click()
    assert "#" in clerk.page.url
    assert not started(clerk, "梁先生")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        pytest.param("name", LONG, id="ten thousand characters"),
        pytest.param("phone", SCRIPT, id="a script"),
        pytest.param("phone", SQL, id="something like SQL"),
        pytest.param("unit_no", "9-9-9999", id="a unit that is not there"),
        pytest.param("occupied_since", "", id="no date"),
    ],
)
def test_a_refused_start_keeps_everything_typed_and_starts_nothing(
    visit: Visit, field: str, typed: str
) -> None:
    story = Story(visit, "个人业主一次办完", unit="6-2-101")
    clerk = story.person("liyutong")
    clerk.go("/start/move_in_owner")
    entered = story.steps[0].entered | {"unit_no": story.unit, "name": "不会发起的人", field: typed}
    story.fill(clerk, entered)
    clerk.typist.force(field, typed)
    assert clerk.submit() == 422
    # then
    expect(clerk.faults).to_have_count(1)
    assert clerk.faults.get_attribute("href") == f"#f-{field}"
    for name in ("unit_no", "name", "phone", "occupied_since", "notice_deadline"):
        assert clerk.typist.named(name).input_value() == entered[name]
    assert clerk.typist.named("notice_seen").is_checked()
    assert not started(clerk, story.unit)


def started(clerk: Person, words: str) -> bool:
    return bool(clerk.look_for(words, "started").count())


def test_hostile_words_that_are_allowed_stay_words(visit: Visit) -> None:
    story = Story(visit, "个人业主一次办完", unit="6-2-201")
    clerk = story.person("liyutong")
    clerk.go("/start/move_in_owner")
    story.fill(clerk, story.steps[0].entered | {"unit_no": story.unit, "name": SCRIPT})
    assert clerk.submit() == 302
    story.page = clerk.page.url
    # then: they are shown as typed wherever they come up
    for path in (story.page, "/?box=started", "/search?q=6-2-201"):
        clerk.go(path)
        assert "broken into" not in clerk.page.title()
    assistant = visit("huangsimin")
    assistant.open_step("登记、验证资料", story.unit)
    expect(assistant.page.locator(".gc-head")).to_contain_text(SCRIPT)
    assert "broken into" not in assistant.page.title()


def test_a_wrong_identity_number_is_refused_and_nothing_typed_is_lost(visit: Visit) -> None:
    story = Story(visit, "个人业主一次办完", unit="2-1-1001")
    assistant = visit("huangsimin")
    assistant.open_step("登记、验证资料", story.unit)
    address = assistant.page.url
    owner = {"name": SQL, "id_type": "id_card", "id_no": "44030019900101120"}
    story.fill(assistant, story.step("t_verify").entered | {"owners": [owner]})
    assert assistant.submit() == 422
    assistant.shoot("verify-422")
    # then
    expect(assistant.faults).to_have_count(1)
    expect(assistant.faults).to_contain_text("18")
    assert assistant.typist.named("owners.0.id_no").input_value() == owner["id_no"]
    assert assistant.typist.named("owners.0.name").input_value() == SQL
    expect(assistant.page.locator(".gc-docs input:checked")).to_have_count(9)
    # and the task waits as before, for anybody
    colleague = visit("hejiaxin")
    colleague.go(address)
    expect(colleague.page.locator("#form .btn-primary")).to_be_visible()
    expect(colleague.page.locator(f'#form [value="{owner["id_no"]}"]')).to_have_count(0)
