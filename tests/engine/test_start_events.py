"""Start events that no person triggers: messages, signals and times start instances over the real engine."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from engine import worker
from engine.deployment import deployments
from engine.engine import Engine
from engine.errors import Rejected
from engine.events import messages, signals
from engine.models.definition import ProcessDefinition
from engine.models.event import StartSubscription
from engine.models.instance import ACTIVE, COMPLETED, ProcessInstance
from engine.models.job import Incident, Message, MessageCorrelation
from engine.operations import incidents
from engine.policy import changes
from engine.staff import identity
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.diagrams import HEAD, chain, process, properties, script, user_task
from tests.world import World

ORDER = '<message id="m" name="order"/>'
ALARM = '<signal id="g" name="alarm"/>'
ON_ORDER = '<messageEventDefinition messageRef="m"/>'
ON_ALARM = '<signalEventDefinition signalRef="g"/>'


def timer(kind: str, text: str) -> str:
    return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"


def begins(trigger: str, extra: str = "", *, body: str = "", first: str = "t", name: str = "p",
           start: dict[str, str] | None = None, **of: str) -> bytes:  # fmt: skip
    """A process without a none start event: `begin`, the user task `t`, the end."""
    at_start = f"<extensionElements>{properties(**(start or {}))}</extensionElements>"
    of_process = f"<extensionElements>{properties(**of)}</extensionElements>" if of else ""
    return (
        f'{HEAD}{extra}<process id="{name}" isExecutable="true">{of_process}'
        f'<startEvent id="begin">{at_start}{trigger}</startEvent>{body}{user_task("t")}<endEvent id="e"/>'
        f"{chain('begin', first)}{chain('t', 'e')}</process></definitions>"
    ).encode()


def run(world: World) -> list[ProcessInstance]:
    """What has been started after the worker's turn, oldest first."""
    worker.run_due(world.engine)
    with world.engine.read() as session:
        return list(session.scalars(select(ProcessInstance).order_by(ProcessInstance.key)))


def publish(world: World, key: str = "", site: str = "north", **options: object) -> None:
    with world.engine.begin(SYSTEM) as command:
        messages.publish(command, world.site(site).id, "order", key, {"goods": key}, **options)


# Messages


def test_a_message_starts_an_instance_at_its_site_with_its_variables(world: World) -> None:
    world.deploy({"p.bpmn": begins(ON_ORDER, ORDER)})
    publish(world, "7", "south")
    [started] = run(world)
    assert (started.site_id, started.process_id) == (world.site("south").id, "p")
    assert world.instance(started.key).variables == {"goods": "7"}
    assert [task.element_id for task in world.open_tasks(started)] == ["t"]
    assert len(run(world)) == 1


def test_the_same_correlation_key_starts_again_only_when_the_first_instance_has_ended(
    world: World,
) -> None:
    world.deploy({"p.bpmn": begins(ON_ORDER, ORDER)})
    publish(world, "7")
    publish(world, "7")
    publish(world, "8")
    started = run(world)
    assert [one.correlation_key for one in started] == ["7", "8"]
    world.complete("t", of=started[0])
    again = run(world)
    assert [(one.correlation_key, one.status) for one in again] == [
        ("7", COMPLETED),
        ("8", ACTIVE),
        ("7", ACTIVE),
    ]


def test_messages_without_a_correlation_key_start_an_instance_each(world: World) -> None:
    world.deploy({"p.bpmn": begins(ON_ORDER, ORDER)})
    publish(world)
    publish(world)
    assert len(run(world)) == 2


def test_a_message_kept_from_before_the_deployment_starts_an_instance_once(world: World) -> None:
    publish(world, "7")
    assert run(world) == []
    world.deploy({"p.bpmn": begins(ON_ORDER, ORDER)})
    assert len(run(world)) == 1
    world.deploy({"p.bpmn": begins(ON_ORDER, ORDER, body="<!-- new -->")})
    assert len(run(world)) == 1


def test_a_message_that_may_not_wait_starts_only_what_is_there_at_once(
    world: World, clock: Clock
) -> None:
    at_once = {"time_to_live": dt.timedelta(0)}
    publish(world, "7", **at_once)
    clock.forward(seconds=1)
    world.deploy({"p.bpmn": begins(ON_ORDER, ORDER)})
    assert run(world) == []
    publish(world, "7", **at_once)
    clock.forward(seconds=1)
    publish(world, "7", **at_once)
    [started] = run(world)
    clock.forward(seconds=1)
    world.complete("t", of=started)
    assert len(run(world)) == 1


def test_who_waits_gets_a_message_before_it_starts_another_instance(world: World) -> None:
    keyed = (
        '<message id="m" name="order"><extensionElements><zeebe:subscription correlationKey="=goods"/>'
        "</extensionElements></message>"
    )
    wait = f'<intermediateCatchEvent id="wait">{ON_ORDER}</intermediateCatchEvent>'
    body = wait + chain("wait", "t")
    world.deploy({"p.bpmn": begins(ON_ORDER, keyed, body=body, first="wait")})
    publish(world, "7")
    [started] = run(world)
    assert world.open_tasks(started) == []
    publish(world, "7")
    assert len(run(world)) == 1
    assert [task.element_id for task in world.open_tasks(started)] == ["t"]


def test_only_the_latest_version_waits_for_messages(world: World) -> None:
    world.deploy({"p.bpmn": begins(ON_ORDER, ORDER)})
    world.deploy({"p.bpmn": process(user_task("t") + chain("s", "t", "e"))})
    publish(world, "7")
    assert run(world) == []
    with world.engine.read() as session:
        assert session.scalars(select(StartSubscription)).all() == []


def test_a_process_may_start_by_hand_by_message_by_signal_and_by_time(
    world: World, clock: Clock
) -> None:
    starts = (
        f'<startEvent id="a">{ON_ORDER}</startEvent><startEvent id="b">{ON_ALARM}</startEvent>'
        f'<startEvent id="c">{timer("timeDuration", "PT1H")}</startEvent>'
    )
    flows = "".join(chain(one, "t") for one in "abc")
    body = starts + user_task("t") + chain("s", "t", "e") + flows
    world.deploy({"p.bpmn": process(body, extra=ORDER + ALARM, startSites="north")})
    world.start("p")
    publish(world)
    with world.engine.begin(SYSTEM) as command:
        signals.broadcast(command, world.site().id, "alarm")
    clock.forward(hours=1)
    assert len(run(world)) == 4


def test_a_message_in_a_site_that_is_not_named_starts_nothing(world: World) -> None:
    world.deploy({"p.bpmn": begins(ON_ORDER, ORDER, startSites="north")})
    publish(world, "7", "south")
    publish(world, "7", "north")
    assert [one.site_id for one in run(world)] == [world.site("north").id]


# Signals


def test_a_signal_starts_one_instance_of_each_process_that_waits_for_it(world: World) -> None:
    world.deploy({"p.bpmn": begins(ON_ALARM, ALARM), "q.bpmn": begins(ON_ALARM, ALARM, name="q")})
    with world.engine.begin(SYSTEM) as command:
        signals.broadcast(command, world.site().id, "alarm", {"floor": 3})
    assert sorted(one.process_id for one in run(world)) == ["p", "q"]
    assert world.instance(run(world)[0].key).variables == {"floor": 3}


# Times


def starts_of(world: World, site: str = "north") -> list[dt.datetime]:
    return [one.started_at for one in run(world) if one.site_id == world.site(site).id]


def test_a_date_starts_once_at_every_site(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": begins(timer("timeDate", "2026-11-21T08:00:00"))})
    assert run(world) == []
    clock.forward(days=2)
    assert {one.site_id for one in run(world)} == {world.site("north").id, world.site("south").id}
    clock.forward(days=2)
    assert len(run(world)) == 2


def test_a_date_that_has_passed_starts_nothing(world: World) -> None:
    world.deploy({"p.bpmn": begins(timer("timeDate", "2026-11-01T08:00:00"))})
    assert run(world) == []


def test_a_cycle_starts_again_and_what_was_missed_happens_once(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": begins(timer("timeCycle", "R3/PT1H"), startSites="north")})
    clock.forward(hours=1)
    assert len(run(world)) == 1
    clock.forward(hours=10)
    assert len(run(world)) == 2
    clock.forward(minutes=59)
    assert len(run(world)) == 2
    clock.forward(minutes=1)
    assert len(run(world)) == 3
    clock.forward(days=10)
    assert len(run(world)) == 3


def test_a_cron_expression_is_read_at_the_sites_own_time(world: World, clock: Clock) -> None:
    with world.engine.begin(SYSTEM) as command:
        identity.create_site(command, key="far", name="远", timezone="Europe/London")
    world.deploy({"p.bpmn": begins(timer("timeCycle", "0 0 9 * * MON-FRI"))})
    clock.forward(hours=8)  # Friday afternoon in Shenzhen, Friday 09:30 in London
    assert (len(starts_of(world)), len(starts_of(world, "far"))) == (0, 1)
    clock.forward(hours=64)  # Monday 09:30 in Shenzhen, 01:30 in London
    assert len(starts_of(world)) == 1
    assert len(starts_of(world, "far")) == 1
    clock.forward(hours=8)
    assert len(starts_of(world, "far")) == 2
    clock.forward(days=14)
    assert len(starts_of(world)) == 2
    clock.forward(days=1)
    assert len(starts_of(world)) == 3


def test_a_new_version_takes_the_place_of_the_timer_before(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": begins(timer("timeCycle", "R/PT1H"), startSites="north")})
    clock.forward(minutes=30)
    world.deploy({"p.bpmn": begins(timer("timeCycle", "R/PT2H"), startSites="north")})
    clock.forward(minutes=110)
    assert run(world) == []
    clock.forward(minutes=10)
    [started] = run(world)
    with world.engine.read() as session:
        assert session.get_one(ProcessInstance, started.key).definition.version == 2


def test_a_timer_follows_the_limit_it_reads_as_soon_as_that_is_changed(
    world: World, clock: Clock
) -> None:
    # given: a process that starts in April and September
    start = "holiday.precaution_start"
    world.deploy({"p.bpmn": begins(timer("timeCycle", f"=camunda.vars.tenant.{start}"))})
    # when: one site wants it every noon
    with world.engine.begin(SYSTEM) as command:
        changes.limit(command, start, world.site(), "0 0 12 * * *")
    clock.forward(hours=3)
    # then
    assert (len(starts_of(world)), len(starts_of(world, "south"))) == (1, 0)
    with pytest.raises(Rejected), world.engine.begin(SYSTEM) as command:
        changes.limit(command, start, None, "now and then")
    with world.engine.begin(SYSTEM) as command:
        changes.limit(command, start, world.site(), None)
    clock.forward(days=3)
    assert (len(starts_of(world)), len(starts_of(world, "south"))) == (1, 0)


def test_a_start_that_is_due_still_happens_once_when_the_limit_it_reads_is_saved(
    world: World, clock: Clock
) -> None:
    # given: what starts at every full hour is due and no worker has come by
    start = "holiday.precaution_start"
    with world.engine.begin(SYSTEM) as command:
        changes.limit(command, start, world.site(), "0 0 * * * *")
    world.deploy({"p.bpmn": begins(timer("timeCycle", f"=camunda.vars.tenant.{start}"))})
    clock.forward(minutes=61)
    # when
    with world.engine.begin(SYSTEM) as command:
        changes.limit(command, start, world.site(), "0 0 */2 * * *")
    # then
    assert len(starts_of(world)) == 1
    assert len(starts_of(world)) == 1
    clock.forward(hours=2)
    assert len(starts_of(world)) == 2


@pytest.mark.parametrize("text", ["R/PT1H", "R1/PT1H", "0 0 * * * *"])
def test_a_start_that_is_due_still_happens_once_when_a_new_version_is_deployed(
    world: World, clock: Clock, text: str
) -> None:
    # given
    world.deploy({"p.bpmn": begins(timer("timeCycle", text), startSites="north")})
    clock.forward(minutes=61)
    # when: the next version starts a month from now
    world.deploy({"p.bpmn": begins(timer("timeCycle", "R/P30D"), startSites="north")})
    # then
    [started] = run(world)
    with world.engine.read() as session:
        assert session.get_one(ProcessInstance, started.key).definition.version == 2
    clock.forward(days=29)
    assert len(run(world)) == 1
    clock.forward(days=2)
    assert len(run(world)) == 2


def test_a_site_opened_later_gets_the_timers_too(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": begins(timer("timeCycle", "@daily"))})
    with world.engine.begin(SYSTEM) as command:
        identity.create_site(command, key="east", name="东苑")
    clock.forward(days=1)
    assert len(run(world)) == 3


def test_the_first_site_gets_the_timers_of_what_was_deployed_before_it(
    engine: Engine, clock: Clock
) -> None:
    # given: an installation without any site
    with engine.begin(SYSTEM) as command:
        files = {"p.bpmn": begins(timer("timeCycle", "@daily"))}
        deployments.deploy(command, files, family="rounds")
    # when
    with engine.begin(SYSTEM) as command:
        identity.create_site(command, key="first", name="首个项目")
    clock.forward(days=1)
    worker.run_due(engine)
    # then
    with engine.read() as session:
        assert len(session.scalars(select(ProcessInstance)).all()) == 1


def test_a_suspended_process_starts_when_it_is_resumed(world: World, clock: Clock) -> None:
    deployed = world.deploy({"p.bpmn": begins(timer("timeCycle", "R/PT1H"), startSites="north")})
    with world.engine.begin(SYSTEM) as command:
        row = command.session.get_one(ProcessDefinition, deployed.definitions[0].key)
        row.suspended_at = command.now
    clock.forward(hours=5)
    assert run(world) == []
    with world.engine.begin(SYSTEM) as command:
        row = command.session.get_one(ProcessDefinition, deployed.definitions[0].key)
        row.suspended_at = None
    assert len(run(world)) == 1


def test_a_time_that_makes_no_sense_is_told_when_it_is_deployed(world: World) -> None:
    with pytest.raises(Rejected, match="begin at north"):
        world.deploy({"p.bpmn": begins(timer("timeCycle", '="every " + "day"'))})


def test_a_site_that_does_not_exist_is_refused(world: World) -> None:
    with pytest.raises(Rejected, match="there is no site moon"):
        world.deploy({"p.bpmn": begins(ON_ORDER, ORDER, startSites="north, moon")})


# What goes wrong


def test_a_running_instance_with_the_same_business_key_takes_the_start(world: World) -> None:
    world.deploy({"p.bpmn": begins(ON_ORDER, ORDER, start={"businessKey": "monthly"})})
    publish(world)
    publish(world)
    assert len(run(world)) == 1
    with world.engine.read() as session:
        met = session.scalars(select(MessageCorrelation.instance_key)).all()
    assert len(met) == 2
    assert len(set(met)) == 1


def test_a_business_key_that_fails_is_an_incident_of_an_instance_without_one(world: World) -> None:
    world.deploy({"p.bpmn": begins(ON_ORDER, ORDER, start={"businessKey": "=goods + 1"})})
    publish(world, "7")
    [started] = run(world)
    assert (started.business_key, started.status) == ("", ACTIVE)
    with world.engine.read() as session:
        [incident] = session.scalars(select(Incident))
    assert (incident.element_id, incident.error_type) == ("begin", "EXTRACT_VALUE_ERROR")


def test_a_start_that_runs_on_without_end_is_held_and_can_be_repaired(world: World) -> None:
    loop = (
        script("more", "=n + 1", "n") + '<exclusiveGateway id="g" default="g_more"/>'
        + chain("begin", "more", "g", "more")
    )  # fmt: skip
    onward = '<sequenceFlow id="on" sourceRef="g" targetRef="t"><conditionExpression>=stop = true</conditionExpression></sequenceFlow>'
    source = begins(ON_ORDER, ORDER, body=loop + onward, first="more").replace(
        chain("begin", "more").encode(), b"", 1
    )
    world.deploy({"p.bpmn": source})
    publish(world, "7")
    [started] = run(world)
    assert (started.status, world.open_tasks(started)) == (ACTIVE, [])
    assert len(run(world)) == 1
    with world.engine.read() as session:
        [incident] = session.scalars(select(Incident))
    assert incident.error_type == "BUDGET_EXCEEDED"
    with world.engine.begin(world.actor("root")) as command:
        incidents.resolve(command, incident.key, variables={"stop": True, "n": 0})
    assert [task.element_id for task in world.open_tasks(started)] == ["t"]
    with world.engine.read() as session:
        assert session.scalars(select(Message)).one().correlation_key == "7"
