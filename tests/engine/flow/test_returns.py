"""Returning work: which tokens end, which live on, who gets it again, and what a return leaves behind."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine import course, inbox, jobs, tasks
from engine.corrections import ReasonMissing
from engine.errors import NotAllowed, Rejected, TaskChanged
from engine.flow import returns
from engine.models.instance import COMPLETED, ElementInstance
from engine.models.task import Notification, UserTask
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.engine.flow import diagrams
from tests.engine.flow.people import give_back, preview, steps, targets
from tests.faults.invariants import broken
from tests.world import World


def finish(world: World, *order: tuple[str, str]) -> None:
    for element_id, who in order:
        more = {"outcome": "approve"} if element_id in ("sign", "look", "left", "right") else {}
        task = world.task(element_id)
        with world.engine.begin(world.actor(who)) as command:
            tasks.complete(command, task.key, {}, **more)


def test_a_returned_task_opens_the_earlier_step_for_who_did_it(world: World) -> None:
    # given
    world.deploy({"p.bpmn": diagrams.THREE})
    started = world.start("p")
    world.complete("write", {"title": "roof"}, by="clerk")
    world.complete("check", {"ok": True}, by="colleague")
    # when
    (again,) = give_back(world, "sign", "check", by="supervisor")
    # then
    assert steps(world) == ["check"]
    assert again.assignee_id == world.actor("colleague").user_id
    assert again.origin is not None
    assert again.origin["kind"] == "return"
    assert (again.origin["name"], again.origin["step"]) == ("Supervisor", "sign")
    assert again.origin["reason"] == "not in order"
    assert world.instance(started.key).variables == {"title": "roof", "ok": True}
    assert broken(world.engine) == []


def test_the_returned_task_says_so_in_the_history(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.THREE})
    started = world.start("p")
    finish(world, ("write", "clerk"), ("check", "assistant"))
    key = world.task("sign").key
    give_back(world, "sign", "previous", by="supervisor")
    with world.engine.read() as session:
        row = session.get_one(UserTask, key)
        assert (row.state, row.outcome, row.opinion) == (COMPLETED, "return", "not in order")
        assert session.get_one(ElementInstance, key).state == "completed"
        (told,) = [
            one for one in course.acts(session, started.key) if one.action == "task.returned"
        ]
        assert told.detail["to"] == "check"
        assert told.detail["reason"] == "not in order"
        note = session.scalars(select(Notification)).one()
        assert (note.kind, note.user_id) == ("task_returned", world.actor("assistant").user_id)


def test_the_work_runs_on_normally_after_a_return(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.THREE})
    started = world.start("p")
    finish(world, ("write", "clerk"), ("check", "assistant"))
    give_back(world, "sign", "write", by="supervisor")
    finish(world, ("write", "clerk"), ("check", "assistant"), ("sign", "supervisor"))
    assert world.instance(started.key).status == COMPLETED
    assert broken(world.engine) == []


def test_going_straight_back_leads_to_who_returned_it(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.THREE})
    started = world.start("p")
    finish(world, ("write", "clerk"), ("check", "assistant"))
    give_back(world, "sign", "write", by="supervisor", straight_back=True)
    assert steps(world) == ["write"]
    finish(world, ("write", "clerk"))
    task = world.task("sign")
    assert task.assignee_id == world.actor("supervisor").user_id
    assert task.origin is not None
    assert task.origin["kind"] == "back"
    finish(world, ("sign", "supervisor"))
    assert world.instance(started.key).status == COMPLETED
    assert broken(world.engine) == []


def test_after_going_straight_back_a_second_return_takes_the_drawn_way(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.FORKED})
    started = world.start("p")
    finish(
        world, ("write", "clerk"), ("check", "assistant"), ("look", "assistant"), ("pay", "cashier")
    )
    give_back(world, "sign", "check", by="supervisor", straight_back=True)
    assert steps(world) == ["check"]
    finish(world, ("check", "assistant"))
    assert steps(world) == ["sign"]
    give_back(world, "sign", "check", by="supervisor")
    finish(world, ("check", "assistant"), ("look", "assistant"))
    assert steps(world) == ["sign"]
    finish(world, ("sign", "supervisor"))
    assert world.instance(started.key).status == COMPLETED
    assert broken(world.engine) == []


def test_a_branch_split_off_before_the_step_lives_on(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.FORKED})
    started = world.start("p")
    finish(world, ("write", "clerk"), ("check", "assistant"))
    pay = world.task("pay")
    plan = preview(world, "look", "check", by="assistant")
    assert plan.ended == ()
    give_back(world, "look", "check", by="assistant")
    assert steps(world) == ["check", "pay"]
    assert world.task("pay").key == pay.key
    finish(
        world,
        ("pay", "cashier"),
        ("check", "assistant"),
        ("look", "assistant"),
        ("sign", "supervisor"),
    )
    assert world.instance(started.key).status == COMPLETED


def test_a_branch_that_waits_before_the_join_goes_on_waiting(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.FORKED})
    started = world.start("p")
    finish(world, ("write", "clerk"), ("check", "assistant"), ("pay", "cashier"))
    give_back(world, "look", "check", by="assistant")
    finish(world, ("check", "assistant"), ("look", "assistant"), ("sign", "supervisor"))
    assert world.instance(started.key).status == COMPLETED


def test_what_was_joined_since_waits_before_the_join_again(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.FORKED})
    started = world.start("p")
    finish(
        world, ("write", "clerk"), ("check", "assistant"), ("look", "assistant"), ("pay", "cashier")
    )
    plan = preview(world, "sign", "check", by="supervisor")
    assert plan.waiting == ("pay_join",)
    give_back(world, "sign", "check", by="supervisor")
    assert steps(world) == ["check"]
    assert broken(world.engine) == []
    finish(world, ("check", "assistant"), ("look", "assistant"), ("sign", "supervisor"))
    assert world.instance(started.key).status == COMPLETED


def test_branches_that_the_step_led_to_end_with_it(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.SPLIT_AFTER})
    started = world.start("p")
    finish(world, ("write", "clerk"))
    look = world.task("look")
    with world.engine.begin(world.actor("colleague")) as command:
        tasks.claim(command, look.key)
    plan = preview(world, "check", "previous", by="assistant")
    assert [one.element_id for one in plan.tasks] == ["look"]
    give_back(world, "check", "previous", by="assistant")
    assert steps(world) == ["write"]
    with world.engine.read() as session:
        assert session.get_one(UserTask, look.key).state == "canceled"
        assert session.get_one(ElementInstance, look.key).state == "terminated"
        told = session.scalars(
            select(Notification).where(Notification.kind == "task_canceled")
        ).one()
        assert told.user_id == world.actor("colleague").user_id
    assert broken(world.engine) == []
    assert world.instance(started.key).variables == {}


def test_in_a_later_round_the_way_back_is_that_of_the_token(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.ROUNDS})
    started = world.start("p")
    finish(world, ("left", "assistant"), ("right", "assistant"), ("right", "assistant"))
    # the second round's right is done; only the first round's led to the second round's left
    plan = preview(world, "left", "right", by="assistant")
    assert plan.waiting == ("left_join",)
    give_back(world, "left", "right", by="assistant")
    assert steps(world) == ["right"]
    assert broken(world.engine) == []
    finish(world, ("right", "assistant"))
    assert steps(world) == ["left", "right"]
    while world.open_tasks():
        finish(world, (world.open_tasks()[0].element_id, "assistant"))
    assert world.instance(started.key).status == COMPLETED


def test_a_parallel_step_is_no_earlier_one(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.FORKED})
    world.start("p")
    finish(world, ("write", "clerk"), ("check", "assistant"), ("pay", "cashier"))
    assert [one.element_id for one in targets(world, "look")] == ["check", "write"]
    with pytest.raises(Rejected):
        give_back(world, "look", "pay", by="assistant")


def test_only_the_allowed_steps_can_be_returned_to(world: World) -> None:
    source = process(
        user_task("write", "front_desk") + user_task("check")
        + user_task("sign", "service_supervisor", returnTo="write", outcomes="approve,return")
        + chain("s", "write", "check", "sign", "e")
    )  # fmt: skip
    world.deploy({"p.bpmn": source})
    world.start("p")
    finish(world, ("write", "clerk"), ("check", "assistant"))
    assert [one.element_id for one in targets(world, "sign")] == ["write"]
    with pytest.raises(Rejected):
        give_back(world, "sign", "check", by="supervisor")


def test_a_step_that_offers_no_return_refuses_it(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.THREE})
    world.start("p")
    finish(world, ("write", "clerk"))
    assert targets(world, "check") == []
    with pytest.raises(NotAllowed):
        give_back(world, "check", "write", by="assistant")


def test_nobody_else_returns_a_task_and_not_without_a_reason(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.THREE})
    world.start("p")
    finish(world, ("write", "clerk"), ("check", "assistant"))
    with pytest.raises(NotAllowed):
        give_back(world, "sign", "check", by="assistant")
    task = world.task("sign")
    with world.engine.begin(world.actor("supervisor")) as command, pytest.raises(ReasonMissing):
        returns.give_back(command, task.key, "check", "  ")
    with world.engine.begin(world.actor("supervisor")) as command, pytest.raises(TaskChanged):
        returns.give_back(command, task.key, "check", "no", version=task.version + 1)


def test_returning_to_the_starter_asks_the_start_form_again(world: World) -> None:
    form = b'{"id":"p.s","type":"default","schemaVersion":19,"components":[{"id":"t","type":"textfield","key":"title","label":"T","validate":{"required":true}}]}'
    at_start = '<startEvent id="s"><extensionElements>'
    source = diagrams.THREE.decode().replace(
        at_start, at_start + '<zeebe:formDefinition formId="p.s"/>'
    )
    world.deploy({"p.bpmn": source.encode(), "forms/p.s.form": form})
    started = world.start("p", {"title": "roof"})
    finish(world, ("write", "clerk"), ("check", "assistant"))
    (again,) = give_back(world, "sign", "starter", by="supervisor")
    assert (again.element_id, again.form_id) == ("s", "p.s")
    assert again.assignee_id == world.actor("clerk").user_id
    assert broken(world.engine) == []
    with world.engine.begin(world.actor("clerk")) as command:
        tasks.complete(command, again.key, {"title": "cellar"})
    assert steps(world) == ["write"]
    assert world.instance(started.key).variables["title"] == "cellar"
    assert broken(world.engine) == []


def test_without_a_start_form_the_starters_first_step_opens(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.THREE})
    world.start("p")
    finish(world, ("write", "clerk"), ("check", "assistant"))
    (again,) = give_back(world, "sign", "starter", by="supervisor")
    assert again.element_id == "write"


def test_a_step_inside_a_subprocess_returns_to_one_before_it(world: World) -> None:
    inner = (
        '<subProcess id="sub"><startEvent id="b"/><endEvent id="f"/>'
        + user_task("first")
        + user_task("second", "service_assistant", returnTo="any", **diagrams.ASKED)
        + chain("b", "first", "second", "f")
        + "</subProcess>"
    )
    world.deploy(
        {
            "p.bpmn": process(
                user_task("write", "front_desk") + inner + chain("s", "write", "sub", "e")
            )
        }
    )
    started = world.start("p")
    finish(world, ("write", "clerk"), ("first", "assistant"))
    assert [one.element_id for one in targets(world, "second")] == ["first", "write"]
    plan = preview(world, "second", "write", by="assistant")
    assert [one.element_id for one in plan.ended] == ["sub"]
    give_back(world, "second", "first", by="assistant")
    finish(world, ("first", "assistant"))
    give_back(world, "second", "write", by="assistant")
    assert steps(world) == ["write"]
    assert broken(world.engine) == []
    finish(world, ("write", "clerk"), ("first", "assistant"))
    task = world.task("second")
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.complete(command, task.key, {}, outcome="approve")
    assert world.instance(started.key).status == COMPLETED


def test_jobs_that_were_done_are_named_because_nothing_undoes_them(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.WITH_JOB})
    world.start("p")
    finish(world, ("write", "clerk"))
    with world.engine.begin(SYSTEM) as command:
        (job,) = jobs.activate(command, ["outside"], worker="w", lease=jobs.FIRST_BACKOFF, limit=1)
        jobs.complete(command, job.key, {})
    plan = preview(world, "sign", "write", by="supervisor")
    assert [one.element_id for one in plan.kept] == ["send"]


def test_a_returned_step_has_a_new_clock(world: World, clock: Clock) -> None:
    source = process(
        user_task("write", "front_desk", limit="move_in_owner.a_override")
        + user_task("sign", "service_supervisor", returnTo="any", **diagrams.ASKED) + chain("s", "write", "sign", "e")
    )  # fmt: skip
    world.deploy({"p.bpmn": source})
    world.start("p")
    first = world.task("write").due_at
    finish(world, ("write", "clerk"))
    clock.forward(days=10)
    (again,) = give_back(world, "sign", "write", by="supervisor")
    assert first is not None
    assert again.due_at is not None
    assert again.due_at > first


def test_the_open_step_is_in_the_inbox_of_who_gets_it(world: World) -> None:
    assert inbox is not None
    world.deploy({"p.bpmn": diagrams.THREE})
    world.start("p")
    finish(world, ("write", "clerk"), ("check", "assistant"))
    give_back(world, "sign", "check", by="supervisor")
    task = world.task("check")
    assert tasks.may_complete(world.actor("assistant"), task)
    assert not tasks.may_complete(world.actor("colleague"), task)
    with world.engine.read() as session:
        assert returns.prefill(session, task) == {}
