"""Compensation over the database: handlers are tasks and jobs like others, are kept, ended and told in the history."""

from __future__ import annotations

from sqlalchemy import select

from engine import course, instances
from engine.flow import returns, withdrawals
from engine.models.instance import COMPLETED, TERMINATED, ElementInstance, ProcessInstance
from engine.models.task import UserTask
from engine.staff.access import SYSTEM
from tests.diagrams import chain, process, user_task
from tests.faults.invariants import broken
from tests.world import World


def undone(element_id: str) -> str:
    """A compensation boundary event with a user task that undoes the activity."""
    handler = user_task(f"undo_{element_id}").replace(
        "<userTask", '<userTask isForCompensation="true"'
    )
    return (
        f'<boundaryEvent id="c_{element_id}" attachedToRef="{element_id}"><compensateEventDefinition/></boundaryEvent>'
        f'{handler}<association id="as_{element_id}" sourceRef="c_{element_id}" targetRef="undo_{element_id}"/>'
    )


BOOKING = process(
    user_task("flat") + undone("flat") + user_task("lift") + undone("lift") + user_task("say")
    + '<intermediateThrowEvent id="undo"><compensateEventDefinition/></intermediateThrowEvent>'
    + chain("s", "flat", "lift", "undo", "say", "e")
)  # fmt: skip


def begin(world: World, *done: str) -> ProcessInstance:
    world.deploy({"p.bpmn": BOOKING})
    started = world.start("p")
    for one in done:
        world.complete(one)
    return started


def steps(world: World) -> list[str]:
    return sorted(task.element_id for task in world.open_tasks())


def test_handlers_are_tasks_of_people_and_the_process_goes_on_behind_them(world: World) -> None:
    started = begin(world, "flat", "lift")
    assert steps(world) == ["undo_flat", "undo_lift"]
    for one in ("undo_flat", "undo_lift", "say"):
        world.complete(one)
    assert world.instance(started.key).status == COMPLETED
    assert broken(world.engine) == []


def test_the_history_tells_the_boundary_events_and_handlers(world: World) -> None:
    started = begin(world, "flat", "lift", "undo_flat", "undo_lift")
    with world.engine.read() as session:
        query = select(ElementInstance).where(ElementInstance.instance_key == started.key)
        rows = {row.element_id: row for row in session.scalars(query)}
    assert {rows[one].state for one in ("c_flat", "c_lift", "undo_flat", "undo_lift")} == {"completed"}  # fmt: skip
    assert rows["undo_flat"].came_from == [rows["c_flat"].key]
    assert rows["c_flat"].came_from == [rows["undo"].key]


def test_handlers_that_may_still_run_are_no_way_not_taken(world: World) -> None:
    started = begin(world, "flat")
    with world.engine.read() as session:
        there = course.load(world.engine, session, session.get_one(ProcessInstance, started.key))
        assert {"undo_flat", "undo_lift", "say"} <= course.reachable(there, "p")


def test_a_canceled_instance_ends_its_handlers(world: World) -> None:
    started = begin(world, "flat", "lift")
    with world.engine.begin(SYSTEM) as command:
        instances.cancel(command, started.key, "no longer wanted")
    assert world.instance(started.key).status == TERMINATED
    assert steps(world) == []
    assert broken(world.engine) == []


def test_nothing_leads_back_from_a_handler(world: World) -> None:
    begin(world, "flat", "lift")
    key = world.task("undo_flat").key
    with world.engine.read() as session:
        assert returns.targets(world.engine, session, session.get_one(UserTask, key)) == []


def test_what_was_undone_cannot_be_taken_back(world: World) -> None:
    begin(world, "flat", "lift")
    with world.engine.read() as session:
        query = select(UserTask).where(UserTask.element_id == "lift")
        task = session.scalars(query).one()
        assert not withdrawals.withdrawable(world.engine, session, world.actor("assistant"), task)


def test_a_step_that_was_taken_back_and_done_again_is_undone_once(world: World) -> None:
    begin(world, "flat")
    with world.engine.read() as session:
        query = select(UserTask.key).where(UserTask.element_id == "flat")
        key = session.scalars(query).one()
    with world.engine.begin(world.actor("assistant")) as command:
        withdrawals.withdraw(command, key)
    for one in ("flat", "lift"):
        world.complete(one)
    assert steps(world) == ["undo_flat", "undo_lift"]
