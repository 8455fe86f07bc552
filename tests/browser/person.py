"""A person at a browser: signs in, finds the work, fills in forms and looks at what is shown."""

from __future__ import annotations

import os
import re
import time
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import BrowserContext, Locator, Page, Request, Response, expect

from engine.demo.people import PASSWORD
from tests.browser.typist import Typist

ALBUM = os.environ.get("GUICHENG_BROWSER_SHOTS", "")
PATIENCE = 120  # seconds until a page shows what it has to; only who waits in vain waits as long
PAUSE = 100  # milliseconds between two looks
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Person:
    """Somebody with an account of the demo company, in a browser of their own."""

    def __init__(self, context: BrowserContext, username: str) -> None:
        self.context = context
        self.username = username
        self.locale = "zh"
        self.complaints: list[str] = []
        context.on("console", lambda message: self._hear(message.type, message.text))
        context.on("weberror", lambda error: self._hear("error", str(error.error)))
        self.page: Page = context.new_page()
        self.typist = Typist(self.page)

    def _hear(self, kind: str, text: str) -> None:
        # A refusal is an answer, though the browser's console calls it a resource that failed.
        if kind in ("error", "warning") and "Failed to load resource" not in text:
            self.complaints.append(f"{self.page.url}: {text}")

    def sign_in(self, password: str = PASSWORD) -> None:
        """Come in by the door; leads to the inbox."""
        self.page.goto("/login")
        self.page.fill("#username", self.username)
        self.page.fill("#password", password)
        self.page.click("main form .btn-primary")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def enter(self, locale: str) -> None:
        """Come in without looking at the door, and read in a language; no page is open yet."""
        self._send("/login", "/login", username=self.username, password=PASSWORD)
        self.read(locale)

    def read(self, locale: str) -> None:
        """Read in a language from the next page on, as the account remembers."""
        if locale != self.locale:
            self._send("/account/language", "/nowhere", locale=locale)
            self.locale = locale

    def _send(self, path: str, page: str, **fields: str) -> None:
        found = TOKEN.search(self.context.request.get(page).text())
        assert found is not None
        form = {"csrf_token": found[1], **fields}
        answer = self.context.request.post(path, form=form, max_redirects=0)
        assert answer.headers.get("location"), (path, answer.status)

    def go(self, path: str) -> Response | None:
        """Open a page by its address."""
        return self.page.goto(path)

    def follow(self, way: Locator, key: str = "") -> Response:
        """Click what leads to another page, or press a key on it, and wait until that page is there; gives its answer."""
        with self.page.expect_navigation() as arrived:
            way.press(key, no_wait_after=True) if key else way.click(no_wait_after=True)
        return arrived.value

    def look_for(self, text: str, box: str = "claimable") -> Locator:
        """Search a box of the inbox; gives the rows found."""
        self.page.goto(f"/?box={box}")
        self.page.fill("#inbox-text", text)
        self.follow(self.page.locator("form[role=search] .btn-plain"))
        return self.page.locator("li.gc-row")

    def open_step(self, step: str, called: str) -> None:
        """Go to a step of a unit or a numbered instance: the page shows it already, or the inbox does, once the system has made it."""
        if self.page.locator("#form").count() and self.heading.text_content() == step:
            return
        row = self.page.locator("li.gc-row").filter(has_text=step).first
        deadline = time.monotonic() + PATIENCE
        for box in cycle(("claimable", "mine")):
            self.go(f"/?box={box}&text={quote(called)}")
            if row.count():
                break
            assert time.monotonic() < deadline, (step, called)
        self.follow(row.locator("[data-open]"))
        expect(self.heading).to_have_text(step)

    def wait_for(self, sight: Locator) -> None:
        """Look again until the page shows something the system is still working on."""
        deadline = time.monotonic() + PATIENCE
        while not sight.count() and time.monotonic() < deadline:
            self.page.wait_for_timeout(PAUSE)
            self.page.reload()

    @property
    def width(self) -> int:
        """The width of the browser's window."""
        size = self.page.viewport_size
        assert size is not None
        return size["width"]

    @property
    def heading(self) -> Locator:
        """The heading of the page."""
        return self.page.locator("h1")

    @property
    def crumb(self) -> Locator:
        """The link from a task to its instance."""
        return self.page.locator(".gc-crumb a").last

    @property
    def told(self) -> Locator:
        """What the page says about what was done just now."""
        return self.page.locator(".gc-flashes")

    @property
    def faults(self) -> Locator:
        """The lines of the error summary."""
        return self.page.locator("#errors li a")

    def submit(self) -> int:
        """Press the primary button of the form; gives the status of the answer, once the page it leads to is there."""
        request = self.follow(self.page.locator("#form .gc-actions .btn-primary")).request
        return _first(request).status

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page, where an album is wanted (GUICHENG_BROWSER_SHOTS names its folder)."""
        if not ALBUM:
            return
        self.page.screenshot(path=Path(ALBUM) / f"{name}.png", full_page=True)


def _first(request: Request) -> Response:
    """The answer before all redirections."""
    while request.redirected_from:
        request = request.redirected_from
    response = request.response()
    assert response is not None
    return response
