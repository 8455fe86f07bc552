"""Everything by keys: signing in, finding the task, filling it in and sending it."""

from __future__ import annotations

from playwright.sync_api import expect

from engine.demo.people import PASSWORD
from tests.browser.conftest import Visit
from tests.browser.person import Person


def focus(person: Person, selector: str, most: int = 200) -> None:
    """Press Tab until something has the focus."""
    wanted = person.page.locator(selector).first
    for _ in range(most):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        person.page.keyboard.press("Tab")
    raise AssertionError(selector)


def test_a_task_is_done_without_a_mouse(visit: Visit) -> None:
    person = visit("linxiaowen", sign_in=False)
    page, keys = person.page, person.page.keyboard
    person.go("/login")
    expect(page.locator("#username")).to_be_focused()
    keys.type("linxiaowen")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    page.wait_for_url("**/")
    # when: the supervisor goes to what can be taken, down to the disputed papers, and opens them
    focus(person, "a[href*='box=claimable']:visible")
    keys.press("Enter")
    page.wait_for_url("**box=claimable*")
    row = page.locator("li.gc-row", has_text="6-1-1101")
    for _ in range(person.page.locator("li.gc-row").count()):
        keys.press("j")
        if row.evaluate("row => row.contains(document.activeElement)"):
            break
    person.shoot("keyboard-inbox")
    keys.press("Enter")
    expect(person.heading).to_have_text("核实不一致的资料")
    focus(person, "#form select:visible, #form input:visible, #form textarea:visible")
    person.shoot("keyboard-task")
    # and: sends it by keys, which says what is missing and has the focus there
    keys.press("Control+Enter")
    expect(page.locator("#errors")).to_be_focused()
    person.shoot("keyboard-422")


def test_question_mark_lists_the_keys_and_slash_goes_to_the_search(visit: Visit) -> None:
    person = visit("huangsimin")
    person.page.keyboard.press("?")
    expect(person.page.locator("#gc-keys")).to_be_visible()
    person.page.keyboard.press("Escape")
    expect(person.page.locator("#gc-keys")).to_be_hidden()
    person.page.keyboard.press("/")
    expect(person.page.locator("[data-search]")).to_be_focused()
    person.page.keyboard.type("3-2-1201")
    person.page.keyboard.press("Enter")
    expect(person.heading).to_contain_text("1201")
