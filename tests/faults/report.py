"""What the kills came to, as RESULTS.md says it: counts by drill and point, and every fault."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.faults.kills import Kill
from tests.faults.points import POINTS

RESULTS = Path(__file__).parent / "RESULTS.md"
BYTES_PER_GB = 1 << 30


def write(runs: Mapping[str, Sequence[Kill]], seed: int, minutes: float) -> str:
    """Write RESULTS.md and give its text."""
    total = sum(len(kills) for kills in runs.values())
    faulty = sum(bool(one.faults) for kills in runs.values() for one in kills)
    text = "\n".join(
        [
            "# Fault runs",
            "",
            f"`python -m tests.faults` on {dt.datetime.now(dt.UTC):%Y-%m-%d}, {_machine()}, seed {seed}: {total} processes killed",
            f"with SIGKILL in {minutes:.0f} minutes, {faulty} of them left something lost, doubled or broken.",
            "",
            "Each process does one kind of work on a database of its own and dies at the n-th occurrence of a named point; n is drawn",
            "from all occurrences. Then the invariants are asked (`invariants.py`), another process takes the work up where it stood,",
            "the invariants are asked again, and everything that is there is compared with what the same work leaves undisturbed.",
            *(line for name, kills in runs.items() for line in _table(name, kills)),
            *_faults(runs),
            "",
        ]
    )
    RESULTS.write_text(text, encoding="utf-8")
    return text


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / BYTES_PER_GB
    return f"{os.cpu_count()} CPUs, {memory:.0f} GB, Python {platform.python_version()}"


def _table(name: str, kills: Sequence[Kill]) -> list[str]:
    counted = Counter((one.drill, one.point) for one in kills)
    drills = sorted({one.drill for one in kills})
    rows = [[drill, *(str(counted[drill, point] or "") for point in POINTS)] for drill in drills]
    sums = ["all", *(str(sum(counted[drill, point] for drill in drills)) for point in POINTS)]
    return [
        "",
        f"## {name}: {len(kills)} kills",
        "",
        f"| work | {' | '.join(POINTS)} |",
        f"|---|{'--:|' * len(POINTS)}",
        *(f"| {' | '.join(row)} |" for row in [*rows, sums]),
    ]


def _faults(runs: Mapping[str, Sequence[Kill]]) -> list[str]:
    found = [
        f"- {name}, {one.drill}, {one.point} {one.number}: {'; '.join(one.faults)}"
        for name, kills in runs.items()
        for one in kills
        if one.faults
    ]
    return ["", "## Faults", "", *found] if found else []
