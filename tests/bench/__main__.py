"""`python -m tests.bench`: what a completion costs, in one run, beside the bare library; writes results.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path

from tests.bench import floor, growth, measures

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """Measure, print a table, and write the flat keys to results.json."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--instances", type=int, default=200)
    options.add_argument("--passes", type=int, default=1000)
    chosen = options.parse_args()
    results: dict[str, float | str] = {
        "cpus": os.cpu_count() or 0,
        "python": platform.python_version(),
    }
    results["floor_ms"] = floor.completion_ms(chosen.instances)
    with tempfile.TemporaryDirectory() as folder:
        results |= measures.sqlite(Path(folder), chosen.instances)
        results |= measures.postgresql(Path(folder), chosen.instances)
        results |= growth.of_a_loop(Path(folder), chosen.passes)
    for database in ("sqlite", "postgresql"):
        ratio = float(results[f"complete_{database}_ms"]) / float(results["floor_ms"])
        results[f"complete_{database}_over_floor"] = round(ratio, 2)
    for key, value in results.items():
        print(f"{key:34} {value}")
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
