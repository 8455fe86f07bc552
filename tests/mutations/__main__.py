"""`python -m tests.mutations`: change every condition, group and boundary event once, and write results.json and RESULTS.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from argon2 import PasswordHasher

from engine.deployment import library
from engine.staff import identity
from tests.mutations import mutants, report, trials
from tests.mutations.mutants import Mutant
from tests.mutations.trials import Bench, Verdict

# Strong hashing would take most of the time.
identity.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_bench: list[Bench] = []


def main() -> int:
    """Try all mutants of the named families, or of all; 1 when one survives."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("families", nargs="*", default=None, help="all without any")
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--only", default="", help="mutants whose name contains this")
    options.add_argument("--new", action="store_true", help="mutants no earlier run has tried")
    chosen = options.parse_args()
    everything = list(_mutants(library.families()))
    families = chosen.families or library.families()
    tried = {(one.family, one.name) for one in report.known()} if chosen.new else set()
    wanted = [
        one
        for one in everything
        if one.family in families
        and chosen.only in one.name
        and (one.family, one.name) not in tried
    ]
    present = {(one.family, one.name) for one in everything}
    found: list[Verdict] = []
    for verdict in _tried(wanted, chosen.processes):
        print(f"{verdict.fate}: {verdict.name} {verdict.by}", flush=True)
        found.append(verdict)
        report.write(found, present)  # an interrupted run has not been in vain
    print(report.PAGE.read_text("utf-8"))
    return int(any(one.fate == trials.SURVIVED for one in found))


def _mutants(families: Iterable[str]) -> Iterator[Mutant]:
    for family in families:
        yield from mutants.all_of(family, trials.shipped(family))


def _tried(wanted: Sequence[Mutant], processes: int) -> Iterator[Verdict]:
    with tempfile.TemporaryDirectory() as folder:
        arguments = {"max_workers": processes, "initializer": _begin, "initargs": (folder,)}
        with ProcessPoolExecutor(**arguments) as pool:
            yield from pool.map(_attempt, wanted)


def _begin(folder: str) -> None:
    _bench.append(Bench(Path(tempfile.mkdtemp(dir=folder))))


def _attempt(mutant: Mutant) -> Verdict:
    return _bench[0].attempt(mutant)


if __name__ == "__main__":
    sys.exit(main())
