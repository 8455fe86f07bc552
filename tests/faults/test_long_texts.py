"""Texts that do not fit a column: what somebody types must not stop a process on one database and not on the other."""

from __future__ import annotations

import pytest

from engine import worker
from engine.errors import EngineError
from engine.events import messages
from engine.staff.access import SYSTEM
from tests.diagrams import chain, process, user_task
from tests.faults import diagrams
from tests.world import World

LONG = "长" * 300


@pytest.mark.parametrize("text", [LONG, "a\0b"])
def test_a_correlation_key_from_a_variable_does_not_stop_who_completes_a_task(
    world: World, text: str
) -> None:
    body = user_task("work") + diagrams.WAIT + user_task("after")
    body += chain("s", "work", "wait", "after", "e")
    world.deploy({"p.bpmn": process(body, extra=diagrams.GO)})
    world.start("p", {"k": "1"})
    try:
        world.complete("work", {"k": text})
    except EngineError:
        return  # told as what it is
    with world.engine.begin(SYSTEM) as command:
        messages.publish(command, world.site().id, "go", text)
    worker.run_due(world.engine)
    assert world.task("after").element_id == "after"


def test_a_long_name_of_a_step_does_not_stop_who_completes_the_step_before(world: World) -> None:
    named = process(
        user_task("work") + user_task("next") + chain("s", "work", "next", "e")
    ).replace(b'name="next"', f'name="{LONG}"'.encode())
    try:
        world.deploy({"p.bpmn": named})
    except EngineError:
        return
    world.start("p")
    world.complete("work")
    assert world.task("next").name


def test_a_long_business_key_is_refused_as_such_or_taken(world: World) -> None:
    body = user_task("work") + chain("s", "work", "e")
    world.deploy({"p.bpmn": process(body, start={"businessKey": "=k"})})
    try:
        started = world.start("p", {"k": LONG})
    except EngineError:
        return
    assert started.business_key == LONG


def test_a_long_name_of_a_process_is_refused_as_such_or_taken(world: World) -> None:
    named = process(user_task("work") + chain("s", "work", "e")).replace(
        b'name="p"', f'name="{LONG}"'.encode()
    )
    try:
        (row,) = world.deploy({"p.bpmn": named}).definitions
    except EngineError:
        return
    assert row.name


def test_a_long_name_of_a_file_is_refused_as_such_or_taken(world: World) -> None:
    files = {"p.bpmn": process(user_task("work") + chain("s", "work", "e")), f"{LONG}.md": b""}
    try:
        world.deploy(files)
    except EngineError:
        return
    assert world.start("p").status == "active"
