"""The V8 isolate in which expressions run: its limits and its lifetime."""

from __future__ import annotations

import atexit
import ctypes
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from py_mini_racer import (
    DEFAULT_V8_FLAGS,
    JSEvalException,
    JSTimeoutException,
    MiniRacer,
    init_mini_racer,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# The time limit is the wall's. A call that ran out of it while the process did not work for most of that time was kept waiting
# by the machine, and is tried again with so many times the limit.
PATIENCE = (1, 4, 16)
WORKED = 0.9
BUNDLE = Path(__file__).with_name("feel.bundle.js")

# Memory protection keys are per thread: V8 would crash in every thread that does not descend from the one that
# happened to start it, such as another worker thread of the server.
FLAGS = (*DEFAULT_V8_FLAGS, "--no-memory-protection-keys")


class Stopped(Exception):
    """The isolate did not answer; its text says why."""


class _OutOfMemory(Stopped):
    pass


class _Starved(Exception):
    pass


class Isolate:
    """One V8 isolate with the FEEL interpreter, started at the first call and again when it had to be given up.

    Calls from several threads take turns. A forked child starts its own isolate.
    """

    def __init__(self, *, seconds: float, bytes_: int) -> None:
        self.seconds = seconds
        self.bytes = bytes_
        self._lock = threading.Lock()
        self._racer: MiniRacer | None = None
        _isolates.add(self)

    def call(self, operation: str, **arguments: Any) -> Any:
        """The interpreter's answer to one operation; all arguments and the answer are JSON data.

        Raises Stopped when the arguments are no JSON (NaN, too deep, cyclic) or a limit was reached. The next
        call works either way.
        """
        code = _code({"operation": operation, **arguments})
        with self._lock:
            reply = self._evaluate(code)
        return json.loads(reply)

    def close(self) -> None:
        """Ends the isolate; another call would start a new one."""
        with self._lock:
            racer, self._racer = self._racer, None
            if racer is not None:
                racer.close()

    def _evaluate(self, code: str) -> str:
        for times in PATIENCE:
            try:
                return self._answer(code, self.seconds * times)
            except _Starved:
                continue
        raise Stopped("the machine is too busy")

    def _answer(self, code: str, seconds: float) -> str:
        fresh = self._racer is None
        try:
            return self._attempt(self._racer or self._start(), code, seconds)
        except _OutOfMemory:
            if fresh:
                raise
            # What filled the memory may be the garbage of earlier calls.
            return self._attempt(self._start(), code, seconds)

    def _attempt(self, racer: MiniRacer, code: str, seconds: float) -> str:
        began = time.process_time()
        try:
            return str(racer.eval(code, timeout_sec=seconds))
        except JSTimeoutException:
            if racer.was_hard_memory_limit_reached() or not _answers(racer, seconds):
                self._abandon()
            if time.process_time() - began < self.seconds * WORKED:
                raise _Starved from None
            raise Stopped(f"it took longer than {self.seconds} s") from None
        except JSEvalException as error:
            if racer.was_hard_memory_limit_reached():
                self._abandon()
                raise _OutOfMemory("it needed too much memory") from None
            raise Stopped(str(error).strip().splitlines()[0][:200]) from None

    def _start(self) -> MiniRacer:
        # A thread of its own: in one that runs an asyncio loop the racer would take that loop and block it.
        with ThreadPoolExecutor(1) as executor:
            self._racer = executor.submit(_racer, self.bytes).result()
        return self._racer

    def _abandon(self) -> None:
        # In the background: closing waits until V8 has unwound.
        racer, self._racer = self._racer, None
        if racer is not None:
            threading.Thread(target=_retire, args=(racer,), daemon=True).start()

    def forget(self) -> None:
        """In a forked child: leaves the parent's isolate alone, whose threads do not exist here."""
        if self._racer is not None:
            # Never collected, because its finalizer would wait for those threads.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._racer))
        self._racer = None
        self._lock = threading.Lock()


_isolates: WeakSet[Isolate] = WeakSet()


def _racer(bytes_: int) -> MiniRacer:
    if not BUNDLE.exists():
        raise FileNotFoundError(f"{BUNDLE} has not been built: run `make`")
    init_mini_racer(flags=FLAGS, ignore_duplicate_init=True)
    racer = MiniRacer()
    racer.eval(BUNDLE.read_text(encoding="utf-8"))
    racer.set_soft_memory_limit(bytes_ // 2)  # collects garbage before the hard limit counts it
    racer.set_hard_memory_limit(bytes_)
    return racer


def _answers(racer: MiniRacer, seconds: float) -> bool:
    try:
        return bool(racer.eval("true", timeout_sec=seconds))
    except JSEvalException:
        return False


def _retire(racer: MiniRacer) -> None:
    _answers(racer, 60)  # what was cancelled reports to the racer's event loop, which closing ends
    racer.close()


def _code(request: Mapping[str, Any]) -> str:
    # As text that JavaScript parses: in an object literal a key __proto__ would set the prototype.
    try:
        text = json.dumps(request, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        code = f"guicheng({json.dumps(text, ensure_ascii=False)})"
        code.encode()
    except (ValueError, RecursionError) as error:
        raise Stopped(f"the variables are no JSON data ({error})") from None
    return code


def _forget_all() -> None:
    for isolate in list(_isolates):
        isolate.forget()


@atexit.register
def _close_all() -> None:
    for isolate in list(_isolates):
        isolate.close()


os.register_at_fork(after_in_child=_forget_all)
