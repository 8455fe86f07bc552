"""Task listeners against people and operators: whatever comes first, nothing is lost or done twice."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from engine import instances, jobs, tasks
from engine.errors import EngineError
from engine.models.instance import ACTIVE, COMPLETED
from engine.models.job import Job
from engine.staff.access import SYSTEM
from engine.tasks.transitions import Answer
from tests.diagrams import chain, process, user_task
from tests.faults.crowd import together, winners
from tests.faults.invariants import broken
from tests.faults.test_races_between_people import act
from tests.world import World

ROUNDS = 3


def heard(*events: str) -> bytes:
    called = "".join(f'<zeebe:taskListener eventType="{one}" type="{one}"/>' for one in events)
    step = user_task("u").replace(
        "<zeebe:userTask/>",
        f"<zeebe:userTask/><zeebe:taskListeners>{called}</zeebe:taskListeners>",
    )
    return process(step + user_task("after") + chain("s", "u", "after", "e"))


def leased(world: World, job_type: str) -> Job:
    with world.engine.begin(SYSTEM) as command:
        (job,) = jobs.activate(command, [job_type], worker="w", lease=dt.timedelta(hours=1), limit=9)  # fmt: skip
        return job


def answers(world: World, job: Job, answer: Answer = Answer()) -> Any:  # noqa: B008 - immutable
    return act(world, "root", jobs.complete, job.key, {}, answer)


def won(world: World, acts: list[Any]) -> list[Any]:
    found = winners(together(acts), EngineError)
    assert broken(world.engine) == []
    return found


def test_two_people_submit_one_task_and_its_listener_is_asked_once(world: World) -> None:
    world.deploy({"p.bpmn": heard("completing")})
    for _ in range(ROUNDS):
        started = world.start("p")
        key = world.task("u", started).key
        submits = [
            act(world, who, tasks.complete, key, {"by": who}) for who in ("assistant", "colleague")
        ]
        (first,) = won(world, submits)
        won(world, [answers(world, leased(world, "completing"))])
        assert world.instance(started.key).variables == {"by": first}


def test_a_listener_and_a_cancellation(world: World) -> None:
    world.deploy({"p.bpmn": heard("completing")})
    for _ in range(ROUNDS):
        started = world.start("p")
        world.complete("u", {"note": "n"}, of=started)
        job = leased(world, "completing")
        cancel = act(world, "root", instances.cancel, started.key, "a mistake")
        won(world, [answers(world, job), cancel])
        assert world.instance(started.key).status != ACTIVE


def test_a_listener_that_answers_twice_at_once(world: World) -> None:
    world.deploy({"p.bpmn": heard("completing")})
    for _ in range(ROUNDS):
        started = world.start("p")
        world.complete("u", {"note": "n"}, of=started)
        job = leased(world, "completing")
        assert len(won(world, [answers(world, job), answers(world, job, Answer(denied=True))])) == 1


@pytest.mark.parametrize("answer", [Answer(), Answer(denied=True)])
def test_two_people_claim_and_only_one_is_asked_about(world: World, answer: Answer) -> None:
    world.deploy({"p.bpmn": heard("creating", "assigning")})
    for _ in range(ROUNDS):
        started = world.start("p")
        won(world, [answers(world, leased(world, "creating"))])
        key = world.task("u", started).key
        claims = [act(world, who, tasks.claim, key) for who in ("assistant", "colleague")]
        (first,) = won(world, claims)
        won(world, [answers(world, leased(world, "assigning"), answer)])
        whose = world.task("u", started).assignee_id
        assert whose == (None if answer.denied else world.actor(first).user_id)
        with world.engine.begin(world.actor("root")) as command:
            instances.cancel(command, started.key, "done")


def test_what_is_held_survives_until_it_is_carried_out(world: World) -> None:
    world.deploy({"p.bpmn": heard("creating", "assigning", "updating", "completing")})
    started = world.start("p")
    won(world, [answers(world, leased(world, "creating"))])
    key = world.task("u", started).key
    for event, wanted in (
        ("assigning", act(world, "assistant", tasks.claim, key)),
        ("updating", act(world, "supervisor", tasks.update, key, priority=70)),
        ("completing", act(world, "assistant", tasks.complete, key, {"note": "n"})),
    ):
        won(world, [wanted])
        won(world, [answers(world, leased(world, event))])
    world.complete("after")
    assert world.instance(started.key).status == COMPLETED
