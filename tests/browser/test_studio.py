"""A process owner at the editor: adds an approval, breaks it, sees what is wrong, repairs it; meets a colleague."""

from __future__ import annotations

import json
import time

from playwright.sync_api import Page, Route, expect

from tests.browser import studio
from tests.browser.conftest import Visit
from tests.browser.person import PATIENCE
from tests.browser.studio import STUDIO, begin, entry, pane, save, show

DIAGRAM = "renovation_patrol.bpmn"
# Puts a ready-made step between two others, as a drag onto the flow between them does.
INSERT = """() => {
  const tool = document.querySelector('[data-studio]').studio.editor.tool;
  const registry = tool.get('elementRegistry');
  const flow = registry.get('f_g_found_t_log');
  const templates = tool.get('elementTemplates');
  const shape = templates.createElement(templates.getLatest('guicheng.approval')[0]);
  const [a, b] = flow.waypoints;
  const middle = { x: Math.round((a.x + b.x) / 2), y: Math.round((a.y + b.y) / 2) };
  const placed = tool.get('modeling').createShape(shape, middle, flow.parent);
  tool.get('modeling').updateProperties(placed, { name: '核准开单' });
  tool.get('modeling').reconnectEnd(flow, placed, middle);
  tool.get('modeling').connect(placed, registry.get('t_log'));
  tool.get('selection').select(placed);
  return placed.id;
}"""


def test_an_owner_adds_an_approval_with_form_and_limit_breaks_it_and_repairs_it(
    visit: Visit,
) -> None:
    owner = visit(studio.OWNER)
    page = owner.page
    begin(owner, "renovation")
    show(page, DIAGRAM)
    # when: an approval is drawn; it has neither people nor a form yet
    step = page.evaluate(INSERT)
    expect(page.locator(f".gc-finding:has(small:text-is('{step}'))").first).to_be_visible(
        timeout=studio.WAIT
    )
    expect(page.locator("[data-tab=diagram] i")).to_be_visible()
    # and: roles, limit and clause are chosen by name
    entry(page, "gc-candidateGroups").locator("select").select_option("service_supervisor")
    entry(page, "gc-limit").locator("select").select_option("renovation_patrol.t_patrol")
    expect(entry(page, "gc-outcomes").locator(".gc-chips li")).to_have_count(3)
    # and: its form is made on the spot
    entry(page, "gc-formId").locator("xpath=..").locator("[data-open-named=form]").click()
    path = f"forms/renovation_patrol.{step}.form"
    pane(page, path).wait_for(timeout=studio.WAIT)
    expect(page.locator("[data-file$='.form'][aria-current] i")).to_be_visible()
    draw_outcome(page)
    show(page, DIAGRAM, step)
    expect(page.locator("[data-found=error].is-done")).to_be_visible(timeout=studio.WAIT)
    # when: the form's name is broken
    field = entry(page, "gc-clause").locator("input")
    field.fill("【设】测试")
    field.press("Tab")
    studio.until(page, DIAGRAM, "【设】测试")
    page.evaluate(
        f"id => {STUDIO}.editor.tool.get('extensions').write({STUDIO}.editor.tool.get('elementRegistry').get(id), {{type: 'zeebe:FormDefinition', attribute: 'formId'}}, 'renovation_patrol.none')",
        step,
    )
    # then: the gate says so, at the element and in the list; a click leads there
    row = page.locator(f".gc-finding.is-late:has(small:text-is('{step}'))").first
    expect(row).to_be_visible(timeout=studio.WAIT)
    expect(page.locator(f"[data-container-id='{step}'] .gc-flag.is-late")).to_be_visible()
    page.locator(".gc-tabs [data-tab=texts]").click()
    row.click()
    expect(page.locator(".gc-pane:not([hidden]) .bio-properties-panel-header-label")).to_have_text(
        "核准开单"
    )
    # when: that is taken back
    page.click("[data-act-undo]")
    expect(row).to_be_hidden(timeout=studio.WAIT)
    save(page)
    # then: the server has all of it
    page.reload()
    studio.wait(page)
    xml = studio.text(page, DIAGRAM)
    assert 'name="核准开单"' in xml
    assert f'formId="renovation_patrol.{step}"' in xml
    assert 'candidateGroups="service_supervisor"' in xml
    assert 'name="limit" value="renovation_patrol.t_patrol"' in xml
    assert 'name="clause" value="【设】测试"' in xml
    assert json.loads(studio.text(page, path))["components"][0]["key"] == "outcome"


def draw_outcome(page: Page) -> None:
    """Give the open form a field for the decision."""
    page.evaluate(
        """() => {
          const tool = document.querySelector('[data-studio]').studio.editor.tool;
          const registry = tool.get('formFieldRegistry');
          const form = registry.getAll().find(({ type }) => type === 'default');
          const values = ['approve', 'return', 'reject'].map((value) => ({ value, label: value }));
          const field = { type: 'radio', key: 'outcome', label: '意见', values, validate: { required: true } };
          tool.get('modeling').addFormField(field, form, 0);
        }"""
    )


def test_a_form_gets_a_component_of_ours_and_its_properties(visit: Visit) -> None:
    owner = visit(studio.OWNER)
    page = owner.page
    begin(owner, "renovation")
    path = "forms/renovation_patrol.t_log.form"
    before = json.loads(studio.text(page, path))
    show(page, path)
    page.evaluate(
        """() => {
          const tool = document.querySelector('[data-studio]').studio.editor.tool;
          const form = tool.get('formFieldRegistry').getAll().find(({ type }) => type === 'default');
          const field = { type: 'signature', key: 'guard_sign', label: '护管员签名' };
          tool.get('modeling').addFormField(field, form, 0);
          tool.get('selection').set(tool.get('formFieldRegistry').getAll().find(({ key }) => key === 'guard_sign'));
        }"""
    )
    rules = page.locator(".gc-rules")
    rules.locator("[name='validate.required']").check()
    rules.locator("[name=record]").fill("renovation_permit")
    rules.locator("[name=personal]").select_option("name")
    save(page)
    page.reload()
    studio.wait(page)
    after = json.loads(studio.text(page, path))
    fresh = after["components"][0]
    assert fresh["type"] == "signature"
    assert fresh["validate"] == {"required": True}
    assert fresh["properties"] == {"record": "renovation_permit", "personal": "name"}
    assert after["components"][1:] == before["components"]


def test_a_file_that_is_still_opening_is_shown_at_what_was_asked_for_last(visit: Visit) -> None:
    owner = visit(studio.OWNER)
    page = owner.page
    begin(owner, "renovation")
    path = "forms/renovation_patrol.t_log.form"
    last = json.loads(studio.text(page, path))["components"][-1]["id"]
    # given: its tool is still on its way
    travelling: list[Route] = []

    def hold(route: Route) -> None:
        travelling.append(route)

    page.route("**/studio_form-*.css", hold)
    with page.expect_request("**/studio_form-*.css"):
        page.evaluate(f"path => void {STUDIO}.show(path)", path)
    expect(page.locator(f"[data-pane='{path}'][aria-busy=true]")).to_be_visible()
    # when: it is given up, and asked for twice
    page.evaluate(f"path => {STUDIO}.bundle.put(path, {STUDIO}.bundle.files[path])", path)
    page.evaluate(f"path => void {STUDIO}.show(path)", path)
    page.evaluate(f"([path, id]) => void {STUDIO}.show(path, id)", [path, last])
    expect(page.locator(f"[data-pane='{path}'][aria-busy=true]")).to_be_visible()
    travelling[0].continue_()
    # then: it opens once
    pane(page, path).wait_for(timeout=studio.WAIT)
    expect(page.locator(f"[data-pane='{path}'] .fjs-editor-selected")).to_have_attribute(
        "data-id", last
    )
    expect(page.locator(f"[data-pane='{path}']")).to_have_count(1)


def test_a_decision_table_is_changed_cell_by_cell(visit: Visit) -> None:
    owner = visit(studio.OWNER)
    page = owner.page
    begin(owner, "renovation")
    path = "decisions/dmn_renovation_documents.dmn"
    show(page, path)
    cell = pane(page, path).locator("td[data-element-id=rule_2_output_2]")
    studio.retype(cell, "renovation_")
    # then: what is known where the decision is called is offered
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("renovation_no")
    page.keyboard.press("Escape")
    # when
    studio.retype(cell, '"装修方案、施工图"')
    pane(page, path).locator(".decision-table-name, h3").first.click()
    expect(page.locator("[data-act-undo]")).to_be_enabled()
    save(page)
    page.reload()
    studio.wait(page)
    assert "装修方案、施工图" in studio.text(page, path)


def test_a_step_of_a_scenario_is_changed_by_lists_and_labels(visit: Visit) -> None:
    owner = visit(studio.OWNER)
    page = owner.page
    begin(owner, "goods_release")
    path = "scenarios/arrears_list_to_security.test.json"
    show(page, path)
    page.locator("tr[data-step='5']").click()
    step = page.locator(".gc-step-form")
    expect(step.get_by_label("哪一步")).to_have_value("t_confirm")
    step.get_by_label("谁来办").select_option("huangsimin")
    step.get_by_label("核对人").fill("黄思敏")
    expect(page.locator("tr[data-step='5']")).to_contain_text("黄思敏")
    saved = json.loads(studio.text(page, path))["testCases"][0]["instructions"][5]
    assert saved["metadata"]["actor"] == "huangsimin"
    assert saved["variables"]["confirmed_by"] == "黄思敏"
    assert len(saved["variables"]["arrears_rows"]) == 2
    # rows stand under the labels of the form's own fields
    rows = step.get_by_role("group", name="欠费单元")
    rows.get_by_label("金额 2").fill("12.5")
    rows.get_by_role("button", name="加一行").click()
    rows.get_by_label("业户 3").fill("周女士")
    rows.get_by_role("button", name="删去第 1 行").click()
    saved = json.loads(studio.text(page, path))["testCases"][0]["instructions"][5]
    second, third = saved["variables"]["arrears_rows"]
    assert (second["unit"], second["amount"], second["suspended"]) == ("3-2-1202", 1250, False)
    assert third == {"customer": "周女士"}
    # the family's own description is beside its texts; the tabs are drawn anew while one is pressed
    page.locator(".gc-tabs [data-tab=texts]").hover()
    page.mouse.down()
    page.evaluate(f"{STUDIO}.paint()")
    page.mouse.up()
    expect(page.locator("[data-file='README.md']")).to_be_visible()


# What the menus offer where, by the ids of their entries.
OFFERED = """() => {
  const tool = document.querySelector('[data-studio]').studio.editor.tool;
  const [popup, factory, modeling] = ['popupMenu', 'elementFactory', 'modeling'].map((each) => tool.get(each));
  const root = tool.get('canvas').getRootElement();
  const offered = (target, menu) => Object.keys(popup._getEntries(target, popup._getProviders(menu)));
  const place = (attrs, parent) => modeling.createShape(factory.createShape(attrs), { x: parent.x + 60, y: parent.y + 60 }, parent);
  const inner = place({ type: 'bpmn:SubProcess', isExpanded: true, triggeredByEvent: true }, Object.assign(root, { x: 0, y: 900 }));
  const start = place({ type: 'bpmn:StartEvent' }, inner);
  return {
    create: offered(root, 'bpmn-create'),
    process: offered(tool.get('elementRegistry').filter(({ type, parent }) => type === 'bpmn:StartEvent' && parent === root)[0], 'bpmn-replace'),
    event: offered(start, 'bpmn-replace'),
  };
}"""


def test_menus_offer_only_what_the_engine_runs_there(visit: Visit) -> None:
    owner = visit(studio.OWNER)
    begin(owner, "goods_release")
    offered = owner.page.evaluate(OFFERED)
    refused = ("transaction", "compensation-start", "complex", "cancel")
    for id_ in [*offered["create"], *offered["process"]]:
        assert not any(one in id_ for one in refused), id_
    for runs in ("compensation-intermediate-throw", "compensation-end", "ad-hoc-subprocess"):
        assert any(runs in id_ for id_ in offered["create"]), runs
    assert "replace-with-message-start" in offered["process"]
    assert "replace-with-conditional-start" in offered["process"]
    assert not any("non-interrupting" in id_ for id_ in offered["process"])
    assert "replace-with-non-interrupting-message-start" in offered["event"]


def test_two_owners_on_one_draft_keep_both_versions(visit: Visit) -> None:
    first, second = visit(studio.OWNER), visit(studio.OWNER)
    url = begin(first, "goods_release")
    second.go(url)
    studio.wait(second.page)
    # given: the first saves a text
    change(first.page, "Goods pass")
    save(first.page)
    # when: the second saves the same file
    change(second.page, "Goods slip")
    second.page.click("[data-act-save]")
    dialog = second.page.locator("dialog.gc-ask")
    expect(dialog).to_be_visible(timeout=studio.WAIT)
    expect(dialog).to_contain_text("texts/en.json")
    dialog.locator("button[value=copy]").click()
    # then: each version is a draft of its own
    second.page.wait_for_url(lambda there: there.split("#")[0] != url)
    studio.wait(second.page)
    assert "Goods slip" in studio.text(second.page, "texts/en.json")
    first.page.reload()
    studio.wait(first.page)
    assert "Goods pass" in studio.text(first.page, "texts/en.json")


def change(page: Page, english: str) -> None:
    show(page, "texts/", "goods_release.name")
    page.locator("tr[data-key='goods_release.name'] [data-language=en]").fill(english)


def test_owners_of_different_files_are_joined(visit: Visit) -> None:
    first, second = visit(studio.OWNER), visit(studio.OWNER)
    url = begin(first, "goods_release")
    second.go(url)
    studio.wait(second.page)
    change(first.page, "Goods pass")
    save(first.page)
    show(second.page, "prints/goods_release_slip.html")
    area = pane(second.page, "prints/goods_release_slip.html").locator("textarea")
    area.fill(area.input_value().replace("</table>", "</table><p>A word more.</p>", 1))
    second.page.click("[data-act-save]")
    second.page.locator("dialog.gc-ask button[value=join]").click(timeout=studio.WAIT)
    studio.until(second.page, "texts/en.json", "Goods pass")
    save(second.page)
    assert "Goods pass" in studio.text(second.page, "texts/en.json")
    assert "A word more." in studio.text(second.page, "prints/goods_release_slip.html")


def test_what_was_typed_survives_a_closed_window(visit: Visit) -> None:
    owner = visit(studio.OWNER)
    page = owner.page
    begin(owner, "goods_release")
    change(page, "Kept on this device")
    until_kept(page, "Kept on this device")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.locator("dialog.gc-ask button[value=yes]").click()
    studio.wait(page)
    assert "Kept on this device" in studio.text(page, "texts/en.json")
    expect(page.locator("[data-act-save]")).to_be_enabled()


def until_kept(page: Page, words: str) -> None:
    """Wait until this browser has kept what was typed."""
    deadline = time.monotonic() + PATIENCE
    while words not in page.evaluate("JSON.stringify({ ...localStorage })"):
        assert time.monotonic() < deadline, words
        page.wait_for_timeout(100)


def test_a_form_is_renamed_with_what_refers_to_it_and_deleted_and_brought_back(
    visit: Visit,
) -> None:
    owner = visit(studio.OWNER)
    page = owner.page
    begin(owner, "goods_release")
    path = next(
        path
        for path in page.evaluate(f"Object.keys({STUDIO}.bundle.files)")
        if path.startswith("forms/goods_release.")
    )
    old = path.removeprefix("forms/").removesuffix(".form")
    show(page, path)
    page.locator(".gc-file-tools button").first.click()
    page.locator("dialog.gc-ask input").fill("goods_release.renamed")
    page.locator("dialog.gc-ask button[value=yes]").click()
    pane(page, "forms/goods_release.renamed.form").wait_for()
    assert 'formId="goods_release.renamed"' in studio.text(page, "goods_release.bpmn")
    assert (
        json.loads(studio.text(page, "forms/goods_release.renamed.form"))["id"]
        == "goods_release.renamed"
    )
    assert f'"{old}.' not in studio.text(page, "texts/en.json")
    page.locator(".gc-file-tools button").last.click()
    page.locator("dialog.gc-ask button[value=yes]").click()
    gone = page.locator(".gc-file-gone", has_text=old)
    expect(gone).to_be_visible()
