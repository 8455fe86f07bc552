"""What the bundles have: steps with their groups, forms, limits and records, scenarios and indicators."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from engine.deployment import library
from engine.runtime import Diagram, Element, parse
from engine.timing import spans


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A process as it is drawn."""

    key: str
    family: str
    elements: Mapping[str, Element]

    @property
    def user_tasks(self) -> list[Element]:
        """The steps people do."""
        return [one for one in self.elements.values() if one.type == "userTask"]

    def groups(self, element_id: str) -> str:
        """The candidate groups of a step as they are drawn."""
        return (
            self.elements[element_id].extension("assignmentDefinition").get("candidateGroups", "")
        )

    def is_timed(self, element_id: str) -> bool:
        """Whether a step has a limit, a due date, a clock, or a timer of its own or at its border."""
        one = self.elements[element_id]
        named = [one.properties.get(name) for name in ("limit", *spans.PROPERTIES)]
        due = one.extension("taskSchedule").get("dueDate")
        events = [one, *(self.elements[each] for each in one.boundary)]
        timers = [each for each in events if each.trigger and each.trigger.kind == "timer"]
        return bool(any(named) or due or timers)


@cache
def processes() -> dict[str, Drawn]:
    """Give every process of the shipped bundles."""
    return {
        drawn.key: drawn
        for family in library.families()
        for name, content in library.files(family).items()
        if name.endswith(".bpmn")
        for drawn in _processes(family, parse(content))
    }


def _processes(family: str, diagram: Diagram) -> Iterator[Drawn]:
    for key in diagram.processes:
        elements = {one.id: one for one in diagram.elements.values() if one.process_id == key}
        yield Drawn(key=key, family=family, elements=elements)


@cache
def records(family: str) -> frozenset[str]:
    """Give the records a family writes or prints: named by a field of a form, by a step, or as a template."""
    found: set[str] = set()
    for name, content in library.files(family).items():
        if name.endswith(".form"):
            found |= set(_named(json.loads(content)))
        elif name.startswith("prints/"):
            found.add(name[len("prints/") : -len(".html")])
    return frozenset(found)


def _named(part: Any) -> Iterator[str]:
    """Give the records that a form and its fields feed."""
    if isinstance(part, list):
        for one in part:
            yield from _named(one)
    elif isinstance(part, dict):
        properties = part.get("properties")
        if isinstance(properties, dict) and isinstance(properties.get("record"), str):
            yield from re.split(r"[,\s]+", properties["record"])
        for one in part.values():
            yield from _named(one)


@cache
def forms() -> frozenset[str]:
    """Give the forms of all bundles."""
    return frozenset(
        name[len("forms/") : -len(".form")]
        for family in library.families()
        for name in library.files(family)
        if name.startswith("forms/")
    )


@cache
def scenarios(family: str) -> frozenset[str]:
    """Give the names of a family's test cases."""
    return frozenset(
        case["name"]
        for name, content in library.files(family).items()
        if name.startswith("scenarios/")
        for case in json.loads(content)["testCases"]
    )


@cache
def indicators() -> frozenset[str]:
    """Give the keys of all indicators."""
    contents: Iterable[bytes] = (
        content
        for family in library.families()
        for name, content in library.files(family).items()
        if name == "kpis.json"
    )
    return frozenset(one.get("key", "") for content in contents for one in json.loads(content))
