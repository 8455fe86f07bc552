"""What people do with a task and where its work goes, together: signers, delegation and substitutes with 退回 and 撤回, copies at the end."""

from __future__ import annotations

from typing import Any

import pytest

from engine import tasks
from engine.errors import Conflict, NotAllowed, TaskClosed
from engine.flow import returns, withdrawals
from engine.models.task import CANCELED, COMPLETING, UserTask
from engine.staff import substitutions
from engine.timing import pauses
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.engine.flow import diagrams
from tests.engine.flow.people import give_back, steps, withdraw
from tests.engine.tasks.office import Office
from tests.faults.invariants import broken
from tests.world import World

WORKING = "move_in_owner.t_conflict"
LEADER = {"outcomes": "approve,reject", "repeatedApprover": "skip"}


def at_look(world: World) -> Office:
    """An instance whose token stands at `look`, which may be returned."""
    office = Office(world, diagrams.FORKED)
    world.complete("write", by="clerk")
    world.complete("check")
    return office


def act(world: World, by: str, operation: Any, *args: Any, **more: Any) -> Any:
    with world.engine.begin(world.actor(by)) as command:
        return operation(command, *args, **more)


def row(world: World, key: int) -> UserTask:
    with world.engine.read() as session:
        return session.get_one(UserTask, key)


# Returning


def test_signers_of_a_returned_task_are_released_and_told(world: World, clock: Clock) -> None:
    office = at_look(world)
    task = office.claim("look")
    beside, after = [
        office.add(task.key, [who], where)[0].key
        for who, where in (("clerk", tasks.BESIDE), ("cashier", tasks.AFTER))
    ]
    act(world, "clerk", tasks.add_signers, beside, ["supervisor"], tasks.AFTER)
    office.sign(beside, "clerk")
    assert row(world, beside).state == COMPLETING
    act(world, "assistant", returns.give_back, task.key, "check", "not in order")
    for key in (beside, after):
        found = row(world, key)
        assert (found.state, found.check_at, found.completed_by) == (CANCELED, None, None)
    assert row(world, task.key).signers == 0
    assert "sign_withdrawn" in office.kinds("clerk")
    assert office.kinds("cashier") == []  # never asked, never told
    assert broken(world.engine) == []
    world.complete("check")
    again = world.task("look")
    assert again.signers == 0
    assert not act(world, "assistant", tasks.complete, again.key, {}, outcome="approve").held


def test_what_waits_for_signers_is_not_returned_until_it_is_taken_back(world: World) -> None:
    office = at_look(world)
    task = office.claim("look")
    office.add(task.key, ["clerk"], tasks.AFTER)
    act(world, "assistant", tasks.complete, task.key, {}, outcome="approve")
    with pytest.raises(TaskClosed):
        act(world, "assistant", returns.give_back, task.key, "check", "not in order")
    act(world, "assistant", tasks.take_back, task.key)
    with pytest.raises(Conflict, match="waits for signers"):
        act(world, "assistant", tasks.take_back, task.key)
    act(world, "assistant", returns.give_back, task.key, "check", "not in order")
    assert steps(world) == ["check", "pay"]
    assert broken(world.engine) == []


def test_a_delegated_task_is_returned_by_its_owner_after_recalling_it(world: World) -> None:
    office = at_look(world)
    task = office.claim("look")
    act(world, "assistant", tasks.delegate, task.key, "clerk")
    for who in ("assistant", "clerk"):
        with pytest.raises(NotAllowed):
            act(world, who, returns.give_back, task.key, "check", "not in order")
    act(world, "assistant", tasks.recall, task.key)
    give_back(world, "look", "check", by="assistant")
    assert broken(world.engine) == []


def test_signers_and_helpers_in_a_branch_that_ends_are_told(world: World) -> None:
    office = Office(world, diagrams.SPLIT_AFTER)
    world.complete("write", by="clerk")
    look = office.claim("look", by="colleague")
    (signer,) = office.add(look.key, ["cashier"], tasks.BESIDE, by="colleague")
    act(world, "colleague", tasks.delegate, look.key, "supervisor")
    give_back(world, "check", "write", by="assistant")
    assert [row(world, key).state for key in (look.key, signer.key)] == [CANCELED, CANCELED]
    for who in ("cashier", "supervisor", "colleague"):
        assert "task_canceled" in office.kinds(who), who
    assert steps(world) == ["write"]
    assert broken(world.engine) == []


def test_what_a_substitute_did_goes_back_to_his_principal(world: World, clock: Clock) -> None:
    office = Office(world, diagrams.FORKED)
    world.complete("write", by="clerk")
    made = office.substitute("assistant", "cashier")
    office.claim("check", by="assistant")
    world.complete("check", by="cashier")
    act(world, "cashier", substitutions.revoke, made.id)
    (again,) = give_back(world, "look", "check", by="colleague")
    assert office.assignee(again.key) == "assistant"


def test_a_repeated_approver_is_asked_again_when_the_work_comes_back(world: World) -> None:
    source = process(
        user_task("one", "service_supervisor", **LEADER)
        + user_task("two", "service_assistant", returnTo="any", **diagrams.ASKED)
        + user_task("three", "service_supervisor", **LEADER)
        + user_task("last")
        + chain("s", "one", "two", "three", "last", "e")
    )
    world.deploy({"p.bpmn": source})
    world.start("p")
    act(world, "supervisor", tasks.complete, world.task("one").key, {}, outcome="approve")
    give_back(world, "two", "one", by="assistant")
    assert steps(world) == ["one"]  # though nobody else could approve, and he has
    act(
        world,
        "supervisor",
        tasks.complete,
        world.task("one").key,
        {},
        outcome="reject",
        opinion="no",
    )
    act(world, "assistant", tasks.complete, world.task("two").key, {}, outcome="approve")
    assert steps(world) == ["three"]  # what he approved before the return does not count
    assert broken(world.engine) == []


def test_a_skipped_approval_is_asked_for_when_the_work_is_returned_to_it(world: World) -> None:
    source = process(
        user_task("one", "service_supervisor", **LEADER)
        + user_task("two", "service_supervisor", **LEADER)
        + user_task("three", "service_assistant", returnTo="any", **diagrams.ASKED)
        + chain("s", "one", "two", "three", "e")
    )
    world.deploy({"p.bpmn": source})
    world.start("p")
    act(world, "supervisor", tasks.complete, world.task("one").key, {}, outcome="approve")
    assert steps(world) == ["three"]
    give_back(world, "three", "two", by="assistant")
    assert steps(world) == ["two"]
    act(world, "supervisor", tasks.complete, world.task("two").key, {}, outcome="approve")
    assert steps(world) == ["three"]
    assert broken(world.engine) == []


# Withdrawing


def test_a_task_with_signers_opens_again_without_them(world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.AFTER)
    world.complete_key(task.key, {"ok": True}, by="assistant")
    office.sign(signer.key, "clerk")
    again = withdraw(world, row(world, task.key), by="assistant")
    assert (again.signers, again.assignee_id) == (0, world.actor("assistant").user_id)
    with world.engine.read() as session:
        assert returns.prefill(session, again) == {"ok": True}
    assert steps(world) == ["check"]
    assert broken(world.engine) == []


@pytest.mark.parametrize("touch", ["delegate", "sign", "pause"])
def test_the_next_task_is_somebodys_once_it_was_touched(world: World, touch: str) -> None:
    source = process(
        user_task("check") + user_task("sign", limit=WORKING) + chain("s", "check", "sign", "e")
    )
    office = Office(world, source)
    done = world.complete("check").task
    key = world.task("sign").key
    acts: dict[str, tuple[Any, ...]] = {
        "delegate": ("colleague", tasks.delegate, key, "clerk"),
        "sign": ("colleague", tasks.add_signers, key, ["clerk"], tasks.BEFORE),
        "pause": ("supervisor", pauses.begin, key, "the customer is away"),
    }
    by, operation, *args = acts[touch]
    act(world, by, operation, *args)
    with pytest.raises(withdrawals.WentOn):
        withdraw(world, done, by="assistant")
    assert [one.element_id for one in world.open_tasks(office.instance)][:1] == ["sign"]


def test_what_was_completed_after_an_answer_opens_for_its_owner(world: World) -> None:
    office = Office(world)
    task = office.claim()
    act(world, "assistant", tasks.delegate, task.key, "clerk")
    act(world, "clerk", tasks.answer, task.key, "fine")
    done = world.complete("check").task
    again = withdraw(world, done, by="assistant")
    assert (office.assignee(again.key), again.owner_id) == ("assistant", None)
    assert broken(world.engine) == []


def test_a_substitute_withdraws_only_while_he_is_one(world: World) -> None:
    office = Office(world)
    office.claim()
    made = office.substitute("assistant", "cashier")
    done = world.complete("check", by="cashier").task
    again = withdraw(world, done, by="cashier")
    assert office.assignee(again.key) == "assistant"
    done = world.complete("check", by="cashier").task
    act(world, "cashier", substitutions.revoke, made.id)
    with pytest.raises(NotAllowed):
        withdraw(world, done, by="cashier")
    assert steps(world) == ["sign"]
    assert broken(world.engine) == []


# Taking back what waits for signers


def test_what_was_taken_back_is_submitted_again_and_signatures_stay(world: World) -> None:
    office = Office(world)
    task = office.claim()
    first, second = office.add(task.key, ["clerk", "cashier"], tasks.AFTER)
    world.complete_key(task.key, {"ok": 1}, by="assistant")
    office.sign(first.key, "clerk")
    for who in ("colleague", "clerk"):
        with pytest.raises(NotAllowed):
            act(world, who, tasks.take_back, task.key)
    act(world, "assistant", tasks.take_back, task.key)
    assert broken(world.engine) == []
    office.sign(second.key, "cashier")
    assert steps(world) == ["check"]  # nobody has submitted it
    assert not world.complete_key(task.key, {"ok": 2}, by="assistant").held
    assert world.instance(office.instance.key).variables == {"ok": 2}
    with pytest.raises(TaskClosed):
        act(world, "assistant", tasks.take_back, task.key)
    assert broken(world.engine) == []


def test_a_signer_takes_back_what_waits_for_his_own_signers(world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.BEFORE)
    act(world, "clerk", tasks.add_signers, signer.key, ["cashier"], tasks.AFTER)
    office.sign(signer.key, "clerk")
    act(world, "clerk", tasks.take_back, signer.key)
    office.sign(signer.key, "clerk", "reject", "on second thought")
    assert row(world, signer.key).outcome == "reject"
    assert broken(world.engine) == []


def test_what_a_substitute_returns_is_stamped_and_comes_straight_back_to_his_principal(
    world: World,
) -> None:
    office = at_look(world)
    look = office.claim("look")
    office.substitute("assistant", "cashier")
    give_back(world, "look", "check", by="cashier", straight_back=True)
    assert row(world, look.key).acted_for == world.actor("assistant").user_id
    assert office.detail("task.returned")["acted_for"] == "Assistant"
    world.complete("check")
    assert office.assignee(world.task("look").key) == "assistant"
