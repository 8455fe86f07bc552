"""The one door for writes: every change happens inside `with engine.begin(actor) as command:`."""

from __future__ import annotations

import datetime as dt
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from engine import audit
from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.job import Job
from engine.models.node import Node
from engine.models.task import UserTask
from engine.staff.access import Actor
from engine.store import database
from engine.store.keys import KeyGenerator
from engine.store.session import CommandSession

Clock = Callable[[], dt.datetime]
# What is ordered by its keys: the latest of them is where a new process goes on.
KEYED = (ProcessInstance, ElementInstance, UserTask, Job)
log = logging.getLogger(__name__)


def utc_now() -> dt.datetime:
    """Tell the time, aware and in UTC."""
    return dt.datetime.now(dt.UTC)


class Engine:
    """Runs process instances kept in one database.

    `home` is the data folder (attachments, keys), `clock` gives aware UTC instants, `secret` keys the audit chain and
    signed links. An engine is safe for threads; after a fork it takes a new node number for its keys.
    """

    def __init__(
        self,
        bind: sqlalchemy.Engine,
        *,
        home: Path,
        secret: bytes,
        clock: Clock = utc_now,
    ) -> None:
        database.prepare(bind)
        self.bind = bind
        self.home = home
        self.secret = secret
        self.clock = clock
        self.caches: dict[str, Any] = {}
        self._writer = bind.execution_options(**database.WRITE)
        self._generator: tuple[int, KeyGenerator] | None = None
        self._lock = threading.Lock()
        self._wakers: list[Callable[[], None]] = []

    @contextmanager
    def begin(self, actor: Actor) -> Iterator[Command]:
        """Open a command for `actor`; commit when the block ends, roll back and leave all unchanged when it raises."""
        self._generate()  # a new node number cannot be taken inside the transaction it is needed in
        with CommandSession(self._writer, expire_on_commit=False, autoflush=False) as session:
            command = Command(self, session, actor)
            with session.begin():
                yield command
                session.flush()
        command.run_after_commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session for reading; whatever is changed in it is thrown away."""
        with Session(self.bind, autoflush=False) as session:
            yield session

    def new_key(self) -> int:
        """Give a key nobody else has."""
        return self._generate()()

    def _generate(self) -> KeyGenerator:
        generator = self._generator
        if generator is None or generator[0] != os.getpid():
            with self._lock:
                generator = self._generator = (os.getpid(), self._new_generator())
        return generator[1]

    def _new_generator(self) -> KeyGenerator:
        with self._writer.begin() as connection:
            row = insert(Node).values(started_at=self.clock()).returning(Node.id)
            node = connection.execute(row).scalar_one()
            known = [select(func.max(model.key)).scalar_subquery() for model in KEYED]
            latest = [key for key in connection.execute(select(*known)).one() if key is not None]
        return KeyGenerator(node, max(latest, default=0))

    def on_work(self, waker: Callable[[], None]) -> None:
        """Call `waker` after every commit that leaves work for a worker."""
        self._wakers.append(waker)

    def wake(self) -> None:
        """Tell the workers that there is something to do."""
        for waker in self._wakers:
            waker()


class Command:
    """One change by one actor at one moment, in one transaction."""

    def __init__(self, engine: Engine, session: Session, actor: Actor) -> None:
        self.engine = engine
        self.session = session
        self.actor = actor
        self.now = engine.clock()
        self._after: list[Callable[[], None]] = []

    def new_key(self) -> int:
        """Give a key nobody else has."""
        return self.engine.new_key()

    def audit(
        self, action: str, subject: str = "", *, on: ProcessInstance | None = None, **detail: Any
    ) -> None:
        """Write who did what to the instance's audit chain, or without one to that of administration."""
        audit.append(self, action, subject, on, detail)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run `callback` once the transaction is durable; it must not raise and is lost with a crash."""
        self._after.append(callback)

    def wake_workers(self) -> None:
        """Tell the workers, after the commit, that there is something to do."""
        if self.engine.wake not in self._after:
            self._after.append(self.engine.wake)

    def run_after_commit(self) -> None:
        """Run what was registered; a failure is logged, for the commit has happened."""
        for callback in self._after:
            try:
                callback()
            except Exception:
                log.exception("after-commit callback failed")
