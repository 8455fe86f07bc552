"""Filling in a form of ours with clicks, keys, a drawn signature and photographs."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from playwright.sync_api import FilePayload, Locator, Page, expect

SIGNATURE, PHOTO = re.compile(r"sign-\w+"), re.compile(r"photo-\w+")
# Marks the page while it asks the server which fields follow from what was entered.
WATCH = """
let asking = 0;
const mark = (step) => {
  asking += step;
  document.documentElement.toggleAttribute("data-asking", asking > 0);
};
document.addEventListener("htmx:before:request", () => mark(1));
document.addEventListener("htmx:finally:request", () => mark(-1));
"""
SETTLED = """() => new Promise((done) => {
  const asking = () => document.documentElement.hasAttribute("data-asking");
  // An answer that came too late is asked for again in the next turn: only who looks twice knows.
  const look = (calm) => (calm > 1 ? done() : setTimeout(() => look(asking() ? 0 : calm + 1), 10));
  look(0);
})"""
# How the first field of a name that can be seen is filled in, and whether other fields follow from it.
FACTS = """(name) => {
  const fields = [...document.querySelectorAll(`#form [name="${name}"]`)];
  const twins = fields.map((one) => one.closest("[data-picker]")?.querySelector("input:not([type=hidden])") ?? one);
  const field = twins.find((one) => one.checkVisibility());
  if (!field) return null;
  const asks = field.form.querySelector("[data-refresh]") ? field.closest("[data-refresh]") : field.form.dataset.refreshUrl;
  return { kind: field.type, money: "money" in field.dataset, picked: !!field.closest("[data-picker]"), asks: !!asks };
}"""


def picture(size: int = 64) -> bytes:
    """Draw a PNG of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    lines = (b"\0" + bytes((90, 120, 110)) * size) * size
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def photo(name: str = "photo.png") -> FilePayload:
    """Give a photograph as a file chooser takes it."""
    return {"name": name, "mimeType": "image/png", "buffer": picture()}


class Typist:
    """Fills in the form of a page; fields the form does not show are left out, as a person would."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.add_init_script(WATCH)

    def fill(self, entered: Mapping[str, Any], prefix: str = "") -> None:
        """Enter values as scenarios write them: `sign-…` is drawn, `photo-…` uploaded, fen are typed as yuan."""
        for key, value in entered.items():
            self.enter(f"{prefix}{key}", value)

    def enter(self, name: str, value: Any) -> None:
        """Enter one value, list or table of rows."""
        if isinstance(value, str) and SIGNATURE.fullmatch(value):
            self.sign(name)
        elif not isinstance(value, list):
            self._one(name, value)
        elif value and isinstance(value[0], Mapping):
            rows = self._documents if "original" in value[0] else self._table
            rows(name, value)
        elif value and PHOTO.fullmatch(value[0]):
            self.attach(name)
        else:
            self._tick_all(name, value)

    def named(self, name: str) -> Locator:
        """Give the fields of a name that can be seen."""
        return self.page.locator(f'#form [name="{name}"]:visible')

    def _one(self, name: str, value: Any) -> None:
        facts = self.page.evaluate(FACTS, name) if value is not None else None
        if not facts:
            return
        field = self.named(name).first
        if facts["picked"]:  # what shows a name carries its value in a hidden twin
            box = self.page.locator(
                "#form [data-picker]", has=self.page.locator(f'[name="{name}"]')
            )
            field = box.locator("> input:not([type=hidden])")
        if facts["kind"] == "checkbox":
            field.set_checked(bool(value))
        elif facts["kind"] == "radio":
            words = str(value).lower() if isinstance(value, bool) else value
            self.page.locator(f'#form [name="{name}"][value="{words}"]').check()
        elif facts["kind"] == "select-one":
            field.select_option(str(value))
        else:
            self._type(field, facts, str(value))
        if facts["asks"]:
            self.settle()

    def _type(self, field: Locator, facts: Mapping[str, Any], text: str) -> None:
        if facts["money"]:
            text = str(Decimal(text) / 100)
        field.fill(text[:16] if facts["kind"] == "datetime-local" else text)
        if facts["picked"]:
            field.press("Escape")  # closes what a picker suggests
        field.blur()

    def force(self, name: str, text: str) -> None:
        """Put a text of any length into a field, as somebody does who minds no limit of the page."""
        self.named(name).evaluate("field => field.removeAttribute('maxlength')")
        self.named(name).fill(text)

    def settle(self) -> None:
        """Wait until the form shows what follows from what was entered."""
        self.page.evaluate(SETTLED)

    def _tick_all(self, name: str, values: Sequence[str]) -> None:
        for box in self.named(name).all():
            box.set_checked(box.get_attribute("value") in values)
        self.settle()

    def _documents(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        listed = self.page.locator(f'#form input[name^="{name}."][name$=".id"]')
        places = dict(listed.evaluate_all("all => all.map((one) => [one.value, one.name])"))
        for row in rows:
            place = str(places[row["id"]]).removesuffix("id")
            self.fill({part: row[part] for part in ("original", "copy")}, place)

    def _table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        items = self.page.locator(f"#f-{name.replace('.', '-')} > [data-item]")
        add = self.page.locator(f'#form [data-add-row][value="{name}"]')
        while items.count() < len(rows):
            self._add(items, add)
        for item, row in zip(items.all(), rows, strict=False):
            self.fill(row, f"{name}.{item.get_attribute('data-item')}.")

    def choose_rest(self, name: str, value: str) -> None:
        """Choose a value in every row of a table in which nothing is chosen."""
        unchosen = self.page.locator(f"#f-{name} > [data-item]:not(:has(input:checked))")
        while unchosen.count():
            unchosen.first.locator(f'input[value="{value}"]').check()
        self.settle()

    def _add(self, items: Locator, add: Locator) -> None:
        before = items.count()
        add.click()
        expect(items).to_have_count(before + 1)
        self.settle()

    def sign(self, name: str) -> None:
        """Draw a signature on the pad."""
        box = self._box("[data-signature]", name)
        if not box.count():
            return
        box.locator("[data-sign]:visible, [data-resign]:visible").first.click()
        pad = self.page.locator("dialog.gc-signpad")
        pad.locator("canvas").wait_for()
        self._draw(pad.locator("canvas"))
        pad.locator("button[value=done]").click()
        expect(pad).to_have_count(0)
        expect(box.locator(".gc-sign img")).to_be_visible()
        self.settle()

    def _draw(self, canvas: Locator) -> None:
        area = canvas.bounding_box()
        assert area is not None
        mouse, left, top = self.page.mouse, area["x"], area["y"]
        mouse.move(left + 60, top + 40)
        mouse.down()
        for x, y in ((110, 90), (150, 45), (190, 95), (240, 60)):
            mouse.move(left + x, top + y, steps=4)
        mouse.up()

    def attach(self, name: str) -> None:
        """Upload a photograph where there is none yet."""
        box = self.page.locator(f'#form [data-photos][data-name="{name}"]')
        kept = box.locator("input[type=hidden]")
        if box.count() and not kept.count():
            box.locator("input[type=file]").set_input_files(photo())
            expect(kept).to_have_count(1)
            self.settle()

    def _box(self, kind: str, name: str) -> Locator:
        inside = self.page.locator(f'input[type=hidden][name="{name}"]')
        return self.page.locator(f"#form {kind}").filter(has=inside)
