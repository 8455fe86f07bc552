"""Several web processes and workers share the work; one of each may die, and a lost broker only delays."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from engine.engine import Engine, utc_now
from engine.models.instance import COMPLETED, ProcessInstance
from engine.models.task import Notification
from tests.diagrams import chain, process, service_task, user_task
from tests.faults.browser import Browser
from tests.faults.cluster import PATIENCE, REDIS, Cluster, answers, wait_until
from tests.faults.invariants import broken, count
from tests.world import PASSWORD, World

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.skipif(REDIS is None, reason="there is no redis-server on this machine"),
]
WAIT = (
    '<intermediateCatchEvent id="wait"><timerEventDefinition><timeDuration>PT1S</timeDuration>'
    "</timerEventDefinition></intermediateCatchEvent>"
)
TOLD = service_task("tell", "guicheng.notify", {"roles": '=["finance_clerk"]', "text": '="done"'})
# A web process does the built-in jobs of a completion itself; what a timer leads to is the workers' to do.
STEP = process(user_task("work") + WAIT + TOLD + chain("s", "work", "wait", "tell", "e"))
INSTANCES = 40
ENDED = ProcessInstance.status == COMPLETED


@pytest.fixture
def cluster(engine: Engine) -> Iterator[Cluster]:
    engine.clock = utc_now  # the other processes have no other
    found = Cluster(engine)
    found.start()
    yield found
    found.stop()


def start(world: World, number: int) -> list[int]:
    world.deploy({"p.bpmn": STEP})
    for _ in range(number):
        world.start("p")
    return [task.key for task in world.open_tasks()]


def complete(ports: list[int], keys: list[int], done: list[int]) -> None:
    """Complete tasks; when a web process does not answer go to the next, as a proxy would."""
    browsers = [Browser(port) for port in ports]
    for browser in browsers:
        browser.sign_in("assistant", PASSWORD)
    for key in keys:
        for browser in browsers:
            with suppress(OSError):
                browser.post(f"/tasks/{key}")
                done.append(key)
                break


def test_one_of_each_dies_under_load_and_all_work_is_done_once(
    world: World, cluster: Cluster
) -> None:
    # given: four people at work on two web processes
    keys = start(world, INSTANCES)
    done: list[int] = []
    people = [
        threading.Thread(
            target=complete, args=(cluster.ports[:: 1 if n % 2 else -1], keys[n::4], done)
        )
        for n in range(4)
    ]
    for person in people:
        person.start()
    # when
    wait_until(lambda: len(done) >= INSTANCES // 4, "work is under way")
    cluster.webs[0].kill()
    cluster.workers[0].kill()
    for person in people:
        person.join(timeout=PATIENCE)
    # then
    wait_until(lambda: count(world.engine, ProcessInstance, ENDED) == INSTANCES, "all has ended")
    assert world.open_tasks() == []
    assert broken(world.engine) == []
    assert count(world.engine, Notification, Notification.kind == "process_notice") == INSTANCES


def test_a_lost_broker_only_delays(world: World, cluster: Cluster) -> None:
    # given
    keys = start(world, 4)
    cluster.broker.kill()
    # when: people go on working
    done: list[int] = []
    complete(cluster.ports[:1], keys, done)
    # then
    assert done == keys
    # when: it comes back
    cluster.broker.start()
    wait_until(lambda: answers(cluster.broker_port), "the broker answers")
    # then
    wait_until(lambda: count(world.engine, ProcessInstance, ENDED) == len(keys), "all has ended")
    assert broken(world.engine) == []
