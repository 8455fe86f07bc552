"""Deployments: what makes a new version, what is refused and how it is said, and what running instances keep."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.deployment import bundles, definitions, deployments
from engine.deployment.bundles import Problem
from engine.errors import InvalidDiagram, NotAllowed, NotFound, Rejected
from engine.models.definition import Deployment, ProcessDefinition, Resource
from tests.diagrams import chain, process, service_task, user_task
from tests.engine import dmn
from tests.world import World

STEP = process(user_task("work", form="p.work") + chain("s", "work", "e"))
OTHER = process(user_task("look") + chain("s", "look", "e"), "q")
RULE = (
    '<businessRuleTask id="rule"><extensionElements><zeebe:calledDecision decisionId="fee" '
    'resultVariable="fee"/></extensionElements></businessRuleTask>'
)
DECIDES = process(RULE + user_task("pay") + chain("s", "rule", "pay", "e"), "r")
CALL = (
    '<callActivity id="call"><extensionElements><zeebe:calledElement processId="nowhere"/>'
    "</extensionElements></callActivity>"
)


def form(label: str, form_id: str = "p.work") -> bytes:
    field = {"id": "f", "key": "note", "type": "textfield", "label": label}
    return json.dumps(
        {"id": form_id, "type": "default", "schemaVersion": 19, "components": [field]}
    ).encode()


def table(fee: int) -> bytes:
    return dmn.document(dmn.table("UNIQUE", [("-", str(fee))], id_="fee"))


def bundle(**changes: bytes) -> dict[str, bytes]:
    files = {
        "p.bpmn": STEP,
        "q.bpmn": OTHER,
        "r.bpmn": DECIDES,
        "forms/p.work.form": form("说明"),
        "decisions/fee.dmn": table(1),
        "texts/en.json": json.dumps({"p.work.name": "Work", "q.look.name": "Look"}).encode(),
        "README.md": b"who and why",
    }
    names = {name.rpartition("/")[2].replace(".", "_"): name for name in files}
    return files | {names[name]: content for name, content in changes.items()}


def versions(world: World) -> dict[str, int]:
    with world.engine.read() as session:
        query = select(ProcessDefinition).where(ProcessDefinition.latest)
        return {one.process_id: one.version for one in session.scalars(query)}


def problems(world: World, files: dict[str, bytes]) -> list[Problem]:
    """Deploy what is refused; give the errors. Nothing may have been written."""
    before = count(world, Deployment), count(world, Resource)
    with pytest.raises(InvalidDiagram) as refusal:
        world.deploy(files)
    assert (count(world, Deployment), count(world, Resource)) == before
    return [one for one in refusal.value.findings if one.severity == "error"]


def count(world: World, model: type) -> int:
    with world.engine.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_first_deployment_gives_version_one_of_everything(world: World) -> None:
    deployed = world.deploy(bundle())
    assert [(one.process_id, one.version) for one in deployed.definitions] == [
        ("p", 1), ("q", 1), ("r", 1),
    ]  # fmt: skip
    assert [(one.form_id, one.version) for one in deployed.forms] == [("p.work", 1)]
    assert [(one.decision_id, one.version) for one in deployed.decisions] == [("fee", 1)]
    assert deployed.changed


def test_the_same_bundle_again_makes_no_new_version(world: World) -> None:
    first = world.deploy(bundle())
    again = world.deploy(bundle())
    assert not again.changed
    assert [one.key for one in again.definitions] == [one.key for one in first.definitions]
    assert [one.version for one in (*again.forms, *again.decisions)] == [1, 1]
    assert versions(world) == {"p": 1, "q": 1, "r": 1}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"p_work_form": form("备注")}, {"p": 2, "q": 1, "r": 1}),
        ({"fee_dmn": table(2)}, {"p": 1, "q": 1, "r": 2}),
        (
            {"en_json": b'{"p.work.name": "Labour", "q.look.name": "Look"}'},
            {"p": 2, "q": 1, "r": 1},
        ),
        ({"q_bpmn": OTHER.replace(b"look", b"see")}, {"p": 1, "q": 2, "r": 1}),
        ({"README_md": b"why not"}, {"p": 1, "q": 1, "r": 1}),
    ],
    ids=["form", "decision", "text", "diagram", "readme"],
)
def test_a_process_gets_a_new_version_when_something_it_uses_changed(
    world: World, changes: dict[str, bytes], expected: dict[str, int]
) -> None:
    world.deploy(bundle())
    world.deploy(bundle(**changes))
    assert versions(world) == expected
    world.deploy(bundle(**changes))
    assert versions(world) == expected


def test_going_back_is_a_new_version_too(world: World) -> None:
    for label in ("甲", "乙", "甲"):
        deployed = world.deploy(bundle(p_work_form=form(label)))
    assert versions(world)["p"] == 3
    assert [one.version for one in deployed.forms] == [3]


def test_instances_stay_on_their_version_with_its_form_decision_and_texts(world: World) -> None:
    world.deploy(bundle())
    old, fee = world.start("p"), world.start("r")
    english = b'{"p.work.name": "Labour"}'
    world.deploy(bundle(p_work_form=form("备注"), fee_dmn=table(2), en_json=english))
    new = world.start("p")
    with world.engine.read() as session:
        for one, label, text in ((old, "说明", "Work"), (new, "备注", "Labour")):
            definition = definitions.get(world.engine, session, one.definition_key)
            at = (world.engine, session, definition.deployment_key)
            (field,) = definitions.form(*at[:2], definition, "p.work").fields()
            assert field.label == label
            assert definitions.texts(*at, "en")["p.work.name"] == text
    assert world.instance(fee.key).variables["fee"] == 1
    assert world.instance(world.start("r").key).variables["fee"] == 2
    world.complete("work", {"note": "old"}, of=old)
    assert world.instance(old.key).status == "completed"


def test_a_suspended_process_is_not_started(world: World) -> None:
    (deployed, *_) = world.deploy(bundle()).definitions
    with world.engine.begin(world.actor("owner")) as command:
        row = command.session.get_one(ProcessDefinition, deployed.key)
        row.suspended_at = command.now
    with pytest.raises(NotFound):
        world.start("p")


@pytest.mark.parametrize("by", ["clerk", "supervisor", "root"])
def test_only_process_owners_deploy(world: World, by: str) -> None:
    with pytest.raises(NotAllowed), world.engine.begin(world.actor(by)) as command:
        deployments.deploy(command, bundle(), family="test")
    assert versions(world) == {}


UNKNOWN: dict[str, Any] = {
    "form": (user_task("x", form="p.nowhere"), "p.nowhere"),
    "decision": (RULE.replace('"rule"', '"x"').replace('"fee" ', '"nothing" '), "nothing"),
    "process": (CALL.replace('"call"', '"x"'), "nowhere"),
    "role": (user_task("x", "emperor"), "emperor"),
    "limit": (user_task("x", limit="p.never"), "p.never"),
    "setting": (service_task("x", "t", {"a": "=camunda.vars.tenant.no.such"}), "no.such"),
}


@pytest.mark.parametrize("noun", UNKNOWN)
def test_a_name_that_stands_for_nothing_is_refused_with_its_file(world: World, noun: str) -> None:
    body, name = UNKNOWN[noun]
    files = {"ok.bpmn": OTHER, "folder/p.bpmn": process(body + chain("s", "x", "e"))}
    (problem,) = problems(world, files)
    assert (problem.file, problem.code, problem.params) == (
        "folder/p.bpmn", f"unknown_{noun}", {"id": name},
    )  # fmt: skip
    assert name in problem.message


@pytest.mark.parametrize("noun", UNKNOWN)
def test_a_name_that_stands_for_nothing_is_refused_with_its_element_and_line(
    world: World, noun: str
) -> None:
    body, _ = UNKNOWN[noun]
    (problem,) = problems(world, {"p.bpmn": process(body + chain("s", "x", "e"))})
    assert (problem.element_id, problem.line) == ("x", 1)


def test_what_an_earlier_bundle_brought_may_be_named(world: World) -> None:
    world.deploy({"forms/p.work.form": form("说明"), "fee.dmn": table(1)}, family="shared")
    world.deploy({"p.bpmn": STEP, "r.bpmn": DECIDES})
    assert world.instance(world.start("r").key).variables["fee"] == 1


def test_a_fault_in_a_diagram_is_told_with_file_element_and_line(world: World) -> None:
    lines = process(user_task("x") + "\n<exclusiveGateway id='g'/>" + chain("s", "x", "g"))
    (problem,) = problems(world, {"p.bpmn": lines})
    assert (problem.file, problem.element_id, problem.line) == ("p.bpmn", "g", 2)


BROKEN = {
    "p.bpmn": b"<definitions",
    "q.bpmn": b"\xff\xfe",
    "forms/a.form": b"{",
    "forms/b.form": b"[]",
    "forms/c.form": b'{"type": "default"}',
    "decisions/d.dmn": b"<nothing/>",
    "texts/zh.json": b'{"a": 1}',
    "prints/e.html": b"\xff\xfe",
}


def test_every_broken_file_of_a_bundle_is_named_at_once(world: World) -> None:
    assert {one.file for one in problems(world, BROKEN)} == set(BROKEN)


@pytest.mark.parametrize("text", [b"[]", b'"text"', b"1"])
def test_texts_that_are_no_object_are_a_broken_file(world: World, text: bytes) -> None:
    assert [one.file for one in problems(world, {"texts/zh.json": text})] == ["texts/zh.json"]


TWICE = {
    "process": {"a.bpmn": OTHER, "b.bpmn": OTHER.replace(b"look", b"see")},
    "form": {"a.form": form("甲"), "b.form": form("乙")},
    "decision": {"a.dmn": table(1), "b.dmn": table(2)},
}


@pytest.mark.parametrize("noun", TWICE)
def test_one_name_for_two_things_of_a_bundle_is_refused(world: World, noun: str) -> None:
    assert {one.file for one in problems(world, TWICE[noun])} <= set(TWICE[noun])


def test_an_oversized_bundle_is_refused_before_it_is_read(world: World) -> None:
    many = {f"{number}.md": b"" for number in range(bundles.MAX_FILES + 1)}
    large = {"p.bpmn": b"<" * (bundles.MAX_BYTES + 1)}
    for files in (many, large):
        with pytest.raises(Rejected) as refusal:
            world.deploy(files)
        assert not isinstance(refusal.value, InvalidDiagram)
    assert count(world, Deployment) == 0


def test_a_hostile_diagram_is_a_finding(world: World) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + OTHER
    deep = b"<definitions>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</definitions>"
    for content in (bomb, deep, b"", b"\0" * 100, b"<" * 1000):
        assert [one.file for one in problems(world, {"p.bpmn": content})] == ["p.bpmn"]
