"""The clock set back by an hour and forward by days: nothing is lost, doubled or early, and keys stay in order."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine import anchors, jobs, worker
from engine.engine import Engine
from engine.models.identity import User
from engine.models.instance import COMPLETED, ProcessInstance
from engine.models.task import Notification, UserTask
from engine.staff import identity
from engine.staff.access import SYSTEM
from engine.store import database
from engine.store.keys import KeyGenerator
from engine.timing import pauses
from tests.conftest import Clock
from tests.databases import SECRET
from tests.diagrams import chain, process, service_task, user_task
from tests.faults import diagrams, facts
from tests.faults.drill import Drill
from tests.faults.drills_of_machines import started_by
from tests.faults.drills_of_people import DELEGATION, RETURNS, SIGNERS, VOTES
from tests.faults.invariants import broken, count
from tests.world import World

WORKING = "move_in_owner.t_conflict"
LIMITED = {"p.bpmn": process(user_task("work", limit=WORKING) + chain("s", "work", "e"))}
HOUR_NS = 3600 * 10**9


def steps(world: World) -> list[str]:
    return [one.element_id for one in world.open_tasks()]


def test_keys_of_a_process_that_starts_after_the_clock_was_set_back_are_greater(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy({"p.bpmn": diagrams.TWO_STEPS})
    started = world.start("p")
    world.complete("work")
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now - HOUR_NS)
    bind = database.connect(world.engine.bind.url.render_as_string(hide_password=False))
    later = World(Engine(bind, home=tmp_path, secret=SECRET, clock=world.engine.clock))
    latest = max(one.key for one in world.open_tasks())
    assert later.start("p").key > latest > started.key
    later.complete("next", of=started)
    keys = [later.engine.new_key() for _ in range(1000)]
    assert all(one < other for one, other in pairwise(keys))
    assert broken(later.engine) == []
    bind.dispose()


def test_a_key_from_a_clock_wrong_by_decades_does_not_set_the_measure() -> None:
    assert KeyGenerator(1, after=1 << 60)() < 1 << 53


def test_a_timer_fires_once_and_not_early(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": diagrams.TIMER})
    world.start("p")
    for hours, expected in (
        (-1, "work"),
        (1.5, "work"),
        (72, "chase"),
        (-73, "chase"),
        (100, "chase"),
    ):
        clock.forward(hours=hours)
        worker.run_due(world.engine)
        assert steps(world) == [expected], hours
    assert broken(world.engine) == []


def test_a_process_that_starts_every_hour_starts_once_after_a_jump(
    world: World, clock: Clock
) -> None:
    world.deploy({"p.bpmn": started_by("by_timer")})
    for hours, expected in ((0.5, 0), (-1, 0), (1.6, 1), (72, 2), (-72, 2), (71, 2), (2.1, 3)):
        clock.forward(hours=hours)
        worker.run_due(world.engine)
        assert count(world.engine, ProcessInstance) == expected, hours
    assert broken(world.engine) == []


def test_each_stage_of_a_limit_is_told_once(world: World, clock: Clock) -> None:
    world.deploy(LIMITED)
    world.start("p")

    def told() -> list[tuple[str, int]]:
        worker.run_due(world.engine)
        query = select(Notification.kind, Notification.user_id, func.count()).group_by(
            Notification.kind, Notification.user_id
        )
        with world.engine.read() as session:
            return sorted((row[0], row[2]) for row in session.execute(query))

    clock.forward(hours=-1)
    assert told() == []
    clock.forward(days=4, hours=2)
    first = told()
    assert {kind for kind, _ in first} == {"task_overdue"}
    for days in (-3, 3, -1, 1):
        clock.forward(days=days)
        assert told() == first
    world.complete("work")
    assert broken(world.engine) == []


def test_a_pause_that_ends_before_it_began_takes_no_time_away(world: World, clock: Clock) -> None:
    world.deploy(LIMITED)
    world.start("p")
    before = world.task("work")
    act = world.actor("supervisor")
    with world.engine.begin(act) as command:
        pauses.begin(command, before.key, "the customer is away")
    clock.forward(hours=-1)
    worker.run_due(world.engine)
    with world.engine.begin(act) as command:
        pauses.end(command, before.key)
    after = world.task("work")
    assert after.paused_seconds == 0
    assert after.due_at == before.due_at
    assert broken(world.engine) == []


def test_a_lease_outlasts_a_clock_that_was_set_back(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": process(service_task("call", "sms") + chain("s", "call", "e"))})
    started = world.start("p")
    minute = dt.timedelta(minutes=1)

    def lease(name: str) -> list[int]:
        with world.engine.begin(SYSTEM) as command:
            return [
                one.key
                for one in jobs.activate(command, ["sms"], worker=name, lease=minute, limit=1)
            ]

    (key,) = lease("first")
    clock.forward(hours=-1)
    assert lease("second") == []
    clock.forward(days=2)
    assert lease("second") == [key]
    clock.forward(days=-2)
    with world.engine.begin(SYSTEM) as command:
        jobs.complete(command, key, {})
    assert world.instance(started.key).status == COMPLETED
    assert broken(world.engine) == []


def test_jobs_made_before_the_clock_was_set_back_are_done_when_it_is_right(
    world: World, clock: Clock
) -> None:
    tell = service_task(
        "tell", "guicheng.notify", {"roles": '=["finance_clerk"]', "text": '="done"'}
    )
    world.deploy({"p.bpmn": process(tell + chain("s", "tell", "e"))})
    started = world.start("p")
    clock.forward(hours=-1)
    worker.run_due(world.engine)
    clock.forward(hours=1)
    worker.run_due(world.engine)
    worker.run_due(world.engine)
    assert world.instance(started.key).status == COMPLETED
    assert count(world.engine, Notification, Notification.kind == "process_notice") == 1


def test_a_session_lives_on_and_ends_when_its_time_is_over(world: World, clock: Clock) -> None:
    with world.engine.begin(SYSTEM) as command:
        user = command.session.scalars(select(User).where(User.username == "clerk")).one()
        token = identity.open_session(command, user)

    def valid() -> bool:
        with world.engine.read() as session:
            return identity.find_session(session, token, clock.now) is not None

    clock.forward(hours=-1)
    assert valid()
    clock.forward(days=3)
    assert not valid()


def test_anchors_stay_in_order_and_miss_nothing(world: World, clock: Clock) -> None:
    world.deploy(LIMITED)
    made = []
    for days in (0, 5, -5, 0, 1, 10):  # forward by mistake, corrected, and on
        clock.forward(days=days)
        world.start("p")
        made.append(anchors.write(world.engine))
    names = [path.name for path in made if path]
    assert names == sorted(names)
    assert [path is None for path in made] == [False, False, False, True, False, False]
    found = anchors.verify(world.engine, whole=True)
    assert found.faults == []
    anchored = {chain for path in made if path for chain, _, _ in anchors._heads(path)}
    with world.engine.read() as session:
        assert set(session.scalars(select(ProcessInstance.key))) <= anchored


@pytest.mark.parametrize(
    "drill", [SIGNERS, RETURNS, VOTES, DELEGATION], ids=lambda one: one.process_id
)
def test_people_work_on_whatever_the_clock_says(world: World, tmp_path: Path, drill: Drill) -> None:
    chance = random.Random(drill.process_id)
    hours: Callable[[], float] = lambda: chance.choice([0, -1, -1, 30, 100, 240])  # noqa: E731
    jumping = replace(drill, steps=[replace(step, hours=hours()) for step in drill.steps])
    world.deploy(dict(drill.files), family=drill.process_id)
    jumping.run(world.engine)
    assert broken(world.engine) == []
    found = facts.of(world.engine)
    assert {row[2] for row in found["instances"]} == {COMPLETED}
    assert count(world.engine, UserTask, UserTask.state == "created") == 0
