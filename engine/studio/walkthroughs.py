"""The scenarios of a bundle: found in its files, and looked at without running them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from engine.deployment import scenarios
from engine.deployment.bundles import Bundle
from engine.deployment.problems import Problem

FOLDER, SUFFIX = "scenarios/", ".test.json"
MOST_CASES = 200
MOST_STEPS = 400
SELECTORS = ("userTaskSelector", "elementSelector")


class Case(NamedTuple):
    """A scenario, and the file it stands in."""

    file: str
    case: Mapping[str, Any]


def cases(files: Mapping[str, bytes]) -> list[Case]:
    """List the scenarios of a bundle in the order of its files; those that are no scenarios are left out."""
    found = []
    for name in sorted(files):
        if name.startswith(FOLDER) and name.endswith(".json"):
            document = _read(files[name])
            listed = document.get("testCases") if isinstance(document, dict) else None
            found += [Case(name, one) for one in listed or [] if not _fault(one)]
    return found


def _read(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def problems(bundle: Bundle) -> Iterator[Problem]:
    """Find scenarios that cannot run: no test cases, unknown steps, elements the diagrams do not have."""
    drawn = {one for diagram in bundle.diagrams.values() for one in diagram.elements}
    own = {one for diagram in bundle.diagrams.values() for one in diagram.processes}
    number = 0
    for name in sorted(bundle.files):
        if not (name.startswith(FOLDER) and name.endswith(".json")):
            continue
        document = _read(bundle.files[name])
        listed = document.get("testCases") if isinstance(document, dict) else None
        if not isinstance(listed, list):
            yield _problem(name, "scenario_file", "The file has no list testCases.")
            continue
        number += len(listed)
        for at, case in enumerate(listed, 1):
            if fault := _fault(case):
                yield _problem(name, "scenario_invalid", f"Scenario {at}: {fault}.", number=str(at), reason=fault)  # fmt: skip
            else:
                yield from _of_case(name, case, drawn, own)
    if number > MOST_CASES:
        yield _problem(FOLDER, "scenario_count", f"There are more than {MOST_CASES} scenarios.", limit=str(MOST_CASES))  # fmt: skip
    if not number and bundle.diagrams:
        file = next(iter(bundle.diagrams))
        yield _problem(file, "scenario_none", "No scenario says what the procedures must do.", "warning")  # fmt: skip


def _fault(case: Any) -> str:
    if not isinstance(case, dict) or not isinstance(case.get("instructions"), list):
        return "no list of instructions"
    if not isinstance(case.get("name"), str):
        return "no name"
    if len(case["instructions"]) > MOST_STEPS:
        return f"more than {MOST_STEPS} steps"
    for at, step in enumerate(case["instructions"], 1):
        if not isinstance(step, dict) or step.get("type") not in scenarios.STEPS:
            kind = step.get("type") if isinstance(step, dict) else step
            return f"step {at} is of an unknown kind ({str(kind)[:60]})"
    return ""


def _of_case(file: str, case: Mapping[str, Any], drawn: set[str], own: set[str]) -> Iterator[Problem]:  # fmt: skip
    for at, step in enumerate(case["instructions"], 1):
        for element, process in _mentioned(step):
            if element not in drawn and (process is None or process in own):
                message = (
                    f"Scenario “{case['name'][:60]}”, step {at}: there is no element {element}."
                )
                yield _problem(
                    file, "scenario_element", message, "warning",
                    name=case["name"][:60], step=str(at), id=element,
                )  # fmt: skip


def _mentioned(step: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    instance = step.get("processInstanceSelector") or {}
    for name in SELECTORS:
        selector = step.get(name)
        if isinstance(selector, dict) and isinstance(selector.get("elementId"), str):
            yield selector["elementId"], selector.get("processDefinitionId")
    for selector in step.get("elementSelectors") or []:
        if isinstance(selector, dict) and isinstance(selector.get("elementId"), str):
            yield selector["elementId"], instance.get("processDefinitionId")


def _problem(file: str, code: str, message: str, severity: str = "error", **params: str) -> Problem:
    return Problem(file=file, severity=severity, code=code, message=message, params=params)
