"""Tokens that somebody puts and takes away, in memory."""

from __future__ import annotations

import pytest

from engine.errors import NotFound, Rejected
from tests.diagrams import chain, flow, process, user_task
from tests.engine.runtime.world import world

BRANCHES = process(
    '<parallelGateway id="fork"/><parallelGateway id="join"/>'
    + user_task("left")
    + user_task("right")
    + user_task("after")
    + chain("s", "fork", "left", "join", "after", "e")
    + chain("fork", "right", "join")
)
TIMER = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
NESTED = process(
    user_task("before") + '<subProcess id="outer"><extensionElements><zeebe:ioMapping>'
    '<zeebe:input source="=1" target="inner_only"/></zeebe:ioMapping></extensionElements>'
    '<startEvent id="os"/><endEvent id="oe"/><subProcess id="inner"><startEvent id="is"/>'
    '<endEvent id="ie"/>'
    + user_task("deep")
    + chain("is", "deep", "ie")
    + "</subProcess>"
    + user_task("beside")
    + chain("os", "beside", "inner", "oe")
    + "</subProcess>"
    + f'<boundaryEvent id="late" attachedToRef="outer">{TIMER}</boundaryEvent>'
    + user_task("chase")
    + chain("s", "before", "outer", "e")
    + chain("late", "chase", "e")
)


def test_an_activated_element_stands_beside_what_was_active() -> None:
    run = world(BRANCHES).start().do("activate", "after", {"why": "urgent"})
    assert run.waiting == ["after", "left", "right"]
    assert run.variables == {"why": "urgent"}
    assert run.complete("after").waiting == ["left", "right"]


def test_local_variables_are_seen_by_the_activated_element_only() -> None:
    run = world(BRANCHES).start().do("activate", "after", local={"x": 1})
    assert run.run.variables_of(run.key("after")) == {"x": 1}
    assert run.variables == {}


def test_a_join_somebody_puts_a_token_on_waits_for_no_others() -> None:
    run = world(BRANCHES).start().do("activate", "join")
    assert run.waiting == ["after", "left", "right"]


def test_a_terminated_element_leaves_the_others() -> None:
    run = world(BRANCHES).start()
    run.do("terminate", run.key("left"))
    assert run.waiting == ["right"]
    assert [one.element_id for one in run.of("ElementTerminated")] == ["left"]


def test_a_join_that_can_no_longer_be_reached_becomes_an_incident() -> None:
    run = world(BRANCHES).start().complete("right")
    run.do("activate", "after")
    run.do("terminate", run.key("left"))
    assert [element for element, _ in run.incidents] == ["join"]


def test_the_last_element_cannot_be_terminated() -> None:
    run = world(NESTED).start()
    with pytest.raises(Rejected, match="cancel it"):
        run.do("terminate", run.key("before"))


def test_the_subprocesses_around_an_activated_element_are_entered_without_their_start() -> None:
    run = world(NESTED).start().do("activate", "deep")
    assert run.waiting == ["before", "deep"]
    assert {one.element_id for one in run.run.active} == {"before", "outer", "inner", "deep"}
    assert run.run.variables_of(run.key("deep"))["inner_only"] == 1
    run.pass_time(hours=2)
    assert run.waiting == ["before", "chase"]


def test_an_activated_inside_goes_on_to_the_end_of_its_subprocess() -> None:
    run = world(NESTED).start().do("activate", "deep")
    run.do("terminate", run.key("before")).complete("deep")
    assert run.done


def test_an_active_subprocess_is_not_entered_again() -> None:
    run = world(NESTED).start().complete("before").do("activate", "deep")
    assert run.waiting == ["beside", "deep"]
    assert len(run.keys_of("outer")) == 1


def test_a_subprocess_ends_with_the_last_element_inside() -> None:
    run = world(NESTED).start().do("activate", "deep")
    run.do("terminate", run.key("deep"))
    assert [one.element_id for one in run.run.active] == ["before"]
    assert {one.element_id for one in run.of("ElementTerminated")} == {"deep", "inner", "outer"}


@pytest.mark.parametrize("element", ["s", "late", "is", "nowhere"])
def test_refuses_elements_nothing_can_be_put_on(element: str) -> None:
    run = world(NESTED).start()
    with pytest.raises(Rejected):
        run.do("activate", element)


MANY = process(
    '<subProcess id="each"><multiInstanceLoopCharacteristics><extensionElements>'
    '<zeebe:loopCharacteristics inputCollection="=[1,2,3]" inputElement="n"/></extensionElements>'
    '</multiInstanceLoopCharacteristics><startEvent id="ms"/><endEvent id="me"/>'
    + user_task("one")
    + user_task("two")
    + chain("ms", "one", "two", "me")
    + "</subProcess>"
    + user_task("after")
    + chain("s", "each", "after", "e")
)


def test_among_several_scopes_one_must_be_named() -> None:
    run = world(MANY).start()
    with pytest.raises(Rejected, match="3 scopes"):
        run.do("activate", "two")
    around = run.keys_of("each")[1]
    run.do("activate", "two", scope_key=around)
    assert run.waiting == ["one", "one", "one", "two"]
    assert run.run.variables_of(run.key("two"))["n"] == 2


def test_a_terminated_instance_of_many_leaves_the_others_and_the_last_takes_the_body_along() -> (
    None
):
    run = world(MANY).start().do("activate", "after")
    for key in run.keys_of("one")[:2]:
        run.do("terminate", key)
    assert run.waiting == ["after", "one"]
    run.do("terminate", run.key("one"))
    assert [one.element_id for one in run.run.active] == ["after"]


STUCK = process(
    '<callActivity id="broken"><extensionElements><zeebe:calledElement processId="nowhere"/>'
    "</extensionElements></callActivity>"
    + user_task("after")
    + '<exclusiveGateway id="g"/>'
    + chain("s", "broken", "g")
    + flow("g", "after", "=y = 7")
    + flow("g", "e", "=y = 8")
    + chain("after", "e")
)


def test_a_stuck_element_is_skipped_with_what_it_should_have_given() -> None:
    run = world(STUCK).start()
    assert [element for element, _ in run.incidents] == ["broken"]
    run.do("skip", run.key("broken"), {"y": 7})
    assert run.waiting == ["after"]
    assert run.incidents == []


def test_an_element_that_works_cannot_be_skipped() -> None:
    run = world(BRANCHES).start()
    with pytest.raises(NotFound):
        run.do("skip", run.key("left"))
