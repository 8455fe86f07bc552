"""The shipped scenarios as scripts: what people enter, step by step, retold for another customer on another day."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from engine.deployment import library
from engine.forms import Component, Form
from engine.models.registry import COMPANY, Customer, Unit

# How start forms call whom and what they are about.
NAMES, PHONES = ("name", "complainant", "unit_name"), ("phone", "contact_phone")
PART_PAYMENT = 50_000  # fen; what is more pays in full, whatever this unit's fees are
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}(?=\b|T)")
_PICTURE = re.compile(r"(sign|photo)-[a-z0-9]+")


@dataclass(frozen=True)
class Step:
    """A form somebody fills in: the start of a process (`element_id` empty) or a user task."""

    process_id: str
    element_id: str
    actor: str
    entered: dict[str, Any]


@dataclass(frozen=True)
class Script:
    """A scenario's forms in order, and the day it plays on."""

    day: dt.date
    steps: tuple[Step, ...]

    @property
    def start(self) -> Step:
        """The start form."""
        return self.steps[0]


@cache
def bundle(process_id: str) -> Mapping[str, bytes]:
    """Give the files of the shipped bundle a process is drawn in. Raises StopIteration when there is none."""
    families = map(library.files, library.families())
    return next(files for files in families if f"{process_id}.bpmn" in files)


@cache
def script(process_id: str, name: str) -> Script:
    """Give the script of the first shipped scenario whose name begins so. Raises StopIteration when there is none."""
    cases = json.loads(bundle(process_id)[f"scenarios/{process_id}.test.json"])["testCases"]
    instructions = next(c["instructions"] for c in cases if c["name"].startswith(name))
    steps: list[Step] = []
    day = dt.date.min
    for instruction in instructions:
        if instruction["type"] == "SET_TIME":
            day = dt.datetime.fromisoformat(instruction["time"]).date()
        elif instruction["type"] in ("CREATE_PROCESS_INSTANCE", "COMPLETE_USER_TASK"):
            steps.append(_step(process_id, instruction))
    return Script(day, tuple(steps))


def _step(process_id: str, instruction: dict[str, Any]) -> Step:
    task = instruction.get("userTaskSelector", {})
    return Step(
        process_id=task.get("processDefinitionId", process_id),
        element_id=task.get("elementId", ""),
        actor=instruction["metadata"]["actor"],
        entered=instruction.get("variables", {}),
    )


class Retelling:
    """Tells a script again: for another unit and customer, so many days later or earlier."""

    def __init__(self, told: Script, unit: Unit, customer: Customer, day: dt.date) -> None:
        self._shift = day - told.day
        self._unit = unit
        start = told.start.entered
        person = customer.legal_representative if customer.kind == COMPANY else customer.name
        owners = [one for step in told.steps for one in step.entered.get("owners", [])]
        self._words = {
            **({start["unit_no"]: unit.label} if "unit_no" in start else {}),
            **{start[key]: customer.name for key in NAMES if key in start},
            **{start[key]: customer.phone for key in PHONES if key in start},
            **({owners[0]["id_no"]: customer.id_no} if owners else {}),
            "梁先生": person,
            "梁太太": f"{person[0]}太太",
        }

    def entered(
        self, step: Step, known: dict[str, Any], picture: Callable[[str], str]
    ) -> dict[str, Any]:
        """Give what is entered at a step; `known` are the instance's variables, `picture` uploads one and gives its key."""
        told: dict[str, Any] = self._retell(step.entered, picture)
        if "area" in told:
            told["area"] = self._unit.floor_area / 100
        if told.get("received", 0) > PART_PAYMENT:
            told["received"] = known["amount_due"]
        return told

    def _retell(self, value: Any, picture: Callable[[str], str]) -> Any:
        if isinstance(value, dict):
            return {key: self._retell(one, picture) for key, one in value.items()}
        if isinstance(value, list):
            return [self._retell(one, picture) for one in value]
        if not isinstance(value, str):
            return value
        if found := _PICTURE.fullmatch(value):
            return picture(found[1])
        for old, new in self._words.items():
            value = value.replace(old, new)
        return _DATE.sub(lambda date: str(dt.date.fromisoformat(date[0]) + self._shift), value)


def happened(form: Form, entered: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Give what is entered with nothing that has happened later than now, a moment in the zone of the site."""
    return _happened(form.components, entered, now)


def _happened(
    components: tuple[Component, ...], values: dict[str, Any], now: dt.datetime
) -> dict[str, Any]:
    found = dict(values)
    for one in components:
        value = found.get(one.key)
        if not one.key:
            found = _happened(one.children, found, now)
        elif one.happened and value:
            found[one.key] = _by(now, one, value)
        elif one.children and isinstance(value, dict):
            found[one.key] = _happened(one.children, value, now)
        elif one.children and isinstance(value, list):
            found[one.key] = [_happened(one.children, row, now) for row in value]
    return found


def _by(now: dt.datetime, component: Component, told: str) -> str:
    if component.subtype == "date":
        return min(told, now.date().isoformat())
    return told if dt.datetime.fromisoformat(told) <= now else now.isoformat(timespec="minutes")
