"""The named points at which a process is killed, and how often its work comes by each of them."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from engine import handlers
from engine.engine import Command, Engine

Passed = Callable[[], object]
BEFORE_STATEMENT, AFTER_STATEMENT = "before a statement", "after a statement"
BEFORE_COMMIT, AFTER_COMMIT = "before a commit", "after a commit"
CALLBACK = "in an after-commit callback"
BEFORE_FILE, AFTER_FILE = "before a file is in its place", "after a file was changed"
EFFECT = "within a job's side effect"
POINTS = (
    BEFORE_STATEMENT, AFTER_STATEMENT, BEFORE_COMMIT, AFTER_COMMIT,
    CALLBACK, BEFORE_FILE, AFTER_FILE, EFFECT,
)  # fmt: skip
# How files get their names and lose them.
CHANGES = ("replace", "rename", "link", "unlink")


def die() -> None:
    """End as a machine without power ends."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(engine: Engine, point: str, number: int) -> None:
    """Die at the n-th time the work comes by a point."""
    left = number

    def passed() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            die()

    WATCHES[point](engine, passed)


@contextmanager
def counting(engine: Engine, report: Path) -> Any:
    """Count how often the work comes by each point, and write it down when it is done."""
    counts = dict.fromkeys(POINTS, 0)

    def counter(point: str) -> Passed:
        def passed() -> None:
            counts[point] += 1

        return passed

    for point in POINTS:
        WATCHES[point](engine, counter(point))
    yield
    report.write_text(json.dumps(counts))


def _statements(name: str) -> Callable[[Engine, Passed], None]:
    def watch(engine: Engine, passed: Passed) -> None:
        event.listen(engine.bind, name, lambda *_: passed())

    return watch


def _commits(name: str) -> Callable[[Engine, Passed], None]:
    def watch(_engine: Engine, passed: Passed) -> None:
        event.listen(Session, name, lambda *_: passed())

    return watch


def _callbacks(engine: Engine, passed: Passed) -> None:
    engine.on_work(passed)
    register = Command.after_commit

    def after_commit(self: Command, callback: Passed) -> None:
        register(self, lambda: (passed(), callback()))

    Command.after_commit = after_commit  # type: ignore[assignment, method-assign]


def _before_files(_engine: Engine, passed: Passed) -> None:
    def hook(name: str, _args: Any) -> None:
        if name in ("os.rename", "os.link"):
            passed()

    sys.addaudithook(hook)


def _after_files(_engine: Engine, passed: Passed) -> None:
    for name in CHANGES:
        setattr(os, name, _followed(getattr(os, name), passed))


def _followed(change: Callable[..., Any], passed: Passed) -> Callable[..., Any]:
    def changed(*args: Any, **more: Any) -> Any:
        result = change(*args, **more)
        passed()
        return result

    return changed


def _effects(_engine: Engine, passed: Passed) -> None:
    for name, handler in handlers.TYPES.items():
        handlers.TYPES[name] = _flushed(handler, passed)


def _flushed(handler: handlers.Handler, passed: Passed) -> handlers.Handler:
    def handle(command: Command, *of: Any) -> dict[str, Any]:
        result = handler(command, *of)
        command.session.flush()
        passed()
        return result

    return handle


WATCHES: dict[str, Callable[[Engine, Passed], None]] = {
    BEFORE_STATEMENT: _statements("before_cursor_execute"),
    AFTER_STATEMENT: _statements("after_cursor_execute"),
    BEFORE_COMMIT: _commits("before_commit"),
    AFTER_COMMIT: _commits("after_commit"),
    CALLBACK: _callbacks,
    BEFORE_FILE: _before_files,
    AFTER_FILE: _after_files,
    EFFECT: _effects,
}
