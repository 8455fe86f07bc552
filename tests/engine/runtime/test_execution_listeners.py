"""Execution listeners: jobs before an element's work and before the token leaves it."""

import pytest

from engine.runtime import check

from .bpmn import (
    OVER_XS,
    boundary,
    call,
    catch,
    diagram,
    end,
    error,
    extension,
    flow,
    gateway,
    job,
    loop,
    mapping,
    message,
    node,
    on_error,
    on_message,
    path,
    script,
    start,
    subprocess,
    throw,
    timer,
    user,
    zeebe,
)
from .world import world


def heard(*events, **options):
    """The listeners of these events, each with a job type of its own."""
    made = [
        zeebe(
            "executionListener", eventType=event.split()[0], type=event.replace(" ", "-"), **options
        )
        for event in events
    ]
    return zeebe("executionListeners", *made)


def between(part, *more, **options):
    return diagram(start(), end(), part, path("s", "x", "e"), *more, **options)


def jobs(there):
    """The jobs of what is alive, type to key; the one that waits is the last."""
    alive = {one.key for one in there.run.active if not one.incident}
    return {one.type: one.key for one in there.of("JobOpened") if one.key in alive}


def do(there, type_, **variables):
    return there.do("complete", jobs(there)[type_], variables)


def test_a_service_task_waits_for_its_listeners_one_after_the_other():
    listeners = heard("start a", "end b", "start c", "end d")
    there = world(between(job("x", more=listeners))).start()
    for expected in ("start-a", "start-c", "x", "end-b", "end-d"):
        assert list(jobs(there))[-1] == expected
        do(there, expected)
    assert there.done
    assert there.trace == ["s", "x", "e"]


def test_what_a_listener_of_the_start_gives_is_the_elements_own():
    listeners = heard("start a")
    x = job("x", inputs=[("=k", "mine")], outputs=[("=found", "kept")], more=listeners)
    there = world(between(x)).start(k=1)
    assert there.of("JobOpened")[0].variables["mine"] == 1
    do(there, "start-a", found=7)
    assert there.of("JobOpened")[1].variables["found"] == 7
    do(there, "x")
    assert there.variables == {"k": 1, "kept": 7}


def test_a_listener_of_the_end_sees_the_outputs_and_gives_past_the_element():
    x = job("x", outputs=[("=a + 1", "b")], more=heard("end z"))
    there = world(between(x)).start()
    do(there, "x", a=1)
    assert there.of("JobOpened")[1].variables == {"a": 1, "b": 2}
    do(there, "end-z", c=3)
    assert there.variables == {"b": 2, "c": 3}


def test_a_user_task_opens_after_its_listener_and_is_left_after_the_other():
    who = zeebe("assignmentDefinition", assignee="=boss")
    there = world(between(user("x", more=heard("start a", "end z") + who))).start()
    assert there.of("UserTaskOpened") == []
    do(there, "start-a", boss="liu")
    assert there.of("UserTaskOpened")[0].assignee == "liu"
    there.complete("x", done=True)
    assert (there.done, there.variables) == (False, {"done": True})
    assert do(there, "end-z").done


ONE_LISTENER = {
    "start event": diagram(node("startEvent", "s", extension(heard("end z"))), end(), path("s", "e")),
    "end event": diagram(start(), end("x", extension(heard("start a"))), path("s", "x")),
    "throw event": between(throw("x", extension(heard("end z")))),
    "gateway": between(gateway("exclusive", "x").replace("></", f">{extension(heard('start a'))}</", 1)),
    "script": between(script("x", "=1", "r").replace("</ext", heard("end z") + "</ext")),
    "manual task": between(node("manualTask", "x", extension(heard("start a")))),
    "subprocess": between(subprocess("x", start("i"), end("j"), path("i", "j")).replace("<extensionElements></", f"<extensionElements>{heard('end z')}</", 1)),
    "call activity": between(call("x", "other").replace("</ext", heard("start a") + "</ext")),
    "boundary event": between(job("x") + node("boundaryEvent", "b", extension(heard("end z")), on_error(), attachedToRef="x") + flow("b", "e"), root=error()),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_LISTENER)
def test_every_kind_of_element_calls_its_listeners(name):
    other = diagram(start(), end(), path("s", "e"), id="other")
    there = world(ONE_LISTENER[name], other).start()
    if name == "boundary event":
        there.do("throw_error", there.key("x"), "BAD")
    (waits,) = jobs(there)
    assert waits in ("start-a", "end-z")
    assert do(there, waits).done


def test_a_gateway_decides_by_what_its_listener_found():
    gate = node("exclusiveGateway", "x", extension(heard("start a")), default="x_e")
    parts = [gate, user("u"), path("s", "x", "e"), flow("x", "u", "=risk > 3"), flow("u", "e")]
    there = world(diagram(start(), end(), *parts)).start()
    assert do(there, "start-a", risk=5).waiting == ["u"]


def test_a_catch_event_waits_for_what_its_listener_said():
    x = catch("x", on_message()).replace("</ext", heard("start a") + "</ext")
    there = world(between(x, root=message())).start()
    assert there.of("SubscriptionOpened") == []
    do(there, "start-a", k="7")
    assert there.of("SubscriptionOpened")[0].correlation_key == "7"
    assert there.correlate("x").done


def test_boundary_events_begin_after_the_listeners_of_the_start():
    late = boundary("b", "x", timer("timeDuration", "PT1H"))
    there = world(between(job("x", more=heard("start a")), late, flow("b", "e"))).start()
    assert there.run.next_due is None
    do(there, "start-a")
    assert there.pass_time(hours=1).done


def test_an_element_that_is_stopped_takes_its_listener_along():
    late = boundary("b", "x", timer("timeDuration", "PT1H"))
    there = world(between(job("x", more=heard("end z")), late, flow("b", "e"))).start()
    do(there, "x")
    waiting = jobs(there)["end-z"]
    assert there.pass_time(hours=1).done
    assert waiting in {one.key for one in there.of("ElementTerminated")}


def test_a_listener_that_cannot_be_called_is_an_incident_and_is_tried_again():
    x = job("x", more=zeebe("executionListeners", zeebe("executionListener", eventType="start", type="=who")))  # fmt: skip
    there = world(between(x)).start()
    assert there.incidents == [("x", "the job type is None, not a text")]
    stuck = next(one.key for one in there.run.active if one.incident)
    there.do("set_variables", None, {"who": "mail"}).do("retry", stuck)
    assert list(jobs(there)) == ["mail"]


def test_what_fails_behind_the_last_listener_is_an_incident_of_the_element():
    gate = gateway("exclusive", "g")
    x = job("x", more=heard("end z"))
    source = diagram(
        start(), end(), x, gate, path("s", "x"), flow("x", "g", "=k > 1"), flow("g", "e")
    )
    there = world(source).start()
    do(there, "x")
    do(there, "end-z")
    assert [place for place, _ in there.incidents] == ["x"]
    there.do("set_variables", None, {"k": 2}).do("retry", there.key("x"))
    assert there.done


def test_an_element_with_a_listener_can_be_left_for_another_one():
    there = world(between(job("x", more=heard("start a")))).start()
    assert there.do("move", jobs(there)["start-a"], "e").done


def test_an_error_of_a_listener_is_caught_as_one_of_its_element():
    bad = boundary("b", "x", on_error()) + flow("b", "e")
    source = between(job("x", more=heard("start a")), bad, root=error())
    there = world(source).start()
    assert there.do("throw_error", jobs(there)["start-a"], "BAD").done
    assert there.trace == ["s", "b", "e"]


def test_headers_and_retries_are_those_of_the_listener():
    own = zeebe(
        "taskHeaders", zeebe("header", key="to", value="x"), zeebe("header", key="by", value="y")
    )
    told = zeebe("taskHeaders", zeebe("header", key="to", value="z"))
    one = zeebe("executionListener", told, eventType="start", type="mail", retries="=1 + 1")
    there = world(between(job("x", more=own + zeebe("executionListeners", one)))).start()
    opened = there.of("JobOpened")[0]
    assert dict(opened.headers) == {"to": "z", "by": "y", "executionListener": "start"}
    assert opened.retries == 2


@pytest.mark.parametrize(
    "source",
    [
        diagram(node("startEvent", "s", extension(heard("start a"))), end(), path("s", "e")),
        between(node("parallelGateway", "x", extension(heard("end z")))),
        between(job("x", more=heard("cancel a"))),
        between(user("x"), head=heard("start a")),
        diagram(start(), end("x", extension(heard("end z")), on_error()), path("s", "x"), root=error()),
        between(job("x", more=zeebe("executionListeners", zeebe("executionListener", eventType="start")))),
        between(job("x", more=heard("start a").replace("start-a", "=if"))),
    ],
)  # fmt: skip
def test_refuses_listeners_that_nobody_would_call(source):
    assert {finding.severity for finding in check(source)} == {"error"}


def test_mapping_stays_what_it_is_without_listeners():
    there = world(between(node("task", "x", extension(mapping([("=k", "a")], [("=a + 1", "b")]))))).start(k=1)  # fmt: skip
    assert (there.done, there.variables) == (True, {"k": 1, "b": 2})


def test_listeners_of_a_multi_instance_activity_are_called_for_each_instance():
    activity = user("x", loop(**OVER_XS), more=heard("start a", "end z"))
    there = world(between(activity)).start(xs=[1, 2])
    started = [one.variables["x"] for one in there.of("JobOpened")]
    assert started == [1, 2]
    for key in [one.key for one in there.of("JobOpened")]:
        there.do("complete", key, {"mine": key})
    assert there.waiting == ["x", "x"]
    for key in there.keys_of("x"):
        assert there.run.variables_of(key)["mine"] in {one.key for one in there.of("JobOpened")}
        there.do("complete", key, {"r": 1})
    ends = [one for one in there.of("JobOpened") if one.type == "end-z"]
    assert len(ends) == 2
    assert not there.done
    for one in ends:
        there.do("complete", one.key, {})
    assert there.done
    assert there.variables["rs"] == [1, 1]


def test_listeners_of_one_instance_after_the_other():
    activity = job("x", loop(sequential=True, **OVER_XS), more=heard("end z"))
    there = world(between(activity)).start(xs=[1, 2])
    for _ in range(2):
        do(there, "x", r=3)
        assert there.variables.get("rs") is None
        do(there, "end-z")
    assert there.variables["rs"] == [3, 3]
    assert there.done


def test_an_event_subprocess_waits_for_its_listeners():
    handler = node(
        "subProcess", "h", extension(heard("start a", "end z")),
        node("startEvent", "hs", timer("timeDuration", "PT1H"), isInterrupting="false"), user("v"), end("f"),
        path("hs", "v", "f"), triggeredByEvent="true",
    )  # fmt: skip
    there = world(between(user("x"), handler)).start().pass_time(hours=2)
    assert there.waiting == ["h", "x"]
    do(there, "start-a", mine=1)
    assert there.run.variables_of(there.key("v"))["mine"] == 1
    there.complete("v")
    do(there, "end-z")
    assert there.complete("x").done
