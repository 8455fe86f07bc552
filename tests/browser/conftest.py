"""Fixtures of the browser tests: Chromium, a server in a process of its own, and people at their browsers."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests import ports
from tests.browser.person import PATIENCE, Person

MOMENT = dt.datetime(
    2026, 11, 20, 1, 48, tzinfo=dt.UTC
)  # Friday 09:48 in Shenzhen, the day the scenarios play on
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
Device = dict[str, Any]
expect.set_options(timeout=PATIENCE * 1000)
DESK: Device = {"viewport": {"width": 1440, "height": 900}}
PHONE: Device = {
    "viewport": {"width": 375, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _chromium() -> str | None:
    named = os.environ.get("GUICHENG_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium as the machine has it, or the one Playwright installed."""
    with sync_playwright() as playwright:
        executable = _chromium() or playwright.chromium.executable_path
        if not Path(executable).exists():
            pytest.skip("no Chromium: install chromium, or name it in GUICHENG_CHROMIUM")
        browser = playwright.chromium.launch(
            executable_path=executable, args=QUIET, timeout=PATIENCE * 1000
        )
        yield browser
        browser.close()


def _serve(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.browser.serve", *arguments],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )


class Server:
    """Guicheng on a data folder; it can be killed and started again at the same address."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._held = ports.hold()
        self._began = time.monotonic()
        self.start()

    def start(self) -> None:
        """Start, as late after the moment as it is by now, and wait for the address it prints last."""
        moment = MOMENT + dt.timedelta(seconds=time.monotonic() - self._began)
        port = ports.number(self._held)
        self.process = _serve(str(self.home), moment.isoformat(), str(port))
        assert self.process.stdout is not None
        self.url = next(line for line in self.process.stdout if line.startswith("http")).strip()

    def close(self) -> None:
        """End it for good and let its port go."""
        self.kill()
        self._held.close()

    def kill(self) -> None:
        """End it as a machine without power ends."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo company with its work under way; every test works on units of its own."""
    server = Server(tmp_path_factory.mktemp("company"))
    yield server
    server.close()


Visit = Callable[..., Person]


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """Give people of the demo company at browsers of their own, signed in; in the end no page may have complained.

    With a language they read in it, and have no page open yet; else they stand before their inbox.
    """
    people: list[Person] = []

    def come(
        username: str = "", *, sign_in: bool = True, locale: str = "", **device: Any
    ) -> Person:
        context = browser.new_context(
            base_url=server.url,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",  # nobody clicks at what still glides
            **(DESK | device),
        )
        context.set_default_timeout(PATIENCE * 1000)
        people.append(Person(context, username))
        if locale:
            people[-1].enter(locale)
        elif sign_in and not device.get("java_script_enabled", True):
            people[-1].sign_in()
        elif (
            sign_in
        ):  # the door itself is tried elsewhere, with keys, by switching and without script
            people[-1].enter("zh")
            people[-1].go("/")
        return people[-1]

    yield come
    for person in people:
        person.read("zh")
    complaints = [complaint for person in people for complaint in person.complaints]
    for person in people:
        person.context.close()
    assert complaints == []
