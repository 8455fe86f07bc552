"""Clocks that run over several elements: where they start, stop and stand still, and whom they belong to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from engine import instances, tasks, worker
from engine.deployment import bundles
from engine.errors import InvalidDiagram
from engine.models.clock import Clock as ClockRow
from tests.diagrams import chain, flow, process, properties, user_task
from tests.engine.timing.conftest import HOURS, WORKING, local, readings, told
from tests.world import World

At = Callable[[str], None]


def marked(element: str, element_id: str, **named: str) -> str:
    """An element that is no task, with properties."""
    return f'<{element} id="{element_id}"><extensionElements>{properties(**named)}</extensionElements></{element}>'


def sub(element_id: str, body: str, loop: str = "") -> str:
    """An embedded subprocess from `<id>_begin` to `<id>_end`."""
    return f'<subProcess id="{element_id}">{loop}<startEvent id="{element_id}_begin"/><endEvent id="{element_id}_end"/>{body}</subProcess>'


def problems(world: World, files: dict[str, bytes]) -> list[bundles.Problem]:
    """What the gate finds in a bundle."""
    bundle = bundles.read(files)
    with world.engine.begin(world.actor("owner")) as command:
        return [*bundle.problems, *bundles.cross_problems(command, bundle)]


OVER_EACH = (
    '<multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="=[1,2]" '
    'inputElement="n"/></extensionElements></multiInstanceLoopCharacteristics>'
)
ANSWERED = {
    "p.bpmn": process(
        user_task("accept", clockStart=WORKING)
        + user_task("ask", clockPause=WORKING)
        + user_task("answer", clockStop=WORKING)
        + user_task("file")
        + chain("s", "accept", "ask", "answer", "file", "e")
    )
}


def test_a_clock_runs_from_the_end_of_one_step_to_the_end_of_another(world: World, at: At) -> None:
    world.deploy(ANSWERED)
    started = world.start("p")
    assert readings(world, started.key) == []
    at("11-20 10:00")
    world.complete("accept")
    (reading,) = readings(world, started.key)
    assert (reading.element_id, local(reading.started_at)) == ("accept", "11-20 10:00")
    assert local(reading.due_at) == "11-23 17:30"
    at("11-23 10:00")
    world.complete("ask")
    world.complete("answer")
    (reading,) = readings(world, started.key)
    assert (reading.state, reading.late, local(reading.stopped_at)) == ("stopped", False, "11-23 10:00")  # fmt: skip


def test_it_stands_still_while_a_step_that_pauses_it_is_open(world: World, at: At) -> None:
    world.deploy(ANSWERED)
    started = world.start("p")
    world.complete("accept")
    (paused,) = readings(world, started.key)
    assert paused.state == "paused"
    at("11-23 09:30")
    worker.run_due(world.engine)
    world.complete("ask")
    (reading,) = readings(world, started.key)
    assert (reading.state, local(reading.due_at)) == ("running", "11-24 17:30")
    assert [(one.reason, local(one.ended_at)) for one in reading.pauses] == [("ask", "11-23 09:30")]
    assert told(world) == []


def test_two_steps_that_pause_it_side_by_side_pause_it_once(world: World, at: At) -> None:
    fork = '<parallelGateway id="fork"/><parallelGateway id="join"/>'
    body = (
        user_task("accept", clockStart=WORKING)
        + fork
        + user_task("a", clockPause=WORKING)
        + user_task("b", clockPause=WORKING)
        + user_task("answer", clockStop=WORKING)
    )
    flows = chain("s", "accept", "fork", "a", "join", "answer", "e") + chain("fork", "b", "join")
    world.deploy({"p.bpmn": process(body + flows)})
    started = world.start("p")
    world.complete("accept")
    at("11-20 10:30")
    world.complete("a")
    assert readings(world, started.key)[0].state == "paused"
    at("11-20 11:30")
    world.complete("b")
    (reading,) = readings(world, started.key)
    assert (reading.state, local(reading.due_at)) == ("running", "11-24 10:30")


def test_it_is_started_once_while_it_runs_and_anew_after_it_stopped(world: World, at: At) -> None:
    body = (
        user_task("work", clockStart=WORKING)
        + user_task("check", clockStop=WORKING)
        + '<exclusiveGateway id="g" default="g_e"/>'
    )
    flows = chain("s", "work", "check", "g") + flow("g", "work", "=again") + flow("g", "e")
    world.deploy({"p.bpmn": process(body + flows)})
    started = world.start("p")
    world.complete("work")
    at("11-20 11:00")
    world.complete("check", {"again": True})
    at("11-23 11:00")
    world.complete("work")
    first, second = readings(world, started.key)
    assert (first.state, local(first.started_at)) == ("stopped", "11-20 09:30")
    assert (second.state, local(second.started_at)) == ("running", "11-23 11:00")


def test_every_pass_of_a_loop_has_a_clock_of_its_own(world: World, at: At) -> None:
    inner = (
        marked("intermediateThrowEvent", "begin", clockStart=WORKING)
        + user_task("fix", clockStop=WORKING)
        + chain("each_begin", "begin", "fix", "each_end")
    )
    world.deploy({"p.bpmn": process(sub("each", inner, OVER_EACH) + chain("s", "each", "e"))})
    started = world.start("p")
    one, other = world.open_tasks(started)
    at("11-20 11:00")
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.complete(command, one.key, {})
    states = sorted(reading.state for reading in readings(world, started.key))
    assert states == ["running", "stopped"]
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.complete(command, other.key, {})
    assert {reading.state for reading in readings(world, started.key)} == {"stopped"}


def test_an_interrupted_step_stops_nothing_and_the_end_of_its_scope_does(
    world: World, at: At
) -> None:
    timer = (
        '<boundaryEvent id="late" attachedToRef="box"><timerEventDefinition>'
        "<timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>"
    )
    inner = (
        marked("intermediateThrowEvent", "begin", clockStart=WORKING)
        + user_task("fix", clockStop=HOURS)
        + chain("box_begin", "begin", "fix", "box_end")
    )
    before = marked("intermediateThrowEvent", "first", clockStart=HOURS)
    body = before + sub("box", inner) + timer + user_task("after")
    flows = chain("s", "first", "box", "e") + chain("late", "after", "e")
    world.deploy({"p.bpmn": process(body + flows)})
    started = world.start("p")
    at("11-20 11:00")
    worker.run_due(world.engine)
    assert [t.element_id for t in world.open_tasks(started)] == ["after"]
    found = {one.limit["key"]: one.state for one in readings(world, started.key) if one.limit}
    assert found == {HOURS: "running", WORKING: "stopped"}


def test_a_called_process_stops_the_clock_of_its_caller(world: World) -> None:
    call = '<callActivity id="call"><extensionElements><zeebe:calledElement processId="q"/></extensionElements></callActivity>'
    outer = marked("intermediateThrowEvent", "begin", clockStart=WORKING) + call + user_task("last")
    inner = user_task("reply", clockStop=WORKING) + chain("s", "reply", "e")
    world.deploy(
        {
            "p.bpmn": process(outer + chain("s", "begin", "call", "last", "e")),
            "q.bpmn": process(inner, "q"),
        }
    )
    started = world.start("p")
    assert readings(world, started.key)[0].state == "running"
    world.complete("reply")
    assert readings(world, started.key)[0].state == "stopped"


def test_the_end_of_an_instance_stops_its_clocks(world: World) -> None:
    body = user_task("accept", clockStart=WORKING) + user_task("work")
    world.deploy({"p.bpmn": process(body + chain("s", "accept", "work", "e"))})
    done, canceled = world.start("p"), world.start("p")
    for one in (done, canceled):
        world.complete("accept", of=one)
    world.complete("work", of=done)
    with world.engine.begin(world.actor("root")) as command:
        instances.cancel(command, canceled.key, "no longer wanted")
    for one in (done, canceled):
        assert [reading.state for reading in readings(world, one.key)] == ["stopped"]
    with world.engine.read() as session:
        watched = select(func.count()).where(ClockRow.check_at.is_not(None))
        assert session.scalar(watched) == 0


def test_its_breach_climbs_the_ladder_of_the_steps_that_are_open(
    world: World, at: At, director: str
) -> None:
    world.deploy(
        {
            "p.bpmn": process(
                marked("intermediateThrowEvent", "begin", clockStart=HOURS)
                + user_task("work", clockStop=HOURS)
                + chain("s", "begin", "work", "e")
            )
        }
    )
    started = world.start("p")
    at("11-22 08:00")
    worker.run_due(world.engine)
    assert told(world) == [("assistant", "clock_due_soon"), ("colleague", "clock_due_soon")]
    at("11-22 09:31")
    worker.run_due(world.engine)
    assert told(world)[2:] == [("supervisor", "clock_overdue")]
    at("11-24 09:31")
    worker.run_due(world.engine)
    assert told(world)[3:] == [(director, "clock_overdue")]
    (reading,) = readings(world, started.key)
    assert (reading.state, reading.late) == ("running", True)
    world.complete("work")
    (reading,) = readings(world, started.key)
    assert (reading.state, reading.late) == ("stopped", True)


@pytest.mark.parametrize("name", ["clockStart", "clockStop", "clockPause", "limit"])
@pytest.mark.parametrize(
    ("key", "code"), [("nothing.such", "unknown_limit"), ("move_in.owner_photos", "limit_kind")]
)
def test_refuses_clocks_of_limits_that_are_not_there_or_no_times(
    world: World, name: str, key: str, code: str
) -> None:
    files = {"p.bpmn": process(user_task("work", **{name: key}) + chain("s", "work", "e"))}
    assert (code, "work") in [(one.code, one.element_id) for one in problems(world, files)]
    with pytest.raises(InvalidDiagram):
        world.deploy(files)


def test_warns_of_a_clock_that_is_stopped_but_never_started(world: World) -> None:
    files = {"p.bpmn": process(user_task("work", clockStop=WORKING) + chain("s", "work", "e"))}
    found = [(one.severity, one.code) for one in problems(world, files)]
    assert found == [("warning", "clock_not_started")]
    world.deploy(files)
