"""What the gate finds when the files of a bundle are seen together, and beside what is deployed."""

from __future__ import annotations

import pytest

from engine.deployment import deployments
from engine.errors import InvalidDiagram
from tests.diagrams import chain, process, service_task, user_task
from tests.world import World

TIMER = '<startEvent id="monthly"><timerEventDefinition><timeCycle>R/P1M</timeCycle></timerEventDefinition></startEvent>'


def call(element_id: str, process_id: str) -> str:
    return (
        f'<callActivity id="{element_id}"><extensionElements><zeebe:calledElement processId="{process_id}"/>'
        "</extensionElements></callActivity>"
    )


def refusals(world: World, files: dict[str, bytes]) -> list[tuple[str, str, str | None]]:
    with pytest.raises(InvalidDiagram) as refusal:
        world.deploy(files)
    return [(one.file, one.code, one.element_id) for one in refusal.value.findings]


def calling(process_id: str, other: str) -> bytes:
    return process(call("c", other) + user_task("t") + chain("s", "c", "t", "e"), process_id)


def test_refuses_processes_of_two_files_that_call_each_other(world: World) -> None:
    found = refusals(world, {"a.bpmn": calling("a", "b"), "b.bpmn": calling("b", "a")})
    assert found == [("a.bpmn", "call_cycle", "c"), ("b.bpmn", "call_cycle", "c")]


def test_refuses_a_circle_over_a_process_deployed_before(world: World) -> None:
    plain = process(user_task("t") + chain("s", "t", "e"), "a")
    world.deploy({"a.bpmn": plain}, family="first")
    world.deploy({"b.bpmn": calling("b", "a")}, family="second")
    assert refusals(world, {"a.bpmn": calling("a", "b")}) == [("a.bpmn", "call_cycle", "c")]


def test_refuses_a_start_that_nothing_would_use(world: World) -> None:
    second = '<startEvent id="other"/>'
    body = user_task("t") + second + TIMER + chain("s", "t", "e") + chain("monthly", "t")
    assert refusals(world, {"p.bpmn": process(body + chain("other", "t"))}) == [
        ("p.bpmn", "unsupported_start", "other")
    ]


@pytest.mark.parametrize(
    "wrong",
    [{"emptyApprovers": "guess"}, {"repeatedApprover": "never"}],
)
def test_refuses_our_own_properties_with_a_value_they_do_not_have(
    world: World, wrong: dict[str, str]
) -> None:
    body = user_task("t", **wrong) + chain("s", "t", "e")
    assert refusals(world, {"p.bpmn": process(body)}) == [("p.bpmn", "invalid_property", "t")]


def test_refuses_a_copy_to_neither_a_role_nor_a_person(world: World) -> None:
    body = user_task("t", copyTo="site_director, clerk, nobody") + chain("s", "t", "e")
    assert refusals(world, {"p.bpmn": process(body)}) == [("p.bpmn", "unknown_role", "t")]


def test_warns_of_a_started_process_that_is_not_deployed(world: World) -> None:
    body = service_task("x", "guicheng.start-process", {"processId": '="later"'})
    deployed = world.deploy({"p.bpmn": process(body + chain("s", "x", "e"))})
    assert [(one.severity, one.code, one.element_id) for one in deployed.warnings] == [
        ("warning", "unknown_started", "x")
    ]


def test_a_changed_print_makes_a_new_version(world: World) -> None:
    diagram = process(user_task("t", print="slip") + chain("s", "t", "e"))
    world.deploy({"p.bpmn": diagram, "prints/slip.html": b"<p>one</p>"})
    (second,) = world.deploy({"p.bpmn": diagram, "prints/slip.html": b"<p>two</p>"}).definitions
    assert second.version == 2


def test_refuses_a_print_that_could_not_be_filled_in(world: World) -> None:
    files = {
        "p.bpmn": process(user_task("t") + chain("s", "t", "e")),
        "prints/slip.html": b"<article>\n{{#each}}</article>",
        "prints/good.html": b"<article>{{name}}</article>",
    }
    assert refusals(world, files) == [("prints/slip.html", "invalid_template", None)]
    with (
        pytest.raises(InvalidDiagram) as refusal,
        world.engine.begin(world.actor("owner")) as command,
    ):
        deployments.deploy(command, files, family="test")
    (finding,) = refusal.value.findings
    assert finding.line == 2
