"""Processes that say nothing of who may do what, as diagrams from elsewhere do: they can be tried all the same."""

from __future__ import annotations

import pytest

from engine.errors import NotAllowed
from engine.models.instance import COMPLETED
from engine.staff import identity
from engine.staff.access import SYSTEM
from tests.diagrams import chain, process
from tests.world import World

BARE = process('<userTask id="u"/>' + chain("s", "u", "e"), start={"startGroups": ""})


@pytest.mark.parametrize("username", ["clerk", "supervisor", "root"])
def test_staff_do_not_start_what_names_no_start_group(world: World, username: str) -> None:
    world.deploy({"p.bpmn": BARE})
    with pytest.raises(NotAllowed):
        world.start("p", by=username)


def test_a_process_owner_starts_it_and_administrators_do_a_task_that_names_nobody(
    world: World,
) -> None:
    world.deploy({"p.bpmn": BARE})
    instance = world.start("p", by="owner")
    assert world.task("u").groups == ["admin"]
    world.complete("u", by="root")
    assert world.instance(instance.key).status == COMPLETED


def test_a_director_goes_before_the_administrators(world: World) -> None:
    with world.engine.begin(SYSTEM) as command:
        chief = identity.create_user(command, username="chief", name="Chief", password="correct horse")  # fmt: skip
        identity.grant(command, chief, world.site(), "site_director")
    world.deploy({"p.bpmn": BARE})
    world.start("p", by="owner")
    assert world.task("u").groups == ["site_director"]
