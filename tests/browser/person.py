"""A person at a browser: signs in, finds the work and fills in forms by clicks and keys, and looks at what is shown."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, Response, expect

from engine.demo.people import PASSWORD
from tests.browser.typist import Typist

ALBUM = os.environ.get("GUICHENG_BROWSER_SHOTS", "")


class Person:
    """Somebody with an account of the demo company, in a browser context of their own."""

    def __init__(self, context: BrowserContext, username: str) -> None:
        self.context = context
        self.username = username
        self.complaints: list[str] = []
        context.on("console", lambda message: self._hear(message.type, message.text))
        context.on("weberror", lambda error: self._hear("error", str(error.error)))
        self.page: Page = context.new_page()
        self.typist = Typist(self.page)

    def _hear(self, kind: str, text: str) -> None:
        # A refusal is an answer, but the browser's console calls it a failed resource.
        if kind in ("error", "warning") and "Failed to load resource" not in text:
            self.complaints.append(f"{self.page.url}: {text}")

    def sign_in(self, password: str = PASSWORD) -> None:
        """Come in by the door; leads to the inbox."""
        self.page.goto("/login")
        self.page.fill("#username", self.username)
        self.page.fill("#password", password)
        self.page.click("main form button[type=submit].btn-primary")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def go(self, path: str) -> Response | None:
        """Open a page by its address."""
        return self.page.goto(path)

    def find(self, step: str, unit: str, box: str = "claimable") -> None:
        """Open a step of a unit from a box of the inbox, as one finds it there."""
        self.page.goto(f"/?box={box}")
        self.page.fill("#inbox-text", unit)
        self.page.press("#inbox-text", "Enter")
        row = self.page.locator("li.gc-row", has_text=step).first
        row.locator("[data-open]").click()
        expect(self.heading).to_have_text(step)

    @property
    def heading(self) -> Locator:
        """The heading of the page."""
        return self.page.locator("h1")

    @property
    def told(self) -> Locator:
        """What the page tells about what was done just now."""
        return self.page.locator(".gc-flashes")

    @property
    def faults(self) -> Locator:
        """The lines of the error summary."""
        return self.page.locator("#errors li a")

    def submit(self) -> Response:
        """Press the primary button of the form; gives the answer to it."""
        button = self.page.locator("#form .gc-actions .btn-primary")
        with self.page.expect_response(lambda answer: answer.request.method == "POST"
                                       and answer.request.is_navigation_request()) as caught:  # fmt: skip
            button.click()
        self.page.wait_for_load_state()
        return caught.value

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page, where an album is wanted (GUICHENG_BROWSER_SHOTS names its folder)."""
        if ALBUM:
            self.page.screenshot(path=Path(ALBUM) / f"{name}.png", full_page=True)
