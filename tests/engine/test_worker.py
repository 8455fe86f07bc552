"""What happens without a person: jobs, messages, timers, and limits that run out."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from engine import audit, jobs, worker
from engine.errors import NotAllowed
from engine.events import messages
from engine.models.instance import COMPLETED, ProcessInstance
from engine.models.job import FAILED, Incident, Job, Message
from engine.models.task import Notification
from engine.operations import incidents
from engine.staff import notifications
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.diagrams import chain, process, script, service_task, user_task
from tests.world import World

GO = (
    '<message id="m" name="go"><extensionElements><zeebe:subscription correlationKey="=k"/>'
    "</extensionElements></message>"
)
WAIT = '<intermediateCatchEvent id="wait"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
WAITS = process(WAIT + user_task("after") + chain("s", "wait", "after", "e"), extra=GO)


def publish(world: World, name: str = "go", key: str = "1", **variables: object) -> None:
    with world.engine.begin(world.actor("clerk")) as command:
        messages.publish(command, world.site().id, name, key, variables)
    worker.run_due(world.engine)


def test_a_message_reaches_the_instance_that_waits_for_it(world: World) -> None:
    world.deploy({"p.bpmn": WAITS})
    other, meant = world.start("p", {"k": "2"}), world.start("p", {"k": "1"})
    publish(world, paid=5)
    assert world.open_tasks(other) == []
    assert [task.element_id for task in world.open_tasks(meant)] == ["after"]
    assert world.instance(meant.key).variables["paid"] == 5


def test_a_message_published_before_anybody_waits_is_kept(world: World) -> None:
    world.deploy({"p.bpmn": WAITS})
    publish(world)
    started = world.start("p", {"k": "1"})
    worker.run_due(world.engine)
    assert [task.element_id for task in world.open_tasks(started)] == ["after"]


def test_a_message_reaches_each_process_once(world: World) -> None:
    world.deploy({"p.bpmn": WAITS})
    first, second = world.start("p", {"k": "1"}), world.start("p", {"k": "1"})
    publish(world)
    waiting = [one for one in (first, second) if not world.open_tasks(one)]
    assert len(waiting) == 1


def test_an_expired_message_reaches_nobody(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": WAITS})
    publish(world)
    clock.forward(days=31)
    assert messages.drop_expired(world.engine) == 1
    started = world.start("p", {"k": "1"})
    worker.run_due(world.engine)
    assert world.open_tasks(started) == []


def test_a_message_id_is_taken_once(world: World) -> None:
    with world.engine.begin(SYSTEM) as command:
        messages.publish(command, world.site().id, "go", "1", message_id="x")
    with pytest.raises(messages.DuplicateMessage), world.engine.begin(SYSTEM) as command:
        messages.publish(command, world.site().id, "go", "1", message_id="x")


def test_nobody_publishes_at_anothers_site(world: World) -> None:
    with world.engine.begin(world.actor("stranger")) as command, pytest.raises(NotAllowed):
        messages.publish(command, world.site("north").id, "go")


def test_a_built_in_job_starts_another_process_exactly_once(world: World) -> None:
    world.deploy({"q.bpmn": process(user_task("theirs") + chain("s", "theirs", "e"), "q")})
    inputs = {"processId": '="q"', "variables": "={a: x}"}
    body = service_task("spawn", "guicheng.start-process", inputs) + chain("s", "spawn", "e")
    world.deploy({"p.bpmn": process(body)}, family="other")
    parent = world.start("p", {"x": 7})
    worker.run_due(world.engine)
    worker.run_due(world.engine)
    with world.engine.read() as session:
        children = session.scalars(
            select(ProcessInstance).where(ProcessInstance.parent_key == parent.key)
        ).all()
    assert [(child.process_id, world.instance(child.key).variables) for child in children] == [
        ("q", {"a": 7})
    ]
    assert world.instance(parent.key).status == COMPLETED


def test_a_failing_job_is_tried_again_and_then_becomes_an_incident(
    world: World, clock: Clock
) -> None:
    body = service_task("spawn", "guicheng.set-unit-status", {"unit": '="nowhere"'}, retries="2")
    world.deploy({"p.bpmn": process(body + chain("s", "spawn", "e"))})
    world.start("p")
    worker.run_due(world.engine)
    with world.engine.read() as session:
        assert session.scalar(select(Incident)) is None
    clock.forward(seconds=10)
    worker.run_due(world.engine)
    with world.engine.read() as session:
        job = session.scalars(select(Job)).one()
        incident = session.scalars(select(Incident)).one()
    assert (job.state, job.attempts) == (FAILED, 2)
    assert (incident.error_type, incident.element_id) == ("JOB_NO_RETRIES", "spawn")


def test_an_external_worker_leases_a_job_and_its_result_runs_the_instance_on(
    world: World, clock: Clock
) -> None:
    world.deploy({"p.bpmn": process(service_task("call", "sms") + chain("s", "call", "e"))})
    started = world.start("p")
    lease = dt.timedelta(minutes=1)
    with world.engine.begin(SYSTEM) as command:
        leased = jobs.activate(command, ["sms"], worker="w1", lease=lease, limit=10)
    with world.engine.begin(SYSTEM) as command:
        assert jobs.activate(command, ["sms"], worker="w2", lease=lease, limit=10) == []
    clock.forward(minutes=2)
    with world.engine.begin(SYSTEM) as command:
        assert len(jobs.activate(command, ["sms"], worker="w2", lease=lease, limit=10)) == 1
    with world.engine.begin(SYSTEM) as command:
        jobs.complete(command, leased[0].key, {"sent": True})
    assert world.instance(started.key).status == COMPLETED
    with pytest.raises(jobs.JobClosed), world.engine.begin(SYSTEM) as command:
        jobs.complete(command, leased[0].key, {})


def test_a_timer_fires_when_it_is_due_and_only_once(world: World, clock: Clock) -> None:
    timer = (
        '<boundaryEvent id="late" attachedToRef="work" cancelActivity="false"><timerEventDefinition>'
        "<timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>"
    )
    body = user_task("work") + timer + user_task("remind") + chain("s", "work", "e")
    world.deploy({"p.bpmn": process(body + chain("late", "remind", "e"))})
    started = world.start("p")
    clock.forward(hours=23)
    worker.run_due(world.engine)
    assert {task.element_id for task in world.open_tasks(started)} == {"work"}
    clock.forward(hours=2)
    worker.run_due(world.engine)
    worker.run_due(world.engine)
    assert sorted(task.element_id for task in world.open_tasks(started)) == ["remind", "work"]


def test_a_failing_expression_is_an_incident_and_can_be_repaired(world: World) -> None:
    body = (
        user_task("check") + '<exclusiveGateway id="g" default="g_no"/>' + user_task("yes")
        + user_task("no") + chain("s", "check", "g")
        + '<sequenceFlow id="g_yes" sourceRef="g" targetRef="yes"><conditionExpression>=amount &gt; 10</conditionExpression></sequenceFlow>'
        + chain("g", "no", "e") + chain("yes", "e")
    )  # fmt: skip
    world.deploy({"p.bpmn": process(body)})
    started = world.start("p")
    assert world.complete("check", {}).ran  # and so nobody said how much
    with world.engine.read() as session:
        incident = session.scalars(select(Incident)).one()
    assert incident.element_id == "g"
    assert world.open_tasks(started) == []
    with world.engine.begin(world.actor("clerk")) as command, pytest.raises(NotAllowed):
        incidents.resolve(command, incident.key)
    with world.engine.begin(world.actor("root")) as command:
        incidents.resolve(command, incident.key, variables={"amount": 11})
    assert [task.element_id for task in world.open_tasks(started)] == ["yes"]


def test_an_overdue_task_climbs_the_ladder(world: World, clock: Clock) -> None:
    due = '<zeebe:taskSchedule dueDate="=now() + duration(&quot;PT1H&quot;)"/>'
    task = user_task("check").replace("<zeebe:userTask/>", f"<zeebe:userTask/>{due}")
    world.deploy({"p.bpmn": process(task + chain("s", "check", "e"))})
    world.start("p")
    clock.forward(minutes=59)
    worker.run_due(world.engine)
    supervisor = world.actor("supervisor")
    with world.engine.read() as session:
        assert notifications.unread(session, supervisor) == 0
    clock.forward(minutes=2)
    worker.run_due(world.engine)
    worker.run_due(world.engine)
    with world.engine.read() as session:
        told = session.scalars(
            select(Notification).where(Notification.user_id == supervisor.user_id)
        ).all()
    assert [one.kind for one in told] == ["task_overdue"]


def test_a_limit_reminds_at_80_percent_and_climbs_at_100_and_200(
    world: World, clock: Clock
) -> None:
    # given: a step limited to one hour by the policy table
    task = user_task("check", limit="move_in_owner.t_verify")
    world.deploy({"p.bpmn": process(task + chain("s", "check", "e"))})
    started = world.start("p")
    opened = world.task("check")
    assert opened.due_at == clock.now + dt.timedelta(hours=1)
    told: list[tuple[int, str]] = []
    for minutes in (49, 12, 60):
        # when
        clock.forward(minutes=minutes)
        worker.run_due(world.engine)
        with world.engine.read() as session:
            rows = session.scalars(select(Notification).order_by(Notification.id)).all()
        told = [(row.user_id, row.kind) for row in rows]
    # then: both assistants at 80 %, the supervisor at 100 %, and at 200 % nobody, for the site has no director
    assistants = [world.actor(name).user_id for name in ("assistant", "colleague")]
    assert told == [
        *((one, "task_due_soon") for one in assistants),
        (world.actor("supervisor").user_id, "task_overdue"),
    ]
    with world.engine.read() as session:
        actions = [entry.action for entry in audit.entries(session, started.key)]
    assert actions == ["instance.started", "task.due_soon", "task.overdue", "task.overdue"]


def test_a_process_that_is_not_deployed_becomes_a_manual_to_do(world: World) -> None:
    from engine.deployment import library

    world.deploy(library.files("common"), family="common")
    inputs = {
        "processId": '="signboard_making"',
        "processName": '="水牌制作"',
        "role": '="front_desk"',
    }
    body = service_task("spawn", "guicheng.start-process", inputs) + chain("s", "spawn", "e")
    world.deploy({"p.bpmn": process(body)})
    world.start("p")
    worker.run_due(world.engine)
    todo = world.task("t_handle")
    assert (todo.groups, todo.summary) == (["front_desk"], ["水牌制作"])


def test_messages_are_kept_thirty_days(world: World) -> None:
    publish(world)
    with world.engine.read() as session:
        message = session.scalars(select(Message)).one()
    assert message.expires_at - message.published_at == dt.timedelta(days=30)


def endless_after(first: str, ready: str = "") -> bytes:
    """After its first element the process counts without end, unless `stop` is true."""
    body = (
        first
        + '<exclusiveGateway id="again" default="again_count"/>'
        + script("count", "=n + 1", "n")
        + user_task("rest")
        + '<sequenceFlow id="again_count" sourceRef="again" targetRef="count"/>'
        + '<sequenceFlow id="again_rest" sourceRef="again" targetRef="rest"><conditionExpression>=stop</conditionExpression></sequenceFlow>'
        + chain("s", "first", "again")
        + chain("count", "again")
        + chain("rest", "e")
    )
    return process(body, extra=ready)


def test_a_job_whose_process_ran_on_without_end_can_be_tried_again(world: World) -> None:
    world.deploy({"p.bpmn": endless_after(service_task("first", "sms"))})
    started = world.start("p", {"n": 0, "stop": False})
    with world.engine.read() as session:
        key = session.scalars(select(Job.key)).one()
    with world.engine.begin(SYSTEM) as command:
        assert jobs.complete(command, key, {}).state == FAILED
    with world.engine.read() as session:
        incident = session.scalars(select(Incident)).one()
    with world.engine.begin(world.actor("root")) as command:
        incidents.resolve(command, incident.key, variables={"stop": True})
    with world.engine.begin(SYSTEM) as command:
        jobs.complete(command, key, {})
    assert [task.element_id for task in world.open_tasks(started)] == ["rest"]


def test_a_message_an_instance_could_not_take_comes_again(world: World) -> None:
    wait = WAIT.replace('id="wait"', 'id="first"')
    world.deploy({"p.bpmn": endless_after(wait, GO)})
    started = world.start("p", {"k": "1", "n": 0, "stop": False})
    publish(world)
    with world.engine.read() as session:
        incident = session.scalars(select(Incident)).one()
    with world.engine.begin(world.actor("root")) as command:
        incidents.resolve(command, incident.key, variables={"stop": True})
    worker.run_due(world.engine)
    assert [task.element_id for task in world.open_tasks(started)] == ["rest"]


def test_settling_an_instance_does_its_built_in_jobs_at_once_and_only_its_own(world: World) -> None:
    steps = "".join(service_task(one, "guicheng.notify", {"roles": "=[]"}) for one in ("x", "y"))
    world.deploy({"p.bpmn": process(steps + user_task("t") + chain("s", "x", "y", "t", "e"))})
    mine, other = world.start("p"), world.start("p")
    worker.settle(world.engine, mine.key)
    assert [task.element_id for task in world.open_tasks(mine)] == ["t"]
    assert world.open_tasks(other) == []
