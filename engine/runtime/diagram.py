"""A BPMN diagram as the rest of the engine sees it: elements, sequence flows and what they refer to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from engine.runtime import bindings

if TYPE_CHECKING:
    from engine.runtime.specs import ProcessSpec

NOTHING: Mapping[str, str] = {}
OF_UNIT = re.compile(r"\bunit_(?:open|latest)\.([A-Za-z_]\w*)")
SETTING = re.compile(r"camunda\.vars\.tenant\.([^\W\d]\w*(?:\.[^\W\d]\w*)*)")


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow; `condition` is the text of its condition, FEEL with the leading `=`."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Trigger:
    """What an event catches or throws.

    `name` is that of the message, signal or link, `code` the code of an error or escalation (None catches any), `timer`
    one of timeDate, timeDuration, timeCycle with its `expression`. A condition is an `expression`; `filter_names` and
    `filter_changes` (create, update) say which changes of variables concern it, all if empty. `activity` is what an event
    that compensates undoes, every completed activity if empty.
    """

    kind: Literal[
        "message", "signal", "timer", "conditional", "link", "error", "escalation", "terminate", "compensation",
    ]  # fmt: skip
    name: str = ""
    correlation_key: str = ""
    code: str | None = None
    timer: str = ""
    expression: str = ""
    filter_names: tuple[str, ...] = ()
    filter_changes: tuple[str, ...] = ()
    activity: str = ""


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener of an element; texts as drawn. `event` is start or end, of a task listener creating, assigning and so on."""

    event: str
    type: str
    retries: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Loop:
    """The multi-instance characteristics of an activity; texts as drawn."""

    sequential: bool
    input_collection: str = ""
    input_element: str = ""
    output_collection: str = ""
    output_element: str = ""
    completion_condition: str = ""
    cardinality: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """A flow node as drawn: `type` is its BPMN name, `scope` the id of the process or subprocess it lies in.

    `links` are the link events that catch what this link event throws, `handlers` the activities for compensation that
    associations join with this boundary event. An ad-hoc subprocess has a `completion_condition`, and says whether that
    ends what is active then.
    """

    id: str
    type: str
    name: str
    process_id: str
    scope: str
    line: int = 0
    documentation: str = ""
    properties: Mapping[str, str] = field(default_factory=dict, hash=False)
    form_id: str | None = None
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    default: str | None = None
    trigger: Trigger | None = None
    interrupting: bool = True
    attached_to: str | None = None
    boundary: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    handlers: tuple[str, ...] = ()
    for_compensation: bool = False
    loop: Loop | None = None
    completion_condition: str = ""
    cancels_remaining: bool = True
    event_subprocess: bool = False
    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    execution_listeners: tuple[Listener, ...] = ()
    task_listeners: tuple[Listener, ...] = ()
    extensions: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False)

    def extension(self, name: str) -> Mapping[str, str]:
        """The attributes of the zeebe extension element, empty when it is not there."""
        return self.extensions.get(name, NOTHING)


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the file, with its `properties` (summary …), the tag of this version, embedded `forms` by id."""

    id: str
    name: str
    executable: bool
    documentation: str = ""
    properties: Mapping[str, str] = field(default_factory=dict, hash=False)
    line: int = 0
    version_tag: str = ""
    forms: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, eq=False)
class Diagram:
    """A checked BPMN file. Immutable; shared by all instances of the definition, also between threads.

    `process_id` is the file's first executable process; `processes` are the ids of all of them.
    """

    xml: bytes = field(repr=False)
    content: Mapping[str, Process] = field(repr=False)
    elements: Mapping[str, Element] = field(repr=False)
    flows: Mapping[str, Flow] = field(repr=False)

    @cached_property
    def processes(self) -> tuple[str, ...]:
        """The ids of the executable processes, in the order of the file."""
        return tuple(process.id for process in self.content.values() if process.executable)

    @property
    def process_id(self) -> str:
        """The id of the first executable process."""
        return self.processes[0]

    @property
    def name(self) -> str:
        """The name of the first executable process, its id if it has none."""
        return self.content[self.process_id].name or self.process_id

    @property
    def process_properties(self) -> Mapping[str, str]:
        """The properties of the first executable process (summary …)."""
        return self.content[self.process_id].properties

    @cached_property
    def start_properties(self) -> Mapping[str, str]:
        """The properties of the first process's none start event (businessKey, startGroups, numberPrefix …)."""
        start = self.start_event(self.process_id)
        return start.properties if start else NOTHING

    def start_event(self, process_id: str) -> Element | None:
        """The none start event of that process, if it has one."""
        starts = (e for e in self.inside(process_id) if e.type == "startEvent" and not e.trigger)
        return next(starts, None)

    def triggered_starts(self, process_id: str) -> tuple[Element, ...]:
        """The start events of that process that a message, a signal, a time or a condition triggers."""
        return tuple(e for e in self.inside(process_id) if e.type == "startEvent" and e.trigger)

    def inside(self, scope: str) -> tuple[Element, ...]:
        """The elements directly in a process or subprocess."""
        return self._scopes.get(scope, ())

    def activatable(self, scope: str) -> tuple[Element, ...]:
        """The elements of an ad-hoc subprocess that can be activated: those to which nothing leads."""
        return tuple(one for one in self.inside(scope) if _begins(one))

    @cached_property
    def _scopes(self) -> Mapping[str, tuple[Element, ...]]:
        scopes: dict[str, tuple[Element, ...]] = {}
        for element in self.elements.values():
            scopes[element.scope] = (*scopes.get(element.scope, ()), element)
        return scopes

    @cached_property
    def compensations(self) -> Mapping[str, tuple[Element, Element]]:
        """The compensation boundary event of each activity that has one, and the activity that undoes it."""
        return {
            e.attached_to: (e, self.elements[e.handlers[0]])
            for e in self.elements.values()
            if e.attached_to and e.handlers
        }

    @cached_property
    def called_processes(self) -> frozenset[str]:
        """The process ids that call activities name as plain text."""
        return self._texts("calledElement", "processId")

    def bound_processes(self, process_id: str) -> frozenset[str]:
        """The process ids that this process calls as plain text, bound to its own deployment."""
        calls = (
            e.extension("calledElement")
            for e in self.elements.values()
            if e.process_id == process_id
        )
        ids = (one.get("processId", "") for one in calls if one.get("bindingType") == "deployment")
        return frozenset(id_ for id_ in ids if id_ and not id_.startswith("="))

    @cached_property
    def called_decisions(self) -> frozenset[str]:
        """The decision ids that business rule tasks name as plain text."""
        return self._texts("calledDecision", "decisionId")

    @cached_property
    def job_types(self) -> frozenset[str]:
        """The job types that are named as plain text."""
        return self._texts("taskDefinition", "type")

    @cached_property
    def form_ids(self) -> frozenset[str]:
        """The forms of user tasks and start events."""
        return frozenset(e.form_id for e in self.elements.values() if e.form_id)

    @cached_property
    def form_tags(self) -> Mapping[str, Mapping[str, str]]:
        """The version tags to which each process binds forms, by process and form id."""
        tags: dict[str, dict[str, str]] = {}
        for element in self.elements.values():
            tag = bindings.tag_of(element, "formDefinition")
            if tag and element.form_id:
                tags.setdefault(element.process_id, {})[element.form_id] = tag
        return tags

    @cached_property
    def decision_tags(self) -> frozenset[tuple[str, str]]:
        """The decisions that are bound to a version tag, both named as plain text."""
        found = (
            (
                e.extension("calledDecision").get("decisionId", ""),
                bindings.tag_of(e, "calledDecision"),
            )
            for e in self.elements.values()
        )
        return frozenset(
            one for one in found if one[1] and not any(text.startswith("=") for text in one)
        )

    @cached_property
    def embedded_forms(self) -> Mapping[str, str]:
        """The forms that the file itself holds and uses, as JSON text by id."""
        held = {id_: text for one in self.content.values() for id_, text in one.forms.items()}
        return {id_: text for id_, text in held.items() if id_ in self.form_ids}

    @cached_property
    def messages(self) -> frozenset[str]:
        """The names of the messages that events and receive tasks wait for, as drawn."""
        triggers = (e.trigger for e in self.elements.values() if e.trigger)
        return frozenset(t.name for t in triggers if t.kind == "message" and t.name)

    @cached_property
    def roles(self) -> frozenset[str]:
        """The candidate groups and start groups that are named as plain text."""
        return frozenset(name for text in self._role_texts() for name in split(text))

    def _role_texts(self) -> list[str]:
        texts = [
            e.extension("assignmentDefinition").get("candidateGroups", "")
            for e in self.elements.values()
        ]
        texts += [e.properties.get("startGroups", "") for e in self.elements.values()]
        return [text for text in texts if not text.startswith("=")]

    @cached_property
    def limit_keys(self) -> frozenset[str]:
        """The time limits that elements name in their `limit` property."""
        return frozenset(
            e.properties["limit"] for e in self.elements.values() if "limit" in e.properties
        )

    @cached_property
    def setting_keys(self) -> frozenset[str]:
        """The site settings that expressions read as `camunda.vars.tenant.<key>`."""
        return frozenset(SETTING.findall(self.xml.decode()))

    @cached_property
    def asked_processes(self) -> frozenset[str]:
        """The processes whose instances of the same unit expressions ask for (`unit_open.<process>`, `unit_latest.<process>`)."""
        return frozenset(OF_UNIT.findall(self.xml.decode()))

    def _texts(self, extension: str, attribute: str) -> frozenset[str]:
        found = (e.extension(extension).get(attribute, "") for e in self.elements.values())
        return frozenset(text for text in found if text and not text.startswith("="))

    def ahead(self, element_id: str, limit: int = 5) -> tuple[str, ...]:
        """The ids of the user tasks and call activities that most likely follow, at most `limit`."""
        from engine.runtime.outlook import ahead

        return ahead(self, element_id, limit)

    @cached_property
    def heights(self) -> Mapping[str, float]:
        """The vertical middle of every drawn shape by element id; empty in a file without a drawing."""
        from engine.runtime.outlook import heights

        return heights(self.xml)

    @cached_property
    def specs(self) -> Mapping[str, ProcessSpec]:
        """SpiffWorkflow's specification of each process and subprocess, by its id."""
        from engine.runtime.blueprint import build

        return build(self)


def _begins(element: Element) -> bool:
    links = element.trigger is not None and element.trigger.kind == "link"
    caught = links and element.type == "intermediateCatchEvent"
    apart = element.type == "boundaryEvent" or element.for_compensation or element.event_subprocess
    return not (element.incoming or caught or apart)


def split(text: str) -> list[str]:
    """The parts of a comma-separated list, without blanks and empty parts."""
    return [part.strip() for part in text.split(",") if part.strip()]
