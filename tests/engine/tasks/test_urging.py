"""Urging (催办): who may, how often, who hears of it."""

from __future__ import annotations

import pytest

from engine import tasks
from engine.errors import NotAllowed
from engine.policy import settings
from tests.conftest import Clock
from tests.engine.tasks.office import Office
from tests.world import World


def test_the_starter_urges_the_candidates_and_then_the_assignee(world: World, clock: Clock) -> None:
    office = Office(world)
    task = world.task("check")
    office.act(tasks.urge, task.key, "客户在等", by="clerk")
    assert office.kinds("assistant") == office.kinds("colleague") == ["task_urged"]
    assert office.told("assistant")[0][1]["reason"] == "客户在等"
    assert ("Clerk", "task.urged") in office.history()
    office.claim()
    clock.forward(minutes=31)
    office.act(tasks.urge, task.key, by="clerk")
    assert office.kinds("assistant") == ["task_urged", "task_urged"]
    assert office.kinds("colleague") == ["task_urged"]


def test_the_same_person_waits_before_urging_again(world: World, clock: Clock) -> None:
    office = Office(world)
    task = world.task("check")
    office.act(tasks.urge, task.key, by="clerk")
    clock.forward(minutes=29)
    with pytest.raises(tasks.UrgedAlready) as refusal:
        office.act(tasks.urge, task.key, by="clerk")
    assert refusal.value.params["minutes"] == 1
    office.act(tasks.urge, task.key, by="supervisor")
    clock.forward(minutes=2)
    office.act(tasks.urge, task.key, by="clerk")


def test_how_long_is_a_setting_of_the_site(world: World, clock: Clock) -> None:
    office = Office(world)
    task = world.task("check")
    office.act(settings.change, "tasks.urge_minutes", world.site(), 5, by="owner")
    office.act(tasks.urge, task.key, by="clerk")
    clock.forward(minutes=6)
    office.act(tasks.urge, task.key, by="clerk")


@pytest.mark.parametrize("by", ["assistant", "cashier"])
def test_neither_colleagues_nor_others_urge(world: World, by: str) -> None:
    office = Office(world)
    with pytest.raises(NotAllowed):
        office.act(tasks.urge, world.task("check").key, by=by)


def test_who_delegated_urges_the_helper(world: World) -> None:
    office = Office(world)
    task = world.task("check")
    office.act(tasks.delegate, task.key, "cashier", by="assistant")
    office.act(tasks.urge, task.key, by="assistant")
    assert office.kinds("cashier") == ["task_delegated", "task_urged"]
