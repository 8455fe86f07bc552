"""The same behind the scenes: workers, operators, owners and administrators at the same moment."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from engine import audit, jobs, worker
from engine.errors import EngineError, Rejected
from engine.events import messages
from engine.models.instance import COMPLETED, ProcessInstance
from engine.models.job import Incident, Job, MessageCorrelation
from engine.models.task import COMPLETED as DONE
from engine.models.task import UserTask
from engine.operations import incidents
from engine.staff import identity
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.diagrams import chain, flow, process, service_task, user_task
from tests.faults import diagrams
from tests.faults.crowd import complete, together, winners
from tests.faults.invariants import broken, count
from tests.world import World


def test_workers_side_by_side_do_every_job_once(world: World) -> None:
    world.deploy({"q.bpmn": process(user_task("theirs") + chain("s", "theirs", "e"), "q")})
    body = service_task("spawn", "guicheng.start-process", {"processId": '="q"'})
    body += service_task("tell", "guicheng.publish-message", {"name": '="go"'})
    world.deploy({"p.bpmn": process(body + chain("s", "spawn", "tell", "e"))}, family="other")
    parents = [world.start("p") for _ in range(10)]
    results = together([partial(worker.run_due, world.engine)] * 4)
    assert sum(winners(results)) == 20
    with world.engine.read() as session:
        children = session.scalars(
            select(ProcessInstance.parent_key).where(ProcessInstance.process_id == "q")
        ).all()
    assert sorted(children) == [one.key for one in parents]
    assert broken(world.engine) == []


def test_workers_side_by_side_on_one_leased_job_do_it_once(world: World) -> None:
    world.deploy({"q.bpmn": process(user_task("theirs") + chain("s", "theirs", "e"), "q")})
    body = service_task("spawn", "guicheng.start-process", {"processId": '="q"'})
    world.deploy({"p.bpmn": process(body + chain("s", "spawn", "e"))}, family="other")
    world.start("p")
    with world.engine.read() as session:
        key = session.scalars(select(Job.key)).one()
    results = together([partial(worker._run_job, world.engine, key)] * 4)
    assert winners(results) == [True]
    assert count(world.engine, ProcessInstance, ProcessInstance.process_id == "q") == 1
    assert broken(world.engine) == []


def test_workers_side_by_side_bring_a_message_once_to_each_process(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.MESSAGE})
    started = [world.start("p", {"k": str(index % 4)}) for index in range(8)]
    for key in range(4):
        with world.engine.begin(SYSTEM) as command:
            messages.publish(command, world.site().id, "go", str(key))
    results = together([partial(worker.run_due, world.engine)] * 4)
    assert sum(winners(results)) == 4
    assert count(world.engine, MessageCorrelation) == 4
    went_on = [one for one in started if world.open_tasks(one)]
    assert len(went_on) == 4
    assert {world.instance(one.key).variables["k"] for one in went_on} == set("0123")
    assert broken(world.engine) == []


def test_workers_side_by_side_fire_every_timer_once(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": diagrams.TIMER})
    started = [world.start("p") for _ in range(8)]
    clock.forward(hours=2)
    results = together([partial(worker.run_due, world.engine)] * 4)
    assert sum(winners(results)) == 8
    for one in started:
        assert [task.element_id for task in world.open_tasks(one)] == ["chase"]
    assert count(world.engine, audit.AuditEntry, audit.AuditEntry.action == "timers.fired") == 8
    assert broken(world.engine) == []


def test_a_lease_that_ran_out_lets_only_the_first_result_count(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": process(service_task("call", "sms") + chain("s", "call", "e"))})
    started = world.start("p")
    lease = dt.timedelta(minutes=1)
    for name in ("slow", "quick"):
        with world.engine.begin(SYSTEM) as command:
            (leased,) = jobs.activate(command, ["sms"], worker=name, lease=lease, limit=1)
        clock.forward(minutes=2)

    def finish(name: str) -> str:
        with world.engine.begin(SYSTEM) as command:
            jobs.complete(command, leased.key, {"by": name})
        return name

    def fail() -> str:
        with world.engine.begin(SYSTEM) as command:
            jobs.throw_error(command, leased.key, "E1", "late", {})
        return "error"

    results = together([partial(finish, "slow"), partial(finish, "quick"), fail])
    (name,) = winners(results, jobs.JobClosed)
    found = world.instance(started.key)
    assert (found.status, found.variables) == (
        ("active", {}) if name == "error" else (COMPLETED, {"by": name})
    )
    assert broken(world.engine) == []


def test_one_operator_resolves_an_incident(world: World) -> None:
    body = '<exclusiveGateway id="g" default="g_e"/>' + user_task("next")
    body += chain("s", "g", "e") + flow("g", "next", "=amount &gt; 10") + chain("next", "e")
    world.deploy({"p.bpmn": process(body)})
    started = world.start("p")
    with world.engine.read() as session:
        incident = session.scalars(select(Incident)).one()

    def resolve() -> bool:
        with world.engine.begin(world.actor("root")) as command:
            incidents.resolve(command, incident.key, variables={"amount": 11})
        return True

    assert winners(together([resolve] * 4), incidents.IncidentResolved) == [True]
    assert [task.element_id for task in world.open_tasks(started)] == ["next"]
    assert broken(world.engine) == []


def test_a_message_id_is_taken_once_however_many_publish_it(world: World) -> None:
    def publish() -> bool:
        with world.engine.begin(SYSTEM) as command:
            messages.publish(command, world.site().id, "go", "1", message_id="payment-7")
        return True

    assert winners(together([publish] * 8), messages.DuplicateMessage) == [True]


@pytest.mark.parametrize("deployed_before", [True, False])
def test_deployments_at_the_same_moment_give_versions_one_after_the_other(
    world: World, deployed_before: bool
) -> None:
    if deployed_before:
        world.deploy({"p.bpmn": diagrams.numbered(9)})
    results = together(
        [partial(world.deploy, {"p.bpmn": diagrams.numbered(index)}) for index in range(4)]
    )
    deployed = winners(results)
    versions = sorted(one.definitions[0].version for one in deployed)
    first = 2 if deployed_before else 1
    assert versions == list(range(first, first + len(deployed)))
    assert broken(world.engine) == []


def test_starting_while_a_new_version_is_deployed_uses_one_of_the_two(world: World) -> None:
    old = world.deploy({"p.bpmn": diagrams.numbered(1)}).definitions[0]
    results = together(
        [partial(world.start, "p")] * 3
        + [partial(world.deploy, {"p.bpmn": diagrams.numbered(2)})]
        + [partial(world.start, "p")] * 3
    )
    new = winners(results)[3].definitions[0]
    at = {old.key: "work1", new.key: "work2"}
    for one in results[:3] + results[4:]:
        assert [task.element_id for task in world.open_tasks(one)] == [at[one.definition_key]]
    assert broken(world.engine) == []


def test_acts_of_administration_at_the_same_moment_stand_in_one_chain(world: World) -> None:
    def create(index: int) -> str:
        with world.engine.begin(world.actor("root")) as command:
            return identity.create_user(
                command, username=f"new{index}", name="New", password="correct horse battery"
            ).username

    assert len(winners(together([partial(create, index) for index in range(8)]))) == 8
    assert broken(world.engine) == []


def test_a_reset_token_works_for_one_of_those_who_have_it(world: World) -> None:
    with world.engine.begin(world.actor("root")) as command:
        token = identity.begin_reset(command, "clerk")

    def reset(new: str) -> str:
        with world.engine.begin(SYSTEM) as command:
            identity.reset_password(command, token, new)
        return new

    passwords = [f"a new password {index}" for index in range(4)]
    (new,) = winners(together([partial(reset, one) for one in passwords]), Rejected)
    with world.engine.read() as session:
        assert identity.authenticate(session, "clerk", new).username == "clerk"


def test_a_completion_and_a_worker_on_other_branches_of_one_instance_both_count(
    world: World, clock: Clock
) -> None:
    body = '<parallelGateway id="fork"/><parallelGateway id="join"/>'
    body += user_task("person") + service_task("machine", "guicheng.notify") + user_task("after")
    body += chain("s", "fork", "person", "join", "after", "e") + chain("fork", "machine", "join")
    world.deploy({"p.bpmn": process(body)})
    started = [world.start("p") for _ in range(5)]
    actor = world.actor("assistant")
    acts: list[Any] = [partial(complete, world, actor, task) for task in world.open_tasks()]
    winners(together([*acts, *[partial(worker.run_due, world.engine)] * 2]), EngineError)
    worker.run_due(world.engine)
    clock.forward(minutes=2)
    worker.run_due(world.engine)
    assert count(world.engine, UserTask, UserTask.state == DONE) == 5
    for one in started:
        assert [task.element_id for task in world.open_tasks(one)] == ["after"]
    assert broken(world.engine) == []
