"""Short ways to look at clocks: local times, notifications, pauses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.task import Notification, UserTask
from engine.staff import identity
from engine.staff.access import SYSTEM
from engine.timing import clocks, pauses
from tests.conftest import Clock
from tests.world import PASSWORD, World

ZONE = ZoneInfo("Asia/Shanghai")
WORKING = "move_in_owner.t_conflict"  # one working day, may be paused
DAYS = "move_in_owner.w_pay"  # seven days, may be paused
HOURS = "move_in.omission_window"  # 48 hours by the clock, may not


def local(moment: dt.datetime | None) -> str:
    """A moment on the wall in Shenzhen."""
    return moment.astimezone(ZONE).strftime("%m-%d %H:%M") if moment else ""


def told(world: World) -> list[tuple[str, str]]:
    """Who was told what, in the order of telling."""
    query = (
        select(User.username, Notification.kind)
        .join(User, User.id == Notification.user_id)
        .order_by(Notification.id)
    )
    with world.engine.read() as session:
        return [(row[0], row[1]) for row in session.execute(query)]


def readings(world: World, key: int) -> list[clocks.Reading]:
    """Every clock of an instance as a page reads it."""
    with world.engine.read() as session:
        found = session.get_one(ProcessInstance, key)
        return clocks.of(session, found, world.engine.clock())


def pause(
    world: World, task: UserTask, by: str = "assistant", until: dt.datetime | None = None
) -> None:
    """Stop the clock of a task."""
    with world.engine.begin(world.actor(by)) as command:
        pauses.begin(command, task.key, "the customer is away", until)


def resume(world: World, task: UserTask, by: str = "assistant") -> None:
    """Let the clock of a task go on."""
    with world.engine.begin(world.actor(by)) as command:
        pauses.end(command, task.key)


@pytest.fixture
def at(clock: Clock) -> Callable[[str], None]:
    """Move the clock to a local moment of November 2026."""

    def move(text: str) -> None:
        clock.now = (
            dt.datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE).astimezone(dt.UTC)
        )

    return move


@pytest.fixture
def director(world: World) -> str:
    """A director of the north site."""
    with world.engine.begin(SYSTEM) as command:
        user = identity.create_user(
            command, username="director", name="Director", password=PASSWORD
        )
        identity.grant(
            command, user, command.session.merge(world.site(), load=False), "site_director"
        )
    return "director"
