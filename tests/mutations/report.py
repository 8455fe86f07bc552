"""What became of the mutants, as RESULTS.md says it: counts by family and kind, and every survivor."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.mutations.mutants import KINDS
from tests.mutations.trials import CAUGHT, REFUSED, SURVIVED, Verdict

RESULTS = Path(__file__).parent / "results.json"
PAGE = Path(__file__).parent / "RESULTS.md"


def known() -> list[Verdict]:
    """Give what earlier runs found out."""
    if not RESULTS.exists():
        return []
    return [Verdict(**row) for row in json.loads(RESULTS.read_text("utf-8"))]


def write(found: Sequence[Verdict], present: Collection[tuple[str, str]]) -> None:
    """Put the verdicts in place of earlier ones of the same mutants, forget those that are gone; write the page.

    `present` are family and name of all mutants there are now.
    """
    again = {(one.family, one.name) for one in found}
    kept = [one for one in known() if (one.family, one.name) in set(present) - again]
    verdicts = sorted([*kept, *found], key=lambda one: (one.family, one.kind, one.name))
    rows = [json.dumps(asdict(one), ensure_ascii=False) for one in verdicts]
    RESULTS.write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")
    PAGE.write_text(page(verdicts), encoding="utf-8")


def page(verdicts: Sequence[Verdict]) -> str:
    """Put the verdicts into a table, and the survivors into a list."""
    left = [one for one in verdicts if one.fate == SURVIVED]
    lines = [
        "# Mutations",
        "",
        f"`python -m tests.mutations` (decision 29): {len(verdicts)} changed diagrams, {len(left)} of them noticed by no scenario.",
        "A mutant is noticed when a scenario that passes on the shipped diagram fails on the changed one; the gate refuses others.",
        "",
        "| family | change | mutants | caught | refused | survived |",
        "|---|---|--:|--:|--:|--:|",
        *_table(verdicts),
        "",
        "## Survivors",
        "",
        *([f"- {one.family}: {one.name} ({one.cases} cases)" for one in left] or ["None."]),
        "",
    ]
    return "\n".join(lines)


def _table(verdicts: Sequence[Verdict]) -> list[str]:
    rows = []
    for family in sorted({one.family for one in verdicts}):
        for kind in KINDS:
            own = [one.fate for one in verdicts if (one.family, one.kind) == (family, kind)]
            counts = [len(own), *(own.count(fate) for fate in (CAUGHT, REFUSED, SURVIVED))]
            rows.append(f"| {family} | {kind} | {' | '.join(map(str, counts))} |")
    return rows
