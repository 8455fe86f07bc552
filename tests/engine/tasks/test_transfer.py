"""Handing a task over (转办), and the hand-over of everything a leaver has (离职转办)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import tasks
from engine.errors import NotAllowed, Rejected, TaskChanged
from engine.models.identity import User
from engine.models.task import UserTask
from engine.staff import identity
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.engine.tasks.office import Office
from tests.world import World

LIMITED = process(user_task("check", limit="move_in.a_approve") + chain("s", "check", "e"))


def test_the_assignee_hands_a_task_to_a_colleague_and_the_history_keeps_it(world: World) -> None:
    office = Office(world)
    task = office.claim()
    office.act(tasks.transfer, task.key, "colleague", reason="休假", by="assistant")
    assert office.assignee(task.key) == "colleague"
    assert ("Assistant", "task.transferred") in office.history()
    assert office.detail("task.transferred")["before"] == "Assistant"
    assert office.detail("task.transferred")["reason"] == "休假"
    assert office.kinds("colleague") == ["task_transferred"]
    office.act(tasks.transfer, task.key, "assistant", by="colleague")
    assert [act for _, act in office.history()].count("task.transferred") == 2


def test_the_clock_runs_on(world: World, clock: Clock) -> None:
    office = Office(world)
    task = office.claim()
    before = office.task(task.key)
    clock.forward(hours=3)
    office.act(tasks.transfer, task.key, "colleague", by="assistant")
    after = office.task(task.key)
    assert (after.created_at, after.due_at, after.check_at) == (
        before.created_at,
        before.due_at,
        before.check_at,
    )


def test_an_assignee_may_not_hand_it_beyond_the_candidates_but_a_supervisor_may(
    world: World,
) -> None:
    office = Office(world)
    task = office.claim()
    with pytest.raises(Rejected):
        office.act(tasks.transfer, task.key, "cashier", by="assistant")
    office.act(tasks.transfer, task.key, "cashier", by="supervisor")
    assert office.assignee(task.key) == "cashier"
    assert office.kinds("assistant") == ["task_moved"]


@pytest.mark.parametrize("by", ["colleague", "clerk"])
def test_nobody_else_hands_it_over(world: World, by: str) -> None:
    office = Office(world)
    task = office.claim()
    with pytest.raises(NotAllowed):
        office.act(tasks.transfer, task.key, "colleague", by=by)


def test_it_stays_at_the_site(world: World) -> None:
    office = Office(world)
    task = office.claim()
    with pytest.raises(Rejected):
        office.act(tasks.transfer, task.key, "stranger", by="supervisor")


def test_separation_of_duties_holds_for_who_would_get_it(world: World) -> None:
    body = user_task("do") + user_task("verify", distinctFrom="do")
    office = Office(world, process(body + chain("s", "do", "verify", "e")))
    world.complete("do", by="colleague")
    task = office.claim("verify")
    with pytest.raises(NotAllowed):
        office.act(tasks.transfer, task.key, "colleague", by="assistant")
    assert office.assignee(task.key) == "assistant"


def test_a_stale_version_is_refused(world: World) -> None:
    office = Office(world)
    task = office.claim()
    office.act(tasks.transfer, task.key, "colleague", version=task.version, by="assistant")
    with pytest.raises(TaskChanged):
        office.act(tasks.transfer, task.key, "assistant", version=task.version, by="supervisor")


def test_a_leavers_tasks_go_to_another_with_a_result_each(world: World) -> None:
    # given: three tasks of the assistant, one of which the colleague may not do, and one the assistant delegated
    body = user_task("do") + user_task("verify", distinctFrom="do")
    office = Office(world, process(body + chain("s", "do", "verify", "e")))
    world.complete("do", by="colleague")
    refused = office.claim("verify")
    second, third = world.start("p"), world.start("p")
    own = office.act(tasks.claim, world.task("do", second).key, by="assistant")
    lent = office.act(tasks.delegate, world.task("do", third).key, "clerk", by="assistant")
    # when
    results = tasks.hand_over(world.engine, world.actor("root"), "assistant", "colleague", "离职")
    # then
    assert {one.key: one.done for one in results} == {
        refused.key: False,
        own.key: True,
        lent.key: True,
    }
    assert isinstance(next(one for one in results if not one.done).error, NotAllowed)
    assert office.assignee(own.key) == "colleague"
    assert office.assignee(lent.key) == "clerk"
    assert office.task(lent.key).owner_id == world.actor("colleague").user_id


def test_a_leavers_delegated_task_stays_delegated_to_who_follows(world: World) -> None:
    office = Office(world)
    task = office.act(tasks.delegate, world.task("check").key, "colleague", by="assistant")
    (result,) = tasks.hand_over(world.engine, world.actor("root"), "colleague", "clerk")
    assert result.done
    assert office.assignee(task.key) == "clerk"
    assert office.task(task.key).owner_id == world.actor("assistant").user_id


@pytest.mark.parametrize("by", ["assistant", "colleague"])
def test_a_hand_over_is_for_administrators_and_supervisors(world: World, by: str) -> None:
    office = Office(world)
    office.claim()
    with pytest.raises(NotAllowed):
        tasks.hand_over(world.engine, world.actor(by), "assistant", "colleague")
    (result,) = tasks.hand_over(world.engine, world.actor("supervisor"), "assistant", "colleague")
    assert result.done


@pytest.mark.parametrize("command", [tasks.assign, tasks.transfer])
def test_who_loses_a_task_and_who_had_delegated_it_are_told(
    world: World, command: Callable[..., UserTask]
) -> None:
    office = Office(world)
    task = office.claim()
    office.act(tasks.delegate, task.key, "clerk", by="assistant")
    office.act(command, task.key, "colleague", by="supervisor", reason="太慢")
    assert office.kinds("assistant") == ["task_moved"]
    assert office.kinds("clerk") == ["task_delegated", "task_moved"]
    assert office.told("assistant")[-1][1]["reason"] == "太慢"


def test_what_a_leaver_submitted_to_signers_comes_back_to_who_follows(world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["clerk"], tasks.AFTER)
    world.complete_key(task.key, by="assistant")
    [result] = tasks.hand_over(world.engine, world.actor("root"), "assistant", "colleague")
    assert result.done
    office.close_account("assistant")
    office.sign(signer.key, "clerk", "reject", "数目不对")
    assert office.assignee(task.key) == "colleague"
    assert world.complete_key(task.key, by="colleague").ran


def test_a_hand_over_tells_nothing_of_sites_the_actor_does_not_see(world: World) -> None:
    office = Office(world)
    task = office.claim()
    with world.engine.begin(SYSTEM) as command:
        site = command.session.merge(world.site("south"), load=False)
        user = command.session.get_one(User, world.actor("assistant").user_id)
        identity.grant(command, user, site, "service_assistant")
    elsewhere = world.start("p", by="stranger", site="south")
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.claim(command, world.open_tasks(elsewhere)[0].key)
    found = tasks.hand_over(world.engine, world.actor("supervisor"), "assistant", "colleague")
    assert [(one.key, one.done) for one in found] == [(task.key, True)]
