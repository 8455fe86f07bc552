"""Every shipped bundle goes through its editors and comes back with the same meaning."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import studio
from tests.browser.conftest import Visit

LIBRARY = Path(__file__).parents[2] / "bpmn"
FAMILIES = sorted({path.parent.name for path in LIBRARY.glob("*/*.bpmn")})
# Opens each file, lets its editor write it, and closes it again; gives what differs from the file as it is.
EXPORT = """async () => {
  const studio = document.querySelector("[data-studio]").studio;
  const written = {};
  for (const path of Object.keys(studio.bundle.files)) {
    if (!/\\.(bpmn|form|dmn|test\\.json)$/.test(path)) continue;
    await studio.show(path);
    const editor = studio.bundle.editors.get(path);
    if (!editor) { written[path] = null; continue; }
    const dirty = editor.dirty();
    written[path] = dirty ? "dirty" : await editor.text();
    studio.bundle.close(path);
  }
  return [studio.bundle.files, written];
}"""


@pytest.mark.parametrize("family", FAMILIES)
def test_a_shipped_bundle_comes_back_unchanged_from_every_editor(visit: Visit, family: str) -> None:
    person = visit(studio.OWNER)
    studio.begin(person, family)
    files, written = person.page.evaluate(EXPORT)
    assert len(written) >= 2
    changed = [
        path for path, text in written.items() if not text or not studio.same(files[path], text)
    ]
    assert changed == []


def test_texts_written_by_their_table_are_the_file_byte_for_byte(visit: Visit) -> None:
    person = visit(studio.OWNER)
    studio.begin(person, "goods_release")
    page = person.page
    before = studio.text(page, "texts/en.json")
    studio.show(page, "texts/", "goods_release.name")
    area = page.locator("tr[data-key='goods_release.name'] [data-language=en]")
    kept = area.input_value()
    area.fill(f"{kept} X")
    assert f'"goods_release.name": "{kept} X"' in studio.text(page, "texts/en.json")
    area.fill(kept)
    assert studio.text(page, "texts/en.json") == before
    expect(page.locator("[data-act-save]")).to_be_disabled()
