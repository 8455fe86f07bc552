"""The files of a bundle, each read by itself; the same content is read once and shared by all who look at it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from engine import decisions, task_properties
from engine.deployment import dangers
from engine.deployment.problems import Problem, at, of_finding, of_form, problem
from engine.errors import EngineError, InvalidDiagram
from engine.forms import Component, Form, InvalidForm
from engine.printing import records
from engine.printing.mustache import InvalidTemplate
from engine.runtime import Diagram, examine

REMEMBERED = 1500


@dataclass
class Part:
    """One file as it was read, and what is wrong with it; not to be changed."""

    diagram: Diagram | None = None
    form: dict[str, Any] | None = None
    components: tuple[Component, ...] = ()
    embedded: dict[str, dict[str, Any]] = field(default_factory=dict)
    model: decisions.DecisionModel | None = None
    texts: dict[str, str] | None = None
    problems: list[Problem] = field(default_factory=list)


@lru_cache(maxsize=REMEMBERED)
def read(name: str, content: bytes) -> Part:
    """Read one file; what is wrong with it becomes a problem, never an error."""
    part = Part()
    try:
        _read_file(part, name, content)
    except InvalidDiagram as error:
        part.problems += [of_finding(name, finding) for finding in error.findings]
    except InvalidForm as error:
        part.problems += [of_form(name, finding) for finding in error.findings]
    except (EngineError, ValueError, RecursionError) as error:
        part.problems.append(problem(name, "invalid_file", str(error)))
    return part


def _read_file(part: Part, name: str, content: bytes) -> None:
    if name.endswith(".bpmn"):
        diagram, findings = examine(content)
        part.problems += [of_finding(name, finding) for finding in findings]
        if diagram is None or any(one.severity == "error" for one in findings):
            return
        part.diagram = diagram
        part.problems += [
            *_property_mistakes(name, diagram),
            *_refused_starts(name, diagram),
            *dangers.markup(name, diagram),
            *dangers.crowds(name, diagram),
            *_embed(part, name, diagram),
        ]
    elif name.endswith(".form"):
        form = Form.from_bytes(content)
        part.form, part.components = dict(form.schema), tuple(form.components)
    elif name.endswith(".dmn"):
        part.model = decisions.parse(content)
    elif name.startswith("texts/") and name.endswith(".json"):
        texts = json.loads(content.decode("utf-8"))
        if not isinstance(texts, dict):
            raise ValueError("texts are a JSON object")
        if not all(isinstance(text, str) for text in texts.values()):
            raise ValueError("texts map keys to strings")
        part.texts = texts
    elif name.startswith(records.FOLDER) and name.endswith(records.SUFFIX):
        _check_print(part, name, content)
    else:
        content.decode("utf-8")


def _embed(part: Part, name: str, diagram: Diagram) -> list[Problem]:
    """Read the forms that stand in the diagram itself, and give what is wrong with them."""
    problems: list[Problem] = []
    for form_id, text in diagram.embedded_forms.items():
        try:
            part.embedded[form_id] = {**Form.from_bytes(text.encode()).schema, "id": form_id}
        except InvalidForm as error:
            problems += [of_form(name, finding) for finding in error.findings]
    return problems


def _check_print(part: Part, name: str, content: bytes) -> None:
    part.problems += [
        replace(
            problem(name, "active_markup", f"{what} may not stand in a record.", what=what),
            line=line,
        )
        for what, line in dangers.active(content)
    ]
    try:
        records.check(content)
    except InvalidTemplate as error:
        line, reason = error.params["line"], str(error.params["reason"])
        message = f"The template is not valid: {reason} (line {line})"
        part.problems.append(
            replace(problem(name, "invalid_template", message, reason=reason), line=line)
        )


def _property_mistakes(file: str, diagram: Diagram) -> list[Problem]:
    return [
        at(
            file,
            element,
            "invalid_property",
            f"The property {name} is not valid: {reason}.",
            name=name,
            reason=reason,
        )
        for element in diagram.elements.values()
        for name, reason in task_properties.mistakes(element)
    ]


def _refused_starts(file: str, diagram: Diagram) -> list[Problem]:
    """Find start events without a trigger that nothing would ever use."""
    problems: list[Problem] = []
    for process_id in diagram.processes:
        plain = [
            one
            for one in diagram.inside(process_id)
            if one.type == "startEvent" and not one.trigger
        ]
        used = diagram.start_event(process_id)
        problems += [
            at(
                file,
                one,
                "unsupported_start",
                "Only one start event without a trigger starts a process.",
            )
            for one in plain
            if one is not used
        ]
    return problems
