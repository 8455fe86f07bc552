"""What was measured, against the budgets: results.json for programs, RESULTS.md for people."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
BYTES_PER_GB = 1 << 30


class Budget(NamedTuple):
    """A figure and the most (or with `least` the least) it may be."""

    key: str
    what: str
    limit: float | None = None
    least: bool = False

    def verdict(self, value: float) -> str:
        """Say whether the figure keeps its budget."""
        if self.limit is None:
            return ""
        kept = value >= self.limit if self.least else value <= self.limit
        return "kept" if kept else "MISSED"

    @property
    def text(self) -> str:
        """The budget as it is written."""
        return "" if self.limit is None else f"{'≥' if self.least else '≤'} {self.limit:g}"


def _of_a_crowd(where: str, suffix: str) -> tuple[Budget, ...]:
    return (
        Budget(
            f"inbox_growth_1m{suffix}",
            f"inbox page at 1,000,000 open tasks against 1,000 {where}, the one that grows most",
            1.5,
        ),
        Budget(f"inbox_p99_ms_1m{suffix}", f"99th percentile of an inbox page {where}, ms", 30),
        Budget(
            f"inbox_search_ms_1m{suffix}",
            f"search without a hit in a box of 1,000,000 {where}, ms",
        ),
        Budget(
            f"due_timers_ms_1m{suffix}",
            f"finding due timers among 1,000,000 waiting {where}, ms",
            1,
        ),
    )


BUDGETS = (
    Budget("complete_sqlite_ms", "complete a task with a form on SQLite, ms (aim 2)"),
    Budget("bare_sql_sqlite_ms", "the same statements through the bare driver, ms"),
    Budget("core_sql_sqlite_ms", "the same statements through SQLAlchemy without its mapper, ms"),
    Budget("complete_sqlite_over_bare_sql", "ratio on SQLite", 2),
    Budget("complete_postgresql_ms", "complete a task with a form on PostgreSQL, ms (aim 4)"),
    Budget("bare_sql_postgresql_ms", "the same statements through the bare driver, ms"),
    Budget(
        "core_sql_postgresql_ms", "the same statements through SQLAlchemy without its mapper, ms"
    ),
    Budget("complete_postgresql_over_bare_sql", "ratio on PostgreSQL", 2),
    Budget("floor_ms", "the bare library in memory, ms"),
    Budget("complete_sql_statements", "SQL statements per completion", 8),
    Budget("complete_commits", "commits per completion", 1),
    Budget("rows_per_completion", "rows per completed task", 10),
    Budget("bytes_per_instance", "bytes per instance of 3 tasks, indexes included", 12_000),
    Budget("loop_growth_10000", "pass 9,900–10,000 of a loop against 100–200", 1.1),
    *_of_a_crowd("on SQLite", ""),
    *_of_a_crowd("on PostgreSQL", "_postgresql"),
    Budget("gateway_ms", "one gateway, ms", 0.5),
    Budget("decision_20_rows_ms", "a decision table of 20 rows, ms", 5),
    Budget("starts_per_second", "instances started per second by two processes", 150, least=True),
)


def machine() -> dict[str, float | str]:
    """Say when and where it was measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "cpus": os.cpu_count() or 0,
        "memory_gb": round(memory / BYTES_PER_GB),
        "python": platform.python_version(),
    }


def write(results: dict[str, float | str]) -> None:
    """Write both files and print the table; what this run did not measure keeps its old figure in results.json."""
    known = HERE / "results.json"
    kept = json.loads(known.read_text("utf-8")) | results if known.exists() else results
    known.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    text = _table(kept)
    (HERE / "RESULTS.md").write_text(text, "utf-8")
    print(text)


def _table(results: dict[str, float | str]) -> str:
    where = f"{results['date']}, {results['cpus']} CPUs, {results['memory_gb']} GB, Python {results['python']}"
    lines = [
        "# Measured",
        "",
        f"`make bench` on {where}. Ratios are of one run; times are the service level's, in milliseconds.",
        f"Starts per second are those of {results.get('starts_sampled', 0):,} instances in one run.",
        "",
        "| what | measured | budget | |",
        "|---|---|---|---|",
    ]
    for budget in BUDGETS:
        if budget.key in results:
            value = float(results[budget.key])
            lines.append(f"| {budget.what} | {value:g} | {budget.text} | {budget.verdict(value)} |")
    return "\n".join(lines) + "\n"
