"""Conditional start events: a process starts when somebody brings variables for which its condition is true."""

from __future__ import annotations

import pytest

from engine.errors import InvalidVariables, NotAllowed, NotFound
from engine.events import conditionals
from tests.diagrams import chain, flow, process, user_task
from tests.world import World


def conditional(element_id: str, condition: str) -> str:
    return (
        f'<startEvent id="{element_id}"><conditionalEventDefinition><condition>{condition}</condition>'
        "</conditionalEventDefinition></startEvent>"
    )


def starting(condition: str, process_id: str = "p", **of_process: str) -> bytes:
    body = conditional("c", condition) + user_task("work") + chain("s", "work", "e") + flow("c", "work")  # fmt: skip
    return process(body, process_id, **of_process)


def evaluate(world: World, site: str = "north", by: str = "owner", **variables: object) -> list[tuple[int, int]]:  # fmt: skip
    with world.engine.begin(world.actor(by)) as command:
        return conditionals.evaluate(command, world.site(site), variables)


def test_a_process_starts_when_its_condition_is_true(world: World) -> None:
    deployed = world.deploy({"p.bpmn": starting("=level &gt; 3")})
    assert evaluate(world, level=3) == []
    ((definition, key),) = evaluate(world, level=4)
    assert definition == deployed.definitions[0].key
    assert world.instance(key).variables == {"level": 4}
    assert [task.element_id for task in world.open_tasks()] == ["work"]


def test_every_process_whose_condition_is_true_starts_at_that_site(world: World) -> None:
    world.deploy({"p.bpmn": starting("=on"), "q.bpmn": starting("=on", "q")})
    world.deploy({"r.bpmn": starting("=on", "r", startSites="south")}, family="other")
    assert len(evaluate(world, on=True)) == 2
    assert len(evaluate(world, site="south", on=True)) == 3


def test_the_condition_of_the_latest_version_counts(world: World) -> None:
    world.deploy({"p.bpmn": starting("=a")})
    world.deploy({"p.bpmn": starting("=b")})
    assert evaluate(world, a=True) == []
    assert len(evaluate(world, b=True)) == 1


def test_one_definition_alone_is_asked(world: World) -> None:
    world.deploy({"p.bpmn": starting("=on"), "q.bpmn": starting("=on", "q")})
    with world.engine.begin(world.actor("owner")) as command:
        with pytest.raises(NotFound):
            conditionals.evaluate(command, world.site(), {"on": True}, 1)
        (first, *_) = conditionals.evaluate(command, world.site(), {"on": True})
        assert len(conditionals.evaluate(command, world.site(), {"on": True}, first[0])) == 1


def test_a_condition_that_fails_starts_nothing(world: World) -> None:
    world.deploy({"p.bpmn": starting("=level + 1")})
    assert evaluate(world, level="high") == []


def test_others_start_nothing(world: World) -> None:
    world.deploy({"p.bpmn": starting("=on")})
    with pytest.raises(NotAllowed):
        evaluate(world, by="stranger", on=True)
    with pytest.raises(InvalidVariables):
        evaluate(world, on=float("nan"))
    assert world.open_tasks() == []
