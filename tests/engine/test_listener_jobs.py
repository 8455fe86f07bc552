"""Execution listeners over the real engine: their jobs are leased, fail, are repaired and end like any other."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from engine import instances, jobs
from engine.models.instance import COMPLETED, ProcessInstance
from engine.models.job import CANCELED, Incident, Job
from engine.operations import incidents
from engine.staff.access import SYSTEM
from tests.diagrams import chain, process
from tests.world import World

CALLED = (
    '<zeebe:executionListeners><zeebe:executionListener eventType="start" type="prepare" retries="1"/>'
    '<zeebe:executionListener eventType="end" type="tidy"/></zeebe:executionListeners>'
)
STEP = process(
    f'<userTask id="u"><extensionElements><zeebe:userTask/>{CALLED}'
    '<zeebe:assignmentDefinition candidateGroups="service_assistant"/></extensionElements></userTask>'
    + chain("s", "u", "e")
)


def lease(world: World, job_type: str) -> Job:
    with world.engine.begin(SYSTEM) as command:
        (job,) = jobs.activate(command, [job_type], worker="w", lease=dt.timedelta(minutes=1), limit=9)  # fmt: skip
        return job


def finish(world: World, job_type: str, **variables: object) -> None:
    job = lease(world, job_type)
    with world.engine.begin(SYSTEM) as command:
        jobs.complete(command, job.key, variables)


def started(world: World) -> ProcessInstance:
    world.deploy({"p.bpmn": STEP})
    return world.start("p")


def test_a_worker_does_what_comes_before_and_after_a_persons_task(world: World) -> None:
    instance = started(world)
    assert world.open_tasks() == []
    finish(world, "prepare", note="n")
    world.complete("u", {"done": True})
    assert world.instance(instance.key).status != COMPLETED
    finish(world, "tidy", tidied=True)
    ended = world.instance(instance.key)
    assert (ended.status, ended.variables) == (COMPLETED, {"done": True, "tidied": True})


def test_a_listener_that_fails_is_an_incident_and_only_it_is_tried_again(world: World) -> None:
    started(world)
    job = lease(world, "prepare")
    with world.engine.begin(SYSTEM) as command:
        jobs.fail(command, job.key, "no line")
    with world.engine.read() as session:
        incident = session.scalars(select(Incident)).one()
    assert (incident.element_id, incident.job_key) == ("u", job.key)
    with world.engine.begin(world.actor("root")) as command:
        incidents.resolve(command, incident.key)
    finish(world, "prepare")
    assert world.task("u")


def test_a_listener_may_be_skipped(world: World) -> None:
    started(world)
    job = lease(world, "prepare")
    with world.engine.begin(SYSTEM) as command:
        jobs.fail(command, job.key, "no line")
    with world.engine.read() as session:
        key = session.scalars(select(Incident.key)).one()
    with world.engine.begin(world.actor("root")) as command:
        incidents.skip(command, key, "not needed")
    assert world.task("u")


def test_the_job_of_a_listener_ends_with_its_instance(world: World) -> None:
    instance = started(world)
    with world.engine.begin(world.actor("root")) as command:
        instances.cancel(command, instance.key, "a mistake")
    with world.engine.read() as session:
        assert session.scalars(select(Job.state)).all() == [CANCELED]
