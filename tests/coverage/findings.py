"""The comparison: for every item of the catalogue whether the bundles have it, do it otherwise for a reason, or lack it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.policy import limits, settings
from tests.coverage import drawn
from tests.coverage.catalogue import (
    NOUNS,
    Procedure,
    Step,
    procedures,
    record_names,
    remark,
    remarks,
)
from tests.coverage.drawn import Drawn

COVERED, OTHERWISE, LEFT_OUT, MISSING = "covered", "otherwise", "left out", "missing"
FATES = (COVERED, OTHERWISE, LEFT_OUT, MISSING)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What became of one item: covered as it stands in the catalogue, otherwise (`by`), left out (`why`), or missing."""

    procedure: str
    noun: str
    name: str
    title: str
    fate: str
    by: tuple[str, ...] = ()
    why: str = ""


def all_of() -> list[Finding]:
    """Give the findings for the whole catalogue, in its order."""
    return [one for procedure in procedures() for one in _of(procedure)]


def _of(procedure: Procedure) -> Iterator[Finding]:
    process = drawn.processes().get(procedure.key)
    yield _finding(procedure, "procedures", procedure.key, procedure.zh, there=process is not None)
    for step in procedure.steps:
        yield from _of_step(procedure, process, step)
    for rule, text in procedure.rules.items():
        yield _finding(procedure, "rules", f"{procedure.key}.{rule}", text, there=False)
    for place, text in enumerate(procedure.kpis, 1):
        yield _finding(procedure, "kpis", f"{procedure.key}.K{place}", text, there=False)


def _of_step(procedure: Procedure, process: Drawn | None, step: Step) -> Iterator[Finding]:
    name = f"{procedure.key}.{step.id}"
    title = f"{step.id} {step.name}"
    element = _standing_for(process, name, step)
    yield _finding(procedure, "steps", name, title, there=bool(element) and step.id == element)
    if step.roles:
        yield _finding(procedure, "roles", name, f"{title}: {', '.join(step.roles)}",
                       there=_has_roles(process, element, step))  # fmt: skip
    if step.limit:
        yield _finding(procedure, "limits", name, f"{title}: {step.limit}",
                       there=bool(process and element and process.is_timed(element)))  # fmt: skip
    for record in step.records:
        told = f"{title}: {'、'.join(record_names()[record][:2])}"
        there = process is not None and record in drawn.records(process.family)
        yield _finding(procedure, "records", f"{name}.{record}", told, there=there)


def _standing_for(process: Drawn | None, name: str, step: Step) -> str:
    """Give the element that is the step: of the same id, else the first of the process that `coverage.json` names."""
    if process is None:
        return ""
    if step.id in process.elements:
        return step.id
    named = [one.partition(".")[2] for one in remark("steps", name).get("by", [])]
    return next((one for one in named if one in process.elements), "")


def _has_roles(process: Drawn | None, element: str, step: Step) -> bool:
    """Whether one of the step's roles may do it; a step without groups is done by the system or lies in its flow."""
    if process is None or not element:
        return False
    groups = set(re.findall(r"\w+", process.groups(element)))
    return not groups or bool(groups & set(step.roles)) or process.groups(element).startswith("=")


def _finding(procedure: Procedure, noun: str, name: str, title: str, *, there: bool) -> Finding:
    said = remark(noun, name)
    whole = remark("procedures", procedure.key)
    by, why = tuple(said.get("by", ())), str(said.get("why", ""))
    if not said and not there and whole.get("why") and procedure.key not in drawn.processes():
        why = whole["why"]
    fate = COVERED if there else OTHERWISE if by else LEFT_OUT if why else MISSING
    if noun in ("rules", "kpis") and by:
        fate = COVERED
    return Finding(
        procedure=procedure.key, noun=noun, name=name, title=title, fate=fate, by=by, why=why
    )


def dangling() -> list[str]:
    """Give what `coverage.json` says about items that are not in the catalogue, or by things that are nowhere."""
    known = {(one.noun, one.name) for one in all_of()}
    lost = [
        f"{noun} {name}: not in the catalogue"
        for noun in NOUNS
        for name in remarks()[noun]
        if (noun, name) not in known
    ]
    return lost + [
        f"{noun} {name}: there is no {one}"
        for noun in NOUNS
        for name, said in remarks()[noun].items()
        for one in said.get("by", [])
        if not _exists(one)
    ]


def _exists(name: str) -> bool:
    """Whether something that stands for an item is there: an element, form, scenario, indicator, limit or setting."""
    process, _, rest = name.partition(".")
    if process == "scenario":
        return any(
            rest in drawn.scenarios(family)
            for family in {one.family for one in drawn.processes().values()}
        )
    if process in drawn.processes() and (not rest or rest in drawn.processes()[process].elements):
        return True
    tables = limits.catalogue().keys() | settings.catalogue().keys()
    return name in drawn.forms() or name in drawn.indicators() or name in tables
