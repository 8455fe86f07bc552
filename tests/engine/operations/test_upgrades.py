"""Running instances carried over to another version of their process, one by one and many at a time."""

from __future__ import annotations

import datetime as dt
import json
import signal

import pytest
from sqlalchemy import select

from engine import instances, jobs, tasks, worker
from engine.errors import InstanceSuspended, NotAllowed, Rejected, TaskChanged
from engine.models.batch import BatchItem
from engine.models.instance import COMPLETED, SUSPENDED, ProcessInstance
from engine.models.job import Job, MessageSubscription
from engine.models.task import TaskCandidate, UserTask
from engine.operations import batches, plans, suspension, upgrades
from engine.operations.plans import Plan
from engine.runtime import Unmigratable
from engine.staff.access import SYSTEM
from engine.timing import pauses
from tests.conftest import Clock
from tests.diagrams import chain, process, service_task, user_task
from tests.faults import diagrams
from tests.faults.crowd import together
from tests.faults.invariants import broken
from tests.faults.victim import sacrifice
from tests.world import World

FORM = json.dumps({"type": "default", "id": "p.work", "schemaVersion": 19, "components": [
    {"type": "textfield", "key": "note", "label": "说明", "id": "f1"}]}).encode()  # fmt: skip


def migrate(
    world: World, instance: ProcessInstance, target: int, by: str = "owner", **mapping: str
) -> None:
    with world.engine.begin(world.actor(by)) as command:
        upgrades.migrate(command, instance.key, Plan(target_key=target, mapping=mapping), "fixed")


def deploy(world: World, body: str, **files: bytes) -> int:
    extra = {f"{name}.form": content for name, content in files.items()}
    return world.deploy({"p.bpmn": process(body), **extra}).definitions[0].key


def step(element_id: str = "work", groups: str = "service_assistant", **more: str) -> str:
    return user_task(element_id, groups, **more) + chain("s", element_id, "e")


def test_an_open_task_gets_form_name_people_and_limit_of_the_new_version(
    world: World, clock: Clock
) -> None:
    deploy(world, step())
    started = world.start("p")
    opened = clock.now
    clock.forward(minutes=10)
    new = deploy(
        world, step(groups="service_assistant,front_desk", form="p.work", limit="move_in.omission_window")
        .replace('name="work"', 'name="处理"'), work=FORM,
    )  # fmt: skip
    migrate(world, started, new)
    task = world.task("work", started)
    assert (task.name, task.form_id, task.definition_key) == ("处理", "p.work", new)
    assert (task.groups, task.version) == (["service_assistant", "front_desk"], 2)
    assert task.due_at is not None
    assert task.due_at - opened == dt.timedelta(hours=48)
    with world.engine.read() as session:
        groups = session.scalars(select(TaskCandidate.candidate_group)).all()
    assert sorted(groups) == ["front_desk", "service_assistant"]
    assert world.complete("work", {"note": "done"}, by="clerk").ran
    assert world.instance(started.key).status == COMPLETED
    assert broken(world.engine) == []


@pytest.mark.parametrize("limit", [{}, {"limit": "move_in.omission_window"}])
def test_a_clock_that_stands_still_may_go_on_by_a_limit_that_knows_no_pauses(
    world: World, clock: Clock, limit: dict[str, str]
) -> None:
    # given
    deploy(world, step(limit="move_in_owner.t_conflict"))
    started = world.start("p")
    with world.engine.begin(world.actor("assistant")) as command:
        key = tasks.claim(command, world.task("work").key).key
        pauses.begin(command, key, "waiting")
    # when
    migrate(world, started, deploy(world, step(**limit)))
    clock.forward(hours=1)
    with world.engine.begin(world.actor("colleague")) as command, pytest.raises(NotAllowed):
        pauses.end(command, key)
    with world.engine.begin(world.actor("assistant")) as command:
        task = pauses.end(command, key)
    # then
    assert (task.paused_at, bool(task.due_at)) == (None, bool(limit))
    with world.engine.begin(world.actor("assistant")) as command, pytest.raises(NotAllowed):
        pauses.begin(command, key, "again")


def test_signers_follow_the_limit_of_their_task(world: World) -> None:
    deploy(world, step(limit="move_in_owner.t_conflict"))
    started = world.start("p")
    with world.engine.begin(world.actor("assistant")) as command:
        (signer,) = tasks.add_signers(command, world.task("work").key, ["clerk"], tasks.BESIDE)
    root = signer.parent_key
    migrate(world, started, deploy(world, step(limit="move_in.omission_window")))
    with world.engine.read() as session:
        one, other = (session.get_one(UserTask, key) for key in (root, signer.key))
    assert (other.limit, other.due_at, other.check_at) == (one.limit, one.due_at, one.check_at)
    assert (one.limit or {})["key"] == "move_in.omission_window"


def test_who_has_a_task_keeps_it_and_who_saw_the_old_one_is_told(world: World) -> None:
    deploy(world, step())
    started = world.start("p")
    seen = world.task("work", started)
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.claim(command, seen.key)
    migrate(world, started, deploy(world, step(clause="001")))
    assert world.task("work", started).assignee_id == world.actor("assistant").user_id
    with pytest.raises(TaskChanged), world.engine.begin(world.actor("assistant")) as command:
        tasks.complete(command, seen.key, {}, version=seen.version + 1)
    assert world.complete("work").ran


def test_an_instance_without_a_place_in_the_new_version_stays_as_it_was(world: World) -> None:
    old = deploy(world, step())
    started = world.start("p")
    new = deploy(world, step("other"))
    with pytest.raises(Unmigratable, match="work"):
        migrate(world, started, new)
    assert world.instance(started.key).definition_key == old
    migrate(world, started, new, work="other")
    assert [one.element_id for one in world.open_tasks(started)] == ["other"]
    assert broken(world.engine) == []


def test_jobs_messages_and_timers_go_along(world: World, clock: Clock) -> None:
    def version(retry: str) -> str:
        body = '<parallelGateway id="fork"/>' + diagrams.WAIT + service_task("call", "sms")
        body += user_task("work") + diagrams.LATE.replace("PT1H", retry) + user_task("chase")
        return body + chain("s", "fork", "wait", "e") + chain("fork", "call", "e") + chain(
            "fork", "work", "e") + chain("late", "chase", "e")  # fmt: skip

    world.deploy({"p.bpmn": process(version("PT1H"), extra=diagrams.GO)})
    started = world.start("p", {"k": "1"})
    with world.engine.begin(SYSTEM) as command:
        minute = dt.timedelta(minutes=1)
        (job,) = jobs.activate(command, ["sms"], worker="w", lease=minute, limit=1)
    new = world.deploy({"p.bpmn": process(version("PT9H"), extra=diagrams.GO)}).definitions[0].key
    migrate(world, started, new)
    assert broken(world.engine) == []
    with world.engine.begin(SYSTEM) as command:
        jobs.complete(command, job.key, {"sent": True})
    clock.forward(hours=2)
    worker.run_due(world.engine)
    assert [one.element_id for one in world.open_tasks(started)] == ["chase"]
    with world.engine.read() as session:
        assert len(session.scalars(select(MessageSubscription)).all()) == 1
        assert session.scalars(select(Job)).one().state == "completed"
    assert broken(world.engine) == []


def test_a_suspended_instance_is_migrated_and_stays_suspended(world: World) -> None:
    deploy(world, step())
    started = world.start("p")
    with world.engine.begin(world.actor("owner")) as command:
        suspension.suspend(command, started.key, "to be upgraded")
    migrate(world, started, deploy(world, step(clause="001")))
    assert world.instance(started.key).status == SUSPENDED
    assert broken(world.engine) == []


def test_refuses_another_process_the_same_version_unknown_elements_and_other_people(
    world: World,
) -> None:
    old = deploy(world, step())
    started = world.start("p")
    other = world.deploy({"q.bpmn": process(step(), "q")}, family="q").definitions[0].key
    new = deploy(world, step(clause="001"))
    with pytest.raises(Rejected):
        migrate(world, started, other)
    with pytest.raises(upgrades.AlreadyThere):
        migrate(world, started, old)
    with pytest.raises(Rejected, match="nowhere"):
        migrate(world, started, new, work="nowhere")
    with pytest.raises(NotAllowed):
        migrate(world, started, new, by="supervisor")


def test_a_preview_counts_what_fits_and_tells_what_changes(world: World) -> None:
    body = user_task("a") + user_task("b") + user_task("c") + chain("s", "a", "b", "c", "e")
    deploy(world, body)
    started = [world.start("p") for _ in range(5)]
    for one in started[:3]:
        world.complete("a", of=one)
    world.complete("b", of=started[0])
    new = deploy(
        world, user_task("a", "finance_clerk") + user_task("b", form="p.work") + chain("s", "a", "b", "e"),
        work=FORM,
    )  # fmt: skip
    with world.engine.read() as session:
        chosen = instances.visible_to(world.actor("owner"))
        seen = plans.preview(world.engine, session, Plan(target_key=new), chosen)
    assert (seen.instances, seen.fitting, seen.already) == (5, 4, 0)
    told = [(one.code, one.element_id, one.instances, one.blocking) for one in seen.findings]
    assert told == [("missing", "c", 1, True), ("form", "b", 2, False), ("people", "a", 2, False)] or set(told) == {
        ("missing", "c", 1, True), ("form", "b", 2, False), ("people", "a", 2, False)}  # fmt: skip


def begin(world: World, target: int, by: str = "owner", **mapping: str) -> int:
    with world.engine.begin(world.actor(by)) as command:
        chosen = instances.visible_to(command.actor).where(ProcessInstance.ended_at.is_(None))
        plan = Plan(target_key=target, mapping=mapping)
        return upgrades.migrate_all(command, plan, chosen, "fixed").key


def test_many_are_migrated_with_a_result_for_each(world: World) -> None:
    body = user_task("a") + user_task("b") + chain("s", "a", "b", "e")
    deploy(world, body)
    started = [world.start("p") for _ in range(5)]
    world.complete("a", of=started[0])
    new = deploy(world, user_task("a") + chain("s", "a", "e"))
    batch = begin(world, new)
    worker.run_due(world.engine)
    with world.engine.read() as session:
        found = batches.get(session, world.actor("owner"), batch)
        seen = batches.progress(session, found)[batch]
        failed = session.scalars(select(BatchItem).where(BatchItem.error != "")).one()
    assert (found.state, seen.total, seen.completed, seen.failed) == ("completed", 5, 4, 1)
    assert (failed.instance_key, failed.error) == (started[0].key, "unmigratable")
    assert "b" in failed.message
    assert {world.instance(one.key).definition_key for one in started[1:]} == {new}
    assert broken(world.engine) == []


def test_a_batch_is_suspended_resumed_and_canceled(world: World) -> None:
    deploy(world, step())
    started = world.start("p")
    batch = begin(world, deploy(world, step(clause="001")))
    owner = world.actor("owner")
    with world.engine.begin(owner) as command:
        batches.suspend(command, batch)
    worker.run_due(world.engine)
    assert world.task("work", started).version == 1
    with world.engine.begin(owner) as command:
        batches.resume(command, batch)
    with world.engine.begin(owner) as command:
        batches.cancel(command, batch)
    worker.run_due(world.engine)
    assert world.task("work", started).version == 1
    with pytest.raises(batches.BatchEnded), world.engine.begin(owner) as command:
        batches.resume(command, batch)
    with world.engine.read() as session:
        assert session.scalars(select(BatchItem.state)).one() == "canceled"


def test_a_batch_is_done_with_the_rights_its_beginner_still_has(world: World) -> None:
    from engine.models.identity import Membership, User

    deploy(world, step())
    started = world.start("p")
    batch = begin(world, deploy(world, step(clause="001")))
    with world.engine.begin(SYSTEM) as command:
        user = command.session.scalars(select(User).where(User.username == "owner")).one()
        for one in command.session.scalars(select(Membership).where(Membership.user_id == user.id)):
            command.session.delete(one)
    worker.run_due(world.engine)
    assert world.task("work", started).version == 1
    with world.engine.read() as session:
        assert session.scalars(select(BatchItem.state)).one() == "failed"
        found = batches.get(session, world.actor("root"), batch)
    assert found.state == "completed"


def test_workers_side_by_side_migrate_each_instance_once(world: World) -> None:
    deploy(world, step())
    started = [world.start("p") for _ in range(12)]
    begin(world, deploy(world, step(clause="001")))
    results = together([lambda: worker.run_due(world.engine)] * 4)
    assert [one for one in results if isinstance(one, Exception)] == []
    assert {world.task("work", one).version for one in started} == {2}
    with world.engine.read() as session:
        assert set(session.scalars(select(BatchItem.state))) == {"completed"}
    assert broken(world.engine) == []


def test_people_who_complete_meanwhile_are_done_in_one_version_or_the_other(world: World) -> None:
    deploy(world, step())
    started = [world.start("p") for _ in range(6)]
    begin(world, deploy(world, step(clause="001")))

    def complete(one: ProcessInstance) -> bool:
        return world.complete("work", of=one).ran

    results = together(
        [lambda: worker.run_due(world.engine), *[lambda one=one: complete(one) for one in started]]
    )
    clean = (TaskChanged, InstanceSuspended)
    assert all(isinstance(one, clean) for one in results if isinstance(one, Exception)), results
    worker.run_due(world.engine)
    assert broken(world.engine) == []


@pytest.mark.parametrize("point", ["before a commit", "after a commit", "before a statement"])
@pytest.mark.parametrize("number", [2, 4])
def test_a_batch_goes_on_where_a_killed_worker_left_it(
    world: World, point: str, number: int
) -> None:
    deploy(world, step())
    started = [world.start("p") for _ in range(6)]
    batch = begin(world, deploy(world, step(clause="001")))
    number = number * 12 if point == "before a statement" else number
    assert sacrifice(world.engine, "worker", (point, number)) == -signal.SIGKILL
    assert broken(world.engine) == []
    worker.run_due(world.engine)
    with world.engine.read() as session:
        found = batches.get(session, world.actor("owner"), batch)
        assert batches.progress(session, found)[batch].completed == 6
        versions = session.scalars(select(UserTask.version)).all()
    assert (found.state, set(versions)) == ("completed", {2})
    assert all(one.status == "active" for one in started)
    assert broken(world.engine) == []
