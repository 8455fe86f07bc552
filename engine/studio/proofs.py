"""Proof: the scenarios of a draft, run by a process of its own in a throw-away database, and what they found.

A proof belongs to one content of a draft. Whoever began it watches it; when nobody has for a while, it counts as given up.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from engine.deployment import bundles
from engine.engine import Command, Engine
from engine.errors import Conflict
from engine.models.definition import Deployment
from engine.models.studio import DONE, FAILED, RUNNING, WAITING, BundleDraft, Proof
from engine.staff.access import SYSTEM, Actor, require
from engine.studio import archives, drafts, sandbox, walkthroughs

log = logging.getLogger(__name__)

LIMIT = dt.timedelta(minutes=20)
SILENCE = dt.timedelta(minutes=4)  # of a proof that nobody watches any more
BEAT = 45.0
KEPT = 10
KEPT_BASES = 3
_ONE = threading.Semaphore(1)  # a process that serves people runs one proof at a time


class ProofRunning(Conflict):
    """This draft is being proved already."""

    code = "proof_running"


def latest(session: Session, draft: BundleDraft) -> Proof | None:
    """Give the last proof of a draft, of whatever content."""
    query = select(Proof).where(Proof.draft_key == draft.key)
    return session.scalar(query.order_by(Proof.key.desc()).limit(1))


def of_content(session: Session, draft: BundleDraft, files: Mapping[str, bytes]) -> Proof | None:
    """Give the last finished proof of exactly this content."""
    query = select(Proof).where(
        Proof.draft_key == draft.key, Proof.digest == bundles.digest_of(files), Proof.state == DONE
    )
    return session.scalar(query.order_by(Proof.key.desc()).limit(1))


def under_way(proof: Proof | None, now: dt.datetime) -> bool:
    """Whether somebody is at it."""
    working = proof is not None and proof.state in (WAITING, RUNNING)
    return working and now - proof.beat_at < SILENCE  # type: ignore[union-attr]


def holds(proof: Proof | None) -> bool:
    """Whether a proof shows that a bundle does what its scenarios say; one without scenarios shows nothing."""
    return (
        proof is not None
        and proof.state == DONE
        and bool(proof.results)
        and all(one["passed"] for one in proof.results)
    )


def begin(command: Command, draft_key: int) -> Proof:
    """Note that a draft is to be proved; `work` then does it. Raises NotAllowed, NotFound, ProofRunning."""
    draft = drafts.lock(command, draft_key)
    if under_way(latest(command.session, draft), command.now):
        raise ProofRunning
    files = drafts.content(command.session, draft)
    proof = Proof(
        key=command.new_key(), draft_key=draft.key, version=draft.version,
        digest=bundles.digest_of(files), state=WAITING, total=len(walkthroughs.cases(files)),
        results=[], coverage={}, started_by=command.actor.user_id, started_at=command.now,
        beat_at=command.now,
    )  # fmt: skip
    command.session.add(proof)
    command.session.flush()
    _forget(command, draft)
    return proof


def _forget(command: Command, draft: BundleDraft) -> None:
    old = select(Proof.key).where(Proof.draft_key == draft.key).order_by(Proof.key.desc())
    keys = list(command.session.scalars(old.offset(KEPT)))
    command.session.execute(delete(Proof).where(Proof.key.in_(keys)))


def get(session: Session, actor: Actor, key: int) -> Proof | None:
    """Give a proof. Raises NotAllowed."""
    require(actor, drafts.OWNER)
    return session.get(Proof, key)


def work_beside(engine: Engine, key: int) -> threading.Thread:
    """Run a proof in the background of this process."""
    thread = threading.Thread(target=work, args=(engine, key), name="guicheng-proof", daemon=True)
    thread.start()
    return thread


def work(engine: Engine, key: int) -> None:
    """Run a proof to its end and keep what it finds, scenario by scenario."""
    with _ONE:
        over = threading.Event()
        threading.Thread(target=_beat, args=(engine, key, over), daemon=True).start()
        try:
            _work(engine, key)
        except Exception as error:
            log.exception("proof %s failed", key)
            _note(engine, key, state=FAILED, error=type(error).__name__)
        finally:
            over.set()


def _beat(engine: Engine, key: int, over: threading.Event) -> None:
    """Say that somebody is at it, however long a scenario takes."""
    while not over.wait(BEAT):
        _note(engine, key)


def _work(engine: Engine, key: int) -> None:
    with engine.read() as session:
        proof = session.get(Proof, key)
        draft = session.get(BundleDraft, proof.draft_key) if proof else None
        if proof is None or draft is None:
            return
        files = drafts.content(session, draft, proof.version)
        families = deployed_families(session)
    with tempfile.TemporaryDirectory(prefix="guicheng-proof-") as name:
        folder = Path(name)
        base = provide(engine, folder, families, draft.family, files)
        _note(engine, key, state=RUNNING)
        results: list[dict[str, Any]] = []
        refused: list[str] = []
        for found in _said(folder, base):
            if "refused" in found:
                refused = found["refused"]
            else:
                results.append(found)
                _note(engine, key, results=results)
        whole = len(results) == proof.total and not refused
        _note(
            engine, key, state=DONE if whole else FAILED, results=results,
            error="" if whole else "; ".join(refused)[:2000] or "stopped",
        )  # fmt: skip


def provide(
    engine: Engine,
    folder: Path,
    families: Mapping[str, Mapping[str, bytes]],
    family: str,
    files: Mapping[str, bytes],
) -> Path:
    """Lay out what the sandbox needs in a folder; give where the database with everything deployed is or will be."""
    deployed = {f"{one}/{path}": text for one, some in families.items() for path, text in some.items()}  # fmt: skip
    (folder / sandbox.DEPLOYED).write_bytes(archives.pack(deployed))
    (folder / sandbox.DRAFT).write_bytes(
        archives.pack({f"{family}/{path}": text for path, text in files.items()})
    )
    kept = engine.home / "sandboxes"
    kept.mkdir(parents=True, exist_ok=True)
    base = kept / f"{bundles.digest_of(deployed)[:32]}.sqlite"
    others = sorted(
        (one for one in kept.glob("*.sqlite") if one != base), key=lambda one: one.stat().st_mtime
    )
    for one in others[: -KEPT_BASES or None]:
        one.unlink(missing_ok=True)
    return base


def deployed_families(session: Session) -> dict[str, dict[str, bytes]]:
    """Give what is deployed: the files of the last deployment of every family."""
    last = select(func.max(Deployment.key)).group_by(Deployment.family)
    query = select(Deployment).where(Deployment.key.in_(last)).order_by(Deployment.key)
    return {one.family: drafts.deployed_files(session, one.key) for one in session.scalars(query)}


def environment() -> dict[str, str]:
    """What a process that runs a draft gets to know: where Python is, and nothing of the company."""
    root = Path(__file__).resolve().parents[2]
    path = os.environ.get("PATH", "/usr/bin:/bin")
    return {"PATH": path, "PYTHONPATH": str(root), "LANG": "C.UTF-8", "HOME": "/nonexistent"}


def _said(folder: Path, base: Path) -> Iterator[dict[str, Any]]:
    """Run the sandbox and give what it says; it is ended when its time is over."""
    with subprocess.Popen(  # noqa: S603 - our own module, no shell
        [sys.executable, "-m", "engine.studio.sandbox", str(folder), str(base)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        cwd=folder,
        text=True,
        start_new_session=True,
    ) as process:
        end = threading.Timer(LIMIT.total_seconds(), process.kill)
        end.start()
        try:
            for line in process.stdout or ():
                yield json.loads(line)
        finally:
            end.cancel()
            process.kill()


def _note(engine: Engine, key: int, **facts: Any) -> None:
    with engine.begin(SYSTEM) as command:
        proof = command.session.get(Proof, key, with_for_update=True)
        if proof is None:
            return
        for name, value in facts.items():
            setattr(proof, name, list(value) if name == "results" else value)
        if "results" in facts:
            proof.coverage = covered(facts["results"])
        proof.beat_at = command.now
        if facts.get("state") in (DONE, FAILED):
            proof.ended_at = command.now


def covered(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Give what all scenarios together visited: process to elements and flows."""
    found: dict[str, dict[str, set[str]]] = {}
    for one in results:
        for kind in ("elements", "flows"):
            for process_id, id_ in one.get(kind, ()):
                found.setdefault(process_id, {"elements": set(), "flows": set()})[kind].add(id_)
    return {
        process_id: {kind: sorted(ids) for kind, ids in kinds.items()}
        for process_id, kinds in sorted(found.items())
    }
