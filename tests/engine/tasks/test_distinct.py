"""Separation of duties: who did a step, or started the instance, may not do another."""

from __future__ import annotations

import pytest

from engine import tasks
from engine.errors import InvalidDiagram, NotDistinct, StarterExcluded
from engine.runtime import parse
from tests.diagrams import chain, process, user_task
from tests.world import World

STARTED = process(
    user_task("check", distinctFrom="starter") + chain("s", "check", "e"), startGroups="all_staff"
)


def test_refuses_the_starter_where_the_step_is_distinct_from_him(world: World) -> None:
    world.deploy({"p.bpmn": STARTED})
    world.start("p", by="assistant")
    with pytest.raises(StarterExcluded):
        world.complete("check", by="assistant")
    assert world.complete("check", by="colleague").ran


def test_offers_a_step_to_nobody_who_is_excluded(world: World) -> None:
    world.deploy({"p.bpmn": STARTED})
    world.start("p", by="assistant")
    with world.engine.read() as session:
        excluded = tasks.excluded(session, world.task("check"))
    assert excluded == {world.actor("assistant").user_id}


def test_refuses_to_give_the_step_to_the_starter(world: World) -> None:
    world.deploy({"p.bpmn": STARTED})
    world.start("p", by="assistant")
    with (
        world.engine.begin(world.actor("supervisor")) as command,
        pytest.raises(StarterExcluded),
    ):
        tasks.transfer(command, world.task("check").key, "assistant", reason="你来办")


def test_says_which_step_excludes(world: World) -> None:
    drawn = user_task("do") + user_task("verify", distinctFrom="do, starter")
    world.deploy({"p.bpmn": process(drawn + chain("s", "do", "verify", "e"))})
    world.start("p")
    world.complete("do")
    with pytest.raises(NotDistinct) as refused:
        world.complete("verify")
    assert refused.value.params == {"step": "do"}


def test_refuses_a_diagram_whose_distinct_from_names_nothing() -> None:
    drawn = process(user_task("do", distinctFrom="gone") + chain("s", "do", "e"))
    with pytest.raises(InvalidDiagram) as refused:
        parse(drawn)
    (finding,) = refused.value.findings
    assert (finding.code, finding.element_id) == ("reference", "do")


def test_nobody_takes_a_step_he_is_excluded_from_nor_passes_it_on(world: World) -> None:
    world.deploy({"p.bpmn": STARTED})
    world.start("p", by="assistant")
    key = world.task("check").key
    for act, rest in (
        (tasks.claim, ()),
        (tasks.delegate, ("clerk",)),
        (tasks.add_signers, (["clerk"], tasks.AFTER)),
    ):
        with (
            world.engine.begin(world.actor("assistant")) as command,
            pytest.raises(StarterExcluded),
        ):
            act(command, key, *rest)
    assert world.task("check").assignee_id is None
