"""The worker: everything that is due without a person, found by index and done one small transaction at a time.

Any number of workers may run on one database; each unit of work locks its instance and looks again before acting.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from sqlalchemy import Select, select

from engine import clocks, handlers, instances, jobs, messages, notifications
from engine.access import SYSTEM
from engine.engine import Engine
from engine.errors import BudgetExceeded, EngineError
from engine.models.instance import ACTIVE, ProcessInstance
from engine.models.job import CREATED as JOB_CREATED
from engine.models.job import FAILED, Job
from engine.models.task import CREATED, UserTask

log = logging.getLogger(__name__)
Key = TypeVar("Key")

BATCH = 50
ROUNDS = 200
SETTLE_ROUNDS = 20
POLL = dt.timedelta(seconds=5)
LEASE = dt.timedelta(minutes=1)


def run_due(engine: Engine) -> int:
    """Do everything that is due now, and what becomes due by doing it; give how many units were done."""
    done = 0
    for _ in range(ROUNDS):
        step = _run_jobs(engine) + _correlate(engine) + _fire_timers(engine) + _check_clocks(engine)
        done += step
        if not step:
            break
    return done


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
            if jobs.complete(command, key, result).state == FAILED:
                # The effect must not stay when the process could not run on: it would happen again.
                raise BudgetExceeded(elements=job.element_id)
    except EngineError as error:
        with engine.begin(SYSTEM) as command:
            jobs.fail(command, key, f"{error.code}: {error}")
    return True


def _correlate(engine: Engine) -> int:
    pairs = messages.matches(engine, BATCH)
    return _each("message", pairs, lambda pair: messages.correlate(engine, *pair))


def _fire_timers(engine: Engine) -> int:
    query = (
        select(ProcessInstance.key)
        .where(ProcessInstance.next_due <= engine.clock(), ProcessInstance.status == ACTIVE)
        .order_by(ProcessInstance.next_due)
        .limit(BATCH)
    )
    keys = _keys(engine, query)
    return _each("timers", keys, partial(_fire, engine))


def _fire(engine: Engine, key: int) -> bool:
    with engine.begin(SYSTEM) as command:
        instance = instances.lock(command, key)
        if instance.status != ACTIVE or not instance.next_due or instance.next_due > command.now:
            return False
        command.audit("timers.fired", on=instance)
        if instances.advance(command, instance, lambda run: run.fire_timers()):
            # The incident tells an operator; without a pause the same timer would be tried for ever.
            instance.next_due = command.now + dt.timedelta(hours=1)
        return True


def _check_clocks(engine: Engine) -> int:
    query = (
        select(UserTask.key)
        .where(UserTask.check_at <= engine.clock())
        .order_by(UserTask.check_at)
        .limit(BATCH)
    )
    keys = _keys(engine, query)
    return _each("clock", keys, partial(_escalate, engine))


def _escalate(engine: Engine, key: int) -> bool:
    """Tell whoever is next: at 80 % the people of the task, at 100 % the next rung, at 200 % the site's director."""
    with engine.begin(SYSTEM) as command:
        found = command.session.get(UserTask, key)
        instance = instances.lock(command, found.instance_key) if found else None
        task = command.session.get(UserTask, key, populate_existing=True)
        if instance is None or task is None or task.state != CREATED or not task.check_at:
            return False
        if task.check_at > command.now:
            return False
        if not task.limit and task.escalation == 0:
            task.escalation = 1  # a date the diagram computes has no 80 % mark
        upwards = clocks.escalation_roles(task)
        people = notifications.holders(command.session, task.site_id, upwards or task.groups)
        if not upwards and task.assignee_id:
            people = [task.assignee_id]
        kind = "task_overdue" if upwards else "task_due_soon"
        notifications.tell(command, people, kind, instance=instance, task=task)
        command.audit(
            kind.replace("_", ".", 1),
            task.element_id,
            on=instance,
            told=upwards or task.groups,
        )
        task.escalation += 1
        task.check_at = clocks.next_check(engine, command.session, task)
        return True


def _keys(engine: Engine, query: Select[int]) -> list[int]:
    with engine.read() as session:
        return list(session.scalars(query))


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
        swept = self._engine.clock()
        while not self._stopping:
            self._wake.clear()
            try:
                run_due(self._engine)
                if self._engine.clock() - swept > dt.timedelta(hours=1):
                    swept = self._engine.clock()
                    messages.drop_expired(self._engine)
            except Exception:
                log.exception("the worker failed and goes on")
            self._wake.wait(POLL.total_seconds())

    def stop(self) -> None:
        """Finish the present unit of work and end."""
        self._stopping = True
        self._wake.set()
        if self.is_alive():
            self.join(timeout=10)
