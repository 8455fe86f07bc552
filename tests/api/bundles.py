"""What the API tests deploy: a check with a form, a job, and a message somebody waits for."""

from __future__ import annotations

import json

from tests.diagrams import chain, process, properties, service_task, user_task

CHECK_FORM = {
    "type": "default",
    "schemaVersion": 19,
    "id": "p.check",
    "components": [
        {
            "type": "textfield",
            "id": "a",
            "key": "who",
            "label": "谁",
            "validate": {"required": True, "maxLength": 10},
        },
        {"type": "number", "id": "b", "key": "count", "label": "数量", "validate": {"max": 5}},
    ],
}
CHECK = process(
    user_task("check", form="p.check") + chain("s", "check", "e"),
    start={"businessKey": "=unit_no"},
)
FILES = {"p.bpmn": CHECK, "forms/check.form": json.dumps(CHECK_FORM).encode()}

JOB = process(
    service_task("pay", "bank.pay", {"amount": "=sum * 2"}, retries="2")
    + user_task("after")
    + chain("s", "pay", "after", "e"),
    "with_job",
)
FAILING = process(
    service_task("pay", "bank.pay", {"amount": "=assert(1, false)"}) + chain("s", "pay", "e"),
    "failing",
)
SUBSCRIPTION = (
    '<message id="m" name="go"><extensionElements><zeebe:subscription correlationKey="=k"/>'
    "</extensionElements></message>"
)
WAIT = process(
    '<intermediateCatchEvent id="wait"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
    + user_task("after")
    + chain("s", "wait", "after", "e"),
    "waits",
    extra=SUBSCRIPTION,
)
LOCAL = process(
    '<userTask id="see"><extensionElements><zeebe:userTask/>'
    '<zeebe:assignmentDefinition candidateGroups="service_assistant"/>'
    '<zeebe:ioMapping><zeebe:input source="=a + 1" target="b"/></zeebe:ioMapping>'
    "</extensionElements></userTask>" + chain("s", "see", "e"),
    "local",
)
ELSEWHERE = process(
    '<userTask id="see"><extensionElements><zeebe:userTask/>'
    '<zeebe:assignmentDefinition candidateGroups="service_assistant"/>'
    '<zeebe:formDefinition externalReference="hr/leave"/>'
    '<zeebe:taskHeaders><zeebe:header key="system" value="hr"/></zeebe:taskHeaders>'
    + properties(clause="§ 3")
    + "</extensionElements></userTask>"
    + chain("s", "see", "e"),
    "elsewhere",
)
HEARD = process(
    '<manualTask id="go"><extensionElements><zeebe:executionListeners>'
    '<zeebe:executionListener eventType="start" type="bank.pay"/></zeebe:executionListeners>'
    "</extensionElements></manualTask>" + chain("s", "go", "e"),
    "heard",
)
HELD = process(
    '<userTask id="see"><extensionElements><zeebe:userTask/>'
    '<zeebe:assignmentDefinition candidateGroups="service_assistant"/><zeebe:taskListeners>'
    '<zeebe:taskListener eventType="completing" type="bank.pay"/></zeebe:taskListeners>'
    "</extensionElements></userTask>" + chain("s", "see", "e"),
    "held",
)
BROKEN = process(user_task("check") + chain("s", "check"), "broken").replace(
    b'targetRef="check"', b'targetRef="nowhere"'
)


FEES_DMN = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="fees" name="Fees" namespace="x">
  <decision id="fee" name="fee">
    <variable name="fee" typeRef="number"/>
    <decisionTable hitPolicy="FIRST">
      <input id="i1"><inputExpression typeRef="string"><text>kind</text></inputExpression></input>
      <output id="o1" name="fee" typeRef="number"/>
      <rule id="r1"><inputEntry><text>"home"</text></inputEntry><outputEntry><text>280</text></outputEntry></rule>
      <rule id="r2"><inputEntry><text>"office"</text></inputEntry><outputEntry><text>1800</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""


def form_files(form: dict[str, object]) -> dict[str, bytes]:
    """The check with another form."""
    return FILES | {"forms/check.form": json.dumps(form).encode()}
