"""`python -m tests.faults`: kill processes at named points of every kind of work, and write RESULTS.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from argon2 import PasswordHasher

from engine.staff import identity
from tests import databases
from tests.faults import kills, report

KINDS = ("sqlite", "postgresql")
# Strong hashing would take most of the time.
identity.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def main() -> int:
    """Kill so many processes on each database; 1 when one of them left something lost, doubled or broken."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=200, help="on each database")
    options.add_argument("--seed", type=int, default=20261122)
    options.add_argument("--database", choices=KINDS, action="append", help="both without it")
    chosen = options.parse_args()
    started = time.monotonic()
    runs = {
        name: _run(name, chosen.kills, chosen.seed + number)
        for number, name in enumerate(KINDS)
        if name in (chosen.database or KINDS)
    }
    print(report.write(runs, chosen.seed, (time.monotonic() - started) / 60))
    return int(any(one.faults for done in runs.values() for one in done))


def _run(name: str, number: int, seed: int) -> list[kills.Kill]:
    databases.ON_POSTGRESQL = name == "postgresql"
    with tempfile.TemporaryDirectory() as folder, databases.databases(Path(folder)) as found:
        return kills.run(kills.Range(found, Path(folder)), number, seed, _tell)


def _tell(kill: kills.Kill) -> None:
    mark = "\n".join(["", *kill.faults]) if kill.faults else "."
    print(
        f"{kill.drill} {kill.point} {kill.number}: {mark}" if kill.faults else mark,
        end="",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
