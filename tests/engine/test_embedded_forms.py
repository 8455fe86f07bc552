"""Forms that stand in the diagram itself, and forms that another application shows."""

import json

import pytest

from engine.deployment import definitions
from engine.errors import InvalidDiagram, InvalidVariables
from tests.diagrams import chain, process

FIELDS = [{"type": "textfield", "id": "F1", "key": "reason", "label": "Reason", "validate": {"required": True}}]  # fmt: skip


def embedded(form_id="ask", components=FIELDS):
    """The extension element that holds a form in a process, as Camunda's modelers write it."""
    form = {"type": "default", "id": "Form_0a1", "schemaVersion": 8, "components": components}
    return f'<zeebe:userTaskForm id="{form_id}">{json.dumps(form)}</zeebe:userTaskForm>'


def task(definition, element_id="u"):
    return (
        f'<userTask id="{element_id}"><extensionElements><zeebe:assignmentDefinition candidateGroups="service_assistant"/>'
        f"<zeebe:formDefinition {definition}/></extensionElements></userTask>"
    )


def drawn(definition, form="", process_id="p"):
    """A diagram with one user task that has this form definition."""
    source = process(task(definition) + chain("s", "u", "e"), process_id, summary="x").decode()
    return source.replace("</zeebe:properties>", f"</zeebe:properties>{form}", 1).encode()


ASK = 'formKey="camunda-forms:bpmn:ask"'


def test_a_form_in_the_diagram_is_asked_and_checked(world):
    world.deploy({"p.bpmn": drawn(ASK, embedded())})
    instance = world.start("p")
    assert world.task("u").form_id == "p.ask"
    with pytest.raises(InvalidVariables):
        world.complete("u", {})
    world.complete("u", {"reason": "leak"})
    assert world.instance(instance.key).variables["reason"] == "leak"


def test_two_diagrams_may_embed_forms_of_the_same_id(world):
    other = embedded(components=[{"type": "textfield", "id": "F1", "key": "other", "label": "Other"}])  # fmt: skip
    world.deploy({"p.bpmn": drawn(ASK, embedded()), "q.bpmn": drawn(ASK, other, "q")})
    world.start("q")
    world.complete("u", {"other": "yes"})


def test_a_changed_form_in_the_diagram_is_a_new_version(world):
    world.deploy({"p.bpmn": drawn(ASK, embedded())})
    world.start("p")
    relaxed = embedded(components=[{**FIELDS[0], "validate": {}}])
    assert world.deploy({"p.bpmn": drawn(ASK, relaxed)}).changed
    world.start("p")
    with world.engine.read() as session:
        assert definitions.latest(world.engine, session, "p").version == 2
    first, second = world.open_tasks()
    with pytest.raises(InvalidVariables):
        world.complete_key(first.key, {}, by="assistant")
    world.complete_key(second.key, {}, by="assistant")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ("", "reference"),
        (embedded("other"), "reference"),
        (embedded(components=[{"type": "iframe", "id": "F"}]), "form_unknown_type"),
        ('<zeebe:userTaskForm id="ask">{</zeebe:userTaskForm>', "form_not_json"),
    ],
)
def test_refuses_a_form_that_is_missing_or_wrong(world, form, code):
    with pytest.raises(InvalidDiagram) as refused:
        world.deploy({"p.bpmn": drawn(ASK, form)})
    assert refused.value.findings[0].code == code


@pytest.mark.parametrize(
    "definition", ['externalReference="hr/leave"', 'formKey="hr/leave"', 'externalReference="=&quot;hr/&quot; + &quot;leave&quot;"']
)  # fmt: skip
def test_a_form_of_another_application_is_named_and_not_asked_here(world, definition):
    world.deploy({"p.bpmn": drawn(definition)})
    world.start("p")
    task = world.task("u")
    assert (task.form_id, task.properties) == (None, {"externalFormReference": "hr/leave"})
    world.complete("u", {"days": 3})
