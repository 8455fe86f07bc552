"""What the audit's anchors show: a history cut off, rewritten or lost, and files that were touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from engine import anchors, audit, worker
from engine.models.audit import AuditEntry
from engine.models.instance import ProcessInstance
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.world import World

ONE = {"p.bpmn": process(user_task("work") + user_task("more") + chain("s", "work", "more", "e"))}


@pytest.fixture
def anchored(world: World) -> World:
    """One instance whose start is anchored today."""
    world.deploy(ONE)
    world.start("p")
    assert anchors.write(world.engine) is not None
    return world


def codes(world: World, **options: bool) -> list[str]:
    return [fault.code for fault in anchors.verify(world.engine, **options).faults]


def heads(path: Path) -> dict[int, int]:
    lines = [json.loads(line) for line in path.read_text().splitlines()[1:]]
    return {line["chain"]: line["seq"] for line in lines}


def key_of(world: World) -> int:
    return world.open_tasks()[0].instance_key


def test_the_heads_of_all_chains_stand_in_a_file_of_the_day(anchored: World) -> None:
    (path,) = anchors.files(anchored.engine)
    assert path.name == "2026-11-20.jsonl"
    found = heads(path)
    with anchored.engine.read() as session:
        expected = {c: len(audit.entries(session, c)) for c in (0, key_of(anchored))}
    assert found == expected
    assert codes(anchored) == []


def test_a_day_is_anchored_once(anchored: World, clock: Clock) -> None:
    clock.forward(hours=1)
    assert anchors.write(anchored.engine) is None
    assert len(anchors.files(anchored.engine)) == 1


def test_the_next_day_holds_only_what_moved(anchored: World, clock: Clock) -> None:
    clock.forward(hours=5)
    anchored.complete("work")
    quiet = anchored.start("p").key
    clock.forward(days=1)
    path = anchors.write(anchored.engine)
    assert path is not None
    assert quiet in heads(path)
    clock.forward(days=1)
    path = anchors.write(anchored.engine)
    assert path is not None
    assert heads(path) == {}
    assert codes(anchored) == []


def test_a_history_that_was_cut_off_shows_though_its_head_was_put_back(anchored: World) -> None:
    key = key_of(anchored)
    with anchored.engine.bind.begin() as connection:
        connection.execute(delete(AuditEntry).where(AuditEntry.chain == key))
        row = update(ProcessInstance).where(ProcessInstance.key == key)
        connection.execute(row.values(audit_seq=0, audit_hash=""))
    with anchored.engine.read() as session:
        assert audit.first_break(session, anchored.engine.secret, key) is None
    (fault,) = anchors.verify(anchored.engine).faults
    assert (fault.code, fault.chain, fault.file) == ("chain_cut", key, "2026-11-20.jsonl")


def test_a_history_that_was_forged_with_the_secret_shows(anchored: World) -> None:
    key, secret = key_of(anchored), anchored.engine.secret
    with anchored.engine.read() as session:
        entry = audit.entries(session, key)[-1]
        fields = {
            n: getattr(entry, n)
            for n in ("chain", "seq", "at", "actor_id", "action", "subject", "detail")
        }
        previous = (
            entry.hash
            if entry.seq == 0
            else (audit.entries(session, key)[-2].hash if entry.seq > 1 else "")
        )
    forged = audit.digest(secret, previous, fields | {"actor_name": "Nobody"})
    with anchored.engine.bind.begin() as connection:
        where = (AuditEntry.chain == key) & (AuditEntry.seq == entry.seq)
        connection.execute(update(AuditEntry).where(where).values(actor_name="Nobody", hash=forged))
        row = update(ProcessInstance).where(ProcessInstance.key == key)
        connection.execute(row.values(audit_hash=forged))
    assert codes(anchored, whole=True) == ["chain_changed"]


def test_an_administration_entry_that_was_changed_shows(anchored: World) -> None:
    with anchored.engine.bind.begin() as connection:
        where = (AuditEntry.chain == 0) & (AuditEntry.seq == 1)
        connection.execute(update(AuditEntry).where(where).values(actor_name="Nobody"))
    assert codes(anchored) == ["chain_broken"]


def test_an_instance_chain_is_recomputed_when_everything_is_asked_for(anchored: World) -> None:
    with anchored.engine.bind.begin() as connection:
        where = (AuditEntry.chain == key_of(anchored)) & (AuditEntry.seq == 1)
        connection.execute(update(AuditEntry).where(where).values(subject="other"))
    assert codes(anchored) == []
    assert codes(anchored, whole=True) == ["chain_broken"]


@pytest.mark.parametrize("harm", ["change", "remove", "tear"])
def test_files_that_were_touched_show(anchored: World, clock: Clock, harm: str) -> None:
    for _ in range(2):
        clock.forward(days=1)
        assert anchors.write(anchored.engine) is not None
    middle = anchors.files(anchored.engine)[1]
    middle.chmod(0o640)
    match harm:
        case "change":
            middle.write_text(middle.read_text().replace("2026-11-21T", "2026-11-22T"))
        case "tear":
            middle.write_text(middle.read_text()[:-10])
        case "remove":
            middle.unlink()
    found = anchors.verify(anchored.engine).faults
    expected = "file_missing" if harm == "remove" else "file_changed"
    assert {(one.code, one.file) for one in found} == {(expected, middle.name)}


def test_two_workers_leave_one_file(
    anchored: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.forward(days=1)
    monkeypatch.setattr(anchors, "files", lambda engine: [])
    assert anchors.write(anchored.engine) is not None
    assert anchors.write(anchored.engine) is None
    monkeypatch.undo()
    assert len(anchors.files(anchored.engine)) == 2
    assert not list((anchored.engine.home / "anchors").glob(".*"))


def test_the_worker_anchors_when_it_sweeps(world: World) -> None:
    worker.sweep(world.engine)
    assert len(anchors.files(world.engine)) == 1
