"""The diagrams that people, workers and timers fight over."""

from __future__ import annotations

from tests.diagrams import chain, flow, process, service_task, user_task

GO = (
    '<message id="m" name="go"><extensionElements><zeebe:subscription correlationKey="=k"/>'
    "</extensionElements></message>"
)
WAIT = '<intermediateCatchEvent id="wait"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
LATE = (
    '<boundaryEvent id="late" attachedToRef="work"><timerEventDefinition>'
    "<timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>"
)

ONE_STEP = process(user_task("work", "all_staff") + chain("s", "work", "e"))
TWO_STEPS = process(
    user_task("work", "all_staff") + user_task("next") + chain("s", "work", "next", "e")
)
MESSAGE = process(WAIT + user_task("after") + chain("s", "wait", "after", "e"), extra=GO)
TIMER = process(
    user_task("work") + user_task("after") + user_task("chase") + LATE
    + chain("s", "work", "after", "e") + chain("late", "chase", "e")
)  # fmt: skip


def branches(number: int) -> bytes:
    """Parallel user tasks `b0`, `b1` …, joined before `after`."""
    names = [f"b{index}" for index in range(number)]
    body = '<parallelGateway id="fork"/><parallelGateway id="join"/>' + user_task("after")
    body += chain("s", "fork") + chain("join", "after", "e")
    for name in names:
        body += user_task(name) + chain("fork", name, "join")
    return process(body)


def numbered(number: int) -> bytes:
    """One step whose name tells one version from another."""
    return process(user_task(f"work{number}") + chain("s", f"work{number}", "e"))


# An errand of a day: three rounds by people, then it starts a visit, tells it to go on, and tells everybody.
CHILD = {"processId": '="visit"', "variables": "={k: trip}"}
TOLD = {"name": '="go"', "correlationKey": "=trip", "variables": "={told: true}"}
ERRAND = process(
    '<parallelGateway id="fork"/><parallelGateway id="join"/>'
    '<exclusiveGateway id="again"/><exclusiveGateway id="ready"/>'
    '<exclusiveGateway id="enough" default="enough_ready"/>'
    + user_task("work", "all_staff")
    + user_task("left", "all_staff")
    + user_task("right", "all_staff")
    + LATE
    + service_task("spawn", "guicheng.start-process", CHILD)
    + service_task("tell", "guicheng.publish-message", TOLD)
    + service_task("notify", "guicheng.notify", {"roles": '=["finance_clerk"]', "text": '="done"'})
    + chain("s", "again", "work", "enough", "ready", "fork", "left", "join")
    + chain("late", "ready")
    + chain("fork", "right", "join", "spawn", "tell", "notify", "e")
    + flow("enough", "again", "=rounds &lt; 3"),
    "errand",
    start={"numberPrefix": "ER"},
)
VISIT = process(
    WAIT + user_task("look", "all_staff") + chain("s", "wait", "look", "e"), "visit", extra=GO
)
DAY = {"errand.bpmn": ERRAND, "visit.bpmn": VISIT}
