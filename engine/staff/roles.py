"""The roles of the company and the ladder by which overdue work climbs (catalogue roles.md §1, §3)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ALL_STAFF = "all_staff"
STARTER = "starter"


@dataclass(frozen=True)
class Role:
    """A role: its key, its names and the role its overdue work goes to."""

    key: str
    zh: str
    en: str
    escalates_to: str | None


@cache
def catalogue() -> dict[str, Role]:
    """Give all roles by key, in the order of the catalogue."""
    rows = json.loads((Path(__file__).parents[1] / "policy" / "roles.json").read_text("utf-8"))
    return {
        row["key"]: Role(row["key"], row["zh"], row["en"], row.get("escalates_to")) for row in rows
    }


def superior(role: str) -> str | None:
    """Give the next role up the ladder, None at its top and for unknown roles."""
    known = catalogue().get(role)
    return known.escalates_to if known else None


@cache
def superiors(role: str) -> frozenset[str]:
    """Give every role above this one on the ladder."""
    above: list[str] = []
    step = superior(role)
    while step and step not in above:
        above.append(step)
        step = superior(step)
    return frozenset(above)
