"""Random returns, withdrawals and jumps straight back over random diagrams: no token is lost or doubled, every instance ends."""

from __future__ import annotations

import random
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from engine import tasks
from engine.errors import Conflict, Rejected
from engine.flow import returns, withdrawals
from engine.models.instance import COMPLETED, ProcessInstance
from engine.models.job import Incident
from engine.models.task import UserTask
from tests.conftest import Clock
from tests.faults.invariants import broken_in
from tests.properties.drawings import BLOCK, drawn
from tests.properties.test_random_instances import take_turn
from tests.world import World

MOST_TURNS, MOST_RETURNS = 600, 8
numbers = count(1)


@settings(
    max_examples=25, derandomize=True, deadline=None, database=None,
    phases=(Phase.generate,),  # shrinking would play a failing diagram for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(block=BLOCK, pick=st.integers(0, 2), seed=st.integers(0, 1000))
def test_an_instance_in_which_work_goes_back_and_forth_ends_all_the_same(
    world: World, clock: Clock, block: Any, pick: int, seed: int
) -> None:
    # given
    dice = random.Random(seed)
    process_id = f"back{next(numbers)}"
    source = drawn(["sequence", ["user", block, "user"]], process_id)
    returnable = source.replace(
        b"<zeebe:properties></zeebe:properties></extensionElements>",
        b'<zeebe:properties><zeebe:property name="returnTo" value="any"/></zeebe:properties></extensionElements>',
    )
    assert returnable != source
    world.deploy({"p.bpmn": returnable}, family=process_id)
    started = world.start(process_id, {"pick": pick, "k": process_id})
    # when
    left = MOST_RETURNS
    for _ in range(MOST_TURNS):
        assert broken_in(world.engine, started.key) == []
        assert incidents(world, started) == []
        if left and dice.random() < 0.3:
            left -= go_back(world, started, dice)
        elif not take_turn(world, clock, started, dice):
            break
    # then
    assert world.instance(started.key).status == COMPLETED


def incidents(world: World, instance: ProcessInstance) -> list[str]:
    query = select(Incident.message).where(Incident.instance_key == instance.key)
    with world.engine.read() as session:
        return list(session.scalars(query))


def go_back(world: World, instance: ProcessInstance, dice: random.Random) -> int:
    """Return an open task somewhere, or take a completed one back; give how many times, 0 or 1."""
    return (take_back if dice.random() < 0.4 else give_back)(world, instance, dice)


def give_back(world: World, instance: ProcessInstance, dice: random.Random) -> int:
    actor = world.actor("clerk")
    found = [one for one in world.open_tasks(instance) if tasks.may_complete(actor, one)]
    if not found:
        return 0
    task = dice.choice(found)
    with world.engine.read() as session:
        targets = returns.targets(world.engine, session, session.get_one(UserTask, task.key))
    if not targets:
        return 0
    to, straight = dice.choice(targets).element_id, dice.random() < 0.3
    try:
        with world.engine.begin(actor) as command:
            returns.give_back(command, task.key, to, "again", straight_back=straight)
    except Rejected:
        assert straight
        return 0
    return 1


def take_back(world: World, instance: ProcessInstance, dice: random.Random) -> int:
    actor = world.actor("clerk")
    query = select(UserTask).where(
        UserTask.instance_key == instance.key, UserTask.completed_by == actor.user_id
    )
    with world.engine.read() as session:
        done = list(session.scalars(query.order_by(UserTask.completed_at.desc()).limit(3)))
    for task in done:
        try:
            with world.engine.begin(actor) as command:
                withdrawals.withdraw(command, task.key)
        except (Conflict, Rejected):
            continue
        return 1
    return 0
