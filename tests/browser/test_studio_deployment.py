"""A process owner's change on its way into use: compared, deployed with a reason, migrated to, and taken back."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Page, expect

from tests.browser import studio
from tests.browser.conftest import Visit
from tests.browser.person import Person

FAMILY, PROCESS, STEP = "emergency_people", "security_noncompliance", "t_captain"
NEW_NAME = "班长到场协助处理"
REASON, BECAUSE, BACK = "现场反映原名看不懂", "只改了一个名称", "先用回原来的名称"
RENAME = """([id, name]) => {
  const tool = document.querySelector('[data-studio]').studio.editor.tool;
  tool.get('modeling').updateLabel(tool.get('elementRegistry').get(id), name);
}"""


def start(guard: Person) -> None:
    """Start the playbook with the red button."""
    guard.go(f"/emergency/{PROCESS}")
    guard.follow(guard.page.locator("#form .btn-late"))
    assert "/emergency/" not in guard.page.url


def running(page: Page, family: str = FAMILY, process: str = PROCESS) -> str:
    """What the family's page says of the process: its version in use, and what runs on which."""
    page.goto(f"/studio/families/{family}")
    return page.locator("tr", has_text=process).first.inner_text()


def test_a_change_is_compared_deployed_migrated_to_and_taken_back(visit: Visit) -> None:
    guard, owner = visit("sunhao"), visit(studio.OWNER)
    page = owner.page
    # given: an instance of the version in use
    start(guard)
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
    # when
    deploy(owner, draft, FAMILY, REASON, BECAUSE)
    owner.shoot("studio-family")
    # then: what runs keeps its version, what is started now has the new one
    clerk = visit("liyutong")
    start(clerk)
    told = running(page)
    assert "第 1 版 1 件" in told
    assert "第 2 版 1 件" in told
    # when: the first is migrated
    migrate(owner, FAMILY, PROCESS)
    # when: one step back
    go_back(owner, FAMILY, BACK)
    assert "第 3 版" in running(page)


def migrate(owner: Person, family: str, process: str) -> None:
    """Take what runs along to the version in use, after a look at what would happen; wait until the worker has done it."""
    page = owner.page
    owner.go(f"/studio/families/{family}")
    owner.follow(page.locator("tr", has_text=process).first.get_by_text("换版本"))
    owner.follow(page.locator("button[value=preview]"))
    expect(page.locator("#preview-h")).to_be_visible()
    owner.follow(page.locator("button[value=run]"))
    deadline = time.monotonic() + studio.WAIT / 1000
    while re.search(r"第 1 版 \d+ 件", running(page, family, process)):
        assert time.monotonic() < deadline
        page.wait_for_timeout(300)


def go_back(owner: Person, family: str, why: str) -> None:
    """Deploy again what was deployed before the last time."""
    owner.go(f"/studio/families/{family}")
    before = owner.page.locator("section:has(#h-h) tbody tr").nth(1)
    before.locator("details.gc-menu summary").click()
    before.locator("textarea").fill(why)
    owner.follow(before.locator("details.gc-menu .btn-primary"))
    expect(owner.page.locator("main")).to_contain_text(why)


def deploy(owner: Person, draft: str, family: str, why: str, because: str) -> None:
    """Deploy a draft without a proof, which needs a reason of its own."""
    page = owner.page
    owner.go(f"{draft}/deploy")
    form = page.locator("form:has(#note)")
    page.fill("#note", why)
    owner.follow(form.locator(".btn-primary"))
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.input_value("#note") == why
    page.fill("#override", because)
    owner.follow(form.locator(".btn-primary"))
    assert page.url.endswith(f"/studio/families/{family}")
    expect(page.locator("main")).to_contain_text(because)


RENOVATION, VIOLATION, UNIT = "renovation", "renovation_violation", "1-1-302"
TABLE, FORM = "decisions/dmn_violation_class.dmn", f"forms/{VIOLATION}.t_stop_now.form"
OLD_LABEL, NEW_LABEL = "收回出入证数", "收回的出入证，一张不漏"
RELABEL = """([key, label]) => {
  const tool = document.querySelector('[data-studio]').studio.editor.tool;
  const field = tool.get('formFieldRegistry').getAll().find((each) => each.key === key);
  tool.get('modeling').editFormField(field, { label });
}"""


def violation(guard: Person, kind: str, renovation_no: int) -> None:
    """Report a violation of a renovation; the page then shows where it went."""
    guard.go(f"/start/{VIOLATION}")
    guard.typist.fill(
        {
            "unit_no": UNIT, "renovation_no": renovation_no, "violation_source": "patrol", "violation_type": kind,
            "location": "客厅", "facts": "正在施工", "violation_photos": ["photo-site"], "found_at": "2026-11-20T09:30",
        }
    )  # fmt: skip
    assert guard.submit() == 302


def test_a_decision_table_and_a_form_are_changed_deployed_migrated_to_and_taken_back(
    visit: Visit,
) -> None:
    guard, owner = visit("zhaotiejun"), visit(studio.OWNER)
    page = owner.page
    # given: who works without a permit is stopped at once
    violation(guard, "no_permit", 1)
    guard.open_step("立即制止", UNIT)
    task = guard.page.url
    expect(guard.page.locator("#form")).to_contain_text(OLD_LABEL)
    # when: the owner has it put right instead, and words the form anew
    draft = studio.begin(owner, RENOVATION)
    studio.show(page, TABLE)
    studio.retype(
        studio.pane(page, TABLE).locator("td[data-element-id=rule_5_output_1]"), '"serious"'
    )
    studio.pane(page, TABLE).locator(".decision-table-name, h3").first.click()
    studio.until(page, TABLE, '"serious"</text>')
    studio.show(page, FORM)
    page.evaluate(RELABEL, ["passes_taken", NEW_LABEL])
    studio.save(page)
    # then: the comparison says both in words
    owner.go(f"{draft}/diff")
    told = page.locator("main")
    expect(told).to_contain_text("第 5 条规则：无许可施工")
    expect(told).to_contain_text("结果“处理类别”")
    expect(page.locator("tr", has_text="处理类别").locator("del")).to_have_text('"danger"')
    expect(page.locator("tr", has_text=NEW_LABEL).locator("del")).to_have_text(OLD_LABEL)
    owner.shoot("studio-diff-table")
    # when
    deploy(owner, draft, RENOVATION, "没有许可的先责令整改", "只改了一格和一个标签")
    # then: what runs keeps the old form, what starts now is decided by the new table and gets the new form
    guard.go(task)
    expect(guard.page.locator("#form")).to_contain_text(OLD_LABEL)
    violation(guard, "no_permit", 2)
    expect(guard.page.locator("main")).to_contain_text("拟整改通知书")
    violation(guard, "gas", 3)
    guard.open_step("立即制止", UNIT)
    expect(guard.page.locator("#form")).to_contain_text(NEW_LABEL)
    told_of = running(page, RENOVATION, VIOLATION)
    assert re.search(r"第 1 版 \d+ 件", told_of)
    assert "第 2 版 2 件" in told_of
    # when: the first is taken along, it gets the new form
    migrate(owner, RENOVATION, VIOLATION)
    guard.go(task)
    expect(guard.page.locator("#form")).to_contain_text(NEW_LABEL)
    # when: one step back, new ones are decided as before
    go_back(owner, RENOVATION, "先照原来的办")
    assert "第 3 版" in running(page, RENOVATION, VIOLATION)
    violation(guard, "no_permit", 4)
    expect(guard.page.locator("main")).to_contain_text("立即制止")
