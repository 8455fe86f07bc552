"""Telling workers on other machines that there is something to do.

The database is the truth and a message only says “look”: a lost one delays work until the workers next look by themselves.
"""

from __future__ import annotations

import logging
import os
import threading
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celery import Celery

RUN_DUE = "guicheng.run_due"
SWEEP = "guicheng.sweep"
POLL, HOUR = 5.0, 3600.0  # seconds
log = logging.getLogger(__name__)


def connect(url: str) -> Celery:
    """Make the Celery application for a broker (redis://…, amqp://…); nothing is reached before it is used."""
    from celery import Celery  # an extra: one machine alone needs no broker

    app = Celery("guicheng", broker=url, set_as_current=False)
    app.conf.update(
        task_ignore_result=True,
        task_acks_late=False,  # a message lost with its worker is replaced by the next one
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 5},
        beat_schedule={
            "look": {"task": RUN_DUE, "schedule": POLL, "options": {"expires": POLL}},
            "sweep": {"task": SWEEP, "schedule": HOUR, "options": {"expires": HOUR}},
        },
    )
    return app


class Bell:
    """Rings for the workers from a thread of its own, so that no request waits for a broker; many calls are one ring."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._pid = 0

    def __call__(self) -> None:
        """Ask for a ring; returns at once."""
        self._wanted.set()
        if self._pid != os.getpid():  # a thread does not survive a fork
            with self._lock:
                if self._pid != os.getpid():
                    self._pid = os.getpid()
                    threading.Thread(target=self._ring, name="guicheng-bell", daemon=True).start()

    @cached_property
    def _app(self) -> Celery:
        return connect(self._url)

    def _ring(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._app.send_task(RUN_DUE, expires=POLL, retry=False)
            except Exception as error:  # noqa: BLE001 - whatever ails the broker, the workers look by themselves
                log.warning("the broker does not answer: %s", error)
