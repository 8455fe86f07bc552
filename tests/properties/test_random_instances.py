"""Random diagrams in the real engine: every instance ends, every wait is sound, and the history tells one story."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from engine import audit, jobs, tasks, worker
from engine.events import messages
from engine.models.instance import COMPLETED, ElementInstance, ProcessInstance
from engine.models.job import MessageSubscription
from engine.models.task import COMPLETED as DONE
from engine.models.task import UserTask
from engine.runtime import Diagram, check, parse
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.faults.invariants import broken_in
from tests.properties.drawings import BLOCK, drawn
from tests.world import World

MOST_TURNS = 400
LEASE = dt.timedelta(seconds=1)
numbers = count(1)


@settings(
    max_examples=25, derandomize=True, deadline=None, database=None,
    phases=(Phase.generate,),  # shrinking would play a failing diagram for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(block=BLOCK, pick=st.integers(0, 2), seed=st.integers(0, 1000))
def test_a_random_process_ends_and_is_sound_at_every_wait(
    world: World, clock: Clock, block: Any, pick: int, seed: int
) -> None:
    # given
    dice = random.Random(seed)
    process_id = f"random{next(numbers)}"
    source = drawn(block, process_id)
    assert [one for one in check(source) if one.severity == "error"] == []
    world.deploy({"p.bpmn": source}, family=process_id)
    started = world.start(process_id, {"pick": pick, "k": process_id})
    # when
    for _ in range(MOST_TURNS):
        assert broken_in(world.engine, started.key) == []
        if not take_turn(world, clock, started, dice):
            break
    # then
    assert world.instance(started.key).status == COMPLETED
    rows = history(world, started)
    assert flows_that_lost_a_token(parse(source), rows) == []
    assert acts(world, started)["task.completed"] == completed_tasks(world, started)


def take_turn(world: World, clock: Clock, instance: ProcessInstance, dice: random.Random) -> bool:
    """Let somebody do something, now and then after an hour; False when there is nothing to do."""
    if dice.random() < 0.2:
        clock.forward(hours=1)
        worker.run_due(world.engine)
    todo = [
        *[("task", task.key) for task in world.open_tasks(instance)],
        *[("message", key) for key in waiting(world, instance)],
        *[("job", key) for key in leased(world)],
    ]
    if not todo:
        return world.instance(instance.key).status != COMPLETED
    kind, key = dice.choice(todo)
    if kind == "message":
        publish(world, key)
        return True
    with world.engine.begin(SYSTEM if kind == "job" else world.actor("clerk")) as command:
        (jobs.complete if kind == "job" else tasks.complete)(command, key, {f"done_{key}": True})
    clock.forward(seconds=2)  # until the leases of the other jobs have run out
    return True


def leased(world: World) -> list[int]:
    with world.engine.begin(SYSTEM) as command:
        found = jobs.activate(command, ["outside"], worker="w", lease=LEASE, limit=10)
        return [job.key for job in found]


def waiting(world: World, instance: ProcessInstance) -> list[int]:
    of = MessageSubscription.instance_key == instance.key
    with world.engine.read() as session:
        return list(session.scalars(select(MessageSubscription.key).where(of)))


def publish(world: World, key: int) -> None:
    with world.engine.begin(SYSTEM) as command:
        row = command.session.get_one(MessageSubscription, key)
        messages.publish(command, row.site_id, row.name, row.correlation_key)
    worker.run_due(world.engine)


def history(world: World, instance: ProcessInstance) -> list[ElementInstance]:
    of = ElementInstance.instance_key == instance.key
    with world.engine.read() as session:
        return list(session.scalars(select(ElementInstance).where(of)))


def flows_that_lost_a_token(diagram: Diagram, rows: list[ElementInstance]) -> list[str]:
    """Compare how often an element was left with how often its flows were taken."""
    bodies = {row.key for row in rows if row.type == "multiInstanceBody"}
    passages = [row for row in rows if row.scope_key not in bodies]
    left = Counter(row.element_id for row in passages if row.state == "completed")
    taken = Counter(row.flow_id for row in passages if row.flow_id)
    taken.update(flow for row in passages for flow in row.joined or [])
    wrong = [
        f"{row.element_id} by {row.flow_id}"
        for row in passages
        if row.flow_id and diagram.flows[row.flow_id].target != row.element_id
    ]
    for element in diagram.elements.values():
        uses = [taken[flow] for flow in element.outgoing]
        one_of_them = element.type == "exclusiveGateway"
        if sum(uses) != left[element.id] if one_of_them else set(uses) - {left[element.id]}:
            wrong.append(f"{element.id} was left {left[element.id]} times: {uses}")
    return wrong


def acts(world: World, instance: ProcessInstance) -> Counter[str]:
    with world.engine.read() as session:
        return Counter(entry.action for entry in audit.entries(session, instance.key))


def completed_tasks(world: World, instance: ProcessInstance) -> int:
    query = select(UserTask.key).where(
        UserTask.instance_key == instance.key, UserTask.state == DONE
    )
    with world.engine.read() as session:
        return len(session.scalars(query).all())
