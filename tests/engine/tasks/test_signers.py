"""Signers before, beside and after a task (前加签, 并加签, 后加签), nested, and taken away (减签)."""

from __future__ import annotations

import pytest

from engine import inbox, instances, tasks
from engine.errors import InvalidVariables, NotAllowed, Rejected, TaskClosed, WaitsForSigners
from engine.models.task import CANCELED, COMPLETED, COMPLETING, CREATED, CREATING
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.engine.tasks.office import Office
from tests.faults.diagrams import TIMER
from tests.faults.invariants import broken
from tests.world import World


def elements(office: Office) -> list[str]:
    return [task.element_id for task in office.world.open_tasks(office.instance)]


def test_a_task_waits_for_the_signers_before_it(world: World) -> None:
    office = Office(world)
    task = office.claim()
    first, second = office.add(task.key, ["clerk", "cashier"], tasks.BEFORE)
    with pytest.raises(WaitsForSigners) as refusal:
        world.complete_key(task.key, by="assistant")
    assert refusal.value.params["people"] == "Clerk, Cashier"
    office.sign(first.key, "clerk")
    with pytest.raises(WaitsForSigners):
        world.complete_key(task.key, by="assistant")
    office.sign(second.key, "cashier", "reject", "缺资料")
    assert [kind for kind, _ in office.told("assistant")] == ["task_signed", "task_signed"]
    assert world.complete_key(task.key, by="assistant").ran
    assert elements(office) == ["sign"]
    assert broken(world.engine) == []


def test_signers_after_a_task_hold_its_token(world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.AFTER)
    assert office.task(signer.key).state == CREATING
    assert office.kinds("clerk") == []
    # when the assignee submits
    held = world.complete_key(task.key, {"ok": True}, by="assistant")
    # then the token waits, and the signer is asked
    assert held.held
    assert office.task(task.key).state == COMPLETING
    assert office.kinds("clerk") == ["sign_asked"]
    assert world.instance(office.instance.key).variables == {}
    assert broken(world.engine) == []
    # when the last signer signs
    office.sign(signer.key, "clerk")
    # then the process has what the assignee submitted
    assert world.instance(office.instance.key).variables == {"ok": True}
    assert elements(office) == ["sign"]
    done = office.task(task.key)
    assert (done.state, done.completed_by) == (COMPLETED, world.actor("assistant").user_id)
    assert office.detail("task.completed")["signed_by"] == "Clerk"
    assert broken(world.engine) == []


def test_signers_beside_a_task_sign_while_it_is_worked_on(world: World) -> None:
    office = Office(world)
    task = office.claim()
    first, second = office.add(task.key, ["clerk", "cashier"], tasks.BESIDE)
    office.sign(first.key, "clerk")
    assert world.complete_key(task.key, by="assistant").held
    assert elements(office) == ["check"]
    office.sign(second.key, "cashier")
    assert elements(office) == ["sign"]
    assert broken(world.engine) == []


def test_a_rejection_gives_back_what_was_submitted(world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.AFTER)
    world.complete_key(task.key, {"ok": True}, by="assistant")
    office.sign(signer.key, "clerk", "reject", "金额不对")
    back = office.task(task.key)
    assert (back.state, back.submitted, back.completed_by) == (CREATED, {"ok": True}, None)
    assert office.kinds("assistant") == ["task_given_back"]
    assert broken(world.engine) == []
    assert world.complete_key(task.key, {"ok": False}, by="assistant").ran
    assert world.instance(office.instance.key).variables == {"ok": False}


def test_signers_are_nested(world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.AFTER)
    world.complete_key(task.key, by="assistant")
    (nested,) = office.add(signer.key, ["cashier"], tasks.AFTER, by="clerk")
    assert office.sign(signer.key, "clerk").held
    assert elements(office) == ["check"]
    assert broken(world.engine) == []
    office.sign(nested.key, "cashier")
    assert elements(office) == ["sign"]
    assert broken(world.engine) == []


def test_a_nested_rejection_goes_back_to_who_submitted_last(world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.AFTER)
    world.complete_key(task.key, by="assistant")
    (nested,) = office.add(signer.key, ["cashier"], tasks.AFTER, by="clerk")
    office.sign(signer.key, "clerk")
    office.sign(nested.key, "cashier", "reject", "不行")
    assert office.task(signer.key).state == CREATED
    assert office.task(task.key).state == COMPLETING
    assert broken(world.engine) == []


@pytest.mark.parametrize("people", [["clerk", "clerk"], ["assistant"], ["clerk"], ["stranger"], []])
def test_refuses_whoever_has_a_part_already_or_works_elsewhere(
    world: World, people: list[str]
) -> None:
    office = Office(world)
    task = office.claim()
    office.add(task.key, ["clerk"], tasks.BESIDE)
    with pytest.raises(Rejected):
        office.add(task.key, people, tasks.AFTER)


def test_refuses_a_circle_of_signers(world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.BEFORE)
    with pytest.raises(Rejected):
        office.add(signer.key, ["assistant"], tasks.BEFORE, by="clerk")
    with pytest.raises(Rejected):
        office.act(tasks.transfer, task.key, "clerk", by="supervisor")


def test_separation_of_duties_holds_for_signers(world: World) -> None:
    body = user_task("do") + user_task("verify", distinctFrom="do")
    office = Office(world, process(body + chain("s", "do", "verify", "e")))
    world.complete("do", by="colleague")
    task = office.claim("verify")
    with pytest.raises(NotAllowed):
        office.add(task.key, ["colleague"], tasks.BEFORE)


def test_only_who_may_complete_adds_signers(world: World) -> None:
    office = Office(world)
    task = office.claim()
    for by in ("clerk", "colleague", "supervisor"):
        with pytest.raises(NotAllowed):
            office.add(task.key, ["cashier"], tasks.BEFORE, by=by)


def test_a_signer_says_yes_or_no_with_a_reason(world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.BEFORE)
    for said in (
        {},
        {"outcome": "maybe"},
        {"outcome": "reject"},
        {"outcome": "approve", "opinion": "\0"},
    ):
        with pytest.raises(InvalidVariables):
            office.act(tasks.complete, signer.key, said, by="clerk")
    with pytest.raises(NotAllowed):
        office.sign(signer.key, "assistant")
    office.sign(signer.key, "clerk", opinion="同意")
    signed = office.task(signer.key)
    assert (signed.outcome, signed.opinion) == ("approve", "同意")
    assert ("Clerk", "task.signed") in office.history()


def test_taking_the_last_signer_away_lets_the_task_go_on(world: World) -> None:
    office = Office(world)
    task = office.claim()
    first, second = office.add(task.key, ["clerk", "cashier"], tasks.AFTER)
    world.complete_key(task.key, {"ok": True}, by="assistant")
    office.act(tasks.remove_signer, first.key, by="assistant")
    assert elements(office) == ["check"]
    office.act(tasks.remove_signer, second.key, reason="不必了", by="assistant")
    assert elements(office) == ["sign"]
    assert office.task(second.key).state == CANCELED
    assert office.kinds("cashier") == ["sign_asked", "sign_withdrawn"]
    assert broken(world.engine) == []


def test_a_signer_is_taken_away_with_his_own_signers(world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.BEFORE)
    (nested,) = office.add(signer.key, ["cashier"], tasks.BEFORE, by="clerk")
    office.act(tasks.remove_signer, signer.key, by="assistant")
    assert office.task(nested.key).state == CANCELED
    assert broken(world.engine) == []
    assert world.complete_key(task.key, by="assistant").ran


def test_a_signature_stays_and_only_who_added_a_signer_takes_him_away(world: World) -> None:
    office = Office(world)
    task = office.claim()
    first, second = office.add(task.key, ["clerk", "cashier"], tasks.BEFORE)
    office.sign(first.key, "clerk")
    with pytest.raises(TaskClosed):
        office.act(tasks.remove_signer, first.key, by="assistant")
    for by in ("cashier", "colleague", "supervisor"):
        with pytest.raises(NotAllowed):
            office.act(tasks.remove_signer, second.key, by=by)


def test_signers_are_canceled_with_the_instance(world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.AFTER)
    (nested,) = office.add(task.key, ["cashier"], tasks.BESIDE)
    world.complete_key(task.key, by="assistant")
    office.act(instances.cancel, office.instance.key, "作废", by="root")
    assert {office.task(one.key).state for one in (task, signer, nested)} == {CANCELED}
    assert broken(world.engine) == []


def test_signers_are_canceled_when_a_timer_overtakes_the_task(world: World, clock: Clock) -> None:
    from engine import worker

    office = Office(world, TIMER)
    (open_task,) = world.open_tasks(office.instance)
    (signer,) = office.add(open_task.key, ["clerk"], tasks.AFTER)
    world.complete_key(open_task.key, by="assistant")
    clock.forward(hours=2)
    worker.run_due(world.engine)
    assert office.task(open_task.key).state == office.task(signer.key).state == CANCELED
    assert broken(world.engine) == []


def test_a_signer_finds_the_task_in_his_list_with_its_limit(world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.BEFORE)
    with world.engine.read() as session:
        (row,) = inbox.mine(session, world.actor("clerk"), inbox.Filter()).rows
    assert row.task.key == signer.key
    assert row.task.due_at == office.task(task.key).due_at


def test_an_ordinary_completion_does_not_ask_for_signers(world: World) -> None:
    office = Office(world)
    assert not office.task(world.task("check").key).signers
    assert world.complete("check").ran


def test_a_process_without_end_keeps_the_signers_task_and_what_he_said(world: World) -> None:
    endless = process(
        user_task("check")
        + '<exclusiveGateway id="again" default="again_count"/>'
        + '<scriptTask id="count"><extensionElements><zeebe:script expression="=n + 1" resultVariable="n"/></extensionElements></scriptTask>'
        + chain("s", "check", "again")
        + '<sequenceFlow id="again_count" sourceRef="again" targetRef="count"/>'
        + chain("count", "wait")
        + '<exclusiveGateway id="wait" default="wait_again"/>'
        + '<sequenceFlow id="wait_again" sourceRef="wait" targetRef="again"/>'
        + user_task("never")
        + '<sequenceFlow id="wait_never" sourceRef="wait" targetRef="never"><conditionExpression>=n &lt; 0</conditionExpression></sequenceFlow>'
        + chain("never", "e")
    )
    office = Office(world, endless)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.AFTER)
    world.complete_key(task.key, {"n": 0}, by="assistant")
    done = office.sign(signer.key, "clerk")
    assert not done.ran
    assert (office.task(signer.key).state, office.task(task.key).state) == (CREATED, COMPLETING)
    with world.engine.read() as session:
        draft = tasks.draft_of(session, world.actor("clerk"), f"task:{signer.key}")
    assert draft is not None
    assert draft.data["outcome"] == "approve"
