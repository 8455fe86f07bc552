"""Task listeners over the real engine: what they hold is kept, carried out with their corrections, or denied."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from engine import instances, jobs, tasks
from engine.errors import EngineError, NotAllowed, Rejected, TaskHeld
from engine.models.identity import User
from engine.models.instance import COMPLETED, ProcessInstance
from engine.models.job import CANCELED, CREATED, FAILED, Incident, Job
from engine.models.task import Notification, UserTask
from engine.operations import incidents
from engine.staff.access import SYSTEM
from engine.tasks.transitions import Answer
from tests.diagrams import chain, process, script
from tests.world import World

GROUP = '<zeebe:assignmentDefinition candidateGroups="service_assistant"/>'
PRIORITY = "io.camunda.zeebe:priority"


def step(*events: str, more: str = GROUP) -> str:
    """A user task with a listener for each event, whose job type is the event."""
    called = "".join(
        f'<zeebe:taskListener eventType="{one}" type="{one}" retries="1"/>' for one in events
    )
    return (
        f'<userTask id="u"><extensionElements><zeebe:userTask/><zeebe:taskListeners>{called}</zeebe:taskListeners>'
        f"{more}</extensionElements></userTask>"
    )


def started(world: World, *events: str, more: str = GROUP) -> ProcessInstance:
    world.deploy({"p.bpmn": process(step(*events, more=more) + chain("s", "u", "e"))})
    return world.start("p")


def the_task(world: World) -> UserTask:
    with world.engine.read() as session:
        query = select(UserTask).where(UserTask.element_id == "u", UserTask.parent_key.is_(None))
        return session.scalars(query.options(undefer(UserTask.submitted))).one()


def person(world: World, user_id: int | None) -> str | None:
    with world.engine.read() as session:
        user = session.get(User, user_id) if user_id else None
        return user.username if user else None


def lease(world: World, job_type: str) -> Job:
    with world.engine.begin(SYSTEM) as command:
        (job,) = jobs.activate(command, [job_type], worker="w", lease=dt.timedelta(minutes=1), limit=9)  # fmt: skip
        return job


def answer(world: World, job_type: str, said: Answer | None = None, **variables: Any) -> Job:
    job = lease(world, job_type)
    with world.engine.begin(SYSTEM) as command:
        return jobs.complete(command, job.key, variables, said)


def does(world: World, who: str, act: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with world.engine.begin(world.actor(who)) as command:
        return act(command, the_task(world).key, *given, **named)


def told(world: World) -> list[tuple[str, Any]]:
    with world.engine.read() as session:
        return [(one.kind, one.params.get("reason")) for one in session.scalars(select(Notification))]  # fmt: skip


def test_nobody_has_a_task_before_the_listeners_of_its_creation_are_done(world: World) -> None:
    started(world, "creating")
    assert (the_task(world).state, world.open_tasks()) == ("creating", [])
    with pytest.raises(TaskHeld):
        does(world, "assistant", tasks.claim)
    answer(world, "creating", Answer(corrections={"priority": 80, "assignee": "assistant"}))
    task = world.task("u")
    assert (task.state, task.priority, person(world, task.assignee_id)) == (
        "created",
        80,
        "assistant",
    )
    world.complete("u")


def test_the_listeners_of_a_creation_see_the_task_and_what_was_corrected_before(world: World) -> None:  # fmt: skip
    started(world, "creating", "create")
    first = lease(world, "creating")
    with world.engine.begin(SYSTEM) as command:
        jobs.complete(command, first.key, {}, Answer(corrections={"priority": 7}))
    second = lease(world, "create")
    assert (first.headers[PRIORITY], second.headers[PRIORITY]) == ("50", "7")
    assert second.headers["io.camunda.zeebe:changedAttributes"] == '["priority"]'
    assert second.headers["io.camunda.zeebe:userTaskKey"] == str(the_task(world).key)
    assert second.headers["io.camunda.zeebe:candidateGroups"] == '["service_assistant"]'


def test_what_is_submitted_is_held_until_the_listener_lets_it_pass(world: World) -> None:
    instance = started(world, "completing")
    done = world.complete("u", {"note": "n"})
    assert (done.ran, done.held, the_task(world).state) == (True, True, "completing")
    for act in (tasks.claim, tasks.unclaim, tasks.take_back, lambda c, k: tasks.complete(c, k, {})):
        with pytest.raises(TaskHeld):
            does(world, "assistant", act)
    job = lease(world, "completing")
    assert job.variables["note"] == "n"
    assert world.instance(instance.key).variables == {}
    with world.engine.begin(SYSTEM) as command:
        jobs.complete(command, job.key, {}, Answer(corrections={"priority": 90}))
    ended, task = world.instance(instance.key), the_task(world)
    assert (ended.status, ended.variables) == (COMPLETED, {"note": "n"})
    assert (task.state, task.priority, person(world, task.completed_by)) == (
        "completed",
        90,
        "assistant",
    )


def test_a_completion_that_is_denied_leaves_the_task_as_it_was_and_says_why(world: World) -> None:
    started(world, "completing")
    world.complete("u", {"note": "n"})
    said = answer(world, "completing", Answer(denied=True, reason="no picture"))
    task = the_task(world)
    assert (task.state, task.assignee_id, task.completed_by) == ("created", None, None)
    assert task.submitted == {"note": "n"}
    assert said.headers["denied"] == "no picture"
    assert told(world) == [("task_denied", "no picture")]
    world.complete("u", {"note": "better"})
    answer(world, "completing")
    assert the_task(world).submitted == {"note": "better"}


def test_who_claims_a_task_has_it_when_the_listener_lets_him(world: World) -> None:
    started(world, "assigning")
    does(world, "assistant", tasks.claim)
    task = the_task(world)
    assert (task.state, task.assignee_id) == ("assigning", None)
    job = lease(world, "assigning")
    assert job.headers["io.camunda.zeebe:assignee"] == "assistant"
    assert job.headers["io.camunda.zeebe:action"] == "claim"
    with world.engine.begin(SYSTEM) as command:
        jobs.complete(command, job.key, {})
    assert (person(world, world.task("u").assignee_id), world.task("u").claimed_at is not None) == ("assistant", True)  # fmt: skip
    does(world, "assistant", tasks.unclaim)
    answer(world, "assigning", Answer(denied=True, reason="you must do it"))
    assert person(world, world.task("u").assignee_id) == "assistant"


def test_a_listener_may_choose_somebody_else_who_is_told(world: World) -> None:
    started(world, "assigning")
    does(world, "supervisor", tasks.assign, "assistant")
    assert told(world) == []
    answer(world, "assigning", Answer(corrections={"assignee": "supervisor"}))
    assert person(world, world.task("u").assignee_id) == "supervisor"
    assert [kind for kind, _ in told(world)] == ["task_assigned"]


def test_a_listener_cannot_choose_who_does_not_work_here(world: World) -> None:
    started(world, "assigning")
    does(world, "assistant", tasks.claim)
    job = lease(world, "assigning")
    with pytest.raises(Rejected), world.engine.begin(SYSTEM) as command:
        jobs.complete(command, job.key, {}, Answer(corrections={"assignee": "nobody"}))
    assert the_task(world).state == "assigning"


def test_whom_the_diagram_names_is_asked_about_after_the_creation(world: World) -> None:
    named = '<zeebe:assignmentDefinition assignee="assistant" candidateGroups="service_assistant"/>'
    started(world, "creating", "assigning", more=named)
    job = lease(world, "creating")
    with pytest.raises(Rejected), world.engine.begin(SYSTEM) as command:
        jobs.complete(command, job.key, {}, Answer(corrections={"assignee": "supervisor"}))
    with world.engine.begin(SYSTEM) as command:
        jobs.complete(command, job.key, {})
    assert (the_task(world).state, the_task(world).assignee_id) == ("assigning", None)
    answer(world, "assigning", Answer(denied=True))
    assert (world.task("u").state, world.task("u").assignee_id) == ("created", None)


def test_what_was_denied_is_not_told_to_other_listeners(world: World) -> None:
    started(world, "assigning", "completing")
    world.complete("u", {"note": "n"})
    answer(world, "completing", Answer(denied=True))
    does(world, "assistant", tasks.claim)
    assert "note" not in lease(world, "assigning").variables


def test_an_update_waits_for_its_listener(world: World) -> None:
    started(world, "updating")
    does(world, "supervisor", tasks.update, priority=70, reason="urgent")
    assert (the_task(world).state, the_task(world).priority) == ("updating", 50)
    assert lease(world, "updating").headers[PRIORITY] == "70"


def test_an_update_may_be_corrected_or_denied(world: World) -> None:
    started(world, "updating")
    does(world, "supervisor", tasks.update, priority=70)
    soon = world.engine.clock() + dt.timedelta(days=3)
    answer(world, "updating", Answer(corrections={"priority": 20, "follow_up": 1, "followUpDate": soon}))  # fmt: skip
    assert (world.task("u").priority, world.task("u").follow_up_at) == (20, soon)
    does(world, "supervisor", tasks.update, priority=70)
    answer(world, "updating", Answer(denied=True, reason="no"))
    assert world.task("u").priority == 20


def test_a_transfer_reaches_both_people_only_when_it_is_let_pass(world: World) -> None:
    started(world, "assigning")
    does(world, "assistant", tasks.claim)
    answer(world, "assigning")
    does(world, "supervisor", tasks.transfer, "supervisor", reason="ill")
    assert told(world) == []
    answer(world, "assigning")
    assert sorted(kind for kind, _ in told(world)) == ["task_moved", "task_transferred"]


def test_a_task_is_delegated_and_comes_back_through_its_listeners(world: World) -> None:
    started(world, "assigning")
    does(world, "assistant", tasks.delegate, "supervisor", note="please")
    assert the_task(world).owner_id is None
    answer(world, "assigning")
    task = world.task("u")
    assert (person(world, task.owner_id), person(world, task.assignee_id)) == (
        "assistant",
        "supervisor",
    )
    does(world, "supervisor", tasks.answer, "fine")
    answer(world, "assigning")
    task = world.task("u")
    assert (task.owner_id, person(world, task.assignee_id)) == (None, "assistant")


@pytest.mark.parametrize("corrections", [{"priority": 101}, {"candidateGroups": ["gone"]}, {"candidateUsers": ["gone"]}])  # fmt: skip
def test_a_correction_that_cannot_be_followed_is_refused(world: World, corrections: dict[str, Any]) -> None:  # fmt: skip
    started(world, "creating")
    job = lease(world, "creating")
    with pytest.raises(Rejected), world.engine.begin(SYSTEM) as command:
        jobs.complete(command, job.key, {}, Answer(corrections=corrections))
    with world.engine.read() as session:
        assert session.get_one(Job, job.key).state == CREATED


def test_candidates_are_those_the_listener_names(world: World) -> None:
    started(world, "creating")
    answer(world, "creating", Answer(corrections={"candidateGroups": [], "candidateUsers": ["supervisor"]}))  # fmt: skip
    with pytest.raises(NotAllowed):
        does(world, "assistant", tasks.claim)
    does(world, "supervisor", tasks.claim)


def test_an_assignee_is_enough_but_nobody_is_too_few(world: World) -> None:
    started(world, "creating")
    job = lease(world, "creating")
    nobody: dict[str, Any] = {"candidateGroups": []}
    with pytest.raises(Rejected), world.engine.begin(SYSTEM) as command:
        jobs.complete(command, job.key, {}, Answer(corrections=nobody))
    with world.engine.begin(SYSTEM) as command:
        jobs.complete(command, job.key, {}, Answer(corrections=nobody | {"assignee": "colleague"}))
    assert person(world, world.task("u").assignee_id) == "colleague"


def test_a_listener_gives_no_variables_throws_no_error_and_denies_no_creation(world: World) -> None:
    started(world, "creating")
    job = lease(world, "creating")
    for act in (
        lambda command: jobs.complete(command, job.key, {"a": 1}),
        lambda command: jobs.throw_error(command, job.key, "BAD", "", {}),
        lambda command: jobs.complete(command, job.key, {}, Answer(denied=True)),
    ):
        with pytest.raises(Rejected), world.engine.begin(SYSTEM) as command:
            act(command)


def test_a_listener_that_fails_is_an_incident_and_what_was_submitted_stays(world: World) -> None:
    instance = started(world, "completing")
    world.complete("u", {"note": "n"})
    job = lease(world, "completing")
    with world.engine.begin(SYSTEM) as command:
        jobs.fail(command, job.key, "no line")
    with world.engine.read() as session:
        incident = session.scalars(select(Incident)).one()
    assert (incident.error_type, incident.job_key) == ("TASK_LISTENER_NO_RETRIES", job.key)
    with world.engine.begin(world.actor("root")) as command:
        incidents.resolve(command, incident.key)
    answer(world, "completing")
    assert world.instance(instance.key).variables == {"note": "n"}


def test_an_operator_may_go_on_without_the_listener(world: World) -> None:
    instance = started(world, "completing")
    world.complete("u", {"note": "n"})
    job = lease(world, "completing")
    with world.engine.begin(SYSTEM) as command:
        jobs.fail(command, job.key, "no line")
    with world.engine.read() as session:
        key = session.scalars(select(Incident.key)).one()
    with world.engine.begin(world.actor("root")) as command:
        incidents.skip(command, key, "not needed")
    assert world.instance(instance.key).variables == {"note": "n"}
    assert the_task(world).state == "completed"


def test_an_instance_is_canceled_with_what_listeners_hold(world: World) -> None:
    instance = started(world, "completing")
    world.complete("u", {"note": "n"})
    job = lease(world, "completing")
    with world.engine.begin(world.actor("root")) as command:
        instances.cancel(command, instance.key, "a mistake")
    with world.engine.read() as session:
        assert session.scalars(select(Job.state)).all() == [CANCELED]
    assert the_task(world).state == "canceled"
    with pytest.raises(EngineError), world.engine.begin(SYSTEM) as command:
        jobs.complete(command, job.key, {})


def test_a_run_without_end_leaves_the_listener_to_be_tried_again(world: World) -> None:
    body = step("completing") + script("x", "1", "r") + "".join(
        f'<sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>'
        for n, (a, b) in enumerate([("s", "u"), ("u", "m"), ("m", "x"), ("x", "g"), ("g", "e")])
    )  # fmt: skip
    loop = (
        '<exclusiveGateway id="m"/><exclusiveGateway id="g" default="f4"/>'
        '<sequenceFlow id="back" sourceRef="g" targetRef="m"><conditionExpression>=go</conditionExpression></sequenceFlow>'
    )
    world.deploy({"p.bpmn": process(body + loop)})
    instance = world.start("p", {"go": True})
    world.complete("u", {"note": "n"})
    job = answer(world, "completing")
    assert (job.state, the_task(world).state) == (FAILED, "completing")
    with world.engine.read() as session:
        incident = session.scalars(select(Incident)).one()
    with world.engine.begin(world.actor("root")) as command:
        incidents.resolve(command, incident.key, variables={"go": False})
    answer(world, "completing")
    assert world.instance(instance.key).status == COMPLETED
