"""Outcomes: named by the form or by the completion, kept, and followed where the diagram draws nothing."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from engine import course, instances, tasks
from engine.errors import InvalidVariables, NotAllowed, Rejected
from engine.models.audit import AuditEntry
from engine.models.instance import COMPLETED, TERMINATED
from engine.models.task import UserTask
from engine.tasks import outcomes
from tests.conftest import Clock
from tests.diagrams import chain, flow, process, script, user_task
from tests.faults.invariants import broken
from tests.world import World

DRAWN = process(
    user_task("work", outcomes="approve,reject") + '<exclusiveGateway id="g" default="g_no"/>'
    + user_task("yes") + user_task("no") + chain("s", "work", "g") + flow("g", "yes", '=outcome = "approve"')
    + chain("g", "no", "e") + chain("yes", "e")
)  # fmt: skip


def ending(to: str) -> bytes:
    return process(
        '<parallelGateway id="fork"/><parallelGateway id="join"/>'
        + user_task("first")
        + user_task("work", outcomes="approve,reject", rejectTo=to)
        + user_task("beside")
        + chain("s", "first", "fork", "work", "join", "e")
        + chain("fork", "beside", "join")
    )


def complete(world: World, element_id: str, **more: str) -> UserTask:
    task = world.task(element_id)
    with world.engine.begin(world.actor("assistant")) as command:
        return tasks.complete(command, task.key, {}, **more).task


def test_the_outcome_is_a_variable_and_stands_on_the_task(world: World) -> None:
    world.deploy({"p.bpmn": DRAWN})
    started = world.start("p")
    done = complete(world, "work", outcome="reject", opinion="too dear")
    assert (done.outcome, done.opinion) == ("reject", "too dear")
    assert world.task("no")
    assert world.instance(started.key).variables == {"outcome": "reject"}


@pytest.mark.parametrize("more", [{}, {"outcome": "maybe"}, {"outcome": "reject"}])
def test_a_decision_is_complete_or_refused(world: World, more: dict[str, str]) -> None:
    world.deploy({"p.bpmn": DRAWN})
    world.start("p")
    with pytest.raises(InvalidVariables):
        complete(world, "work", **more)
    assert world.task("work").outcome is None


def test_a_step_without_outcomes_takes_none(world: World) -> None:
    world.deploy({"p.bpmn": DRAWN})
    world.start("p")
    complete(world, "work", outcome="approve")
    with pytest.raises(Rejected):
        complete(world, "yes", outcome="approve")


def test_outcomes_are_offered_to_those_who_may_decide(world: World) -> None:
    world.deploy({"p.bpmn": DRAWN})
    world.start("p")
    task = world.task("work")
    assert outcomes.offered(world.actor("assistant"), task) == ("approve", "reject")
    assert outcomes.offered(world.actor("cashier"), task) == ()


def test_a_rejection_may_end_the_process(world: World) -> None:
    world.deploy({"p.bpmn": ending("end")})
    started = world.start("p")
    complete(world, "first")
    complete(world, "work", outcome="reject", opinion="no")
    ended = world.instance(started.key)
    assert (ended.status, ended.outcome) == (COMPLETED, "reject")
    assert broken(world.engine) == []


def test_a_rejection_inside_a_subprocess_ends_the_process_too(world: World) -> None:
    inner = user_task("work", outcomes="approve,reject", rejectTo="end")
    source = process(
        '<parallelGateway id="fork"/>' + user_task("beside")
        + '<subProcess id="sub"><startEvent id="b"/><endEvent id="f"/>' + inner + chain("b", "work", "f") + "</subProcess>"
        + chain("s", "fork", "sub", "e") + chain("fork", "beside", "e")
    )  # fmt: skip
    world.deploy({"p.bpmn": source})
    started = world.start("p")
    complete(world, "work", outcome="reject", opinion="no")
    ended = world.instance(started.key)
    assert (ended.status, ended.outcome) == (COMPLETED, "reject")
    assert broken(world.engine) == []


def test_a_rejection_in_a_called_process_lets_the_caller_go_on(world: World) -> None:
    called = process(
        user_task("work", outcomes="approve,reject", rejectTo="end") + chain("s", "work", "e"),
        "child",
    )
    call = '<callActivity id="call"><extensionElements><zeebe:calledElement processId="child"/></extensionElements></callActivity>'
    world.deploy(
        {
            "p.bpmn": process(call + user_task("after") + chain("s", "call", "after", "e")),
            "c.bpmn": called,
        }
    )
    started = world.start("p")
    complete(world, "work", outcome="reject", opinion="no")
    assert world.task("after")
    still = world.instance(started.key)
    assert (still.outcome, still.variables["outcome"]) == (None, "reject")
    assert broken(world.engine) == []


def test_a_rejection_may_lead_to_a_step_that_no_flow_leads_to(world: World) -> None:
    world.deploy({"p.bpmn": ending("first")})
    started = world.start("p")
    complete(world, "first")
    complete(world, "work", outcome="reject", opinion="no")
    assert sorted(one.element_id for one in world.open_tasks(started)) == ["beside", "first"]
    assert broken(world.engine) == []


def test_the_starter_may_cancel_until_a_step_is_reached(world: World) -> None:
    source = process(
        user_task("first") + user_task("second") + chain("s", "first", "second", "e"),
        cancelable="starter until second",
    )
    world.deploy({"p.bpmn": source})
    started, other = world.start("p"), world.start("p")
    with world.engine.begin(world.actor("assistant")) as command, pytest.raises(NotAllowed):
        instances.cancel(command, started.key, "not mine")
    with world.engine.begin(world.actor("clerk")) as command:
        instances.cancel(command, started.key, "a mistake")
    assert world.instance(started.key).status == TERMINATED
    world.complete("first", of=other)
    with world.engine.begin(world.actor("clerk")) as command, pytest.raises(NotAllowed):
        instances.cancel(command, other.key, "too late")
    with world.engine.read() as session:
        assert [one.action for one in course.acts(session, started.key)] == ["instance.canceled"]


def test_a_decision_the_process_cannot_take_does_not_stand_on_the_open_task(world: World) -> None:
    endless = process(
        user_task("work", outcomes="approve,reject")
        + '<exclusiveGateway id="again"/><exclusiveGateway id="enough" default="enough_e"/>'
        + script("count", "=(if n = null then 0 else n) + 1", "n")
        + chain("s", "work", "again", "count", "enough", "e")
        + flow("enough", "again", "=n &lt; 1000000")
    )
    world.deploy({"p.bpmn": endless})
    world.start("p")
    work = complete(world, "work", outcome="reject", opinion="too dear")
    assert work.completed_at is None
    assert (work.outcome, work.opinion) == (None, None)


def test_what_one_approval_decided_is_asked_anew_at_the_next(world: World) -> None:
    field = {"type": "radio", "key": "outcome", "id": "outcome", "validate": {"required": True},
             "values": [{"value": one, "label": one} for one in ("approve", "reject")]}  # fmt: skip
    form = {"id": "p.decide", "type": "default", "schemaVersion": 19, "components": [field]}
    steps = ("first", "second")
    drawn = "".join(user_task(one, form="p.decide", outcomes="approve,reject") for one in steps)
    world.deploy(
        {
            "p.bpmn": process(drawn + chain("s", *steps, "e")),
            "forms/p.decide.form": json.dumps(form).encode(),
        }
    )
    world.start("p")
    world.complete("first", {"outcome": "approve"})
    with pytest.raises(InvalidVariables) as refused:
        world.complete("second", {})
    assert [one.code for one in refused.value.errors["outcome"]] == ["required"]


def test_the_starter_may_cancel_for_a_while(world: World, clock: Clock) -> None:
    drawn = user_task("first") + user_task("second") + chain("s", "first", "second", "e")
    world.deploy({"p.bpmn": process(drawn, cancelable="starter within PT1M")})
    soon, late = world.start("p"), world.start("p")
    world.complete("first", of=soon)
    clock.forward(seconds=59)
    with world.engine.begin(world.actor("clerk")) as command:
        assert instances.cancel(command, soon.key, "a mistake").status == TERMINATED
    clock.forward(seconds=2)
    with world.engine.begin(world.actor("clerk")) as command, pytest.raises(NotAllowed):
        instances.cancel(command, late.key, "a mistake")


def test_what_is_said_of_a_step_that_decides_nothing_is_kept(world: World) -> None:
    world.deploy({"p.bpmn": process(user_task("check") + chain("s", "check", "e"))})
    started = world.start("p")
    key = world.task("check").key
    with world.engine.begin(world.actor("assistant")) as command:
        with pytest.raises(InvalidVariables):
            tasks.complete(command, key, {}, opinion="x" * 2001)
        done = tasks.complete(command, key, {}, opinion=" 门锁已换 ").task
    assert (done.outcome, done.opinion) == (None, "门锁已换")
    with world.engine.read() as session:
        [said] = [
            one.detail
            for one in session.scalars(select(AuditEntry))
            if one.action == "task.completed"
        ]
    assert said["reason"] == "门锁已换"
    assert world.instance(started.key).variables == {}
