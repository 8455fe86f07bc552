"""Ad-hoc subprocesses over the database: their tasks, their history, and activating more of them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine import course
from engine.errors import NotAllowed, Rejected
from engine.models.instance import COMPLETED, ElementInstance, ProcessInstance
from engine.operations import modifications
from tests.diagrams import chain, process, user_task
from tests.faults.invariants import broken
from tests.world import World

VISIT = process(
    '<adHocSubProcess id="visit"><extensionElements><zeebe:adHoc activeElementsCollection="=chosen"/></extensionElements>'
    + user_task("roof") + user_task("lift") + user_task("photo") + chain("roof", "photo")
    + "<completionCondition>=done = true</completionCondition></adHocSubProcess>"
    + user_task("report") + chain("s", "visit", "report", "e")
)  # fmt: skip


def begin(world: World, *chosen: str) -> ProcessInstance:
    world.deploy({"p.bpmn": VISIT})
    return world.start("p", {"chosen": list(chosen), "done": False})


def steps(world: World) -> list[str]:
    return sorted(task.element_id for task in world.open_tasks())


def activate(world: World, started: ProcessInstance, *wanted: str, by: str = "owner") -> None:
    (key,) = (
        one["key"] for one in world.instance(started.key).active if one["type"] == "adHocSubProcess"
    )
    with world.engine.begin(world.actor(by)) as command:
        modifications.activate(command, started.key, key, [(one, {}) for one in wanted])


def test_people_do_what_was_chosen_in_any_order(world: World) -> None:
    started = begin(world, "roof", "lift")
    assert steps(world) == ["lift", "roof"]
    world.complete("lift")
    world.complete("roof")
    world.complete("photo", {"done": True})
    world.complete("report")
    assert world.instance(started.key).status == COMPLETED
    assert broken(world.engine) == []


def test_history_keeps_each_activation(world: World) -> None:
    started = begin(world, "roof", "lift")
    world.complete("lift", {"done": True})
    with world.engine.read() as session:
        query = select(ElementInstance).where(ElementInstance.instance_key == started.key)
        rows = [(row.element_id, row.type, row.state) for row in session.scalars(query)]
    inner = "adHocSubProcessInnerInstance"
    assert {one for one in rows if one[1] == inner} == {
        ("visit", inner, "completed"),
        ("visit", inner, "terminated"),
    }
    assert ("visit", "adHocSubProcess", "completed") in rows
    assert broken(world.engine) == []


def test_the_operator_activates_more_of_it_while_it_is_open(world: World) -> None:
    started = begin(world)
    assert steps(world) == []
    activate(world, started, "lift", "roof")
    assert steps(world) == ["lift", "roof"]
    with world.engine.read() as session:
        (told,) = [
            one for one in course.acts(session, started.key) if one.action == "instance.modified"
        ]
    assert told.detail["begun"].count("lift") == 1


def test_others_and_unknown_elements_change_nothing(world: World) -> None:
    started = begin(world, "lift")
    with pytest.raises(Rejected, match="photo"):
        activate(world, started, "roof", "photo")
    with pytest.raises(NotAllowed):
        activate(world, started, "roof", by="clerk")
    assert steps(world) == ["lift"]
