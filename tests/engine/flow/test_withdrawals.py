"""Taking back what one completed: only one's own, only while nothing has touched what came after."""

from __future__ import annotations

import datetime as dt

import pytest

from engine import jobs, tasks, worker
from engine.errors import Conflict, InstanceClosed, NotAllowed, Rejected, TaskChanged
from engine.flow import returns, withdrawals
from engine.flow.withdrawals import WentOn
from engine.models.instance import COMPLETED, ElementInstance
from engine.models.task import UserTask
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.diagrams import chain, process, service_task, user_task
from tests.engine.flow import diagrams
from tests.engine.flow.people import give_back, steps, withdraw
from tests.faults.diagrams import GO, LATE, WAIT
from tests.faults.invariants import broken
from tests.world import World

TWO = process(
    user_task("work", limit="move_in_owner.a_override") + user_task("next")
    + chain("s", "work", "next", "e")
)  # fmt: skip


def done(world: World, element_id: str, by: str = "assistant", **variables: object) -> UserTask:
    return world.complete(element_id, variables, by=by).task


def test_a_completed_task_opens_again_as_it_was(world: World, clock: Clock) -> None:
    # given
    world.deploy({"p.bpmn": TWO})
    started = world.start("p")
    before = done(world, "work", title="roof")
    following = world.task("next")
    clock.forward(hours=1)
    # when
    again = withdraw(world, before, by="assistant")
    # then
    assert steps(world) == ["work"]
    assert again.assignee_id == world.actor("assistant").user_id
    assert (again.due_at, again.escalation) == (before.due_at, before.escalation)
    assert again.check_at is not None
    assert again.origin is not None
    assert again.origin["kind"] == "withdraw"
    with world.engine.read() as session:
        assert returns.prefill(session, again) == {"title": "roof"}
        assert session.get_one(ElementInstance, following.key).state == "terminated"
        assert session.get_one(UserTask, following.key).state == "canceled"
    assert broken(world.engine) == []
    done(world, "work")
    done(world, "next")
    assert world.instance(started.key).status == COMPLETED


def test_nobody_takes_back_what_another_completed(world: World) -> None:
    world.deploy({"p.bpmn": TWO})
    world.start("p")
    before = done(world, "work")
    with pytest.raises(NotAllowed):
        withdraw(world, before, by="colleague")


def test_a_claimed_next_task_is_somebodys(world: World) -> None:
    world.deploy({"p.bpmn": TWO})
    world.start("p")
    before = done(world, "work")
    with world.engine.begin(world.actor("colleague")) as command:
        tasks.claim(command, world.task("next").key)
    with pytest.raises(WentOn) as refusal:
        withdraw(world, before, by="assistant")
    assert "Colleague" in refusal.value.params["reason"]


def test_a_begun_next_task_is_somebodys(world: World) -> None:
    world.deploy({"p.bpmn": TWO})
    world.start("p")
    before = done(world, "work")
    with world.engine.begin(world.actor("colleague")) as command:
        tasks.save_draft(command, f"task:{world.task('next').key}", {"x": 1})
    with pytest.raises(WentOn):
        withdraw(world, before, by="assistant")


def test_a_job_that_was_tried_has_happened(world: World) -> None:
    source = process(
        user_task("work") + service_task("send", "outside") + chain("s", "work", "send", "e")
    )
    world.deploy({"p.bpmn": source})
    world.start("p")
    before = done(world, "work")
    again = withdraw(world, before, by="assistant")
    assert broken(world.engine) == []
    before = done(world, "work")
    assert again.key == before.key
    with world.engine.begin(SYSTEM) as command:
        jobs.activate(command, ["outside"], worker="w", lease=dt.timedelta(minutes=1), limit=1)
    with pytest.raises(WentOn):
        withdraw(world, before, by="assistant")


def test_a_job_the_engine_did_itself_has_happened(world: World) -> None:
    notify = service_task(
        "tell", "guicheng.notify", {"roles": '=["finance_clerk"]', "text": '="x"'}
    )
    world.deploy({"p.bpmn": process(user_task("work") + notify + user_task("next") + chain("s", "work", "tell", "next", "e"))})  # fmt: skip
    started = world.start("p")
    before = done(world, "work")
    worker.settle(world.engine, started.key)
    with pytest.raises(WentOn):
        withdraw(world, before, by="assistant")


def test_a_wait_for_a_message_is_given_up(world: World) -> None:
    source = process(user_task("work") + WAIT + chain("s", "work", "wait", "e"), extra=GO)
    world.deploy({"p.bpmn": source})
    world.start("p", {"k": "1"})
    before = done(world, "work")
    withdraw(world, before, by="assistant")
    assert broken(world.engine) == []


def test_a_timer_that_fired_has_happened(world: World, clock: Clock) -> None:
    late = LATE.replace('attachedToRef="work"', 'attachedToRef="next"')
    source = process(
        user_task("work") + user_task("next") + user_task("chase") + late
        + chain("s", "work", "next", "e") + chain("late", "chase", "e")
    )  # fmt: skip
    world.deploy({"p.bpmn": source})
    world.start("p")
    before = done(world, "work")
    clock.forward(hours=2)
    worker.run_due(world.engine)
    assert steps(world) == ["chase"]
    with pytest.raises(WentOn):
        withdraw(world, before, by="assistant")


def test_what_a_completion_joined_waits_again(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.FORKED})
    world.start("p")
    done(world, "write", by="clerk")
    done(world, "check")
    done(world, "pay", by="cashier")
    with world.engine.begin(world.actor("assistant")) as command:
        look = tasks.complete(command, world.task("look").key, {}, outcome="approve").task
    assert steps(world) == ["sign"]
    withdraw(world, look, by="assistant")
    assert steps(world) == ["look"]
    assert broken(world.engine) == []
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.complete(command, world.task("look").key, {}, outcome="approve")
    assert steps(world) == ["sign"]


def test_another_branch_goes_on_meanwhile(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.FORKED})
    world.start("p")
    done(world, "write", by="clerk")
    check = done(world, "check")
    done(world, "pay", by="cashier")
    withdraw(world, check, by="assistant")
    assert steps(world) == ["check"]
    assert broken(world.engine) == []


def test_an_end_is_an_end(world: World) -> None:
    world.deploy({"p.bpmn": TWO})
    started = world.start("p")
    done(world, "work")
    last = done(world, "next")
    with pytest.raises((InstanceClosed, Rejected)):
        withdraw(world, last, by="assistant")
    assert world.instance(started.key).status == COMPLETED


def test_a_step_that_goes_straight_back_does_so_again_after_it_was_withdrawn(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.THREE})
    started = world.start("p")
    done(world, "write", by="clerk")
    done(world, "check")
    give_back(world, "sign", "write", by="supervisor", straight_back=True)
    written = done(world, "write", by="clerk")
    assert steps(world) == ["sign"]
    withdraw(world, written, by="clerk")
    assert steps(world) == ["write"]
    done(world, "write", by="clerk")
    task = world.task("sign")
    assert task.assignee_id == world.actor("supervisor").user_id
    with world.engine.begin(world.actor("supervisor")) as command:
        tasks.complete(command, task.key, {}, outcome="approve")
    assert world.instance(started.key).status == COMPLETED
    assert broken(world.engine) == []


def test_what_was_returned_stays_returned(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.THREE})
    world.start("p")
    done(world, "write", by="clerk")
    done(world, "check")
    sign = world.task("sign")
    give_back(world, "sign", "check", by="supervisor")
    with pytest.raises((Rejected, Conflict)):
        withdraw(world, sign, by="supervisor")


def test_undo_is_offered_for_a_short_time(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": TWO})
    world.start("p")
    before = done(world, "work")
    actor = world.actor("assistant")
    with world.engine.read() as session:
        task = session.get_one(UserTask, before.key)
        until = withdrawals.undoable(world.engine, session, actor, task)
        assert until == clock.now + dt.timedelta(seconds=60)
        assert withdrawals.undoable(world.engine, session, world.actor("colleague"), task) is None
        clock.forward(seconds=61)
        assert withdrawals.undoable(world.engine, session, actor, task) is None
        assert withdrawals.withdrawable(world.engine, session, actor, task)


def test_a_stale_version_is_refused(world: World) -> None:
    world.deploy({"p.bpmn": TWO})
    world.start("p")
    before = done(world, "work")
    with world.engine.begin(world.actor("assistant")) as command, pytest.raises(TaskChanged):
        withdrawals.withdraw(command, before.key, version=before.version - 1)
