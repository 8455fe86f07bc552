"""Follow-up dates, priorities, and many tasks at once."""

from __future__ import annotations

import datetime as dt

import pytest

from engine import inbox, tasks
from engine.errors import InvalidVariables, NotAllowed, Rejected, TaskChanged, TaskClosed
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.engine.tasks.office import ONE_STEP, Office
from tests.world import World


def mine(world: World, *, deferred: bool = False) -> list[int]:
    wanted = inbox.Filter(now=world.engine.clock(), deferred=deferred)
    with world.engine.read() as session:
        page = inbox.mine(session, world.actor("assistant"), wanted)
        return [row.task.key for row in page.rows]


def test_a_task_put_off_leaves_the_list_and_comes_back(world: World, clock: Clock) -> None:
    office = Office(world)
    task = office.claim()
    later = clock.now + dt.timedelta(days=2)
    office.act(tasks.update, task.key, follow_up_at=later, reason="等配件", by="assistant")
    assert (mine(world), mine(world, deferred=True)) == ([], [task.key])
    with world.engine.read() as session:
        counted = inbox.counts(session, world.actor("assistant"), clock.now, clock.now)
    assert counted["mine"] == []
    clock.forward(days=2)
    assert (mine(world), mine(world, deferred=True)) == ([task.key], [])
    assert ("Assistant", "task.updated") in office.history()


def test_who_gets_a_task_that_was_put_off_sees_it(world: World, clock: Clock) -> None:
    office = Office(world)
    task = office.claim()
    later = clock.now + dt.timedelta(days=2)
    office.act(tasks.update, task.key, follow_up_at=later, by="assistant")
    office.act(tasks.transfer, task.key, "colleague", by="assistant")
    assert office.task(task.key).follow_up_at is None


def test_a_supervisor_changes_the_priority_and_the_assignee_does_not(world: World) -> None:
    office = Office(world)
    task = office.claim()
    office.act(tasks.update, task.key, priority=90, by="supervisor")
    assert office.task(task.key).priority == 90
    assert office.detail("task.updated")["changes"] == {"priority": [50, 90]}
    with pytest.raises(NotAllowed):
        office.act(tasks.update, task.key, priority=10, by="assistant")
    with pytest.raises(NotAllowed):
        office.act(tasks.update, task.key, priority=10, by="clerk")
    with pytest.raises(Rejected):
        office.act(tasks.update, task.key, priority=101, by="supervisor")


def test_refuses_a_follow_up_in_the_past_or_far_away(world: World, clock: Clock) -> None:
    office = Office(world)
    task = office.claim()
    for days in (-1, 0, 400):
        moment = clock.now + dt.timedelta(days=days)
        with pytest.raises(Rejected):
            office.act(tasks.update, task.key, follow_up_at=moment, by="assistant")


def test_a_supervisor_sets_the_due_date_of_a_task_without_a_time_limit(
    world: World, clock: Clock
) -> None:
    office = Office(world)
    task = office.claim()
    due = clock.now + dt.timedelta(days=2)
    with pytest.raises(NotAllowed):
        office.act(tasks.update, task.key, due_at=due, by="assistant")
    office.act(tasks.update, task.key, due_at=due, by="supervisor")
    assert (office.task(task.key).due_at, office.task(task.key).check_at) == (due, due)
    office.act(tasks.update, task.key, due_at=None, by="supervisor")
    assert office.task(task.key).check_at is None


def test_a_time_limit_is_not_overruled_by_a_due_date(world: World, clock: Clock) -> None:
    office = Office(
        world,
        process(user_task("check", limit="move_in_owner.a_override") + chain("s", "check", "e")),
    )
    task = office.claim()
    before = office.task(task.key).due_at
    assert before is not None
    with pytest.raises(Rejected):
        office.act(tasks.update, task.key, due_at=clock.now + dt.timedelta(days=9), by="supervisor")
    assert office.task(task.key).due_at == before


def test_other_candidates_find_the_task_once_a_supervisor_offers_it_to_them(world: World) -> None:
    office = Office(world)
    key = world.task("check").key
    for wrong in ({"groups": ["nobody"]}, {"users": ["stranger"]}):
        with pytest.raises(Rejected):
            office.act(tasks.update, key, **wrong, by="supervisor")
    office.act(tasks.update, key, groups=["finance_clerk"], users=["assistant"], by="supervisor")
    assert office.detail("task.updated")["changes"]["users"] == [[], ["assistant"]]
    assert office.act(tasks.claim, key, by="cashier").assignee_id


def test_a_task_always_has_somebody_who_may_do_it(world: World) -> None:
    office = Office(world)
    task = world.task("check")
    with pytest.raises(Rejected, match="nobody would be left"):
        office.act(tasks.update, task.key, groups=[], by="supervisor")
    assert office.task(task.key).groups


def test_nothing_is_noted_when_nothing_changes(world: World) -> None:
    office = Office(world)
    task = office.claim()
    before = office.task(task.key).version
    office.act(tasks.update, task.key, follow_up_at=None, by="assistant")
    assert office.task(task.key).version == before


def test_many_are_completed_with_a_result_each(world: World) -> None:
    # given: of four tasks one was completed since, one is stale, one is not mine
    Office(world, ONE_STEP)
    started = [world.start("p") for _ in range(3)]
    every = world.open_tasks()
    world.complete_key(every[1].key, by="colleague")
    with world.engine.begin(world.actor("supervisor")) as command:
        tasks.assign(command, every[2].key, "colleague")
    # when
    wanted = [(task.key, task.version, {"n": number}) for number, task in enumerate(every)]
    results = tasks.complete_many(world.engine, world.actor("assistant"), wanted)
    # then
    assert [one.done for one in results] == [True, False, False, True]
    assert [type(one.error) for one in results[1:3]] == [TaskClosed, TaskChanged]
    assert world.instance(started[2].key).variables == {"n": 3}


def test_what_one_form_refuses_does_not_stop_the_others(world: World) -> None:
    office = Office(world)
    task = office.claim()
    (signer,) = office.add(task.key, ["colleague"], tasks.BEFORE)
    second = world.start("p")
    other = world.task("check", second)
    wanted = [(signer.key, None, {}), (other.key, None, {})]
    refused, done = tasks.complete_many(world.engine, world.actor("colleague"), wanted)
    assert isinstance(refused.error, InvalidVariables)
    assert done.done


def test_many_are_claimed_with_a_result_each(world: World) -> None:
    Office(world, ONE_STEP)
    world.start("p")
    first, second = world.open_tasks()
    with world.engine.begin(world.actor("colleague")) as command:
        tasks.claim(command, second.key)
    actor = world.actor("assistant")
    wanted = [(first.key, first.version), (second.key, second.version)]
    assert [one.done for one in tasks.claim_many(world.engine, actor, wanted)] == [True, False]


def test_refuses_the_same_task_twice_and_too_many(world: World) -> None:
    actor = world.actor("assistant")
    with pytest.raises(Rejected):
        tasks.claim_many(world.engine, actor, [(1, 1), (1, 1)])
    with pytest.raises(Rejected):
        tasks.claim_many(world.engine, actor, [(key, 1) for key in range(501)])


def test_a_task_without_groups_is_supervised_by_the_director(world: World) -> None:
    office = Office(world, process(user_task("check", "starter") + chain("s", "check", "e")))
    task = world.task("check")
    with pytest.raises(NotAllowed):
        office.act(tasks.transfer, task.key, "assistant", by="supervisor")
    with pytest.raises(Rejected):
        office.act(tasks.transfer, task.key, "assistant", by="clerk")
