"""Ended instances are kept as long as the rule says, and then deleted with everything that belongs to them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine import attachments, audit, comments, worker
from engine.errors import NotAllowed, NotFound, Rejected
from engine.models import Base
from engine.models.instance import ProcessInstance
from engine.models.task import Attachment
from engine.operations import retention
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.diagrams import chain, process, service_task, user_task
from tests.faults.invariants import broken
from tests.faults.victim import PICTURE, sacrifice
from tests.world import World

BODY = user_task("work", "service_assistant,front_desk") + service_task("tell", "guicheng.notify",
    {"roles": '=["finance_clerk"]', "text": '="done"'}) + chain("s", "work", "tell", "e")  # fmt: skip


def rule(world: World, days: int | None, by: str = "owner", process_id: str = "p") -> None:
    with world.engine.begin(world.actor(by)) as command:
        retention.change(command, process_id, days)


def run_through(world: World, picture: bytes = PICTURE) -> ProcessInstance:
    started = world.start("p")
    task = world.task("work", started)
    with world.engine.begin(world.actor("assistant")) as command:
        comments.add(command, started.key, "a remark")
        attachments.store(
            command, started.site_id, picture, "p.png", instance_key=started.key, task_key=task.key
        )
    world.complete("work", of=started)
    worker.run_due(world.engine)
    return started


def rows(world: World) -> dict[str, int]:
    with world.engine.read() as session:
        counts = {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }
    return {name: count for name, count in counts.items() if count}


def files(world: World) -> list[Path]:
    found = sorted((world.engine.home / "attachments").glob("??/*"))
    for one in found:
        os.utime(one, (0, 0))  # stored long ago
    return found


def test_without_a_rule_everything_is_kept(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": process(BODY)})
    run_through(world)
    clock.forward(days=9999)
    assert retention.sweep(world.engine) is None


def test_nothing_of_an_instance_is_left_but_a_note(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": process(BODY)})
    rule(world, 200)
    before = rows(world)
    started = run_through(world)
    head = world.instance(started.key).audit_hash
    assert len(files(world)) == 1
    clock.forward(days=201)
    assert retention.sweep(world.engine) is not None
    worker.run_due(world.engine)
    after = rows(world)
    expected = before | {"batch": 1, "batch_item": 1, "audit_entry": before["audit_entry"] + 2}
    assert {name: count for name, count in after.items() if name != "node"} == {
        name: count for name, count in expected.items() if name != "node"
    }
    assert files(world) == []
    with world.engine.read() as session:
        note = audit.entries(session, audit.ADMINISTRATION)[-1]
    assert (note.action, note.subject) == ("instance.deleted", str(started.key))
    assert note.detail["chain"][1] == head
    assert note.detail["rows"]["user_task"] == 1
    assert broken(world.engine) == []


def test_only_what_is_old_enough_goes(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": process(BODY)})
    rule(world, 200)
    run_through(world)
    clock.forward(days=150)
    young, running = run_through(world), world.start("p")
    clock.forward(days=60)
    with world.engine.read() as session:
        (told,) = retention.estimate(session, clock.now)
    assert (told.process_id, told.instances, told.tasks, told.attachments) == ("p", 1, 1, 1)
    assert told.bytes == len(PICTURE)
    with world.engine.begin(world.actor("owner")) as command:
        retention.clean(command)
    worker.run_due(world.engine)
    with world.engine.read() as session:
        left = set(session.scalars(select(ProcessInstance.key)))
    assert left == {young.key, running.key}
    assert len(files(world)) == 1  # the young one has the same picture
    assert broken(world.engine) == []


def test_a_rule_withdrawn_meanwhile_keeps_what_was_chosen(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": process(BODY)})
    rule(world, 200)
    started = run_through(world)
    clock.forward(days=201)
    retention.sweep(world.engine)
    rule(world, None)
    worker.run_due(world.engine)
    assert world.instance(started.key).status == "completed"


def test_rules_are_made_by_owners_and_not_too_short(world: World) -> None:
    world.deploy({"p.bpmn": process(BODY)})
    for days in (0, 182, 40_000):
        with pytest.raises(Rejected):
            rule(world, days)
    with pytest.raises(NotAllowed):
        rule(world, 365, by="supervisor")
    with pytest.raises(NotFound):
        rule(world, 365, process_id="nowhere")
    rule(world, 365)
    rule(world, 400)
    with world.engine.read() as session:
        assert retention.rules(session) == {"p": 400}


def test_an_instance_that_runs_is_not_deleted(world: World) -> None:
    world.deploy({"p.bpmn": process(BODY)})
    started = world.start("p")
    with pytest.raises(retention.InstanceRunning), world.engine.begin(SYSTEM) as command:
        retention.delete_instance(command, started.key)


@pytest.mark.parametrize("number", [4, 5, 6])
def test_a_clean_up_that_was_killed_is_finished_by_the_next_worker(
    world: World, clock: Clock, number: int
) -> None:
    world.deploy({"p.bpmn": process(BODY)})
    rule(world, 200)
    for index in range(3):
        run_through(world, PICTURE + str(index).encode())
    files(world)
    clock.forward(days=201)
    retention.sweep(world.engine)
    ended = sacrifice(world.engine, "worker", ("after a commit", number))
    assert ended == -signal.SIGKILL
    assert broken(world.engine) == []
    worker.run_due(world.engine)
    assert "process_instance" not in rows(world)
    assert files(world) == []
    assert broken(world.engine) == []


def test_a_file_somebody_needs_or_has_just_stored_stays(world: World) -> None:
    world.deploy({"p.bpmn": process(BODY)})
    run_through(world)
    orphan = world.engine.home / "attachments" / "ab" / ("ab" + "0" * 62)
    orphan.parent.mkdir()
    orphan.write_bytes(b"x")
    assert attachments.drop_orphans(world.engine) == 0
    assert len(files(world)) == 2
    assert attachments.drop_orphans(world.engine) == 1
    with world.engine.read() as session:
        kept = session.scalars(select(Attachment)).one()
    assert attachments.path_of(world.engine, kept).read_bytes() == PICTURE
