"""What tests of the operations pages share: procedures that get stuck, and ways to see what happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from engine import jobs, worker
from engine.models.audit import AuditEntry
from engine.models.instance import ProcessInstance
from engine.models.job import Incident, Job
from engine.staff.access import SYSTEM
from tests.diagrams import chain, process, script, service_task, user_task
from tests.world import World

Instance = ProcessInstance
FORM = json.dumps({"type": "default", "id": "p.work", "schemaVersion": 19, "components": [
    {"type": "textfield", "key": "owner", "label": "业主", "id": "f1", "properties": {"personal": "name"}}]}).encode()  # fmt: skip


def stuck_at_script() -> bytes:
    """Work, then a calculation that needs a number, then a check."""
    body = (
        user_task("work", form="p.work")
        + script("count", "=assert(n, n > 0)", "m")
        + user_task("check")
    )
    return process(body + chain("s", "work", "count", "check", "e"))  # fmt: skip


def incidents(world: World) -> list[Incident]:
    with world.engine.read() as session:
        query = select(Incident).where(Incident.resolved_at.is_(None)).order_by(Incident.key)
        return list(session.scalars(query))


def audited(world: World, instance: Instance, action: str) -> list[dict[str, Any]]:
    with world.engine.read() as session:
        query = select(AuditEntry).where(
            AuditEntry.chain == instance.key, AuditEntry.action == action
        )
        return [one.detail for one in session.scalars(query)]


def work_off(world: World) -> None:
    """Let the workers do what is due."""
    worker.run_due(world.engine)


@pytest.fixture
def stuck(world: World) -> Instance:
    """An instance whose calculation failed: `n` is missing."""
    world.deploy({"p.bpmn": stuck_at_script(), "p.work.form": FORM})
    started = world.start("p", {"owner": "陈大文", "k": [1, 2]})
    world.complete("work", {"owner": "陈大文"}, of=started)
    return started


@pytest.fixture
def failed_job(world: World) -> Callable[..., Job]:
    """A job that failed for good."""

    def fail() -> Job:
        body = service_task("call", "sms", retries="1") + user_task("check")
        world.deploy({"p.bpmn": process(body + chain("s", "call", "check", "e"))})
        world.start("p")
        with world.engine.begin(SYSTEM) as command:
            lease = worker.LEASE
            (job,) = jobs.activate(command, ["sms"], worker="w1", lease=lease, limit=1)
        with world.engine.begin(SYSTEM) as command:
            return jobs.fail(command, job.key, "gateway down")

    return fail
