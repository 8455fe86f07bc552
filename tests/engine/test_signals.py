"""Signals over the real engine: broadcast at a site to all who wait, each reached in a transaction of its own."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from engine import worker
from engine.errors import InvalidVariables, NotAllowed
from engine.events import deliveries, signals
from engine.models.audit import AuditEntry
from engine.models.event import Signal, SignalDelivery, SignalSubscription
from engine.models.instance import COMPLETED, SUSPENDED, ProcessInstance
from engine.models.job import Incident
from engine.operations import incidents
from engine.staff.access import SYSTEM
from tests.diagrams import chain, process, script, user_task
from tests.world import World

ALARM = '<signal id="g" name="alarm"/>'
ON_ALARM = '<signalEventDefinition signalRef="g"/>'
WAIT = f'<intermediateCatchEvent id="wait">{ON_ALARM}</intermediateCatchEvent>'
WAITS = process(WAIT + user_task("after") + chain("s", "wait", "after", "e"), extra=ALARM)
THROW = f'<intermediateThrowEvent id="throw">{ON_ALARM}</intermediateThrowEvent>'


def broadcast(world: World, site: str = "north", **variables: object) -> None:
    with world.engine.begin(SYSTEM) as command:
        signals.broadcast(command, world.site(site).id, "alarm", variables)


def opened(world: World, instance: ProcessInstance) -> list[str]:
    return [task.element_id for task in world.open_tasks(instance)]


def left(world: World) -> tuple[int, int, int]:
    """How many signals, deliveries and subscriptions there are."""
    deliveries.drop_done(world.engine)
    with world.engine.read() as session:
        return tuple(  # type: ignore[return-value]
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Signal, SignalDelivery, SignalSubscription)
        )


def test_a_signal_reaches_all_who_wait_at_its_site_with_its_variables(world: World) -> None:
    world.deploy({"p.bpmn": WAITS})
    here = [world.start("p"), world.start("p")]
    there = world.start("p", by="stranger", site="south")
    broadcast(world, floor=3)
    worker.run_due(world.engine)
    assert [opened(world, one) for one in (*here, there)] == [["after"], ["after"], []]
    assert world.instance(here[0].key).variables == {"floor": 3}
    assert left(world) == (0, 0, 1)


def test_a_signal_does_not_wait_for_anybody(world: World) -> None:
    world.deploy({"p.bpmn": WAITS})
    broadcast(world)
    late = world.start("p")
    worker.run_due(world.engine)
    assert opened(world, late) == []


def test_one_instance_throws_what_others_and_itself_wait_for(world: World) -> None:
    split = '<parallelGateway id="g1"/>'
    both = user_task("go") + THROW + chain("s", "g1", "go", "throw", "e") + chain("g1", "wait")
    body = split + both + WAIT + user_task("after") + chain("wait", "after", "e")
    world.deploy({"p.bpmn": process(body, extra=ALARM)})
    first, second = world.start("p"), world.start("p")
    world.complete("go", of=first)
    worker.run_due(world.engine)
    assert opened(world, first) == ["after"]
    assert opened(world, second) == ["go", "after"]


def test_an_instance_does_not_catch_what_it_threw_before_it_waited(world: World) -> None:
    world.deploy({"p.bpmn": process(THROW + WAIT + chain("s", "throw", "wait", "e"), extra=ALARM)})
    started = world.start("p")
    worker.run_due(world.engine)
    assert world.instance(started.key).status != COMPLETED
    broadcast(world)
    worker.run_due(world.engine)
    assert world.instance(started.key).status == COMPLETED


def test_one_that_cannot_take_a_signal_does_not_stop_the_others_and_gets_it_again(
    world: World,
) -> None:
    loop = (
        WAIT + script("more", "=n + 1", "n") + '<exclusiveGateway id="x" default="x_more"/>'
        + user_task("after") + chain("s", "wait", "more", "x", "more") + chain("after", "e")
        + '<sequenceFlow id="out" sourceRef="x" targetRef="after"><conditionExpression>=stop = true'
        "</conditionExpression></sequenceFlow>"
    )  # fmt: skip
    world.deploy({"p.bpmn": process(loop, extra=ALARM)})
    endless, sound = world.start("p"), world.start("p", {"stop": True})
    broadcast(world, floor=1)
    worker.run_due(world.engine)
    assert (opened(world, endless), opened(world, sound)) == ([], ["after"])
    with world.engine.read() as session:
        [incident] = session.scalars(select(Incident))
    assert (incident.instance_key, incident.error_type) == (endless.key, "BUDGET_EXCEEDED")
    with world.engine.begin(world.actor("root")) as command:
        incidents.resolve(command, incident.key, variables={"stop": True})
    worker.run_due(world.engine)
    assert opened(world, endless) == ["after"]
    assert world.instance(endless.key).variables["floor"] == 1
    assert left(world) == (0, 0, 0)


def test_a_signal_waits_for_a_suspended_instance(world: World) -> None:
    world.deploy({"p.bpmn": WAITS})
    started = world.start("p")

    def turn(status: str) -> None:
        with world.engine.begin(SYSTEM) as command:
            command.session.get_one(ProcessInstance, started.key).status = status
        worker.run_due(world.engine)

    broadcast(world)
    turn(SUSPENDED)
    assert opened(world, started) == []
    turn("active")
    assert opened(world, started) == ["after"]


def test_each_delivery_is_made_once_and_what_is_not_made_is_made_later(world: World) -> None:
    world.deploy({"p.bpmn": WAITS})
    started = [world.start("p") for _ in range(3)]
    broadcast(world)
    first, *rest = deliveries.pending(world.engine)
    assert deliveries.deliver(world.engine, first) is True
    assert deliveries.deliver(world.engine, first) is False
    assert deliveries.pending(world.engine) == rest
    worker.run_due(world.engine)
    assert [opened(world, one) for one in started] == [["after"]] * 3


def test_nobody_broadcasts_at_anothers_site_or_what_cannot_be_stored(world: World) -> None:
    with world.engine.begin(world.actor("stranger")) as command, pytest.raises(NotAllowed):
        signals.broadcast(command, world.site("north").id, "alarm")
    with world.engine.begin(SYSTEM) as command, pytest.raises(InvalidVariables):
        signals.broadcast(command, world.site("north").id, "alarm", {"x": float("nan")})


def test_canceling_an_instance_ends_its_subscription(world: World) -> None:
    from engine import instances

    world.deploy({"p.bpmn": WAITS})
    started = world.start("p")
    with world.engine.begin(SYSTEM) as command:
        instances.cancel(command, started.key, "over")
    assert left(world) == (0, 0, 0)


def test_two_workers_at_once_bring_a_signal_to_each_just_once(world: World) -> None:
    world.deploy({"p.bpmn": WAITS, "q.bpmn": process(
        f'<startEvent id="b">{ON_ALARM}</startEvent>' + user_task("t") + chain("s", "t", "e")
        + chain("b", "t"), "q", extra=ALARM)})  # fmt: skip
    started = [world.start("p") for _ in range(8)]
    broadcast(world)
    workers = [threading.Thread(target=worker.run_due, args=(world.engine,)) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    worker.run_due(world.engine)
    assert [opened(world, one) for one in started] == [["after"]] * 8
    assert [task.element_id for task in world.open_tasks()].count("t") == 1
    with world.engine.read() as session:
        received = session.scalars(
            select(AuditEntry.chain).where(AuditEntry.action == "signal.received")
        ).all()
    assert len(received) == 9
    assert {one.key for one in started} < set(received)
    assert left(world) == (0, 0, 0)
