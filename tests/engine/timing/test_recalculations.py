"""Running clocks follow a changed limit or calendar when somebody says so, after a look at what would move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from engine import audit, tasks, worker
from engine.errors import NotAllowed
from engine.flow import withdrawals
from engine.models.identity import Site
from engine.models.task import UserTask
from engine.policy import limits, settings
from engine.staff.access import Actor
from engine.timing import recalculations, workdays
from engine.timing.recalculations import Applied, Preview
from tests.diagrams import chain, process, user_task
from tests.engine.timing.conftest import (
    HOURS,
    WORKING,
    local,
    pause,
    readings,
    resume,
    told,
)
from tests.world import World

At = Callable[[str], None]
MONDAY = dt.date(2026, 11, 23)
TWO = process(
    user_task("work", limit=WORKING, clockStart=HOURS)
    + user_task("after", limit=WORKING, clockStop=HOURS)
    + chain("s", "work", "after", "e")
)


@pytest.fixture
def running(world: World) -> World:
    """Three instances, each with a task of one working day due on Monday at 17:30."""
    world.deploy({"p.bpmn": TWO})
    for _ in range(3):
        world.start("p")
    return world


def change(world: World, key: str, value: object, site: str | None = "north") -> None:
    with world.engine.begin(world.actor("owner")) as command:
        where = command.session.merge(world.site(site), load=False) if site else None
        limits.change(command, key, where, value)


@pytest.fixture
def claimed(world: World) -> UserTask:
    """The same task, claimed by the assistant."""
    world.deploy({"p.bpmn": TWO})
    world.start("p")
    with world.engine.begin(world.actor("assistant")) as command:
        return tasks.claim(command, world.task("work").key)


def day_off(world: World, date: dt.date = MONDAY) -> None:
    with world.engine.begin(world.actor("root")) as command:
        workdays.change(command, None, date, working=False, name="停电")


def preview(world: World, site: Site | None = None, by: str = "owner") -> Preview:
    with world.engine.read() as session:
        return recalculations.preview(session, world.actor(by), site, world.engine.clock())


def apply(world: World, site: Site | None = None, by: str = "owner") -> Applied:
    return recalculations.apply(world.engine, world.actor(by), site)


def dues(world: World) -> list[str]:
    return [local(task.due_at) for task in world.open_tasks()]


def test_nothing_moves_by_itself_when_a_limit_changes(running: World) -> None:
    change(running, WORKING, "P2D")
    assert dues(running) == ["11-23 17:30"] * 3


def test_says_what_would_move_before_anything_does(running: World, at: At) -> None:
    at("11-23 10:00")
    change(running, WORKING, "PT4H")
    found = preview(running, running.site())
    assert (found.instances, found.total, found.newly_late, found.no_longer_late) == (3, 3, 3, 0)
    move = found.moves[0]
    assert (local(move.before), local(move.after), move.name) == (
        "11-23 17:30",
        "11-20 14:30",
        "work",
    )
    assert dues(running) == ["11-23 17:30"] * 3


def test_running_tasks_follow_a_changed_limit(running: World) -> None:
    change(running, WORKING, "P2D")
    assert apply(running, running.site()) == Applied(instances=3, moves=3, after=None)
    assert dues(running) == ["11-24 17:30"] * 3
    assert preview(running).total == 0
    running.complete("work", of=running.instance(running.open_tasks()[0].instance_key))
    assert local(running.task("after").due_at) == "11-24 17:30"


def test_running_tasks_follow_a_changed_calendar(running: World) -> None:
    day_off(running)
    assert preview(running).total == 3
    apply(running)
    assert dues(running) == ["11-24 17:30"] * 3


def test_only_the_site_asked_for_is_recalculated(running: World) -> None:
    change(running, WORKING, "P2D", site=None)
    assert preview(running, running.site("south")).total == 0
    apply(running, running.site("south"))
    assert dues(running) == ["11-23 17:30"] * 3


def test_pauses_stay_in_what_is_counted_anew(running: World, at: At) -> None:
    task = running.open_tasks()[0]
    pause(running, task, by="supervisor")
    at("11-20 10:30")
    resume(running, task, by="supervisor")
    day_off(running)
    apply(running)
    assert dues(running) == ["11-25 09:30", "11-24 17:30", "11-24 17:30"]


def test_a_task_that_is_no_longer_overdue_is_told_again_when_it_is(running: World, at: At) -> None:
    at("11-23 17:30")
    worker.run_due(running.engine)
    before = len(told(running))
    change(running, WORKING, "P2D")
    found = preview(running)
    assert (found.newly_late, found.no_longer_late) == (0, 3)
    apply(running)
    at("11-24 09:00")
    worker.run_due(running.engine)
    assert len(told(running)) == before
    at("11-24 17:30")
    worker.run_due(running.engine)
    assert told(running)[before:] == [("assistant", "task_due_soon"), ("colleague", "task_due_soon")] * 0 + [("supervisor", "task_overdue")] * 3  # fmt: skip


def test_clocks_over_several_steps_follow_too(running: World) -> None:
    one = running.open_tasks()[0].instance_key
    running.complete("work", of=running.instance(one))
    change(running, HOURS, "PT72H")
    (move,) = [move for move in preview(running).moves if move.task_key is None]
    assert (local(move.before), local(move.after)) == ("11-22 09:30", "11-23 09:30")
    apply(running)
    assert local(readings(running, one)[0].due_at) == "11-23 09:30"


def test_what_expressions_read_of_a_limit_follows(world: World) -> None:
    read = f"=camunda.vars.tenant.{WORKING}"
    body = user_task("work") + user_task("after", more=read)
    script = f'<scriptTask id="x"><extensionElements><zeebe:script expression="{read}" resultVariable="v"/></extensionElements></scriptTask>'
    world.deploy({"p.bpmn": process(body + script + chain("s", "work", "x", "after", "e"))})
    started = world.start("p")
    change(world, WORKING, "P2D")
    apply(world)
    world.complete("work")
    assert world.instance(started.key).variables["v"] == "P1D"


def test_each_instance_is_audited_and_its_chain_holds(running: World) -> None:
    day_off(running)
    apply(running)
    for task in running.open_tasks():
        with running.engine.read() as session:
            last = audit.entries(session, task.instance_key)[-1]
            assert audit.first_break(session, running.engine.secret, task.instance_key) is None
        assert (last.action, last.actor_name) == ("clocks.recalculated", "Owner")
        assert [one["element"] for one in last.detail["moves"]] == ["work"]


def test_it_goes_on_where_it_stopped_when_there_is_much_to_do(running: World) -> None:
    day_off(running)
    actor, after, steps = running.actor("owner"), 0, 0
    while after is not None:
        done = recalculations.apply(running.engine, actor, None, after=after, seconds=0)
        after, steps = done.after, steps + 1
    assert steps == 4
    assert dues(running) == ["11-24 17:30"] * 3


def test_shares_of_the_ladder_follow(running: World) -> None:
    with running.engine.begin(running.actor("owner")) as command:
        settings.change(command, "clock.reminder_percent", None, 50)
    day_off(running)
    apply(running)
    assert local(running.open_tasks()[0].check_at) == "11-24 09:00"


@pytest.mark.parametrize(("who", "site", "may"), [("owner", None, True), ("root", None, True),
    ("clerk", "north", False), ("director", None, False), ("director", "south", False),
    ("director", "north", True)])  # fmt: skip
def test_who_may_change_limits_or_calendars_may_recalculate(
    world: World, director: str, who: str, site: str | None, may: bool
) -> None:
    actor: Actor = world.actor(who)
    where = world.site(site) if site else None
    assert recalculations.may_recalculate(actor, where) is may
    if not may:
        with pytest.raises(NotAllowed):
            recalculations.apply(world.engine, actor, where)


def test_what_was_taken_back_is_counted_from_when_it_first_opened(
    world: World, claimed: UserTask, at: At
) -> None:
    # given: completed on Friday, taken back an hour later
    world.complete_key(claimed.key, by="assistant")
    at("11-20 11:00")
    with world.engine.begin(world.actor("assistant")) as command:
        again = withdrawals.withdraw(command, claimed.key)
    # then
    assert (again.created_at, again.due_at) == (claimed.created_at, claimed.due_at)
    assert preview(world).total == 0
    # when
    change(world, WORKING, "P2D")
    [move] = [one for one in preview(world).moves if one.task_key == again.key]
    assert local(move.after) == "11-24 17:30"


def test_signers_have_the_time_of_the_task_they_were_added_to(
    world: World, claimed: UserTask, at: At
) -> None:
    # given: one signer is asked on Friday, one only when the task is submitted
    at("11-20 14:00")
    with world.engine.begin(world.actor("assistant")) as command:
        (before,) = tasks.add_signers(command, claimed.key, ["clerk"], tasks.BESIDE)
        (after,) = tasks.add_signers(command, claimed.key, ["cashier"], tasks.AFTER)
    at("11-20 16:00")
    world.complete_key(claimed.key, by="assistant")
    # then: nothing moves by itself
    assert [one for one in preview(world).moves if one.task_key in (before.key, after.key)] == []
    # when
    change(world, WORKING, "P2D")
    apply(world)
    # then: who has submitted is not told any more
    with world.engine.read() as session:
        rows = [session.get_one(UserTask, one.key) for one in (claimed, before, after)]
    assert {local(row.due_at) for row in rows} == {"11-24 17:30"}
    assert [row.check_at is None for row in rows] == [True, False, False]


def test_a_signer_whose_turn_has_not_come_keeps_the_worker_idle(
    world: World, claimed: UserTask, at: At
) -> None:
    # given
    with world.engine.begin(world.actor("assistant")) as command:
        (after,) = tasks.add_signers(command, claimed.key, ["clerk"], tasks.AFTER)
    # when: the limit runs out, and is told
    at("11-30 10:00")
    worker.run_due(world.engine)
    at("11-30 10:01")
    worker.run_due(world.engine)
    # then
    assert worker.is_idle(world.engine)
    # when: it is his turn
    world.complete_key(claimed.key, by="assistant")
    with world.engine.read() as session:
        own, asked = (session.get_one(UserTask, one.key) for one in (claimed, after))
    assert asked.escalation == own.escalation
    assert asked.due_at == own.due_at
