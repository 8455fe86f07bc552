"""Which version an element is bound to: the latest, the one deployed with it, or one by its tag."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from engine import worker
from engine.deployment import definitions
from engine.errors import InvalidDiagram
from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.job import Incident, Job
from tests.diagrams import HEAD, chain, process, service_task, user_task
from tests.world import World


def calling(**binding: str) -> bytes:
    more = "".join(f' {name}="{value}"' for name, value in binding.items())
    body = (
        f'<callActivity id="call"><extensionElements><zeebe:calledElement processId="q"{more}/>'
        f"</extensionElements></callActivity>{chain('s', 'call', 'e')}"
    )
    return process(body)


def called(step: str, tag: str = "") -> bytes:
    tagged = (
        f'<extensionElements><zeebe:versionTag value="{tag}"/></extensionElements>' if tag else ""
    )
    return (
        f'{HEAD}<process id="q" isExecutable="true">{tagged}<startEvent id="s"/>{user_task(step)}'
        f'<endEvent id="e"/>{chain("s", step, "e")}</process></definitions>'
    ).encode()


def runs(world: World) -> list[str]:
    return [task.element_id for task in world.open_tasks(world.start("p"))]


def test_without_a_binding_the_latest_version_runs(world: World) -> None:
    world.deploy({"p.bpmn": calling(), "q.bpmn": called("old")})
    world.deploy({"q.bpmn": called("new")}, family="other")
    assert runs(world) == ["new"]


def test_bound_to_its_deployment_a_call_runs_what_was_deployed_with_it(world: World) -> None:
    bound = calling(bindingType="deployment")
    world.deploy({"p.bpmn": bound, "q.bpmn": called("old")})
    world.deploy({"q.bpmn": called("new")}, family="other")
    assert runs(world) == ["old"]
    world.deploy({"p.bpmn": bound, "q.bpmn": called("newest")})
    assert runs(world) == ["newest"]


def test_what_did_not_change_in_a_deployment_is_bound_all_the_same(world: World) -> None:
    world.deploy({"p.bpmn": calling(), "q.bpmn": called("old")})
    world.deploy({"q.bpmn": called("new")}, family="other")
    world.deploy({"q.bpmn": called("old")}, family="other")
    world.deploy({"p.bpmn": calling(bindingType="deployment"), "q.bpmn": called("old")})
    world.deploy({"q.bpmn": called("new")}, family="other")
    assert runs(world) == ["old"]


def test_a_tag_names_the_version(world: World) -> None:
    world.deploy({"q.bpmn": called("first", "v1")}, family="other")
    world.deploy({"q.bpmn": called("second", "v2")}, family="other")
    world.deploy({"q.bpmn": called("third", "v1")}, family="other")
    world.deploy({"p.bpmn": calling(bindingType="versionTag", versionTag="v2")})
    assert runs(world) == ["second"]
    world.deploy({"p.bpmn": calling(bindingType="versionTag", versionTag="v1")})
    assert runs(world) == ["third"]


@pytest.mark.parametrize(
    "binding", [{"bindingType": "deployment"}, {"bindingType": "versionTag", "versionTag": "v9"}]
)
def test_a_version_that_is_not_there_is_refused(world: World, binding: dict[str, str]) -> None:
    world.deploy({"q.bpmn": called("old")}, family="other")
    with pytest.raises(InvalidDiagram) as refusal:
        world.deploy({"p.bpmn": calling(**binding)})
    assert [(one.code, one.element_id) for one in refusal.value.findings] == [
        ("unknown_process", "call")
    ]


def test_a_tag_that_no_version_has_at_run_time_is_an_incident(world: World) -> None:
    world.deploy({"q.bpmn": called("old", "v1")}, family="other")
    world.deploy(
        {"p.bpmn": calling(bindingType="versionTag", versionTag="=&quot;v&quot; + &quot;2&quot;")}
    )
    started = world.start("p")
    with world.engine.read() as session:
        [incident] = session.scalars(select(Incident))
    assert (incident.instance_key, incident.error_type) == (started.key, "CALLED_ELEMENT_ERROR")


def test_jobs_and_history_name_the_definition_they_belong_to(world: World) -> None:
    inner = process(service_task("work", "sms") + chain("s", "work", "e"), "q")
    deployed = world.deploy({"p.bpmn": calling(), "q.bpmn": inner})
    keys = {row.process_id: row.key for row in deployed.definitions}
    started = world.start("p")
    worker.run_due(world.engine)
    with world.engine.read() as session:
        [job] = session.scalars(select(Job))
        ended = session.scalars(select(ElementInstance)).all()
        active = session.get_one(ProcessInstance, started.key).active
    assert job.definition_key == keys["q"]
    assert {(one.process_id, one.definition_key) for one in ended} == set(keys.items())
    assert {(one["process"], one["definition"]) for one in active} == set(keys.items())


def form(label: str, tag: str = "") -> bytes:
    asked = {"type": "textfield", "id": "f", "key": "note", "label": label}
    tagged = {"versionTag": tag} if tag else {}
    return json.dumps({"type": "default", "schemaVersion": 19, "id": "sheet", "components": [asked], **tagged}).encode()  # fmt: skip


def asking(tag: str) -> bytes:
    drawn = user_task("u", form="sheet")
    return process(
        drawn.replace(
            'formId="sheet"', f'formId="sheet" bindingType="versionTag" versionTag="{tag}"'
        )
        + chain("s", "u", "e")
    )


def asks(world: World) -> str:
    task = world.task("u", world.start("p"))
    with world.engine.read() as session:
        of = definitions.get(world.engine, session, task.definition_key)
        schema = definitions.form(world.engine, session, of, "sheet").schema
        return str(schema["components"][0]["label"])


def test_a_form_is_the_latest_with_its_tag(world: World) -> None:
    world.deploy({"f.form": form("first", "v1")}, family="forms")
    world.deploy({"f.form": form("second", "v2")}, family="forms")
    world.deploy({"p.bpmn": asking("v1")})
    assert asks(world) == "first"
    world.deploy({"f.form": form("third", "v1")}, family="forms")
    world.deploy({"f.form": form("fourth")}, family="forms")
    assert asks(world) == "third"
    world.deploy({"p.bpmn": asking("v3"), "f.form": form("own", "v3")})
    assert asks(world) == "own"


def decided(value: int, tag: str = "") -> bytes:
    tagged = (
        '<extensionElements><zeebe:versionTag xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
        f'value="{tag}"/></extensionElements>'
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="x">'
        f'<decision id="dues" name="dues">{tagged if tag else ""}<variable name="dues"/>'
        f"<literalExpression><text>{value}</text></literalExpression></decision></definitions>"
    ).encode()


def deciding(tag: str) -> bytes:
    task = (
        '<businessRuleTask id="x"><extensionElements><zeebe:calledDecision decisionId="dues" resultVariable="r" '
        f'bindingType="versionTag" versionTag="{tag}"/></extensionElements></businessRuleTask>'
    )
    return process(task + user_task("u") + chain("s", "x", "u", "e"))


def decides(world: World) -> object:
    started = world.start("p")
    return world.instance(started.key).variables.get("r")


def test_a_decision_is_the_latest_with_its_tag(world: World) -> None:
    world.deploy({"d.dmn": decided(1, "v1")}, family="decisions")
    world.deploy({"d.dmn": decided(2, "v2")}, family="decisions")
    world.deploy({"p.bpmn": deciding("v1")})
    assert decides(world) == 1
    world.deploy({"d.dmn": decided(3, "v1")}, family="decisions")
    world.deploy({"d.dmn": decided(4)}, family="decisions")
    assert decides(world) == 3
    world.deploy({"p.bpmn": deciding("=&quot;v&quot; + &quot;2&quot;")})
    assert decides(world) == 2


def test_a_tag_that_no_decision_has_at_run_time_is_an_incident(world: World) -> None:
    world.deploy({"d.dmn": decided(1, "v1")}, family="decisions")
    world.deploy({"p.bpmn": deciding("=&quot;v&quot; + &quot;9&quot;")})
    assert decides(world) is None
    with world.engine.read() as session:
        [incident] = session.scalars(select(Incident))
    assert (incident.element_id, incident.error_type) == ("x", "CALLED_DECISION_ERROR")
    assert "dues v9" in incident.message


@pytest.mark.parametrize(
    ("drawn", "code", "element"),
    [(asking("v9"), "unknown_form", "u"), (deciding("v9"), "unknown_decision", "x")],
)
def test_a_tag_of_nothing_deployed_is_refused(
    world: World, drawn: bytes, code: str, element: str
) -> None:
    world.deploy({"f.form": form("first", "v1"), "d.dmn": decided(1, "v1")}, family="other")
    with pytest.raises(InvalidDiagram) as refusal:
        world.deploy({"p.bpmn": drawn, "f.form": form("second", "v2")})
    assert [(one.code, one.element_id) for one in refusal.value.findings] == [(code, element)]
