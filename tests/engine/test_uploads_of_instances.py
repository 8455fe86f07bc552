"""Uploads become the instance's with the form that names them: at the start, at a step, in a correction, and when work comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import attachments, corrections, starts, tasks
from engine.deployment import definitions
from engine.engine import Command
from engine.errors import InvalidVariables
from engine.flow import returns
from engine.models.instance import ProcessInstance
from engine.models.task import Attachment
from engine.staff import copies
from tests.diagrams import chain, process, user_task
from tests.world import World

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


def form(form_id: str, key: str) -> bytes:
    """A form with photographs and a note."""
    fields: list[dict[str, Any]] = [
        {"type": "photo", "id": key, "key": key, "label": "照片"},
        {"type": "textfield", "id": "note", "key": "note", "label": "说明"},
    ]
    head = {"id": form_id, "type": "default", "schemaVersion": 19}
    return json.dumps(head | {"components": fields}).encode()


@pytest.fixture
def started(world: World) -> tuple[ProcessInstance, int]:
    """An instance whose start form names a photograph of the clerk's, and the key of that."""
    step = user_task("check", "service_assistant", form="p.check", outcomes="approve,return", returnTo="any")  # fmt: skip
    diagram = process(step + chain("s", "check", "e")).replace(
        b'<startEvent id="s"><extensionElements>',
        b'<startEvent id="s"><extensionElements><zeebe:formDefinition formId="p.s"/>',
    )
    files = {"forms/p.s.form": form("p.s", "seen"), "forms/p.check.form": form("p.check", "proof")}
    world.deploy({"p.bpmn": diagram} | files)
    photo = store(world, "clerk")
    with world.engine.begin(world.actor("clerk")) as command:
        definition = definitions.latest(world.engine, command.session, "p")
        site = command.session.merge(world.site(), load=False)
        return starts.start(command, definition, site, {"seen": [str(photo)]}), photo


def store(world: World, by: str) -> int:
    with world.engine.begin(world.actor(by)) as command:
        return attachments.store(command, world.site().id, PNG, "a.png").key


def instance_of(world: World, key: int) -> int | None:
    with world.engine.read() as session:
        return session.get_one(Attachment, key).instance_key


def test_what_a_start_form_names_belongs_to_the_instance(
    world: World, started: tuple[ProcessInstance, int]
) -> None:
    instance, photo = started
    assert instance_of(world, photo) == instance.key
    # whoever is sent the instance sees its photographs
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.copy(command, world.task("check").key, ["stranger"])
    with world.engine.read() as session:
        assert copies.has(session, world.actor("stranger"), instance.key)
        assert attachments.get(session, world.actor("stranger"), photo).key == photo


def test_a_photograph_of_another_instance_is_not_taken_over(
    world: World, started: tuple[ProcessInstance, int]
) -> None:
    _, photo = started
    with world.engine.begin(world.actor("clerk")) as command, pytest.raises(InvalidVariables):
        start_again(world, command, photo)


def start_again(world: World, command: Command, photo: int) -> None:
    definition = definitions.latest(world.engine, command.session, "p")
    site = command.session.merge(world.site(), load=False)
    starts.start(command, definition, site, {"seen": [str(photo)]})


def test_somebody_else_fills_in_a_returned_start_form_with_its_photographs(
    world: World, started: tuple[ProcessInstance, int]
) -> None:
    _, photo = started
    with world.engine.begin(world.actor("assistant")) as command:
        (again,) = returns.give_back(command, world.task("check").key, "starter", "看不清")
    with world.engine.begin(world.actor("clerk")) as command:
        tasks.unclaim(command, again.key)
    more = store(world, "colleague")
    with world.engine.begin(world.actor("colleague")) as command:
        done = tasks.complete(command, again.key, {"seen": [str(photo), str(more)]})
    assert done.ran
    assert instance_of(world, more) == done.instance.key


def test_a_correction_keeps_the_photographs_and_takes_new_ones(
    world: World, started: tuple[ProcessInstance, int]
) -> None:
    instance, _ = started
    proof = store(world, "assistant")
    key = world.task("check").key
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.complete(command, key, {"proof": [str(proof)], "note": "a"}, outcome="approve")
    better = store(world, "supervisor")
    with world.engine.begin(world.actor("supervisor")) as command:
        said = {"proof": [str(proof), str(better)], "note": "b"}
        corrected = corrections.correct(command, key, said, "写错了")
    assert (corrected.submitted or {})["proof"] == [str(proof), str(better)]
    assert {instance_of(world, one) for one in (proof, better)} == {instance.key}
