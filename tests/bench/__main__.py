"""`python -m tests.bench`: what the engine costs, in one run, beside the bare driver and the bare library."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import crowd, floor, growth, measures, parts, report, servers, starts

Parts = dict[str, Callable[[Path], dict[str, float]]]


def main() -> None:
    """Measure everything, or only the parts that are named, and write results.json and RESULTS.md."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "parts",
        nargs="*",
        help="completion, loop, crowd, crowd_postgresql, elements, starts; all without any",
    )
    options.add_argument(
        "--instances", type=int, default=200, help="completions are three times as many"
    )
    options.add_argument("--passes", type=int, default=10_000, help="passes of the loop")
    options.add_argument("--starts", type=int, default=4_000, help="starts sampled")
    chosen = options.parse_args()
    results: dict[str, float | str] = report.machine()
    for name, measure in _parts(chosen).items():
        if not chosen.parts or name in chosen.parts:
            with tempfile.TemporaryDirectory() as folder:
                results |= measure(Path(folder))
    report.write(results)


def _parts(chosen: argparse.Namespace) -> Parts:
    return {
        "completion": lambda folder: _completion(folder, chosen.instances),
        "loop": lambda folder: growth.of_a_loop(folder, chosen.passes),
        "crowd": _crowd,
        "crowd_postgresql": _crowd_postgresql,
        "elements": lambda _: parts.measure(),
        "starts": lambda folder: starts.measure(folder, chosen.starts),
    }


def _completion(folder: Path, instances: int) -> dict[str, float]:
    bare = floor.completion_ms(instances)
    found = measures.sqlite(folder, instances) | measures.postgresql(folder, instances)
    over = {
        f"complete_{name}_over_floor": round(found[f"complete_{name}_ms"] / bare, 2)
        for name in ("sqlite", "postgresql")
    }
    return {"floor_ms": bare} | found | over


def _crowd(folder: Path) -> dict[str, float]:
    few, many = (servers.sqlite(folder / f"{name}.sqlite") for name in ("few", "many"))
    results = crowd.measure(few, many, folder)
    few.dispose()
    many.dispose()
    return results


def _crowd_postgresql(folder: Path) -> dict[str, float]:
    with servers.postgresql(folder) as server:
        few, many = server.create("few"), server.create("many")
        results = crowd.measure(few, many, folder)
        few.dispose()
        many.dispose()
    return {f"{key}_postgresql": value for key, value in results.items()}


if __name__ == "__main__":
    main()
