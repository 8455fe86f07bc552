"""What fails over the real engine is an incident that names its element; the instance stays and can be repaired."""

from __future__ import annotations

from sqlalchemy import select

from engine import worker
from engine.models.instance import COMPLETED, ProcessInstance
from engine.models.job import Incident
from engine.models.task import Draft
from engine.operations import incidents
from tests.conftest import Clock
from tests.diagrams import chain, process, script, user_task
from tests.world import World

ENDLESS = (
    script("more", "=n + 1", "n") + '<exclusiveGateway id="x" default="x_more"/>' + chain("more", "x", "more")
    + '<sequenceFlow id="out" sourceRef="x" targetRef="rest"><conditionExpression>=stop = true</conditionExpression>'
    "</sequenceFlow>" + user_task("rest") + chain("rest", "e")
)  # fmt: skip


def timer(element_id: str, host: str, duration: str, *, interrupting: str = "false") -> str:
    return (
        f'<boundaryEvent id="{element_id}" attachedToRef="{host}" cancelActivity="{interrupting}">'
        f"<timerEventDefinition><timeDuration>{duration}</timeDuration></timerEventDefinition></boundaryEvent>"
    )


def cycle(element_id: str, host: str, text: str) -> str:
    return timer(element_id, host, text).replace("timeDuration", "timeCycle")


def told(world: World) -> list[Incident]:
    with world.engine.read() as session:
        return list(session.scalars(select(Incident).order_by(Incident.key)))


def opened(world: World, instance: ProcessInstance) -> list[str]:
    return sorted(task.element_id for task in world.open_tasks(instance))


def resolve(world: World, incident: Incident, **variables: object) -> None:
    with world.engine.begin(world.actor("root")) as command:
        incidents.resolve(command, incident.key, variables=variables)
    worker.run_due(world.engine)


def test_an_endless_timer_does_not_hold_back_the_others_of_its_instance(
    world: World, clock: Clock
) -> None:
    body = (
        user_task("work") + user_task("told") + chain("s", "work", "e") + chain("told", "e") + ENDLESS
        + timer("bad", "work", "PT1H") + timer("good", "work", "PT2H") + timer("later", "work", "PT150M")
        + chain("bad", "more") + chain("good", "told") + chain("later", "told")
    )  # fmt: skip
    world.deploy({"p.bpmn": process(body)})
    started = world.start("p", {"n": 0})
    clock.forward(hours=2)
    worker.run_due(world.engine)
    [incident] = told(world)
    assert incident.error_type == "BUDGET_EXCEEDED"
    assert incident.element_id in ("more", "x")
    assert opened(world, started) == ["told", "work"]
    clock.forward(minutes=30)
    worker.run_due(world.engine)
    assert opened(world, started) == ["told", "told", "work"]
    clock.forward(minutes=30)
    worker.run_due(world.engine)
    assert len(told(world)) == 1
    resolve(world, incident, stop=True)
    clock.forward(hours=1)
    worker.run_due(world.engine)
    assert opened(world, started) == ["rest", "told", "told", "work"]


def test_timers_that_follow_each_other_at_once_for_ever_are_an_incident(
    world: World, clock: Clock
) -> None:
    wait = '<intermediateCatchEvent id="{}"><timerEventDefinition><timeDuration>{}</timeDuration></timerEventDefinition></intermediateCatchEvent>'
    body = (
        wait.format("first", "PT1H")
        + wait.format("again", "PT0S")
        + chain("s", "first", "again", "again")
    )
    world.deploy({"p.bpmn": process(body)})
    started = world.start("p")
    clock.forward(hours=1)
    worker.run_due(world.engine)
    [incident] = told(world)
    assert (incident.error_type, incident.element_id) == ("BUDGET_EXCEEDED", "again")
    assert [one["id"] for one in world.instance(started.key).active] == ["first"]


def test_what_a_cycle_missed_while_nothing_ran_happens_once(world: World, clock: Clock) -> None:
    body = (
        user_task("work") + user_task("told") + chain("s", "work", "e") + chain("told", "e")
        + cycle("hourly", "work", "R/PT1H") + cycle("mornings", "work", "0 0 9 * * *")
        + chain("hourly", "told") + chain("mornings", "told")
    )  # fmt: skip
    world.deploy({"p.bpmn": process(body)})
    started = world.start("p")
    clock.forward(days=10)
    worker.run_due(world.engine)
    assert opened(world, started).count("told") == 2
    due = world.instance(started.key).next_due
    assert due is not None
    assert (due - clock.now).total_seconds() <= 3600


def test_a_user_task_whose_expression_failed_opens_after_the_repair(world: World) -> None:
    world.deploy({"p.bpmn": process(user_task("t", "=1 + 1") + chain("s", "t", "e"))})
    started = world.start("p")
    [incident] = told(world)
    assert (incident.element_id, incident.error_type) == ("t", "EXTRACT_VALUE_ERROR")
    world.deploy({"q.bpmn": process(user_task("t", "=groups") + chain("s", "t", "e"), "q")})
    other = world.start("q", {"groups": 3})
    resolve(world, told(world)[-1], groups="service_assistant")
    assert opened(world, other) == ["t"]
    assert world.task("t", other).definition_key == other.definition_key
    assert opened(world, started) == []


def test_a_run_without_end_leaves_the_task_open_with_what_was_typed(world: World) -> None:
    body = user_task("go") + ENDLESS + chain("s", "go", "more")
    world.deploy({"p.bpmn": process(body)})
    started = world.start("p", {"n": 0})
    assert not world.complete("go", {"note": "typed"}).ran
    [incident] = told(world)
    assert (incident.error_type, incident.element_id in ("more", "x")) == ("BUDGET_EXCEEDED", True)
    assert opened(world, started) == ["go"]
    assert world.instance(started.key).variables == {"n": 0}
    with world.engine.read() as session:
        assert [draft.data for draft in session.scalars(select(Draft))] == [{"note": "typed"}]
    resolve(world, incident, stop=True)
    world.complete("go", {"note": "typed"})
    assert opened(world, started) == ["rest"]


def test_an_oversized_value_is_an_incident_that_names_what_made_it(world: World) -> None:
    long = f'=for i in 1..size return "{"规" * 400}"'
    grow = script("grow", long, "r")
    world.deploy({"p.bpmn": process(user_task("go") + grow + chain("s", "go", "grow", "e"))})
    started = world.start("p", {"size": 1500})
    world.complete("go")
    [incident] = told(world)
    assert (incident.error_type, incident.element_id) == ("BUDGET_EXCEEDED", "grow")
    assert opened(world, started) == ["go"]
    resolve(world, incident, size=2)
    world.complete("go")
    assert world.instance(started.key).status == COMPLETED
