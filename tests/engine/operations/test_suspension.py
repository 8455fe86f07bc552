"""Instances and definitions that stand still until somebody resumes them."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from engine import audit, instances, jobs, worker
from engine.deployment import definitions
from engine.errors import InstanceClosed, InstanceSuspended, NotAllowed, NotFound, Rejected
from engine.events import messages
from engine.models.batch import Batch
from engine.models.instance import ACTIVE, COMPLETED, SUSPENDED, ProcessInstance
from engine.operations import suspension
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.diagrams import chain, process, service_task, user_task
from tests.faults import diagrams
from tests.faults.crowd import together
from tests.faults.invariants import broken
from tests.world import World


def suspend(world: World, instance: ProcessInstance, by: str = "owner") -> None:
    with world.engine.begin(world.actor(by)) as command:
        suspension.suspend(command, instance.key, "audit of the accounts")


def resume(world: World, instance: ProcessInstance, by: str = "owner") -> None:
    with world.engine.begin(world.actor(by)) as command:
        suspension.resume(command, instance.key)


def test_tasks_of_a_suspended_instance_are_seen_and_not_completed(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.ONE_STEP})
    started = world.start("p")
    suspend(world, started)
    assert [one.element_id for one in world.open_tasks(started)] == ["work"]
    with pytest.raises(InstanceSuspended):
        world.complete("work")
    resume(world, started)
    assert world.complete("work").ran
    assert broken(world.engine) == []


def test_a_timer_does_not_fire_while_suspended_and_once_on_resuming(
    world: World, clock: Clock
) -> None:
    cycle = (
        '<boundaryEvent id="late" attachedToRef="work" cancelActivity="false"><timerEventDefinition>'
        "<timeCycle>R/PT1H</timeCycle></timerEventDefinition></boundaryEvent>"
    )
    body = user_task("work") + cycle + user_task("chase") + chain("s", "work", "e")
    world.deploy({"p.bpmn": process(body + chain("late", "chase", "e"))})
    started = world.start("p")
    suspend(world, started)
    clock.forward(hours=5)
    worker.run_due(world.engine)
    assert [one.element_id for one in world.open_tasks(started)] == ["work"]
    resume(world, started)
    worker.run_due(world.engine)
    worker.run_due(world.engine)
    assert [one.element_id for one in world.open_tasks(started)] == ["work", "chase"]
    assert broken(world.engine) == []


def test_a_message_waits_for_a_suspended_instance(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.MESSAGE})
    started = world.start("p", {"k": "1"})
    suspend(world, started)
    with world.engine.begin(SYSTEM) as command:
        messages.publish(command, world.site().id, "go", "1")
    worker.run_due(world.engine)
    assert world.open_tasks(started) == []
    resume(world, started)
    worker.run_due(world.engine)
    assert [one.element_id for one in world.open_tasks(started)] == ["after"]


def test_jobs_of_a_suspended_instance_are_not_handed_out(world: World) -> None:
    world.deploy({"p.bpmn": process(service_task("call", "sms") + chain("s", "call", "e"))})
    started = world.start("p")
    suspend(world, started)

    def lease() -> list[int]:
        with world.engine.begin(SYSTEM) as command:
            minute = dt.timedelta(minutes=1)
            leased = jobs.activate(command, ["sms"], worker="w", lease=minute, limit=1)
            return [one.key for one in leased]

    assert lease() == []
    resume(world, started)
    (key,) = lease()
    suspend(world, started)
    with pytest.raises(InstanceSuspended), world.engine.begin(SYSTEM) as command:
        jobs.complete(command, key, {})
    resume(world, started)
    with world.engine.begin(SYSTEM) as command:
        jobs.complete(command, key, {})
    assert world.instance(started.key).status == COMPLETED


def test_only_those_above_the_starters_owners_and_administrators_suspend(world: World) -> None:
    world.deploy(
        {
            "p.bpmn": process(
                user_task("work") + chain("s", "work", "e"),
                start={"startGroups": "service_assistant"},
            )
        }
    )
    started = world.start("p", by="assistant")
    for nobody, refused in (("assistant", NotAllowed), ("stranger", NotFound)):
        with pytest.raises(refused):
            suspend(world, started, nobody)
    for somebody in ("supervisor", "owner", "root"):
        suspend(world, started, somebody)
        resume(world, started, somebody)


def test_suspending_needs_a_reason_and_an_instance_that_runs(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.ONE_STEP})
    started = world.start("p")
    with pytest.raises(Rejected), world.engine.begin(world.actor("owner")) as command:
        suspension.suspend(command, started.key, "  ")
    with pytest.raises(suspension.NotSuspended):
        resume(world, started)
    suspend(world, started)
    with pytest.raises(suspension.AlreadySuspended):
        suspend(world, started)
    with world.engine.begin(world.actor("root")) as command:
        instances.cancel(command, started.key, "over")
    with pytest.raises(InstanceClosed):
        suspend(world, started)
    with world.engine.read() as session:
        acts = [one.action for one in audit.entries(session, started.key)]
        assert audit.first_break(session, world.engine.secret, started.key) is None
    assert acts == ["instance.started", "instance.suspended", "instance.canceled"]


def test_a_suspended_definition_starts_nothing_and_its_instances_go_on(world: World) -> None:
    deployed = world.deploy({"p.bpmn": diagrams.ONE_STEP}).definitions[0]
    started = world.start("p")
    with world.engine.begin(world.actor("owner")) as command:
        assert suspension.suspend_definition(command, deployed.key, "under review") is None
    with pytest.raises(definitions.DefinitionSuspended):
        world.start("p")
    assert world.complete("work", of=started).ran
    with world.engine.begin(world.actor("owner")) as command:
        suspension.resume_definition(command, deployed.key)
    assert world.start("p").status == ACTIVE


def test_the_instances_are_suspended_with_their_definition_if_wanted(world: World) -> None:
    deployed = world.deploy({"p.bpmn": diagrams.ONE_STEP}).definitions[0]
    started = [world.start("p") for _ in range(3)]
    with world.engine.begin(world.actor("owner")) as command:
        suspension.suspend_definition(command, deployed.key, "why", include_instances=True)
    worker.run_due(world.engine)
    assert {world.instance(one.key).status for one in started} == {SUSPENDED}
    with world.engine.begin(world.actor("owner")) as command:
        suspension.resume_definition(command, deployed.key, include_instances=True)
    worker.run_due(world.engine)
    assert {world.instance(one.key).status for one in started} == {ACTIVE}
    with world.engine.read() as session:
        assert [one.state for one in session.scalars(select(Batch))] == ["completed"] * 2


def test_definitions_are_suspended_by_those_who_answer_for_them(world: World) -> None:
    deployed = world.deploy({"p.bpmn": diagrams.ONE_STEP}).definitions[0]
    with pytest.raises(NotAllowed), world.engine.begin(world.actor("supervisor")) as command:
        suspension.suspend_definition(command, deployed.key, "why")


def test_suspending_while_people_complete_leaves_each_task_done_or_open(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.ONE_STEP})
    started = [world.start("p") for _ in range(4)]

    def complete(one: ProcessInstance) -> bool:
        return world.complete("work", of=one).ran

    acts = [
        act
        for one in started
        for act in (lambda one=one: complete(one), lambda one=one: suspend(world, one))
    ]
    results = together(acts)
    clean = (InstanceSuspended, InstanceClosed)
    assert all(isinstance(one, clean) for one in results if isinstance(one, Exception))
    for one, done in zip(started, results[::2], strict=True):
        assert world.instance(one.key).status == (COMPLETED if done is True else SUSPENDED)
    assert broken(world.engine) == []
