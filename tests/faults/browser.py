"""A person's browser without a browser, and the server it talks to as a process that can be killed."""

from __future__ import annotations

import http.cookiejar
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from engine.engine import Engine
from tests import ports
from tests.databases import SECRET

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240  # seconds: a job the dead worker had leased waits for a minute
ENDING = 120  # seconds until a process that was told to end has ended
STARTING = (
    400  # seconds: everything shipped is deployed and the demo company moves in, beside other tests
)


class Server:
    """`python -m web` on an engine's database and data folder."""

    def __init__(self, engine: Engine) -> None:
        engine.home.mkdir(parents=True, exist_ok=True)
        (engine.home / "secret").write_bytes(SECRET)
        self._held = ports.hold()
        self.port = ports.number(self._held)
        self._environment = os.environ | {
            "GUICHENG_HOME": str(engine.home),
            "GUICHENG_DATABASE_URL": engine.bind.url.render_as_string(hide_password=False),
            "PORT": str(self.port),
        }
        self._log = engine.home / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "web"], cwd=ROOT, env=self._environment,
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        deadline = time.monotonic() + STARTING
        while not self._answers():
            ended = self._process.poll()
            assert ended is None, f"ended with {ended}: {self._log.read_text()}"
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.1)

    def _answers(self) -> bool:
        # It takes the port before it brings its data up to date: only an answer says that it serves.
        try:
            Browser(self.port).get("/login")
        except OSError:
            return False
        return True

    def kill(self) -> int:
        """End it with SIGKILL; give how it ended."""
        assert self._process is not None
        self._process.kill()
        return self._process.wait(timeout=ENDING)

    def close(self) -> None:
        """Stop it for good and let its port go."""
        self.stop()
        self._held.close()

    def stop(self) -> int:
        """Ask it to stop; give how it ended."""
        if self._process is None or self._process.poll() is not None:
            return 0
        self._process.terminate()
        return self._process.wait(timeout=ENDING)


class Browser:
    """Keeps cookies, fills forms."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def sign_in(self, username: str, password: str) -> None:
        """Sign in."""
        self.post("/login", username=username, password=password)

    def post(self, path: str, **fields: str) -> str:
        """Open a page, send its form with these fields, and give the page that follows. Raises OSError without a server."""
        page = self.get(path)
        hidden = dict(
            re.findall(r'type="hidden" name="(csrf_token|version)" value="([^"]*)"', page)
        )
        return self.get(path, urllib.parse.urlencode(hidden | fields).encode())

    def get(self, path: str, data: bytes | None = None, patience: float = ENDING) -> str:
        """Give a page. Raises OSError when none comes within so many seconds."""
        with self._opener.open(self._base + path, data, timeout=patience) as answer:
            return str(answer.read().decode())
