"""Guicheng on several machines, as far as one machine can show: web processes, Celery workers and a Redis between them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from engine.engine import Engine
from tests import ports
from tests.databases import SECRET

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240  # seconds
REDIS = shutil.which("redis-server")


class Part:
    """A process of the cluster."""

    def __init__(
        self, name: str, command: list[str], environment: dict[str, str], home: Path
    ) -> None:
        self.name, self._command, self._environment = name, command, environment
        self._log = home / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; what it says goes to a log."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """End it and its children as a machine without power ends."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, 9)
            self._process.wait(timeout=PATIENCE)

    def says(self, text: str) -> bool:
        """Whether that stands in its log."""
        return text in self._log.read_text()


class Cluster:
    """Two web processes and two workers on an engine's database, and their broker."""

    def __init__(self, engine: Engine) -> None:
        home = engine.home
        home.mkdir(parents=True, exist_ok=True)
        self._held = [ports.hold() for _ in range(3)]
        self.broker_port, *self.ports = map(ports.number, self._held)
        environment = os.environ | {
            "GUICHENG_HOME": str(home),
            "GUICHENG_DATABASE_URL": engine.bind.url.render_as_string(hide_password=False),
            "GUICHENG_BROKER_URL": f"redis://127.0.0.1:{self.broker_port}/0",
            "GUICHENG_SECRET": SECRET.decode(),
            "GUICHENG_POOL_SIZE": "10",
        }
        tools = Path(sys.executable).parent
        self.broker = Part(
            "redis",
            [REDIS or "", "--port", str(self.broker_port), "--save", "", "--bind", "127.0.0.1"],
            environment,
            home,
        )
        self.webs = [
            Part(
                f"web{port}",
                [f"{tools}/waitress-serve", f"--listen=127.0.0.1:{port}", "web.wsgi:application"],
                environment,
                home,
            )
            for port in self.ports
        ]
        self.workers = [
            Part(
                f"worker{number}",
                [
                    *(f"{tools}/celery", "-A", "web.worker", "worker", "--concurrency", "1"),
                    *("--hostname", f"w{number}@%h", "--loglevel", "info"),
                    *("--beat", "--schedule", f"{home}/beat{number}"),
                ],
                environment,
                home,
            )
            for number in (1, 2)
        ]

    def start(self) -> None:
        """Start all of them and wait until they are ready."""
        for part in (self.broker, *self.webs, *self.workers):
            part.start()
        for port in (self.broker_port, *self.ports):
            wait_until(lambda port=port: answers(port), f"port {port} answers")
        for worker in self.workers:
            wait_until(lambda worker=worker: worker.says("ready."), f"{worker.name} is ready")

    def stop(self) -> None:
        """End all of them."""
        for part in (*self.webs, *self.workers, self.broker):
            part.kill()
        for held in self._held:
            held.close()


def answers(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait, but not for ever."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.1)
