"""The catalogue (`bpmn/catalogue.json`) and what is said about where it is followed otherwise (`bpmn/coverage.json`).

The catalogue was derived once from the regulations: procedures with their steps (id, roles, records, time limit, source), the rules
the engine has to enforce, and the indicators. `coverage.json` gives for an item, by its name (`<procedure>.<step>`, `<procedure>.R1`,
`<procedure>`, a record's key), either `by`, what stands for it in the bundles, or `why` it is left out or done otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from engine.deployment import library

CATALOGUE = library.FOLDER / "catalogue.json"
REASONS = library.FOLDER / "coverage.json"
NOUNS = ("procedures", "steps", "roles", "limits", "records", "rules", "kpis")


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of the catalogue."""

    id: str
    name: str
    roles: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    limit: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """A procedure of the catalogue."""

    key: str
    number: str
    family: str
    zh: str
    en: str
    source: str
    steps: tuple[Step, ...]
    rules: dict[str, str] = field(default_factory=dict)
    kpis: tuple[str, ...] = ()


@cache
def procedures() -> tuple[Procedure, ...]:
    """Give all procedures of the catalogue, in its order."""
    return tuple(_procedure(row) for row in _file()["procedures"])


@cache
def record_names() -> dict[str, list[str]]:
    """Give the names of each record, by its key."""
    names: dict[str, list[str]] = _file()["records"]
    return names


@cache
def remarks() -> dict[str, dict[str, dict[str, Any]]]:
    """Give what is said about items, by noun and name."""
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(REASONS.read_text("utf-8"))
    return {noun: found.get(noun, {}) for noun in NOUNS}


def remark(noun: str, name: str) -> dict[str, Any]:
    """Give what is said about one item: `by` or `why`, nothing for most."""
    return remarks()[noun].get(name, {})


def _file() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(CATALOGUE.read_text("utf-8"))
    return content


def _procedure(row: dict[str, Any]) -> Procedure:
    plain = {name: row[name] for name in ("key", "number", "family", "zh", "en", "source")}
    return Procedure(
        **plain,
        steps=tuple(_step(one) for one in row["steps"]),
        rules={one["id"]: one["text"] for one in row["rules"]},
        kpis=tuple(row["kpis"]),
    )


def _step(row: dict[str, Any]) -> Step:
    lists = {name: tuple(row.get(name, ())) for name in ("roles", "records")}
    return Step(
        id=row["id"],
        name=row["name"],
        limit=row.get("limit", ""),
        source=row.get("source", ""),
        **lists,
    )
