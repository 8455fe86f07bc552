"""What diagrams from Camunda's modelers bring along, and how it is meant there."""

import pytest

from engine.runtime import check

from .bpmn import (
    boundary,
    diagram,
    end,
    extension,
    flow,
    job,
    node,
    path,
    start,
    timer,
    user,
    zeebe,
)
from .world import world

CAMUNDA_7 = {"xmlns:camunda": "http://camunda.org/schema/1.0/bpmn"}
WEB_MODELER = (
    b'<definitions xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:diagramRelationId="0-1" '
    b'xmlns:modeler="http://camunda.org/schema/modeler/1.0" modeler:executionPlatform="Camunda Cloud" '
)


def between(part, *more, **options):
    """The element `x` between start and end."""
    return diagram(start(), end(), part, path("s", "x", "e"), *more, **options)


def left_over(**attributes):
    """A service task of Camunda 8 that still has attributes of Camunda 7."""
    work = extension(zeebe("taskDefinition", type="mail"))
    return node("serviceTask", "x", work, **attributes, **CAMUNDA_7)


def findings(source):
    return [(f.severity, f.code, f.element_id) for f in check(source)]


def test_takes_what_the_web_modeler_notes_about_a_file():
    source = between(user("x")).replace(b"<definitions ", WEB_MODELER)
    assert findings(source) == []
    assert world(source).start().waiting == ["x"]


def test_warns_of_camunda_7_attributes_that_were_left_beside_those_of_camunda_8():
    source = between(left_over(**{"camunda:class": "Mail", "camunda:topic": "t"}))
    assert findings(source) == [("warning", "unsupported", "x")]
    assert world(source).start().of("JobOpened")[0].type == "mail"


def test_refuses_camunda_7_where_camunda_8_says_nothing():
    source = between(node("userTask", "x", **{"camunda:assignee": "a"}, **CAMUNDA_7))
    assert findings(source) == [("error", "unsupported", "x")]


def test_a_warning_of_the_reader_hides_no_fault_of_the_structure():
    source = between(left_over(**{"camunda:class": "Mail"}), flow("x", "nowhere"))
    assert findings(source) == [
        ("warning", "unsupported", "x"),
        ("error", "flow_end", "x_nowhere"),
    ]


def test_a_user_task_is_for_people_whatever_task_definition_it_carries():
    work = extension(zeebe("taskDefinition", type="test-worker", retries="1"))
    source = between(node("userTask", "x", work))
    assert findings(source) == [("warning", "unsupported", "x")]
    there = world(source).start()
    assert (there.waiting, there.of("JobOpened")) == (["x"], [])
    assert there.complete("x").done


@pytest.mark.parametrize("attributes", [{}, {"source": ""}])
def test_an_input_without_a_source_is_null(attributes):
    inputs = zeebe(
        "ioMapping",
        zeebe("input", target="organization", **attributes),
        zeebe("input", target="login.user", **attributes),
    )
    there = world(between(job("x", more=inputs))).start(organization="outside")
    assert there.of("JobOpened")[0].variables == {"organization": None, "login": {"user": None}}


def test_refuses_an_output_without_a_source():
    outputs = zeebe("ioMapping", zeebe("output", target="a"))
    assert findings(between(job("x", more=outputs))) == [("error", "missing", "x")]


def test_a_cycle_is_computed_as_well_as_written():
    ring = boundary("b", "x", timer("timeCycle", '=cycle(2, duration("PT1H"))'), interrupting=False)
    there = world(between(user("x"), ring, flow("b", "e"))).start()
    for _ in range(3):
        there.pass_time(hours=1)
    assert there.trace.count("b") == 2
