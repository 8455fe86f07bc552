"""The worker: everything that is due without a person, found by index and done one small transaction at a time.

Any number of workers may run on one database; each unit of work locks its instance and looks again before acting.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import threading
from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import TypeVar

from sqlalchemy import Select, bindparam, exists, or_, select

from engine import anchors, handlers, instances, jobs
from engine.engine import Command, Engine
from engine.errors import BudgetExceeded, EngineError
from engine.events import deliveries, messages, start_events
from engine.models.base import UTCDateTime
from engine.models.batch import ACTIVE as BATCH_ACTIVE
from engine.models.batch import Batch
from engine.models.clock import Clock
from engine.models.event import SignalDelivery, StartSubscription
from engine.models.instance import ACTIVE, ProcessInstance
from engine.models.job import CREATED as JOB_CREATED
from engine.models.job import FAILED, Incident, Job
from engine.models.task import UserTask
from engine.operations import chores, retention
from engine.runtime import TASK_LISTENER
from engine.staff.access import SYSTEM
from engine.timing import escalations

log = logging.getLogger(__name__)
Key = TypeVar("Key")

BATCH = 50
ROUNDS = 200
SETTLE_ROUNDS = 20
PAUSE = HOUR = dt.timedelta(hours=1)
POLL = dt.timedelta(seconds=5)
LEASE = dt.timedelta(seconds=15)


def run_due(engine: Engine) -> int:
    """Do everything that is due now, and what becomes due by doing it; give how many units were done."""
    done = 0
    for _ in range(ROUNDS):
        step = sum(
            act(engine)
            for act in (
                _run_jobs,
                _correlate,
                _deliver,
                _fire_timers,
                _start_due,
                _check_clocks,
                chores.run,
            )
        )
        done += step
        if not step:
            break
    return done


def is_idle(engine: Engine) -> bool:
    """Whether nothing is due now, by one statement: for who asks often, and of a database that is small."""
    with engine.read() as session:
        return not session.scalar(_anything_due(), {"now": engine.clock()})


@cache
def _anything_due() -> Select[bool]:
    now = bindparam("now", type_=UTCDateTime())
    return select(
        or_(
            exists().where(Job.state == JOB_CREATED, Job.run_at <= now),
            messages.matching().exists(),
            start_events.matching(now).exists(),
            exists().where(SignalDelivery.incident_key.is_(None)),
            exists().where(ProcessInstance.next_due <= now, ProcessInstance.status == ACTIVE),
            exists().where(StartSubscription.due_at <= now),
            exists().where(UserTask.check_at <= now),
            exists().where(Clock.check_at <= now),
            exists().where(Batch.state == BATCH_ACTIVE),
        )
    )


def settle(engine: Engine, instance_key: int) -> None:
    """Do the built-in jobs of one instance now, so that whoever moved it sees where it really stands."""
    query = (
        select(Job.key)
        .where(
            Job.instance_key == instance_key, Job.state == JOB_CREATED, Job.run_at <= engine.clock()
        )
        .where(Job.type.in_(handlers.TYPES))
    )
    for _ in range(SETTLE_ROUNDS):
        keys = _keys(engine, query)
        if not keys or not _each("job", keys, partial(_run_job, engine)):
            return


def _each(what: str, keys: Iterable[Key], act: Callable[[Key], bool]) -> int:
    """Do one unit per key and count those done; a failure is logged and does not stop the others."""
    done = 0
    for key in keys:
        try:
            done += act(key)
        except EngineError as error:
            log.info("%s %s: %s", what, key, error)
        except Exception:
            log.exception("%s %s failed", what, key)
    return done


def _run_jobs(engine: Engine) -> int:
    with engine.begin(SYSTEM) as command:
        leased = jobs.activate(
            command, sorted(handlers.TYPES), worker="embedded", lease=LEASE, limit=BATCH
        )
        keys = [job.key for job in leased]
    return _each("job", keys, partial(_run_job, engine))


def _run_job(engine: Engine, key: int) -> bool:
    try:
        with engine.begin(SYSTEM) as command:
            instance, job = jobs.lock(command, key)
            result = handlers.handle(command, instance, job)
            given = {} if TASK_LISTENER in job.headers else result
            if jobs.complete(command, key, given).state == FAILED:
                # The effect must not stay when the process could not run on: it would happen again.
                raise BudgetExceeded(elements=job.element_id)
    except EngineError as error:
        with engine.begin(SYSTEM) as command:
            jobs.fail(command, key, f"{error.code}: {error}")
    return True


def _correlate(engine: Engine) -> int:
    pairs = messages.matches(engine, BATCH)
    if done := _each("message", pairs, lambda pair: messages.correlate(engine, *pair)):
        return done
    # What waits for a message goes before what it would start: a process takes a message once.
    pairs = start_events.matches(engine, BATCH)
    return _each("message start", pairs, lambda pair: start_events.start_by_message(engine, *pair))


def _deliver(engine: Engine) -> int:
    return _each("signal", deliveries.pending(engine, BATCH), partial(deliveries.deliver, engine))


def _start_due(engine: Engine) -> int:
    keys = start_events.due(engine, BATCH)
    return _each("timer start", keys, partial(start_events.start_by_timer, engine))


def _fire_timers(engine: Engine) -> int:
    keys = due_timers(engine)
    random.shuffle(keys)  # workers that found the same ones would wait for each other at each
    return _each("timers", keys, partial(_fire, engine))


def due_timers(engine: Engine) -> list[int]:
    """Find the instances that have a timer due, the longest due first; some of them when there are many."""
    return _keys(engine, _DUE, now=engine.clock())


# Every worker asks this again and again, mostly for nothing: making the query took as long as the answer.
_DUE = (
    select(ProcessInstance.key)
    .where(ProcessInstance.next_due <= bindparam("now"), ProcessInstance.status == ACTIVE)
    .order_by(ProcessInstance.next_due)
    .limit(BATCH)
)


def _fire(engine: Engine, key: int) -> bool:
    with engine.begin(SYSTEM) as command:
        instance = instances.lock(command, key)
        if instance.status != ACTIVE or not instance.next_due or instance.next_due > command.now:
            return False
        command.audit("timers.fired", on=instance)
        if incident := instances.advance(command, instance, lambda run: run.fire_timer()):
            # The incident tells an operator, once; without a pause the same timer would be tried for ever. Others go on.
            until = command.now + PAUSE
            instances.advance(command, instance, lambda run: run.postpone_timer(until))
            if _told_before(command, incident):
                command.session.expunge(incident)
        return True


def _told_before(command: Command, incident: Incident) -> bool:
    query = exists().where(
        Incident.instance_key == incident.instance_key,
        Incident.element_id == incident.element_id,
        Incident.error_type == incident.error_type,
        Incident.resolved_at.is_(None),
        Incident.key != incident.key,
    )
    return bool(command.session.scalar(select(query)))


def _check_clocks(engine: Engine) -> int:
    tasks = _keys(engine, _unchecked(engine, UserTask))
    spans = _keys(engine, _unchecked(engine, Clock))
    return _each("task clock", tasks, partial(escalations.check_task, engine)) + _each(
        "clock", spans, partial(escalations.check_clock, engine)
    )


def _unchecked(engine: Engine, model: type[UserTask | Clock]) -> Select[int]:
    due = select(model.key).where(model.check_at <= engine.clock())
    return due.order_by(model.check_at).limit(BATCH)


def _keys(engine: Engine, query: Select[int], **parameters: object) -> list[int]:
    with engine.read() as session:
        return list(session.scalars(query, parameters))


def sweep(engine: Engine) -> None:
    """Do what has to be done now and then: forget what is over, anchor the audit. Wants to be called about once an hour."""
    for act in (messages.drop_expired, retention.sweep, deliveries.drop_done, anchors.write):
        try:
            act(engine)
        except Exception:
            log.exception("%s.%s failed", act.__module__, act.__name__)


class Worker(threading.Thread):
    """The embedded worker: wakes when a commit left work, and every few seconds for what time brings."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(name="guicheng-worker", daemon=True)
        self._engine = engine
        self._wake = threading.Event()
        self._stopping = False
        engine.on_work(self._wake.set)

    def run(self) -> None:
        """Work until stopped."""
        swept: dt.datetime | None = None
        while not self._stopping:
            self._wake.clear()
            try:
                run_due(self._engine)
                if swept is None or abs(self._engine.clock() - swept) > HOUR:
                    swept = self._engine.clock()
                    sweep(self._engine)
            except Exception:
                log.exception("the worker failed and goes on")
            self._wake.wait(POLL.total_seconds())

    def stop(self) -> None:
        """Finish the present unit of work and end."""
        self._stopping = True
        self._wake.set()
        if self.is_alive():
            self.join(timeout=10)
