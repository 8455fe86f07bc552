"""A process a newer bundle of its family lacks is not started any more; what runs of it, or calls it, ends."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.deployment import definitions, deployments
from engine.errors import NotFound
from engine.models.event import StartSubscription
from tests.diagrams import chain, process, user_task
from tests.engine.studio.bundle import FILES

LOOK = process(user_task("look") + chain("s", "look", "e"), "looking")
WAKE = process(
    '<startEvent id="m"><messageEventDefinition messageRef="go"/></startEvent>'
    + user_task("look") + chain("s", "look", "e") + chain("m", "look"),
    "waking",
    extra='<message id="go" name="go"/>',
)  # fmt: skip
CALLER = process(
    user_task("first")
    + '<callActivity id="c"><extensionElements><zeebe:calledElement processId="looking"/></extensionElements></callActivity>'
    + chain("s", "first", "c", "e"),
    "calling",
)
BOTH = FILES | {"looking.bpmn": LOOK, "waking.bpmn": WAKE}


def deploy(world, files, family="checks"):
    with world.engine.begin(world.actor("owner")) as command:
        return deployments.deploy(command, files, family=family, whole=True)


def latest(world, process_id):
    with world.engine.read() as session:
        return definitions.latest(world.engine, session, process_id)


def test_a_withdrawn_process_is_neither_offered_nor_started_and_what_runs_ends(world):
    deploy(world, BOTH)
    running = world.start("looking")
    deploy(world, FILES)
    with pytest.raises(NotFound):
        latest(world, "looking")
    with world.engine.read() as session:
        offered = definitions.startable(session, world.actor("clerk"), world.site().id)
        assert {one.process_id for one in offered} == {"checking"}
        assert session.scalars(select(StartSubscription.process_id)).all() == []
    world.complete("look", of=running)
    assert world.instance(running.key).status == "completed"


def test_who_calls_a_withdrawn_process_still_comes_to_an_end(world):
    deploy(world, BOTH)
    deploy(world, {"calling.bpmn": CALLER}, family="callers")
    running = world.start("calling")
    deploy(world, FILES)
    world.complete("first", of=running)
    world.complete("look", of=running)
    assert world.instance(running.key).status == "completed"


def test_a_process_that_comes_back_gets_the_next_version(world):
    deploy(world, BOTH)
    deploy(world, FILES)
    deploy(world, BOTH)
    assert latest(world, "looking").version == 2
    assert latest(world, "checking").version == 1
    with world.engine.read() as session:
        assert session.scalars(select(StartSubscription.process_id)).all() == ["waking"]


def test_files_deployed_one_by_one_withdraw_nothing(world):
    world.deploy(BOTH, family="api")
    world.deploy(FILES, family="api")
    assert latest(world, "looking").version == 1
