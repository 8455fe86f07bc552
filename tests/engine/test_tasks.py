"""User tasks: who may claim and complete them, what a completion writes, and what happens to the second of two people."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select

from engine import audit, instances, tasks
from engine.errors import InstanceClosed, NotAllowed, NotFound, TaskChanged, TaskClosed
from engine.models.instance import COMPLETED, TERMINATED, ElementInstance
from engine.models.task import UserTask
from tests.conftest import Clock
from tests.diagrams import chain, process, script, user_task
from tests.world import World

TWO_STEPS = process(user_task("check") + user_task("sign") + chain("s", "check", "sign", "e"))


def test_a_completed_task_leads_to_the_next_step(world: World) -> None:
    # given
    world.deploy({"p.bpmn": TWO_STEPS})
    started = world.start("p", {"who": "梁"})
    # when
    done = world.complete("check", {"ok": True})
    # then
    assert done.ran
    assert [task.element_id for task in world.open_tasks(started)] == ["sign"]
    assert world.instance(started.key).variables == {"who": "梁", "ok": True}


def test_the_last_completion_ends_the_instance(world: World) -> None:
    world.deploy({"p.bpmn": TWO_STEPS})
    started = world.start("p")
    world.complete("check")
    world.complete("sign")
    ended = world.instance(started.key)
    assert ended.status == COMPLETED
    assert ended.active == []
    assert ended.ended_at == world.engine.clock()


def test_history_keeps_every_element_and_the_flow_by_which_it_was_entered(world: World) -> None:
    world.deploy({"p.bpmn": TWO_STEPS})
    started = world.start("p")
    world.complete("check")
    world.complete("sign")
    with world.engine.read() as session:
        rows = session.scalars(
            select(ElementInstance)
            .where(ElementInstance.instance_key == started.key)
            .order_by(ElementInstance.key)
        ).all()
    assert [(row.element_id, row.flow_id, row.state) for row in rows] == [
        ("s", None, "completed"),
        ("check", "s_check", "completed"),
        ("sign", "check_sign", "completed"),
        ("e", "sign_e", "completed"),
    ]


def test_nobody_of_another_site_finds_the_task(world: World) -> None:
    world.deploy({"p.bpmn": TWO_STEPS})
    world.start("p")
    task = world.task("check")
    with world.engine.begin(world.actor("stranger")) as command, pytest.raises(NotFound):
        tasks.complete(command, task.key, {})


def test_nobody_without_the_role_completes_it(world: World) -> None:
    world.deploy({"p.bpmn": TWO_STEPS})
    world.start("p")
    task = world.task("check")
    with world.engine.begin(world.actor("clerk")) as command, pytest.raises(NotAllowed):
        tasks.complete(command, task.key, {})
    assert world.task("check").version == task.version


def test_a_claimed_task_belongs_to_one_person(world: World) -> None:
    world.deploy({"p.bpmn": TWO_STEPS})
    world.start("p")
    task = world.task("check")
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.claim(command, task.key)
    with world.engine.begin(world.actor("colleague")) as command, pytest.raises(TaskChanged):
        tasks.claim(command, task.key)
    with world.engine.begin(world.actor("colleague")) as command, pytest.raises(NotAllowed):
        tasks.complete(command, task.key, {})


def test_the_second_of_two_people_gets_a_conflict_that_names_the_first(world: World) -> None:
    world.deploy({"p.bpmn": TWO_STEPS})
    world.start("p")
    task = world.task("check")
    world.complete("check", by="assistant")
    with (
        world.engine.begin(world.actor("colleague")) as command,
        pytest.raises(TaskClosed) as refusal,
    ):
        tasks.complete(command, task.key, {}, version=task.version)
    assert refusal.value.params["by"] == "Assistant"


def test_a_stale_version_is_refused_and_nothing_is_written(world: World) -> None:
    world.deploy({"p.bpmn": TWO_STEPS})
    started = world.start("p")
    task = world.task("check")
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.claim(command, task.key)
        tasks.unclaim(command, task.key)
    before = world.instance(started.key).version
    with world.engine.begin(world.actor("assistant")) as command, pytest.raises(TaskChanged):
        tasks.complete(command, task.key, {"x": 1}, version=task.version)
    assert world.instance(started.key).version == before


def test_a_supervisor_assigns_and_others_do_not(world: World) -> None:
    world.deploy({"p.bpmn": TWO_STEPS})
    world.start("p")
    task = world.task("check")
    with world.engine.begin(world.actor("assistant")) as command, pytest.raises(NotAllowed):
        tasks.assign(command, task.key, "colleague")
    with world.engine.begin(world.actor("supervisor")) as command:
        assigned = tasks.assign(command, task.key, "colleague")
    assert assigned.assignee_id == world.actor("colleague").user_id


def test_separation_of_duties_keeps_the_first_person_from_the_second_step(world: World) -> None:
    world.deploy(
        {
            "p.bpmn": process(
                user_task("do")
                + user_task("verify", distinctFrom="do")
                + chain("s", "do", "verify", "e")
            )
        }
    )
    world.start("p")
    world.complete("do", by="assistant")
    task = world.task("verify")
    with world.engine.begin(world.actor("assistant")) as command, pytest.raises(NotAllowed):
        tasks.complete(command, task.key, {})
    assert world.complete("verify", by="colleague").ran


def test_a_process_without_end_keeps_the_task_open_and_what_was_typed(world: World) -> None:
    # given: after `check` the diagram counts for ever unless a variable stops it
    body = (
        user_task("check")
        + '<exclusiveGateway id="again" default="again_count"/>'
        + script("count", "=n + 1", "n")
        + chain("s", "check", "again")
        + '<sequenceFlow id="again_count" sourceRef="again" targetRef="count"/>'
        + chain("count", "wait")
        + '<exclusiveGateway id="wait" default="wait_again"/>'
        + '<sequenceFlow id="wait_again" sourceRef="wait" targetRef="again"/>'
        + user_task("never")
        + '<sequenceFlow id="wait_never" sourceRef="wait" targetRef="never"><conditionExpression>=n &lt; 0</conditionExpression></sequenceFlow>'
        + chain("never", "e")
    )
    world.deploy({"p.bpmn": process(body)})
    started = world.start("p", {"n": 0})
    before = world.instance(started.key)
    # when
    done = world.complete("check", {"note": "typed"})
    # then
    assert not done.ran
    after = world.instance(started.key)
    assert (after.state, after.variables) == (before.state, before.variables)
    assert world.task("check").state == "created"
    with world.engine.read() as session:
        draft = tasks.draft_of(session, world.actor("assistant"), f"task:{world.task('check').key}")
    assert draft is not None
    assert draft.data == {"note": "typed"}


def test_a_supervisor_cancels_with_a_reason_and_the_tasks_close(world: World) -> None:
    world.deploy(
        {
            "p.bpmn": process(
                user_task("check") + chain("s", "check", "e"), start={"startGroups": "front_desk"}
            )
        }
    )
    started = world.start("p")
    with world.engine.begin(world.actor("clerk")) as command, pytest.raises(NotAllowed):
        instances.cancel(command, started.key, "wrong unit")
    with world.engine.begin(world.actor("supervisor")) as command:
        instances.cancel(command, started.key, "wrong unit")
    assert world.instance(started.key).status == TERMINATED
    assert world.open_tasks(started) == []
    with world.engine.begin(world.actor("supervisor")) as command, pytest.raises(InstanceClosed):
        instances.cancel(command, started.key, "again")


def test_the_audit_chain_tells_who_did_what_and_shows_tampering(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": TWO_STEPS})
    started = world.start("p")
    clock.forward(minutes=5)
    world.complete("check")
    with world.engine.read() as session:
        entries = audit.entries(session, started.key)
        assert [(entry.actor_name, entry.action) for entry in entries] == [
            ("Clerk", "instance.started"),
            ("Assistant", "task.completed"),
        ]
        assert entries[1].at - entries[0].at == dt.timedelta(minutes=5)
        assert audit.first_break(session, world.engine.secret, started.key) is None
        entries[0].detail = {"number": "forged"}
        session.flush()
        assert audit.first_break(session, world.engine.secret, started.key) == 1


def test_a_completion_takes_at_most_ten_rows(world: World) -> None:
    world.deploy({"p.bpmn": TWO_STEPS})
    world.start("p")

    def rows() -> int:
        with world.engine.read() as session:
            tables = (UserTask, ElementInstance, audit.AuditEntry)
            return sum(session.scalar(select(func.count()).select_from(one)) or 0 for one in tables)

    before = rows()
    world.complete("check")
    assert rows() - before <= 10
