"""A process owner's change on its way into use: compared, deployed with a reason, migrated to, and taken back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser import studio
from tests.browser.conftest import Visit

FAMILY, PROCESS, STEP = "emergency_people", "security_noncompliance", "t_captain"
NEW_NAME = "班长到场协助处理"
REASON, BECAUSE, BACK = "现场反映原名看不懂", "只改了一个名称", "先用回原来的名称"
RENAME = """([id, name]) => {
  const tool = document.querySelector('[data-studio]').studio.editor.tool;
  tool.get('modeling').updateLabel(tool.get('elementRegistry').get(id), name);
}"""


def started(page: Page) -> str:
    """Start the playbook with the red button; gives the version its instance page names."""
    page.goto(f"/emergency/{PROCESS}")
    page.locator("#form .btn-late").click()
    page.wait_for_url(lambda url: "/emergency/" not in url)
    return page.url


def running(page: Page) -> str:
    """What the family's page says of the process: its version in use, and what runs on which."""
    page.goto(f"/studio/families/{FAMILY}")
    return page.locator("tr", has_text=PROCESS).first.inner_text()


def test_a_change_is_compared_deployed_migrated_to_and_taken_back(visit: Visit) -> None:
    guard, owner = visit("sunhao"), visit(studio.OWNER)
    page = owner.page
    # given: an instance of the version in use
    started(guard.page)
    assert "第 1 版" in running(page)
    # when: the owner renames a step in a draft
    draft = studio.begin(owner, FAMILY)
    studio.show(page, f"{PROCESS}.bpmn")
    page.evaluate(RENAME, [STEP, NEW_NAME])
    studio.until(page, f"{PROCESS}.bpmn", NEW_NAME)
    studio.save(page)
    # then: the comparison says it in words
    owner.go(f"{draft}/diff")
    expect(page.locator("main")).to_contain_text(NEW_NAME)
    owner.shoot("studio-diff")
    # when: it is deployed without a proof, which needs a reason of its own
    owner.go(f"{draft}/deploy")
    deploy = page.locator("form:has(#note)")
    page.fill("#note", REASON)
    deploy.locator(".btn-primary").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.input_value("#note") == REASON
    page.fill("#override", BECAUSE)
    deploy.locator(".btn-primary").click()
    page.wait_for_url(f"**/studio/families/{FAMILY}")
    expect(page.locator("main")).to_contain_text(BECAUSE)
    owner.shoot("studio-family")
    # then: what runs keeps its version, what is started now has the new one
    clerk = visit("liyutong")
    started(clerk.page)
    told = running(page)
    assert "第 1 版 1 件" in told
    assert "第 2 版 1 件" in told
    # when: the first is migrated after a look at what would happen
    page.locator("tr", has_text=PROCESS).first.get_by_text("换版本").click()
    page.locator("button[value=preview]").click()
    expect(page.locator("#preview-h")).to_be_visible()
    page.locator("button[value=run]").click()
    page.wait_for_load_state()
    assert "第 1 版 1 件" not in until_migrated(page)
    # when: one step back
    page.goto(f"/studio/families/{FAMILY}")
    before = page.locator("section:has(#h-h) tbody tr").nth(1)
    before.locator("details.gc-menu summary").click()
    before.locator("textarea").fill(BACK)
    before.locator("details.gc-menu .btn-primary").click()
    expect(page.locator("main")).to_contain_text(BACK)
    assert "第 3 版" in running(page)


def until_migrated(page: Page) -> str:
    """Wait until the worker has migrated what there was; gives what the family's page says."""
    for _ in range(40):
        told = running(page)
        if "第 1 版 1 件" not in told:
            break
        page.wait_for_timeout(500)
    return told
