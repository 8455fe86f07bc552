"""Who is told of a limit that runs out, and when: nobody at night, nobody twice, somebody in any case."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import tasks, worker
from engine.errors import Rejected
from engine.policy import limits, settings
from engine.staff import identity
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.engine.timing.conftest import DAYS, HOURS, WORKING, local, told
from tests.world import PASSWORD, World

At = Callable[[str], None]


def begin(world: World, limit: str, groups: str = "service_assistant") -> None:
    world.deploy(
        {"p.bpmn": process(user_task("work", groups, limit=limit) + chain("s", "work", "e"))}
    )
    world.start("p")


def look(world: World, at: At, moment: str) -> list[tuple[str, str]]:
    """What is told at a moment."""
    before = len(told(world))
    at(moment)
    worker.run_due(world.engine)
    return told(world)[before:]


def test_a_limit_in_working_time_is_not_told_at_night(world: World, at: At) -> None:
    begin(world, WORKING)  # due on Monday at 17:30
    assert look(world, at, "11-24 02:00") == []
    assert local(world.task("work").check_at) == "11-24 08:30"
    assert look(world, at, "11-24 08:30") == [("supervisor", "task_overdue")]


def test_what_ends_with_the_working_day_is_told_when_it_ends(world: World, at: At) -> None:
    begin(world, WORKING)
    look(world, at, "11-23 17:00")
    assert look(world, at, "11-23 17:31") == [("supervisor", "task_overdue")]


def test_a_limit_by_the_clock_is_told_at_night(world: World, at: At) -> None:
    at("11-20 02:00")
    begin(world, HOURS)
    look(world, at, "11-21 17:00")
    assert look(world, at, "11-22 02:00") == [("supervisor", "task_overdue")]


def test_a_limit_in_days_ends_at_midnight_and_is_told_in_the_morning(world: World, at: At) -> None:
    begin(world, DAYS)
    look(world, at, "11-27 12:00")
    assert look(world, at, "11-28 00:01") == []
    assert look(world, at, "11-28 07:00") == [("supervisor", "task_overdue")]


def test_a_reminder_that_comes_too_late_is_not_sent(world: World, at: At) -> None:
    begin(world, HOURS)
    assert look(world, at, "11-23 10:00") == [("supervisor", "task_overdue")]


def test_the_shares_are_settings_of_the_site(world: World, at: At) -> None:
    with world.engine.begin(world.actor("owner")) as command:
        north = command.session.merge(world.site(), load=False)
        settings.change(command, "clock.reminder_percent", north, 50)
        settings.change(command, "clock.second_percent", north, 150)
    begin(world, HOURS)
    assert {kind for _, kind in look(world, at, "11-21 09:30")} == {"task_due_soon"}
    look(world, at, "11-22 09:30")
    assert local(world.task("work").check_at) == "11-23 09:30"


@pytest.mark.parametrize(
    ("key", "bad"), [("clock.reminder_percent", 100), ("clock.second_percent", 100)]
)
def test_refuses_shares_that_make_no_ladder(world: World, key: str, bad: int) -> None:
    with world.engine.begin(world.actor("owner")) as command, pytest.raises(Rejected):
        settings.change(command, key, None, bad)


def test_an_overdue_task_climbs_to_the_next_rung_that_somebody_holds(
    world: World, at: At, director: str
) -> None:
    begin(world, HOURS, "technician")  # nobody is engineering supervisor or service manager here
    look(world, at, "11-21 20:00")
    assert look(world, at, "11-22 09:30") == [(director, "task_overdue")]


def test_an_assigned_task_reminds_its_assignee_only(world: World, at: At) -> None:
    begin(world, HOURS)
    with world.engine.begin(world.actor("supervisor")) as command:
        tasks.assign(command, world.task("work").key, "colleague")
    assert look(world, at, "11-21 23:54") == [("colleague", "task_due_soon")]


def test_weekdays_of_the_site_count_as_working_days(world: World, at: At) -> None:
    with world.engine.begin(world.actor("owner")) as command:
        north = command.session.merge(world.site(), load=False)
        limits.change(command, "calendar.weekdays", north, "1,2,3,4,5,6,7")
    begin(world, WORKING)
    assert local(world.task("work").due_at) == "11-21 17:30"


def test_a_shift_that_ends_is_a_deadline(world: World, clock: Clock) -> None:
    with world.engine.read() as session:
        calendar = limits.calendar(session, world.site())
    row = {"kind": "deadline", "value": "PT0S", "calendar": "shift"}
    assert local(limits.due(row, clock.now, calendar)) == "11-20 15:00"


def test_people_off_duty_are_not_told(world: World, at: At, director: str) -> None:
    with world.engine.begin(SYSTEM) as command:
        user = identity.create_user(command, username="second", name="Second", password=PASSWORD)
        identity.grant(
            command, user, command.session.merge(world.site(), load=False), "service_supervisor"
        )
        user.memberships[0].on_duty = False
    begin(world, HOURS)
    look(world, at, "11-21 20:00")
    assert look(world, at, "11-22 09:30") == [("supervisor", "task_overdue")]
