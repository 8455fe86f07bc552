"""The server killed while people complete tasks, and started again: the work goes on where it was."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import select

from engine.engine import Engine, utc_now
from engine.models.instance import COMPLETED, ProcessInstance
from engine.models.task import COMPLETED as DONE
from engine.models.task import Notification, UserTask
from tests.diagrams import chain, process, service_task, user_task
from tests.faults.browser import PATIENCE, Browser, Server
from tests.faults.invariants import broken, count
from tests.world import PASSWORD, World

TOLD = service_task("tell", "guicheng.notify", {"roles": '=["finance_clerk"]', "text": '="done"'})
STEP = process(user_task("work") + TOLD + chain("s", "work", "tell", "e"))
INSTANCES, BEFORE = 12, 4


@pytest.fixture
def server(engine: Engine) -> Iterator[Server]:
    engine.clock = utc_now  # the server has no other
    found = Server(engine)
    yield found
    found.close()


def work(browser: Browser, keys: list[int], acknowledged: list[int]) -> None:
    """Complete tasks until there are none left or nobody answers."""
    with suppress(OSError):
        for key in keys:
            browser.post(f"/tasks/{key}")
            acknowledged.append(key)


def wait_until(holds: object, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def test_a_killed_server_goes_on_where_it_was(world: World, server: Server) -> None:
    # given: a person at work
    world.deploy({"p.bpmn": STEP})
    for _ in range(INSTANCES):
        world.start("p")
    server.start()
    browser = Browser(server.port)
    browser.sign_in("assistant", PASSWORD)
    keys = [task.key for task in world.open_tasks()]
    acknowledged: list[int] = []
    person = threading.Thread(target=work, args=(browser, keys, acknowledged))
    person.start()
    wait_until(lambda: len(acknowledged) >= BEFORE, "nobody gets anything done")
    # when
    assert server.kill() == -signal.SIGKILL
    person.join(timeout=PATIENCE)
    # then: what the person was told is so
    assert broken(world.engine) == []
    assert set(acknowledged) <= completed(world)
    # when: it starts again, the same browser is still signed in
    server.start()
    left = [task.key for task in world.open_tasks()]
    assert len(left) + len(completed(world)) == INSTANCES
    work(browser, left, acknowledged)
    # then
    assert world.open_tasks() == []
    ended = ProcessInstance.status == COMPLETED
    wait_until(lambda: count(world.engine, ProcessInstance, ended) == INSTANCES, "jobs are left")
    assert server.stop() == 0
    assert count(world.engine, Notification, Notification.kind == "process_notice") == INSTANCES
    assert broken(world.engine) == []


def completed(world: World) -> set[int]:
    with world.engine.read() as session:
        return set(session.scalars(select(UserTask.key).where(UserTask.state == DONE)).all())
