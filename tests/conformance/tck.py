"""Runs the DMN Technology Compatibility Kit: `DMN_TCK=<its test cases> python -m tests.conformance.tck`.

Prints how many expected results are met per level, and of level 3 those that need a decision table; exits non-zero
below the floors; without DMN_TCK it says that it skipped everything. `--failed` lists what is not met. The kit itself is not part of the project.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from engine import decisions
from engine.expressions import Decided, Feel

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOORS = {"level 2": (126, 126), "level 3": (3070, 3369), "tables": (69, 73)}
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
NUMBERS = {"decimal", "double", "integer", "int", "float", "long"}
TEMPORAL = {"date": "date", "time": "time", "dateTime": "date-time", "duration": "duration"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expected result and what came instead or of it."""

    file: Path
    case: str
    uses_table: bool
    expected: Any
    decided: Decided
    passed: bool

    @property
    def groups(self) -> list[str]:
        """Where it counts."""
        level = f"level {self.file.parent.parent.name[-1]}"
        return [level, "tables"] if level == "level 3" and self.uses_table else [level]


def main(arguments: list[str]) -> int:
    """Run everything; 1 if a floor is missed. Without DMN_TCK nothing is run, and that is said."""
    named = os.environ.get("DMN_TCK")
    if not named:
        sys.stdout.write(
            "skipped: DMN_TCK does not name the folder with the DMN TCK's test cases\n"
        )
        return 0
    folder = Path(named)
    if not folder.is_dir():
        sys.exit(f"DMN_TCK: there is no folder {folder}")
    found = list(outcomes(folder))
    if "--failed" in arguments:
        sys.stdout.writelines(f"{outcome}\n" for outcome in found if not outcome.passed)
    met = Counter(group for outcome in found if outcome.passed for group in outcome.groups)
    seen = Counter(group for outcome in found for group in outcome.groups)
    for group, (_, total) in FLOORS.items():
        verdict = (
            "" if met[group] >= FLOORS[group][0] else f", below the floor of {FLOORS[group][0]}"
        )
        sys.stdout.write(f"{group} {met[group]}/{seen[group]} (of {total}){verdict}\n")
    return int(any(met[group] < floor for group, (floor, _) in FLOORS.items()))


def outcomes(folder: Path) -> Iterator[Outcome]:
    """Every expected result of levels 2 and 3 beside what we decide."""
    feel = Feel(seconds=3)
    for file in sorted(folder.glob("compliance-level-[23]/*/*.xml")):
        root = etree.parse(file).getroot()
        document = file.with_name((root.findtext("{*}modelName") or "").strip())
        if document.is_file():
            yield from _outcomes(feel, file, root, document.read_bytes())
    feel.close()


def _outcomes(feel: Feel, file: Path, root: Any, xml: bytes) -> Iterator[Outcome]:
    model, _ = decisions.read(xml)
    graph = json.loads(model.text)
    ids = {model.name_of(id_): id_ for id_ in model.decision_ids}
    for case in root.iter("{*}testCase"):
        inputs = {node.get("name"): _value(node) for node in case.iterfind("{*}inputNode")}
        service = case.get("invocableName") if case.get("type") == "decisionService" else None
        for node in case.iterfind("{*}resultNode"):
            id_ = ids.get(service or node.get("name"), "")
            decided = feel.decide(model, id_, inputs, tagged=True)
            expected = _value(node.find("{*}expected"))
            failed = node.get("errorResult") == "true" and decided.value is None
            passed = failed or _same(decided.value, expected)
            yield Outcome(file, case.get("id"), _uses_table(graph, id_), expected, decided, passed)


def _uses_table(graph: dict[str, Any], id_: str) -> bool:
    node = graph["decisions"].get(id_) or graph["knowledge"].get(id_)
    if node is None:
        return False
    required = [*node.get("decisions", []), *node["knowledge"]]
    logic = json.dumps(node.get("expression") or node.get("logic"))
    return '"kind": "table"' in logic or any(_uses_table(graph, one) for one in required)


def _value(element: Any) -> Any:
    if element is None:
        return None
    if (value := element.find("{*}value")) is not None:
        return _scalar(value)
    if (items := element.find("{*}list")) is not None:
        nil = items.get(f"{XSI}nil") == "true"
        return None if nil else [_value(item) for item in items.iterfind("{*}item")]
    parts = element.findall("{*}component")
    return {part.get("name"): _value(part) for part in parts} if parts else None


def _scalar(element: Any) -> Any:
    kind = (element.get(f"{XSI}type") or "").split(":")[-1]
    text = element.text or ""
    if element.get(f"{XSI}nil") == "true":
        return None
    if kind == "boolean":
        return text.strip() == "true"
    if kind in NUMBERS:
        return float(text)
    return {"$": TEMPORAL[kind], "v": text.strip()} if kind in TEMPORAL else text


def _same(value: Any, expected: Any) -> bool:
    if isinstance(value, bool) or isinstance(expected, bool):
        return value is expected
    if isinstance(value, int | float) and isinstance(expected, int | float):
        return math.isclose(value, expected, rel_tol=1e-7, abs_tol=1e-7)
    if isinstance(value, list) and isinstance(expected, list):
        return len(value) == len(expected) and all(map(_same, value, expected))
    if isinstance(value, dict) and isinstance(expected, dict):
        if "$" in value and "$" in expected:
            return bool(_moment(value["v"]) == _moment(expected["v"]))
        return value.keys() == expected.keys() and all(_same(value[k], expected[k]) for k in value)
    return bool(value == expected)


def _moment(text: str) -> datetime | str:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
