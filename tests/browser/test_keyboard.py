"""Everything by keys: signing in, finding the task, filling it in and sending it."""

from __future__ import annotations

from playwright.sync_api import expect

from engine.demo.people import PASSWORD
from tests.browser.conftest import Visit
from tests.browser.person import Person

# The ring around what has the focus, or around the label that stands for a hidden box.
RINGED = """() => {
  const focused = document.activeElement;
  const seen = focused.matches(".visually-hidden") ? focused.closest("label") : focused;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(seen);
  return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
}"""


def focus(person: Person, selector: str, *, most: int = 200) -> None:
    """Press Tab until something has the focus; on the way everybody sees where it is."""
    wanted = person.page.locator(selector).first
    for _ in range(most):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        person.page.keyboard.press("Tab")
        said = person.page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
        assert said.startswith("<body") or person.page.evaluate(RINGED), said
    raise AssertionError(selector)


def sign_in(person: Person) -> None:
    person.go("/login")
    expect(person.page.locator("#username")).to_be_focused()
    person.page.keyboard.type(person.username)
    person.page.keyboard.press("Tab")
    person.page.keyboard.type(PASSWORD)
    person.page.keyboard.press("Enter")
    person.page.wait_for_url("**/")


def test_a_task_is_completed_with_tab_enter_and_space(visit: Visit) -> None:
    person = visit("xuyan", sign_in=False)
    page, keys = person.page, person.page.keyboard
    sign_in(person)
    # when: the archivist goes to what can be taken and opens the file to be made
    focus(person, "a[href*='box=claimable']:visible")
    with page.expect_navigation():
        keys.press("Enter")
    focus(person, "li.gc-row:has-text('6-1-1002') [data-open]")
    person.shoot("keyboard-inbox")
    with page.expect_navigation():
        keys.press("Enter")
    expect(person.heading).to_have_text("建“住户档案”")
    # and: sends it too early, which says what is missing; from there each line leads to its field
    focus(person, "#form .gc-actions .btn-primary")
    with page.expect_navigation():
        keys.press("Enter")
    expect(page.locator("#errors")).to_be_focused()
    person.shoot("keyboard-422")
    focus(person, "#errors a[href='#f-archived']")
    keys.press("Enter")
    # and: fills it in
    for box in ("[name=archived]", "[name=notice_noted]", "[name=letter_kept]"):
        focus(person, f"#form {box}")
        keys.press("Space")
        expect(page.locator(f"#form {box}").first).to_be_checked()
    focus(person, "#form [name=archive_no]")
    keys.type("DA-2026-1002")
    focus(person, "#form .gc-actions .btn-primary")
    person.shoot("keyboard-task")
    with page.expect_navigation():
        keys.press("Enter")
    # then
    expect(person.told).to_contain_text("建“住户档案”")


def test_letters_walk_through_the_inbox_and_control_enter_sends(visit: Visit) -> None:
    person = visit("linxiaowen")
    page, keys = person.page, person.page.keyboard
    person.go("/?box=claimable")
    row = page.locator("li.gc-row", has_text="6-1-1101")
    for _ in range(page.locator("li.gc-row").count()):
        keys.press("j")
        if row.evaluate("row => row.contains(document.activeElement)"):
            break
    with page.expect_navigation():
        keys.press("Enter")
    expect(person.heading).to_have_text("核实不一致的资料")
    focus(person, "#form select:visible, #form input:visible, #form textarea:visible")
    with page.expect_navigation():
        keys.press("Control+Enter")
    expect(page.locator("#errors")).to_be_focused()


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
