"""Substitution (代理): both see the tasks, what the substitute does is stamped, and he gets no more than the principal has."""

from __future__ import annotations

import datetime as dt

import pytest

from engine import inbox, tasks
from engine.errors import NotAllowed, NotFound, Rejected
from engine.staff import substitutions
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.engine.tasks.office import Office
from tests.world import World


def mine(world: World, username: str) -> list[int]:
    with world.engine.read() as session:
        page = inbox.mine(session, world.actor(username), inbox.Filter())
        return [row.task.key for row in page.rows]


def free(world: World, username: str) -> list[int]:
    with world.engine.read() as session:
        page = inbox.claimable(session, world.actor(username), inbox.Filter())
        return [row.task.key for row in page.rows]


def test_both_see_the_task_and_the_work_is_stamped(world: World) -> None:
    office = Office(world)
    task = office.claim()
    office.substitute("assistant", "clerk")
    assert mine(world, "assistant") == mine(world, "clerk") == [task.key]
    assert world.complete_key(task.key, by="clerk").ran
    done = office.task(task.key)
    assert done.completed_by == world.actor("clerk").user_id
    assert done.acted_for == done.assignee_id == world.actor("assistant").user_id
    assert office.detail("task.completed")["acted_for"] == "Assistant"


def test_a_substitute_takes_what_the_principal_might_and_it_becomes_the_principals(
    world: World,
) -> None:
    office = Office(world)
    task = world.task("check")
    assert free(world, "clerk") == []
    made = office.substitute("assistant", "clerk")
    assert free(world, "clerk") == [task.key]
    office.act(tasks.claim, task.key, by="clerk")
    assert office.assignee(task.key) == "assistant"
    assert office.detail("task.claimed")["acted_for"] == "Assistant"
    office.act(substitutions.revoke, made.id, by="assistant")
    assert mine(world, "clerk") == []
    with pytest.raises(NotAllowed):
        world.complete_key(task.key, by="clerk")


def test_ones_own_right_comes_first(world: World) -> None:
    office = Office(world)
    office.substitute("assistant", "colleague")
    task = world.task("check")
    assert free(world, "colleague") == [task.key]
    world.complete("check", by="colleague")
    assert office.task(task.key).acted_for is None


def test_it_begins_and_ends(world: World, clock: Clock) -> None:
    office = Office(world)
    task = office.claim()
    start = clock.now + dt.timedelta(days=1)
    end = start + dt.timedelta(days=2)
    office.act(substitutions.appoint, "assistant", "clerk", start, end, by="assistant")
    assert mine(world, "clerk") == []
    clock.forward(days=1)
    assert mine(world, "clerk") == [task.key]
    clock.forward(days=2)
    assert mine(world, "clerk") == []


def test_it_holds_for_its_procedures_only(world: World) -> None:
    office = Office(world)
    other = process(user_task("other") + chain("s", "other", "e"), "q")
    world.deploy({"q.bpmn": other}, family="second")
    started = world.start("q")
    office.substitute("assistant", "clerk", "q")
    assert free(world, "clerk") == [world.task("other", started).key]
    with pytest.raises(NotAllowed):
        world.complete("check", by="clerk")
    assert world.complete("other", by="clerk").ran


def test_several_substitutions_for_one_person_add_up(world: World) -> None:
    office = Office(world)
    world.deploy({"q.bpmn": process(user_task("other") + chain("s", "other", "e"), "q")}, "second")
    started = world.start("q")
    task = office.claim()
    office.substitute("assistant", "clerk", "q")
    office.substitute("supervisor", "clerk", "p", by="supervisor")
    office.substitute("colleague", "clerk")
    assert sorted(free(world, "clerk")) == [world.task("other", started).key]
    assert mine(world, "clerk") == []
    assert mine(world, "assistant") == [task.key]


def test_chains_do_not_add_up(world: World) -> None:
    office = Office(world)
    task = office.claim()
    office.substitute("assistant", "clerk")
    office.substitute("clerk", "cashier")
    assert mine(world, "cashier") == []
    with pytest.raises(NotAllowed):
        world.complete_key(task.key, by="cashier")


def test_a_substitute_supervises_nothing(world: World) -> None:
    office = Office(world)
    task = office.claim()
    office.substitute("supervisor", "clerk")
    for command in (tasks.assign, tasks.transfer):
        with pytest.raises(NotAllowed):
            office.act(command, task.key, "colleague", by="clerk")


def test_separation_of_duties_holds_for_both(world: World) -> None:
    body = user_task("do", "front_desk") + user_task("verify", distinctFrom="do")
    diagram = process(body + chain("s", "do", "verify", "e"))
    office = Office(world, diagram)
    # the substitute did the first step himself
    world.complete("do", by="clerk")
    office.substitute("assistant", "clerk")
    with pytest.raises(NotAllowed):
        world.complete("verify", by="clerk")
    # the substitute did the first step for his principal, who may not do the second either
    second = world.start("p")
    office.substitute("clerk", "cashier")
    world.complete("do", by="cashier", of=second)
    office.substitute("colleague", "cashier")
    with pytest.raises(NotAllowed):
        world.complete("verify", by="cashier", of=second)


def test_a_closed_account_gives_no_rights(world: World) -> None:
    office = Office(world)
    task = office.claim()
    office.substitute("assistant", "clerk")
    office.close_account("assistant")
    assert mine(world, "clerk") == []
    with pytest.raises(NotAllowed):
        world.complete_key(task.key, by="clerk")


def test_both_are_told_of_new_work(world: World) -> None:
    office = Office(world)
    office.substitute("colleague", "clerk")
    task = office.claim()
    office.act(tasks.transfer, task.key, "colleague", by="assistant")
    assert office.kinds("colleague") == ["task_transferred"]
    assert [(kind, said["principal"]) for kind, said in office.told("clerk")] == [
        ("substitution_set", "Colleague"),
        ("task_transferred", "Colleague"),
    ]


@pytest.mark.parametrize("by", ["assistant", "supervisor", "root"])
def test_the_person_a_supervisor_or_an_administrator_appoints(world: World, by: str) -> None:
    office = Office(world)
    made = office.substitute("assistant", "clerk", by=by)
    with world.engine.read() as session:
        listed = substitutions.of_user(session, world.actor(by), "assistant")
        own = substitutions.of_actor(session, world.actor("clerk"))
    assert [one.id for one in listed] == [one.id for one in own] == [made.id]


@pytest.mark.parametrize("by", ["clerk", "colleague", "stranger"])
def test_nobody_else_appoints_or_looks(world: World, by: str) -> None:
    office = Office(world)
    with pytest.raises(NotAllowed):
        office.substitute("assistant", "clerk", by=by)
    with world.engine.read() as session, pytest.raises(NotAllowed):
        substitutions.of_user(session, world.actor(by), "assistant")


@pytest.mark.parametrize("substitute", ["assistant", "stranger", "nobody"])
def test_the_substitute_is_another_person_of_the_site(world: World, substitute: str) -> None:
    office = Office(world)
    with pytest.raises(Rejected):
        office.substitute("assistant", substitute)


def test_refuses_periods_that_make_no_sense(world: World, clock: Clock) -> None:
    office = Office(world)
    office.substitute("assistant", "clerk")
    now, day = clock.now, dt.timedelta(days=1)
    for start, end in (
        (now, now),
        (now - 3 * day, now - day),
        (now, now + 400 * day),
        (now + day, now + 2 * day),  # they have this already
    ):
        with pytest.raises(Rejected):
            office.act(substitutions.appoint, "assistant", "clerk", start, end, by="assistant")
    with pytest.raises(Rejected):
        office.substitute("assistant", "cashier", "nothing")


def test_the_substitute_may_withdraw_and_others_may_not(world: World) -> None:
    office = Office(world)
    made = office.substitute("assistant", "clerk")
    with pytest.raises(NotAllowed):
        office.act(substitutions.revoke, made.id, by="cashier")
    office.act(substitutions.revoke, made.id, by="clerk")
    assert office.kinds("assistant") == ["substitution_ended"]
    with pytest.raises(NotFound):
        office.act(substitutions.revoke, made.id, by="clerk")


def test_the_system_is_nobodys_substitute(world: World) -> None:
    assert SYSTEM.principals == ()
