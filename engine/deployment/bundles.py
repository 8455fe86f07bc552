"""Bundles: the diagrams, forms, decisions and texts of a family, read and checked together."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from engine import decisions, task_properties
from engine.deployment import definitions, parts
from engine.deployment.parts import Part
from engine.deployment.problems import Problem, at, problem
from engine.engine import Engine
from engine.errors import NotFound, Rejected
from engine.kpis import gate as indicators
from engine.models.definition import Decision, ProcessDefinition
from engine.models.definition import Form as FormRow
from engine.models.identity import User
from engine.policy import limits
from engine.runtime import Diagram, Element
from engine.staff import roles
from engine.timing import spans

MAX_FILES = 200
MAX_BYTES = 8_000_000
LONGEST_NAME = 255
START_PROCESS = "guicheng.start-process"
PSEUDO_GROUPS = {roles.ALL_STAFF, roles.STARTER}


class Beside(Protocol):
    """What a bundle is seen beside: a command, or an engine with a session for reading."""

    @property
    def engine(self) -> Engine:
        """What runs."""

    @property
    def session(self) -> Session:
        """Where it is read."""


@dataclass
class Bundle:
    """The checked content of a deployment. A form that a diagram holds has the name `<diagram>#<form id>`."""

    files: Mapping[str, bytes]
    diagrams: dict[str, Diagram] = field(default_factory=dict)
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, decisions.DecisionModel] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(files: Mapping[str, bytes]) -> Bundle:
    """Parse every file of a bundle; what is wrong with one becomes a finding. Raises Rejected for oversized bundles."""
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        raise Rejected(reason=f"a bundle has at most {MAX_FILES} files and {MAX_BYTES} bytes")
    bundle = Bundle(files)
    bundle.problems += [
        problem(name[:80], "long_name", f"A file name has at most {LONGEST_NAME} characters.")
        for name in files
        if len(name) > LONGEST_NAME
    ]
    for name in sorted(files):
        part = parts.read(name, files[name])
        bundle.problems += part.problems
        _put(bundle, name, part)
    bundle.problems += _twice(bundle)
    return bundle


def _put(bundle: Bundle, name: str, part: Part) -> None:
    if part.diagram is not None:
        bundle.diagrams[name] = part.diagram
    if part.form is not None:
        bundle.forms[name] = part.form
    bundle.forms |= {f"{name}#{form_id}": schema for form_id, schema in part.embedded.items()}
    if part.model is not None:
        bundle.models[name] = part.model
    if part.texts is not None:
        bundle.texts[name] = part.texts


def _twice(bundle: Bundle) -> list[Problem]:
    """Find ids that two files of the bundle claim."""
    claims = [
        *(("process", one, file) for file, diagram in bundle.diagrams.items() for one in diagram.processes),
        *(("form", schema["id"], file) for file, schema in bundle.forms.items()),
        *(("decision", one, file) for file, model in bundle.models.items() for one in model.decision_ids),
    ]  # fmt: skip
    first: dict[tuple[str, str], str] = {}
    return [
        problem(
            file, f"duplicate_{noun}", f"The {noun} {one} stands in {first[noun, one]} too.", id=one
        )
        for noun, one, file in claims
        if first.setdefault((noun, one), file) != file
    ]


def cross_problems(command: Beside, bundle: Bundle) -> list[Problem]:
    """What only shows when the files are seen together, and beside what is deployed already."""
    forms = {schema["id"] for schema in bundle.forms.values()}
    decided = {one for model in bundle.models.values() for one in model.decision_ids}
    processes = {one for diagram in bundle.diagrams.values() for one in diagram.processes}
    session = command.session
    problems = [
        *_call_cycles(command, bundle),
        *_clock_problems(bundle),
        *indicators.problems(bundle.diagrams, bundle.files),
    ]
    for file, diagram in bundle.diagrams.items():
        missing = [
            *_missing(session, "form", diagram.form_ids - forms, FormRow.form_id),
            *_missing(session, "decision", diagram.called_decisions - decided, Decision.decision_id),
            *_untagged(command, bundle, diagram),
            *_missing(session, "process", diagram.called_processes - processes, ProcessDefinition.process_id),
            *(("process", called) for called in _unbound(session, bundle, diagram)),
            *_missing(session, "process", diagram.asked_processes - processes, ProcessDefinition.process_id),
            *(("role", role) for role in sorted(_unknown_roles(session, diagram))),
            *(("limit", key) for key in limits.unknown(spans.limit_keys(diagram))),
            *(("setting", key) for key in limits.unknown_settings(diagram.setting_keys)),
        ]  # fmt: skip
        problems += [_unknown(file, diagram, noun, one) for noun, one in missing]
        problems += [
            at(
                file,
                element,
                "unknown_started",
                f"{one} is not deployed and becomes a manual to-do.",
                severity="warning",
                id=one,
            )
            for element, one in _started(diagram)
            if one not in processes
            and not session.scalar(
                select(
                    exists().where(ProcessDefinition.process_id == one, ProcessDefinition.latest)
                )
            )
        ]
    return problems


def _unbound(session: Session, bundle: Bundle, diagram: Diagram) -> Iterator[str]:
    """Find processes that are called bound to a version which is neither in the bundle nor deployed."""
    own = {one: d.content[one] for d in bundle.diagrams.values() for one in d.processes}
    for element in diagram.elements.values():
        called = element.extension("calledElement")
        process_id, tag = called.get("processId", ""), called.get("versionTag", "")
        kind = called.get("bindingType", "latest")
        if process_id.startswith("=") or tag.startswith("="):
            continue
        if kind == "deployment" and process_id not in own:
            yield process_id
        if kind == "versionTag" and not (process_id in own and own[process_id].version_tag == tag):
            tagged = (ProcessDefinition.process_id == process_id) & (
                ProcessDefinition.version_tag == tag
            )
            if not session.scalar(select(exists().where(tagged))):
                yield process_id


def _untagged(command: Beside, bundle: Bundle, diagram: Diagram) -> Iterator[tuple[str, str]]:
    """Find forms and decisions that are bound to a tag which no version has, in the bundle or deployed."""
    forms = {(schema["id"], schema.get("versionTag")) for schema in bundle.forms.values()}
    models = [bundle.files[file] for file in bundle.models]
    decided = {one for content in models for one in decisions.version_tags(content).items()}
    wanted = {one for tags in diagram.form_tags.values() for one in tags.items()}
    for noun, missing, model, column in (
        ("form", wanted - forms, FormRow, FormRow.form_id),
        ("decision", diagram.decision_tags - decided, Decision, Decision.decision_id),
    ):
        for id_, tag in sorted(missing):
            if not definitions.tagged(command.engine, command.session, model, column, id_, tag):
                yield noun, id_


def _unknown(file: str, diagram: Diagram, noun: str, one: str) -> Problem:
    """Say that a name stands for nothing, and where it is used."""
    message = f"There is no {noun} {one}."
    mark = f"camunda.vars.tenant.{one}" if noun == "setting" else one
    # The text of an element shows everything it says: names, mappings, conditions, properties.
    where = next((e for e in diagram.elements.values() if mark in repr(e)), None)
    flow = next((f for f in diagram.flows.values() if mark in (f.condition or "")), None)
    user = where or (diagram.elements[flow.source] if flow else None)
    code = f"unknown_{noun}"
    return at(file, user, code, message, id=one) if user else problem(file, code, message, id=one)


def _clock_problems(bundle: Bundle) -> Iterator[Problem]:
    """Find limits that are no times, and clocks that are stopped or paused but never started."""
    elements = [(f, e) for f, diagram in bundle.diagrams.items() for e in diagram.elements.values()]
    started = {key for _, e in elements for key in spans.keys(e.properties.get(spans.START, ""))}
    for file, element in elements:
        for name in ("limit", *spans.PROPERTIES):
            for key in spans.keys(element.properties.get(name, "")):
                if not limits.unknown([key]) and not limits.is_time(key):
                    yield at(file, element, "limit_kind", f"The limit {key} is no time.", id=key)
                elif name in (spans.STOP, spans.PAUSE) and key not in started:
                    message = f"No element of this bundle starts the clock {key}."
                    yield at(
                        file, element, "clock_not_started", message, severity="warning", id=key
                    )


def _started(diagram: Diagram) -> Iterator[tuple[Element, str]]:
    """Give the service tasks that start another process by a fixed id (decision 2)."""
    for element in diagram.elements.values():
        if element.extension("taskDefinition").get("type") == START_PROCESS:
            for source, target in element.inputs:
                fixed = re.fullmatch(r'=?\s*"([\w.-]+)"\s*', source)
                if target == "processId" and fixed:
                    yield element, fixed[1]


def _call_cycles(command: Beside, bundle: Bundle) -> list[Problem]:
    """Find processes that would call themselves over others, deployed ones included (decision 8)."""
    files = {one: file for file, diagram in bundle.diagrams.items() for one in diagram.processes}
    calls: dict[str, set[str]] = {}

    def called_by(process_id: str) -> set[str]:
        if process_id not in calls:
            calls[process_id] = _calls(_diagram(command, bundle, files, process_id), process_id)
        return calls[process_id]

    cycles = {start: _way_back(start, called_by) for start in files}
    return [
        at(
            files[start],
            _call(bundle.diagrams[files[start]], *way[:2]),
            "call_cycle",
            f"The processes {' → '.join(way)} call each other in a circle.",
            cycle=" → ".join(way),
        )
        for start, way in cycles.items()
        if way
    ]


def _call(diagram: Diagram, process_id: str, called: str) -> Element:
    """Give the call activity with which a process calls another."""
    inside = (one for one in diagram.elements.values() if one.process_id == process_id)
    return next(one for one in inside if one.extension("calledElement").get("processId") == called)


def _diagram(
    command: Beside, bundle: Bundle, files: Mapping[str, str], process_id: str
) -> Diagram | None:
    if process_id in files:
        return bundle.diagrams[files[process_id]]
    try:
        return definitions.called(command.engine, command.session, process_id).diagram
    except NotFound:
        return None


def _calls(diagram: Diagram | None, process_id: str) -> set[str]:
    found = diagram.elements.values() if diagram else ()
    texts = (
        e.extension("calledElement").get("processId", "")
        for e in found
        if e.process_id == process_id
    )
    return {text for text in texts if text and not text.startswith("=")}


def _way_back(start: str, called_by: Callable[[str], set[str]]) -> list[str]:
    """Give the calls that lead from a process back to itself, empty when none do."""
    ways = [[start, first] for first in sorted(called_by(start))]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        if way[-1] == start:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways += [[*way, following] for following in sorted(called_by(way[-1]))]
    return []


def _missing(session: Session, noun: str, ids: Iterable[str], column: Any) -> list[tuple[str, str]]:
    return [
        (noun, one)
        for one in sorted(ids)
        if not session.scalar(select(exists().where(column == one)))
    ]


def _unknown_roles(session: Session, diagram: Diagram) -> set[str]:
    """Find groups that are no roles, and readers of copies that are neither a role nor a person."""
    named = {one for e in diagram.elements.values() for one in task_properties.readers(e)}
    people = set(session.scalars(select(User.username).where(User.username.in_(named))))
    return (set(diagram.roles) - roles.catalogue().keys() - PSEUDO_GROUPS) | (named - people)


def digest_of(files: Mapping[str, bytes]) -> str:
    """Give what tells one content of a bundle from another."""
    return digest(*(part for name in sorted(files) for part in (name.encode(), files[name])))


def digest(*parts: bytes) -> str:
    """Give the SHA-256 of some parts; where one ends and the next begins counts."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.hexdigest()
