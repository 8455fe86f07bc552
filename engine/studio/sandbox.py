"""A process of its own that runs the scenarios of a bundle in a throw-away database: `python -m engine.studio.sandbox`.

Nothing of the company is within its reach: it gets a folder with the bundles that are deployed and the draft, has no
address of the database, no secret, and is bound in time, memory and files. What it finds it says line by line as JSON.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import select
from sqlalchemy.pool import NullPool

from engine import demo
from engine.deployment import bundles, deployments, scenarios
from engine.engine import Engine
from engine.errors import EngineError, InvalidDiagram, InvalidVariables
from engine.models.definition import Deployment
from engine.staff import identity
from engine.staff.access import SYSTEM
from engine.store import database, schema
from engine.studio import archives, walkthroughs

SECRET = b"of a database that is thrown away"
BEGIN = dt.datetime(2026, 11, 20, 1, 30, tzinfo=dt.UTC)  # a working day, 09:30 in Shenzhen
CASE_SECONDS = 60  # of the processor, so that a busy machine fails nothing
CPU_SECONDS = 900
MEMORY = 2 * 1024**3
LARGEST_FILE = 512 * 1024**2
DEPLOYED, DRAFT, BASE = "deployed.zip", "draft.zip", "base.sqlite"


class MovableClock:
    """A clock that stands still until a scenario moves it."""

    def __init__(self, now: dt.datetime = BEGIN) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        """Tell the time."""
        return self.now


class OutOfTime(EngineError):
    """This took longer than {seconds} seconds."""

    code = "scenario_out_of_time"


def bind_resources() -> None:
    """Give this process its bounds; beyond them the system ends it."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)


def open_engine(path: Path, clock: MovableClock) -> Engine:
    """Open a throw-away database."""
    bind = database.connect(f"sqlite:///{path}", poolclass=NullPool)
    return Engine(bind, home=path.parent / "home", secret=SECRET, clock=clock)


def prepare(base: Path, families: Mapping[str, Mapping[str, bytes]]) -> None:
    """Make a database with the demo company and what is deployed, unless it is there; from an earlier one where there is one."""
    if base.exists():
        return
    identity.HASHER = identity.HASHER.__class__(time_cost=1, memory_cost=8, parallelism=1)
    making = base.with_suffix(f".{os.getpid()}")
    earlier = next((one for one in _newest(base.parent) if _deployed(one).keys() <= families.keys()), None)  # fmt: skip
    known = _deployed(earlier) if earlier else {}
    if earlier is not None:
        shutil.copy(earlier, making)
    engine = open_engine(making, MovableClock())
    schema.upgrade(engine.bind)
    changed = {one: files for one, files in families.items() if known.get(one) != bundles.digest_of(files)}  # fmt: skip
    _deploy_all(engine, changed)
    if earlier is None:
        demo.load(engine)
    with engine.bind.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.bind.dispose()
    making.replace(base)


def _newest(folder: Path) -> list[Path]:
    """List the databases made before, the last one first: one that differs in a family or two is soon brought up to date."""
    return sorted(folder.glob("*.sqlite"), key=lambda one: one.stat().st_mtime, reverse=True)


def _deployed(path: Path) -> dict[str, str]:
    """Give what a database has deployed: families to digests."""
    engine = open_engine(path, MovableClock())
    with engine.read() as session:
        query = select(Deployment.family, Deployment.digest).order_by(Deployment.key)
        found = dict(session.execute(query).all())
    engine.bind.dispose()
    return found


def _deploy_all(engine: Engine, families: Mapping[str, Mapping[str, bytes]]) -> None:
    """Deploy the families in an order that lets each find what it calls; one that still cannot be is left out."""
    left = dict(families)
    while left:
        done = [family for family, files in left.items() if _deploys(engine, family, files)]
        if not done:
            return
        for family in done:
            del left[family]


def _deploys(engine: Engine, family: str, files: Mapping[str, bytes]) -> bool:
    try:
        deploy(engine, family, files)
    except EngineError:
        return False
    return True


def deploy(engine: Engine, family: str, files: Mapping[str, bytes]) -> None:
    """Deploy a bundle. Raises InvalidDiagram."""
    with engine.begin(SYSTEM) as command:
        deployments.deploy(command, files, family=family, whole=True)


def unpacked(path: Path) -> dict[str, dict[str, bytes]]:
    """Read the families of an archive: folder to files."""
    families: dict[str, dict[str, bytes]] = {}
    for name, content in archives.contents(path.read_bytes()).items():
        family, _, inside = name.partition("/")
        families.setdefault(family, {})[inside] = content
    return families


def run(folder: Path, base: Path) -> Iterator[dict[str, Any]]:
    """Run every scenario of the draft in the folder; give what became of each."""
    prepare(base, unpacked(folder / DEPLOYED))
    ((family, files),) = unpacked(folder / DRAFT).items()
    draft = folder / "draft.sqlite"
    shutil.copy(base, draft)
    engine = open_engine(draft, MovableClock())
    try:
        deploy(engine, family, files)
    except InvalidDiagram as error:
        told = [f"{one.file}: {one.message}" for one in error.findings if one.severity == "error"]
        yield {"refused": told[:20]}
        return
    finally:
        with engine.bind.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.bind.dispose()
    for number, (file, case) in enumerate(walkthroughs.cases(files)):
        yield {"file": file, "name": case["name"], **_tried(folder / f"{number}.sqlite", draft, case)}  # fmt: skip


def _tried(path: Path, draft: Path, case: Mapping[str, Any]) -> dict[str, Any]:
    shutil.copy(draft, path)
    clock = MovableClock()
    engine = open_engine(path, clock)
    began = dt.datetime.now(dt.UTC)
    try:
        signal.setitimer(signal.ITIMER_PROF, CASE_SECONDS)
        coverage = scenarios.run(engine, clock, case)
        result: dict[str, Any] = {"passed": True, **_visited(coverage)}
    except EngineError as error:
        result = {"passed": False, **failure(error, case), **_visited(scenarios.coverage(engine))}
    except Exception as error:  # noqa: BLE001 - whatever a crafted scenario provokes is its failure
        result = {"passed": False, "code": "crashed", "params": {"reason": repr(error)[:300]}}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        engine.bind.dispose()
        for one in path.parent.glob(f"{path.name}*"):
            one.unlink()
    return {**result, "seconds": (dt.datetime.now(dt.UTC) - began).total_seconds()}


def _visited(coverage: scenarios.Coverage) -> dict[str, Any]:
    return {"elements": sorted(coverage.elements), "flows": sorted(coverage.flows)}


def failure(error: EngineError, case: Mapping[str, Any]) -> dict[str, Any]:
    """Say where a scenario failed and why: step, its type and element, the code and params of what went wrong."""
    cause = error.__cause__ if isinstance(error.__cause__, EngineError) else error
    step = int(error.params.get("step", 0))
    instruction = case["instructions"][step - 1] if step else {}
    selector = instruction.get("userTaskSelector") or {}
    told: dict[str, Any] = {
        "step": step,
        "type": instruction.get("type", ""),
        "element": selector.get("elementId", ""),
        "code": cause.code,
        "message": cause.message[:1000],
        "params": {name: str(value)[:500] for name, value in cause.params.items()},
    }
    if isinstance(cause, InvalidVariables):
        told["faults"] = [
            {"path": path, "code": one.code, "message": one.message,
             "params": {name: str(value)[:200] for name, value in one.params.items()}}
            for path, found in cause.errors.items() for one in found
        ]  # fmt: skip
    return told


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise OutOfTime(seconds=CASE_SECONDS)


def main(folder: Path, base: Path) -> None:
    """Run the draft of the folder and say what was found on standard output, one JSON object per line."""
    bind_resources()
    signal.signal(signal.SIGPROF, _ring)
    for found in run(folder, base):
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
