"""Delegating (委派): the helper answers, the owner completes, no token moves."""

from __future__ import annotations

import pytest

from engine import inbox, tasks
from engine.errors import NotAllowed, Rejected, TaskClosed
from engine.models.task import UserTask
from tests.engine.tasks.office import Office
from tests.world import World


def delegated(office: Office, to: str = "clerk") -> UserTask:
    task: UserTask = office.act(
        tasks.delegate, office.world.task("check").key, to, note="请看看", by="assistant"
    )
    return task


def test_the_answer_comes_back_and_the_owner_completes(world: World) -> None:
    office = Office(world)
    version = world.instance(office.instance.key).version
    task = delegated(office)
    assert office.assignee(task.key) == "clerk"
    assert office.kinds("clerk") == ["task_delegated"]
    # when
    office.act(tasks.answer, task.key, "同意", {"amount": "12.50"}, by="clerk")
    # then: nothing has moved, the proposal is the owner's draft
    assert office.assignee(task.key) == "assistant"
    assert world.instance(office.instance.key).version == version
    assert office.told("assistant")[-1][0] == "task_answered"
    assert office.told("assistant")[-1][1]["reason"] == "同意"
    with world.engine.read() as session:
        draft = tasks.draft_of(session, world.actor("assistant"), f"task:{task.key}")
    assert draft is not None
    assert draft.data == {"amount": "12.50"}
    assert world.complete("check", by="assistant").ran
    assert [act for _, act in office.history()] == [
        "task.claimed",
        "task.delegated",
        "task.answered",
    ][1:]


def test_neither_completes_while_it_is_delegated(world: World) -> None:
    office = Office(world)
    delegated(office)
    for by in ("assistant", "clerk", "colleague"):
        with pytest.raises(NotAllowed):
            world.complete("check", by=by)


def test_the_owner_sees_what_waits_for_the_helper(world: World) -> None:
    office = Office(world)
    task = delegated(office)
    with world.engine.read() as session:
        owner, helper = world.actor("assistant"), world.actor("clerk")
        wanted = inbox.Filter()
        assert [row.task.key for row in inbox.mine(session, helper, wanted).rows] == [task.key]
        assert inbox.mine(session, owner, wanted).rows == []
        assert [row.task.key for row in inbox.awaited(session, owner, wanted).rows] == [task.key]


def test_the_helper_declines_with_a_reason(world: World) -> None:
    office = Office(world)
    task = delegated(office)
    with pytest.raises(Rejected):
        office.act(tasks.decline, task.key, " ", by="clerk")
    office.act(tasks.decline, task.key, "不归我管", by="clerk")
    assert office.assignee(task.key) == "assistant"
    assert office.kinds("assistant") == ["task_declined"]


def test_the_owner_takes_it_back(world: World) -> None:
    office = Office(world)
    task = delegated(office)
    with pytest.raises(NotAllowed):
        office.act(tasks.recall, task.key, by="colleague")
    office.act(tasks.recall, task.key, by="assistant")
    assert office.assignee(task.key) == "assistant"
    with pytest.raises(NotAllowed):
        office.act(tasks.answer, task.key, "太晚", by="clerk")


def test_a_delegated_task_is_not_passed_on(world: World) -> None:
    office = Office(world)
    task = delegated(office, "colleague")
    with pytest.raises(Rejected):
        office.act(tasks.delegate, task.key, "clerk", by="colleague")
    with pytest.raises(NotAllowed):
        office.act(tasks.transfer, task.key, "assistant", by="colleague")
    with pytest.raises(Rejected):
        office.act(tasks.unclaim, task.key, by="colleague")


@pytest.mark.parametrize("to", ["assistant", "stranger", "nobody"])
def test_the_helper_is_another_person_of_the_site(world: World, to: str) -> None:
    office = Office(world)
    with pytest.raises(Rejected):
        delegated(office, to)


def test_nobody_delegates_what_he_may_not_do(world: World) -> None:
    office = Office(world)
    with pytest.raises(NotAllowed):
        office.act(tasks.delegate, world.task("check").key, "assistant", by="clerk")


def test_a_closed_task_takes_no_answer(world: World) -> None:
    office = Office(world)
    task = office.claim()
    world.complete("check", by="assistant")
    with pytest.raises(TaskClosed):
        office.act(tasks.answer, task.key, "太晚", by="clerk")
