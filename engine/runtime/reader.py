"""Reads the elements, sequence flows and Zeebe extension elements of a BPMN tree; collects what it does not know."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from engine.runtime import extensions, xml
from engine.runtime.diagram import Element, Flow, Process, Trigger
from engine.runtime.finding import Finding, Refusal
from engine.runtime.triggers import Catalogue
from engine.runtime.xml import ZEEBE, bpmn

TASKS = {
    "task", "manualTask", "userTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "scriptTask",
}  # fmt: skip
SUBPROCESSES = {"subProcess", "adHocSubProcess"}
ACTIVITIES = TASKS | SUBPROCESSES | {"callActivity"}
GATEWAYS = {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"}
EVENTS = {
    "startEvent",
    "endEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "boundaryEvent",
}
NODES = ACTIVITIES | GATEWAYS | EVENTS
INSIDE = NODES | {"sequenceFlow", "transaction", "complexGateway"}
DRAWN_ONLY = {
    "documentation", "extensionElements", "incoming", "outgoing", "laneSet", "textAnnotation", "association", "group",
    "dataObject", "dataObjectReference", "dataStoreReference", "ioSpecification", "dataInputAssociation",
    "dataOutputAssociation", "property", "auditing", "monitoring", "messageEventDefinition", "timerEventDefinition",
    "errorEventDefinition", "escalationEventDefinition", "terminateEventDefinition", "signalEventDefinition",
    "linkEventDefinition", "conditionalEventDefinition", "compensateEventDefinition", "script",
    "multiInstanceLoopCharacteristics", "supportedInterfaceRef", "correlationSubscription",
}  # fmt: skip
EXTENSION_ELEMENTS = bpmn("extensionElements")
CONDITION = "completionCondition"
INNER = {"subProcess": INSIDE, "adHocSubProcess": INSIDE | {CONDITION}}
CAMUNDA_7 = "{http://camunda.org/schema/1.0/bpmn}"
REASONS = {
    "complexGateway": "use exclusive, inclusive and parallel gateways",
    "transaction": "use a subprocess",
    "standardLoopCharacteristics": "draw the loop with a gateway",
    "cancelEventDefinition": "use an error event",
}
EXTENSIONS = {
    "userTask", "assignmentDefinition", "formDefinition", "taskSchedule", "priorityDefinition", "ioMapping", "input",
    "output", "properties", "property", "taskDefinition", "taskHeaders", "header", "calledDecision", "script",
    "calledElement", "loopCharacteristics", "subscription", "conditionalFilter", "versionTag", "userTaskForm",
    "executionListeners", "executionListener", "taskListeners", "taskListener", "adHoc",
}  # fmt: skip


@dataclass
class Reading:
    """What was read so far."""

    processes: dict[str, Process] = field(default_factory=dict)
    elements: dict[str, Element] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    associations: list[tuple[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def find(self, code: str, node: Any, **params: str) -> None:
        """Note an error at that node."""
        self.findings.append(Finding("error", code, node.get("id"), node.sourceline, params))


def read(root: Any) -> Reading:
    """Everything the diagram draws. Findings name what is not supported; raises Refusal if it is no diagram."""
    if root.tag != bpmn("definitions"):
        raise Refusal("not_bpmn", root.sourceline)
    reading = Reading()
    _refuse_unknown_extensions(reading, root)
    catalogue = Catalogue.of(root)
    reading.associations = [
        (node.get("sourceRef", ""), node.get("targetRef", ""))
        for node in root.iter(bpmn("association"))
    ]
    for node in root.findall(bpmn("process")):
        process = _process(node)
        if process.id in reading.processes:
            reading.find("duplicate_id", node, id=process.id)
        reading.processes[process.id] = process
        if extensions.execution_listeners(node):
            what = "An execution listener on a process"
            reading.find("unsupported", node, what=what, reason="it would not be called")
        if process.executable:
            _Scope(reading, catalogue, process.id, process.id).read(node)
    _connect(reading)
    return reading


def _process(node: Any) -> Process:
    return Process(
        id=node.get("id", ""),
        name=node.get("name", ""),
        executable=node.get("isExecutable") == "true",
        documentation=xml.text(node, bpmn("documentation")),
        properties=extensions.pairs(node, "properties", "property", "name"),
        line=node.sourceline,
        version_tag=extensions.attributes(node).get("versionTag", {}).get("value", ""),
        forms=extensions.embedded_forms(node),
    )


def _refuse_unknown_extensions(reading: Reading, root: Any) -> None:
    for node in root.iter(f"{{{ZEEBE}}}*"):
        if (name := xml.local(node)) not in EXTENSIONS:
            _refuse_extension(reading, node, f"zeebe:{name}", "the engine would not run it")
    for node in root.iter(f"{{{ZEEBE}}}taskListeners"):
        owner = next((n for n in node.iterancestors() if n.tag != EXTENSION_ELEMENTS), root)
        if owner.tag != bpmn("userTask"):
            what = f"A task listener on a {xml.local(owner)}"
            _refuse_extension(reading, node, what, "it would not be called")
    for node in root.iter("*"):
        if severity := _camunda_7(root, node):
            _refuse_extension(reading, node, "Camunda 7", "use the elements of Camunda 8", severity)


def _camunda_7(root: Any, node: Any) -> Literal["error", "warning"] | None:
    """How bad the Camunda 7 vocabulary of this node is: left over where Camunda 8 says what holds, it does no harm."""
    if node.tag.startswith(CAMUNDA_7):
        return "error"
    if node is root or not any(key.startswith(CAMUNDA_7) for key in node.attrib):
        return None  # at the root the Web Modeler keeps its own number of the file
    return "warning" if extensions.attributes(node) else "error"


def _refuse_extension(
    reading: Reading,
    node: Any,
    what: str,
    reason: str,
    severity: Literal["error", "warning"] = "error",
) -> None:
    owner = next((n for n in (node, *node.iterancestors()) if n.get("id")), node)
    params = {"what": what, "reason": reason}
    reading.findings.append(
        Finding(severity, "unsupported", owner.get("id"), node.sourceline, params)
    )


@dataclass
class _Scope:
    """Reads one process or subprocess."""

    reading: Reading
    catalogue: Catalogue
    process_id: str
    id: str

    def read(self, parent: Any) -> None:
        for node in parent.iterchildren(tag=bpmn("*")):
            name = xml.local(node)
            if name in NODES:
                self._element(name, node)
            elif name == "sequenceFlow":
                self._flow(node)
            elif name not in DRAWN_ONLY and name != CONDITION:
                self._refuse(node, name)

    def _refuse(self, node: Any, what: str) -> None:
        reason = REASONS.get(what, "the engine would not run it")
        self.reading.find("unsupported", node, what=what, reason=reason)

    def _flow(self, node: Any) -> None:
        condition = xml.text(node, bpmn("conditionExpression")) or None
        self._unique(node, self.reading.flows)
        self.reading.flows[node.get("id")] = Flow(
            id=node.get("id"),
            source=node.get("sourceRef", ""),
            target=node.get("targetRef", ""),
            name=node.get("name", ""),
            condition=condition,
            line=node.sourceline,
        )

    def _unique(self, node: Any, known: dict[str, Any]) -> None:
        if node.get("id") in known:
            self.reading.find("duplicate_id", node, id=str(node.get("id")))

    def _element(self, kind: str, node: Any) -> None:
        self._refuse_inside(node)
        self._unique(node, self.reading.elements)
        self.reading.elements[node.get("id")] = self._read(kind, node)
        if kind in SUBPROCESSES:
            _Scope(self.reading, self.catalogue, self.process_id, node.get("id")).read(node)

    def _refuse_inside(self, node: Any) -> None:
        refused = ["instantiate"]
        if xml.local(node) not in ACTIVITIES:
            refused.append("isForCompensation")
        for name in refused:
            if node.get(name) == "true":
                self._refuse(node, name)
        for child in node.iterchildren(tag=bpmn("*")):
            name = xml.local(child)
            if name not in DRAWN_ONLY and name not in INNER.get(xml.local(node), ()):
                self._refuse(node, name)
        if node.get("ordering") == "Sequential":
            what, reason = "The ordering Sequential", "what is active runs side by side"
            self.reading.find("unsupported", node, what=what, reason=reason)

    def _read(self, kind: str, node: Any) -> Element:
        attributes = self._extensions(kind, node)
        return Element(
            id=node.get("id"),
            type=kind,
            name=node.get("name", ""),
            process_id=self.process_id,
            scope=self.id,
            line=node.sourceline,
            documentation=xml.text(node, bpmn("documentation")),
            properties=extensions.pairs(node, "properties", "property", "name"),
            form_id=extensions.form(self.process_id, attributes),
            default=node.get("default"),
            trigger=self._trigger(kind, node),
            interrupting=node.get("cancelActivity" if kind == "boundaryEvent" else "isInterrupting")
            != "false",
            attached_to=node.get("attachedToRef"),
            for_compensation=node.get("isForCompensation") == "true",
            loop=extensions.loop(node),
            completion_condition=xml.text(node, bpmn(CONDITION)),
            cancels_remaining=node.get("cancelRemainingInstances") != "false",
            event_subprocess=node.get("triggeredByEvent") == "true",
            inputs=extensions.mappings(node, "input"),
            outputs=extensions.mappings(node, "output"),
            headers=extensions.pairs(node, "taskHeaders", "header", "key"),
            execution_listeners=extensions.execution_listeners(node),
            task_listeners=extensions.task_listeners(node) if kind == "userTask" else (),
            extensions=attributes,
        )

    def _extensions(self, kind: str, node: Any) -> dict[str, dict[str, str]]:
        """The extension elements that count: a user task never becomes a job."""
        attributes = extensions.attributes(node)
        if kind == "userTask" and attributes.pop("taskDefinition", None) is not None:
            what = "A task definition on a userTask"
            _refuse_extension(self.reading, node, what, "people do it", "warning")
        return attributes

    def _trigger(self, kind: str, node: Any) -> Trigger | None:
        if kind == "receiveTask":
            return self.catalogue.message(self.reading, node)
        definitions = [child for child in node if xml.local(child).endswith("EventDefinition")]
        if len(definitions) > 1:
            self._refuse(node, "more than one event definition")
        return self.catalogue.trigger(self.reading, definitions[0]) if definitions else None


def _connect(reading: Reading) -> None:
    """Give each element its flows and boundary events; an element that ends nowhere is left to the rules."""
    incoming: dict[str, list[str]] = {}
    outgoing: dict[str, list[str]] = {}
    boundary: dict[str, list[str]] = {}
    links: dict[tuple[str, str], list[str]] = {}
    handlers = _handlers(reading)
    for flow in reading.flows.values():
        outgoing.setdefault(flow.source, []).append(flow.id)
        incoming.setdefault(flow.target, []).append(flow.id)
    for element in reading.elements.values():
        if element.attached_to:
            boundary.setdefault(element.attached_to, []).append(element.id)
        if link := _link(element, "intermediateCatchEvent"):
            links.setdefault((element.scope, link), []).append(element.id)
    for id_, element in reading.elements.items():
        reading.elements[id_] = replace(
            element,
            incoming=tuple(incoming.get(id_, ())),
            outgoing=tuple(outgoing.get(id_, ())),
            boundary=tuple(boundary.get(id_, ())),
            links=tuple(
                links.get((element.scope, _link(element, "intermediateThrowEvent") or ""), ())
            ),
            handlers=tuple(handlers.get(id_, ())),
        )


def _handlers(reading: Reading) -> dict[str, list[str]]:
    """The activities for compensation by the boundary event that an association leads to them from, in the same scope."""
    found: dict[str, list[str]] = {}
    for source, target in reading.associations:
        event, activity = reading.elements.get(source), reading.elements.get(target)
        if event is None or activity is None or event.scope != activity.scope:
            continue
        if event.trigger and event.trigger.kind == "compensation" and activity.for_compensation:
            found.setdefault(source, []).append(target)
    return found


def _link(element: Element, kind: str) -> str | None:
    """The link that an event of that type catches or throws."""
    trigger = element.trigger
    return trigger.name if trigger and trigger.kind == "link" and element.type == kind else None
