"""A process killed at any moment loses nothing that was committed, doubles nothing, and the work goes on (decision 31).

`python -m tests.faults` kills many more, at every point of every kind of work; a few of them are here.
"""

from __future__ import annotations

import random
import signal
import time

import pytest

from engine import worker
from engine.models.audit import AuditEntry
from engine.models.instance import ACTIVE, COMPLETED, ElementInstance, ProcessInstance
from engine.models.task import UserTask
from tests.conftest import Clock
from tests.databases import Databases
from tests.diagrams import chain as chained
from tests.diagrams import process, service_task, user_task
from tests.faults import diagrams, points
from tests.faults.invariants import broken, count
from tests.faults.kills import Range
from tests.faults.victim import begin, sacrifice
from tests.world import World

KILLED = -signal.SIGKILL
CHANCE = random.Random(20261120)
# The numbers lie within how often the work comes by the point.
SAMPLE = [
    ("signers", points.BEFORE_STATEMENT, CHANCE.randint(1, 330)),
    ("signers", points.AFTER_COMMIT, CHANCE.randint(1, 16)),
    ("errand", points.EFFECT, CHANCE.randint(1, 3)),
    ("errand", points.AFTER_FILE, CHANCE.randint(1, 2)),
    ("migrating", points.AFTER_STATEMENT, CHANCE.randint(1, 700)),
    ("migrating", points.CALLBACK, CHANCE.randint(1, 15)),
    ("old", points.BEFORE_COMMIT, CHANCE.randint(15, 20)),
    ("waiting", points.AFTER_COMMIT, CHANCE.randint(4, 18)),
]


@pytest.fixture(scope="module")
def killing(all_databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Range:
    return Range(all_databases, tmp_path_factory.mktemp("killing"))


@pytest.mark.usefixtures("database_url")  # so that it runs on PostgreSQL too
@pytest.mark.parametrize(("drill", "point", "number"), SAMPLE)
def test_work_interrupted_at_any_point_is_brought_to_its_end(
    killing: Range, drill: str, point: str, number: int
) -> None:
    assert killing.kill(drill, point, number).faults == ()


@pytest.mark.parametrize(
    ("point", "number", "completed"),
    [
        pytest.param("after a commit", 1, False, id="between lease and completion"),
        pytest.param("before a commit", 2, False, id="after the effect, before its commit"),
        pytest.param("after a commit", 2, True, id="after the commit"),
    ],
)
def test_a_job_of_a_killed_worker_is_done_once(
    world: World, clock: Clock, point: str, number: int, completed: bool
) -> None:
    world.deploy({"q.bpmn": process(user_task("theirs") + chained("s", "theirs", "e"), "q")})
    spawn = service_task("spawn", "guicheng.start-process", {"processId": '="q"'})
    world.deploy({"p.bpmn": process(spawn + chained("s", "spawn", "e"))}, family="other")
    started = world.start("p")

    def children() -> int:
        return count(world.engine, ProcessInstance, ProcessInstance.parent_key == started.key)

    # when
    assert sacrifice(world.engine, "worker", (point, number)) == KILLED
    # then: nobody takes the job while the lease lasts
    assert broken(world.engine) == []
    assert children() == completed
    worker.run_due(world.engine)
    assert children() == completed
    clock.forward(minutes=2)
    worker.run_due(world.engine)
    worker.run_due(world.engine)
    assert children() == 1
    assert world.instance(started.key).status == COMPLETED
    assert broken(world.engine) == []


@pytest.mark.parametrize("number", sorted(CHANCE.sample(range(2, 90), 2)))
def test_a_deployment_is_there_as_a_whole_or_not_at_all(world: World, number: int) -> None:
    assert sacrifice(world.engine, "release", ("before a statement", number)) == KILLED
    assert broken(world.engine) == []
    deployed = world.deploy({"p.bpmn": diagrams.numbered(99)})
    assert deployed.changed
    started = world.start("p")
    assert [task.element_id for task in world.open_tasks(started)] == ["work99"]
    assert broken(world.engine) == []


@pytest.mark.parametrize("milliseconds", sorted(CHANCE.sample(range(1, 400), 2)))
def test_every_completion_before_a_kill_counts(world: World, milliseconds: int) -> None:
    # given: somebody who completes the same step over and over
    body = user_task("work") + '<exclusiveGateway id="again"/>'
    world.deploy({"p.bpmn": process(body + chained("s", "again", "work", "again"))})
    started = world.start("p")
    victim = begin(world.engine, "tread")
    deadline = time.monotonic() + 120
    while completions(world) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # when
    time.sleep(milliseconds / 1000)
    victim.kill()
    victim.join(timeout=60)
    assert victim.exitcode == KILLED
    # then
    assert broken(world.engine) == []
    assert world.instance(started.key).status == ACTIVE
    rounds = count(world.engine, ElementInstance, ElementInstance.element_id == "work")
    assert (
        rounds
        == completions(world)
        == count(world.engine, AuditEntry, AuditEntry.action == "task.completed")
    )
    assert world.complete("work").ran


def completions(world: World) -> int:
    return count(world.engine, UserTask, UserTask.state == "completed")
