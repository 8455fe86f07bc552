"""The process studio in a browser: drafts, tabs, and the editors behind them."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from playwright.sync_api import Locator, Page, expect

from tests.browser.person import PATIENCE, Person

OWNER = "liumin"
READY = "[data-studio][data-ready]"
STUDIO = "document.querySelector('[data-studio]').studio"
WAIT = PATIENCE * 1000  # milliseconds until the tools of a tab are there, on a busy machine
LONG = 3 * WAIT  # until a database to rehearse in has been made, on a busy machine


def begin(person: Person, family: str) -> str:
    """Make a draft of a family from the studio's list; gives its path."""
    person.go("/studio/")
    form = person.page.locator(
        "form", has=person.page.locator(f"input[name=family][value={family}]")
    )
    form.locator("button").first.click()
    person.page.wait_for_url("**/studio/drafts/*")
    wait(person.page)
    return person.page.url.split("#")[0]


def wait(page: Page) -> None:
    """Until the editor has opened its first file."""
    page.wait_for_selector(READY, timeout=WAIT)


def show(page: Page, path: str, element: str = "") -> None:
    """Open a file, and bring an element of it into view, as a click on a finding does."""
    page.evaluate(f"([path, id]) => {STUDIO}.show(path, id || undefined)", [path, element])
    pane(page, path).wait_for(timeout=WAIT)


def pane(page: Page, path: str) -> Locator:
    """The pane of a file, once its tool is there."""
    return page.locator(f"[data-pane='{path}']:not([aria-busy]):visible")


def text(page: Page, path: str) -> str:
    """The file as its editor would save it now."""
    found = page.evaluate(f"async path => (await {STUDIO}.bundle.flush())[path]", path)
    assert isinstance(found, str)
    return found


def until(page: Page, path: str, words: str) -> None:
    """Wait until a file says something."""
    deadline = time.monotonic() + WAIT / 1000
    while words not in text(page, path):
        assert time.monotonic() < deadline, words
        page.wait_for_timeout(100)


def retype(cell: Locator, words: str) -> None:
    """Put words in place of what stands in a cell of a table."""
    cell.click()
    expect(cell.locator(":focus")).to_have_count(1)
    cell.page.keyboard.press("Control+A")
    cell.page.keyboard.type(words)


def entry(page: Page, name: str) -> Locator:
    """A field of the properties panel; its group is opened when it is closed."""
    found = page.locator(f".gc-pane:not([hidden]) [data-entry-id='{name}']")
    group = found.locator("xpath=ancestor::*[@data-group-id]")
    # A group that is drawn opens itself a moment later, and a click would close it again.
    expect(group.locator("> .bio-properties-panel-group-entries")).to_have_class(re.compile("open"))
    return found


def save(page: Page) -> None:
    """Press save and wait until the server has it."""
    page.click("[data-act-save]")
    expect(page.locator("[data-act-save]")).to_be_disabled(timeout=WAIT)


def address(url: str, path: str) -> str:
    """Where a file of a draft is opened."""
    return f"{url}#{quote(path)}"


PLANE = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNPlane"


def tree(xml: str) -> Any:
    """What an XML document says, whatever its layout: names, attributes and texts, children in their order.

    The shapes of a plane have none: each says where it stands.
    """
    return _node(ET.fromstring(xml))


def _node(node: ET.Element) -> Any:
    kept = {name: value for name, value in node.attrib.items() if not name.startswith("exporter")}
    children = sorted(node, key=lambda child: child.get("id", "")) if node.tag == PLANE else node
    return [node.tag, kept, (node.text or "").strip(), [_node(child) for child in children]]


def same(one: str, other: str) -> bool:
    """Whether two versions of a file mean the same."""
    if one.lstrip().startswith("<"):
        return bool(tree(one) == tree(other))
    return bool(json.loads(one) == json.loads(other))
