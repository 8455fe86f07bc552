"""One file with everything about an instance."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import pytest

from engine import attachments, comments
from engine.errors import NotAllowed, NotFound
from engine.models.instance import ProcessInstance
from engine.operations import exports
from tests.diagrams import chain, process, user_task
from tests.faults.victim import PICTURE
from tests.world import World

TEMPLATE = "<title>收据</title><p>{{note}}</p>".encode()
DIAGRAM = process(
    user_task("work", print="receipt") + user_task("after") + chain("s", "work", "after", "e"),
    start={"startGroups": "service_assistant"},
)


def ready(world: World) -> ProcessInstance:
    world.deploy({"p.bpmn": DIAGRAM, "prints/receipt.html": TEMPLATE})
    started = world.start("p", {"phone": "13800000000"}, by="assistant")
    with world.engine.begin(world.actor("assistant")) as command:
        comments.add(command, started.key, "a remark")
        attachments.store(command, started.site_id, PICTURE, "房屋.png", instance_key=started.key)
    world.complete("work", {"note": "done"})
    return started


def export(world: World, key: int, by: str = "supervisor") -> dict[str, bytes]:
    with world.engine.begin(world.actor(by)) as command:
        exports.note(command, key)
    file = io.BytesIO()
    with world.engine.read() as session:
        exports.write(world.engine, session, world.actor(by), key, file)
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_everything_is_in_the_archive(world: World) -> None:
    started = ready(world)
    found = export(world, started.key)

    def read(name: str) -> Any:
        return json.loads(found[name])

    facts = read("instance.json")
    assert (facts["key"], facts["variables"]["phone"]) == (str(started.key), "13800000000")
    assert found["definition/p-1/p.bpmn"] == DIAGRAM
    assert [one["element_id"] for one in read("history.json")["passed"]] == ["s", "work"]
    assert [one["submitted"] for one in read("tasks.json")] == [{"note": "done"}, None]
    assert read("tasks.json")[0]["completed_by"] == "Assistant (assistant)"
    assert [one["text"] for one in read("comments.json")] == ["a remark"]
    assert read("audit.json")["whole"]
    assert read("audit.json")["entries"][-1]["action"] == "instance.exported"
    (attached,) = read("attachments/list.json")
    assert found[attached["file"]] == PICTURE
    assert "done" in found["records/receipt.html"].decode()
    digests = read("manifest.json")["sha256"]
    assert digests == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in found.items()
        if name != "manifest.json"
    }


def test_a_broken_audit_chain_shows(world: World) -> None:
    from engine.models.audit import AuditEntry

    started = ready(world)
    with world.engine.begin(world.actor("root")) as command:
        command.session.get_one(AuditEntry, (started.key, 1)).action = "something.else"
    found = json.loads(export(world, started.key)["audit.json"])
    assert (found["whole"], found["first_break"]) == (False, 1)


def test_only_those_who_answer_for_it_take_it_along(world: World) -> None:
    started = ready(world)
    for somebody, refused in (
        ("assistant", NotAllowed),
        ("clerk", NotAllowed),
        ("stranger", NotFound),
    ):
        with pytest.raises(refused):
            export(world, started.key, somebody)


@pytest.mark.parametrize("operator", ["owner", "root"])
def test_who_may_not_see_personal_data_gets_it_without_content(world: World, operator: str) -> None:
    found = export(world, ready(world).key, operator)
    assert not json.loads(found["manifest.json"])["content"]
    assert json.loads(found["audit.json"])["whole"]
    assert b"13800000000" not in b"".join(found.values())
    assert not [name for name in found if name.startswith(("records", "attachments", "comments"))]
