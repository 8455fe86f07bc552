"""Instances changed past their diagram, and incidents repaired, with reason, rights and preview."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from engine import audit, instances, jobs, worker
from engine.errors import InstanceClosed, NotAllowed, NotFound, Rejected, TaskClosed
from engine.models.instance import COMPLETED, SUSPENDED, ProcessInstance
from engine.models.job import CANCELED, CREATED, Incident, Job
from engine.operations import incidents, modifications, suspension
from engine.operations.modifications import Activation, Modification, Move
from tests.conftest import Clock
from tests.diagrams import chain, flow, process, service_task, user_task
from tests.faults import diagrams
from tests.faults.crowd import together
from tests.faults.invariants import broken
from tests.world import World


def modify(world: World, instance: ProcessInstance, by: str = "owner", **what: Any) -> None:
    with world.engine.begin(world.actor(by)) as command:
        modifications.apply(command, instance.key, Modification(**what), "the form was wrong")


def key_of(world: World, instance: ProcessInstance, element_id: str) -> int:
    return next(
        one["key"] for one in world.instance(instance.key).active if one["id"] == element_id
    )


def open_steps(world: World, instance: ProcessInstance) -> list[str]:
    return sorted(one.element_id for one in world.open_tasks(instance))


def test_tokens_are_put_and_taken_in_one_modification(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.branches(2)})
    started = world.start("p")
    modify(
        world, started, activate=(Activation(element_id="after", variables={"why": "urgent"}),),
        terminate_ids=("b0", "b1"), variables={"amount": 7},
    )  # fmt: skip
    assert open_steps(world, started) == ["after"]
    assert world.instance(started.key).variables == {"why": "urgent", "amount": 7}
    with world.engine.read() as session:
        (entry,) = [
            one for one in audit.entries(session, started.key) if one.action == "instance.modified"
        ]
    assert (entry.detail["reason"], entry.detail["begun"]) == ("the form was wrong", ["after"])
    assert sorted(entry.detail["ended"]) == ["b0", "b1"]
    assert world.complete("after").ran
    assert broken(world.engine) == []


def test_a_token_is_moved_by_element(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.TWO_STEPS})
    started = world.start("p")
    modify(world, started, move=(Move(element_id="next", source_id="work"),))
    assert open_steps(world, started) == ["next"]
    assert broken(world.engine) == []


def test_variables_of_one_step_are_changed_for_that_step_only(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.branches(2)})
    started = world.start("p")
    modify(world, started, local={key_of(world, started, "b0"): {"n": 1}})
    assert world.instance(started.key).variables == {}


def test_a_preview_tells_what_a_modification_leads_to_and_changes_nothing(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.branches(2)})
    started = world.start("p")
    what = Modification(activate=(Activation(element_id="after"),), terminate_ids=("b0", "b1"))
    with world.engine.read() as session:
        seen = modifications.preview(world.engine, session, world.actor("owner"), started.key, what)
    assert [one.element_id for one in seen.begun] == ["after"]
    assert sorted(one.element_id for one in seen.tasks) == ["b0", "b1"]
    assert not seen.completes
    assert open_steps(world, started) == ["b0", "b1"]


def test_only_owners_and_administrators_of_the_site_modify(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.ONE_STEP})
    started = world.start("p")
    for somebody, refused in (("supervisor", NotAllowed), ("stranger", NotFound)):
        with pytest.raises(refused):
            modify(world, started, somebody, variables={"a": 1})
    modify(world, started, "root", variables={"a": 1})
    assert world.instance(started.key).variables == {"a": 1}


def test_what_cannot_be_done_changes_nothing(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.ONE_STEP})
    started = world.start("p")
    for what in ({"terminate_ids": ("work",)}, {"terminate_ids": ("next",)},
                 {"activate": (Activation(element_id="s"),)}):  # fmt: skip
        with pytest.raises(Rejected):
            modify(world, started, variables={"a": 1}, **what)
    with pytest.raises(Rejected), world.engine.begin(world.actor("owner")) as command:
        modifications.apply(command, started.key, Modification(variables={"a": 1}), " ")
    assert world.instance(started.key).variables == {}
    world.complete("work")
    with pytest.raises(InstanceClosed):
        modify(world, started, variables={"a": 1})


def test_a_suspended_instance_is_modified_and_stays_suspended(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.TWO_STEPS})
    started = world.start("p")
    with world.engine.begin(world.actor("owner")) as command:
        suspension.suspend(command, started.key, "wrong step")
    modify(world, started, move=(Move(element_id="next", source_id="work"),))
    assert world.instance(started.key).status == SUSPENDED
    assert open_steps(world, started) == ["next"]
    assert broken(world.engine) == []


def test_jobs_and_timers_go_with_their_elements(world: World, clock: Clock) -> None:
    body = service_task("call", "sms") + user_task("after") + user_task("chase")
    body += diagrams.LATE.replace('attachedToRef="work"', 'attachedToRef="call"')
    body += chain("s", "call", "after", "e") + chain("late", "chase", "e")
    world.deploy({"p.bpmn": process(body)})
    started = world.start("p")
    modify(world, started, move=(Move(element_id="after", source_id="call"),))
    with world.engine.read() as session:
        assert session.scalars(select(Job)).one().state == CANCELED
    assert world.instance(started.key).next_due is None
    assert broken(world.engine) == []


STUCK = process(
    '<exclusiveGateway id="g" default="g_e"/>' + user_task("next") + user_task("other")
    + '<callActivity id="call"><extensionElements><zeebe:calledElement processId="nowhere"/>'
    "</extensionElements></callActivity>"
    + chain("s", "call", "g", "e") + flow("g", "next", "=amount &gt; 10") + chain("next", "other", "e")
)  # fmt: skip


def stuck(world: World, diagram: bytes = STUCK) -> tuple[ProcessInstance, int]:
    world.deploy(
        {
            "q.bpmn": process(user_task("theirs") + chain("s", "theirs", "e"), "nowhere"),
            "p.bpmn": diagram,
        }
    )
    with world.engine.read() as session:
        key = definitions_key(session)
    with world.engine.begin(world.actor("owner")) as command:
        suspension.suspend_definition(command, key, "so that it cannot be called")
    started = world.start("p", {"amount": 11})
    with world.engine.read() as session:
        return started, session.scalars(select(Incident)).one().key


def definitions_key(session: Any) -> int:
    from engine.models.definition import ProcessDefinition

    query = select(ProcessDefinition.key).where(ProcessDefinition.process_id == "nowhere")
    return session.scalars(query).one()


def test_a_stuck_step_is_skipped_with_what_it_should_have_given(world: World) -> None:
    started, incident = stuck(world)
    with world.engine.begin(world.actor("owner")) as command:
        incidents.skip(command, incident, "done by phone", variables={"amount": 12})
    assert open_steps(world, started) == ["next"]
    assert world.instance(started.key).variables == {"amount": 12}
    assert broken(world.engine) == []


def test_a_stuck_step_is_left_for_another(world: World) -> None:
    started, incident = stuck(world)
    with world.engine.begin(world.actor("owner")) as command:
        incidents.jump(command, incident, "other", "no longer needed")
    assert open_steps(world, started) == ["other"]
    with world.engine.read() as session:
        assert session.scalars(select(Incident.resolved_at)).one() is not None
    assert broken(world.engine) == []


def test_a_stuck_instance_is_canceled(world: World) -> None:
    started, _ = stuck(world)
    with world.engine.begin(world.actor("root")) as command:
        instances.cancel(command, started.key, "obsolete")
    assert broken(world.engine) == []


def failed_job(world: World) -> tuple[ProcessInstance, int, int]:
    body = service_task("call", "sms", retries="1") + user_task("after")
    world.deploy({"p.bpmn": process(body + chain("s", "call", "after", "e"))})
    started = world.start("p")
    with world.engine.read() as session:
        job = session.scalars(select(Job.key)).one()
    with world.engine.begin(world.actor("owner")) as command:
        jobs.fail(command, job, "no answer")
    with world.engine.read() as session:
        return started, job, session.scalars(select(Incident.key)).one()


def test_a_failed_job_is_skipped_with_its_result(world: World) -> None:
    started, _, incident = failed_job(world)
    with world.engine.begin(world.actor("owner")) as command:
        incidents.skip(command, incident, "sent by hand", variables={"sent": True})
    assert open_steps(world, started) == ["after"]
    assert world.instance(started.key).variables == {"sent": True}
    with world.engine.read() as session:
        assert session.scalars(select(Job.state)).one() == CANCELED
    assert broken(world.engine) == []


def test_a_failed_job_gets_new_attempts_and_is_tried_again_when_its_incident_is_resolved(
    world: World,
) -> None:
    _, job, incident = failed_job(world)
    with world.engine.begin(world.actor("owner")) as command:
        jobs.update(command, job, retries=7)
    with world.engine.begin(world.actor("owner")) as command:
        incidents.resolve(command, incident, variables={"to": "new number"}, local={"only": "here"})
    with world.engine.read() as session:
        row = session.scalars(select(Job)).one()
    assert (row.state, row.retries) == (CREATED, 7)
    assert broken(world.engine) == []


def test_repairs_need_the_right_and_a_reason(world: World) -> None:
    _, incident = stuck(world)
    with pytest.raises(NotAllowed), world.engine.begin(world.actor("supervisor")) as command:
        incidents.skip(command, incident, "why")
    with pytest.raises(Rejected), world.engine.begin(world.actor("owner")) as command:
        incidents.jump(command, incident, "other", "")


def test_an_error_nobody_catches_can_be_tried_again(world: World) -> None:
    world.deploy({"p.bpmn": process(service_task("call", "sms") + chain("s", "call", "e"))})
    started = world.start("p")
    with world.engine.read() as session:
        job = session.scalars(select(Job.key)).one()
    with world.engine.begin(world.actor("owner")) as command:
        jobs.throw_error(command, job, "E1", "no", {})
    with world.engine.begin(world.actor("owner")) as command:
        incidents.resolve_all(command, started.key)
    with world.engine.begin(world.actor("owner")) as command:
        jobs.complete(command, job, {})
    assert world.instance(started.key).status == COMPLETED
    assert broken(world.engine) == []


def test_a_modification_and_a_completion_at_the_same_moment(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.TWO_STEPS})
    started = [world.start("p") for _ in range(4)]
    acts = []
    for one in started:
        acts.append(
            lambda one=one: modify(world, one, move=(Move(element_id="next", source_id="work"),))
        )
        acts.append(lambda one=one: world.complete("work", of=one))
    results = together(acts)
    clean = (Rejected, TaskClosed)
    assert all(isinstance(one, clean) for one in results if isinstance(one, Exception)), results
    assert [open_steps(world, one) for one in started] == [["next"]] * 4
    assert broken(world.engine) == []
    worker.run_due(world.engine)
