"""Anchors of the audit chains: once a day their heads are written to files outside the database (decision 21).

`<home>/anchors/<date>.jsonl` begins with a line that names the file before it and its SHA-256, so that none can be changed or
taken out unnoticed; then follows one line for every chain that moved since: its key, the number and the hash of its last entry.
A history that was cut off behind an anchored entry, or rewritten, no longer contains that entry, though whoever did it
holds the installation's secret. Files copied to another machine prove the same when this one's are gone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from engine import audit
from engine.engine import Engine
from engine.models.audit import AuditEntry
from engine.models.instance import ProcessInstance

FOLDER = "anchors"
SUFFIX = ".jsonl"
BATCH = 400
# A transaction that took long carries an earlier time than others that were anchored before it.
OVERLAP = dt.timedelta(hours=1)

Head = tuple[int, int, str]  # chain, number of the entry, its hash


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that is not as it was anchored.

    `code`: `file_missing` or `file_changed` (of `file`), `chain_cut` (the anchored entry `seq` of `chain` is not there),
    `chain_changed` (it is another), `chain_broken` (entry `seq` does not follow from the one before it).
    """

    code: str
    file: str = ""
    chain: int | None = None
    seq: int | None = None


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What was looked at, and every fault that was found."""

    files: int
    heads: int
    chains: int
    faults: list[Fault]


def write(engine: Engine) -> Path | None:
    """Anchor every chain that moved since the last anchor; None when today's (UTC) file is there already.

    The file appears whole, is on the disk when this returns, and is never touched again. After the clock was set back a
    file is called after the day that follows the last one's, so that the files stay in the order they were made.
    """
    folder = engine.home / FOLDER
    now = engine.clock().astimezone(dt.UTC)
    known = files(engine)
    last = known[-1] if known else None
    path = folder / f"{_day(last, now).isoformat()}{SUFFIX}"
    if path == last:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    header = {
        "previous": last.name if last else None,
        "digest": _digest(last),
        "at": now.isoformat(),
    }
    with engine.read() as session:
        heads = _moved(session, _since(last, now))
        lines = [header, *({"chain": c, "seq": s, "hash": h} for c, s, h in heads)]
        return _publish(path, "".join(json.dumps(line) + "\n" for line in lines))


def files(engine: Engine) -> list[Path]:
    """List the anchor files, the oldest first."""
    return sorted((engine.home / FOLDER).glob(f"????-??-??{SUFFIX}"))


def verify(engine: Engine, *, whole: bool = False) -> Verification:
    """Compare every anchored head with the database and recompute the chain of administration, with `whole` all chains."""
    faults: list[Fault] = []
    known, heads, before = files(engine), 0, None
    with engine.read() as session:
        for path in known:
            faults += _compare(path, before)
            anchored = _heads(path)
            while batch := list(islice(anchored, BATCH)):
                heads += len(batch)
                faults += _missing(session, path, batch)
            before = path
        chains = _chains(session) if whole else [audit.ADMINISTRATION]
        checked = 0
        for chain in chains:
            checked += 1
            broken = audit.first_break(session, engine.secret, chain)
            if broken is not None:
                faults.append(Fault(code="chain_broken", chain=chain, seq=broken))
            session.expunge_all()
    return Verification(files=len(known), heads=heads, chains=checked, faults=faults)


def _moved(session: Session, since: dt.datetime | None) -> Iterator[Head]:
    """Give the last entry of every chain that has one after `since`."""
    last = select(AuditEntry.chain, func.max(AuditEntry.seq).label("seq")).group_by(
        AuditEntry.chain
    )
    if since is not None:
        last = last.where(AuditEntry.at > since)
    heads = last.subquery()
    query = select(AuditEntry.chain, AuditEntry.seq, AuditEntry.hash).join(
        heads, (AuditEntry.chain == heads.c.chain) & (AuditEntry.seq == heads.c.seq)
    )
    for row in session.execute(query.order_by(AuditEntry.chain)):
        yield row.chain, row.seq, row.hash


def _day(last: Path | None, now: dt.datetime) -> dt.date:
    """Give the day a file of now is called after: that of the last file when it was made today, else a later one."""
    if last is None:
        return now.date()
    named, made = dt.date.fromisoformat(last.name.removesuffix(SUFFIX)), _made_at(last)
    if now.date() == (made.astimezone(dt.UTC).date() if made else named):
        return named
    return max(now.date(), named + dt.timedelta(days=1))


def _since(last: Path | None, now: dt.datetime) -> dt.datetime | None:
    """From when on entries are anchored; None, so that all are, when the last anchor does not say or is of the future."""
    made = _made_at(last) if last else None
    return made - OVERLAP if made is not None and made <= now else None


def _made_at(path: Path) -> dt.datetime | None:
    header = _header(path)
    try:
        return dt.datetime.fromisoformat(header["at"]) if header else None
    except (KeyError, TypeError, ValueError):
        return None


def _publish(path: Path, text: str) -> Path | None:
    """Put a file in its place at once and for good; None when another process was faster."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=SUFFIX)
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o440)
        os.link(draft, path)
    except FileExistsError:
        return None
    finally:
        draft.unlink()
    _settle(path.parent)
    return path


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(path: Path | None) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path else ""


def _header(path: Path) -> dict[str, Any] | None:
    with path.open(encoding="utf-8", errors="replace") as file:
        return _object(file.readline())


def _object(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _compare(path: Path, before: Path | None) -> list[Fault]:
    """Check what a file says about the one before it, and that it can be read to its end."""
    header = _header(path)
    if header is None or not all(
        _object(line) for line in path.read_text("utf-8", "replace").splitlines()
    ):
        return [Fault(code="file_changed", file=path.name)]
    said = header.get("previous")
    if said != (before.name if before else None):
        return [Fault(code="file_missing", file=str(said))]
    if header.get("digest") != _digest(before):
        return [Fault(code="file_changed", file=str(said))]
    return []


def _heads(path: Path) -> Iterator[Head]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in islice(file, 1, None):
            found = _object(line) or {}
            if {"chain", "seq", "hash"} <= found.keys():
                yield int(found["chain"]), int(found["seq"]), str(found["hash"])


def _missing(session: Session, path: Path, heads: list[Head]) -> Iterator[Fault]:
    """Find anchored entries that are not there, or not the same; a chain may go with its instance, leaving a note."""
    query = select(AuditEntry.chain, AuditEntry.seq, AuditEntry.hash).where(
        tuple_(AuditEntry.chain, AuditEntry.seq).in_([(chain, seq) for chain, seq, _ in heads])
    )
    there = {(row.chain, row.seq): row.hash for row in session.execute(query)}
    deleted = _deleted(session, [chain for chain, seq, _ in heads if (chain, seq) not in there])
    for chain, seq, digest in heads:
        if chain in deleted:
            there.setdefault((chain, seq), digest if seq < deleted[chain][0] else deleted[chain][1])
        found = there.get((chain, seq))
        if found != digest:
            code = "chain_cut" if found is None else "chain_changed"
            yield Fault(code=code, file=path.name, chain=chain, seq=seq)


def _deleted(session: Session, chains: list[int]) -> dict[int, tuple[int, str]]:
    """Give the last head of chains that were deleted with their instances, as administration noted it."""
    query = select(AuditEntry.subject, AuditEntry.detail).where(
        AuditEntry.chain == audit.ADMINISTRATION,
        AuditEntry.action == "instance.deleted",
        AuditEntry.subject.in_([str(chain) for chain in chains]),
    )
    rows = session.execute(query) if chains else ()
    return {int(row.subject): (row.detail["chain"][0], row.detail["chain"][1]) for row in rows}


def _chains(session: Session) -> Iterator[int]:
    yield audit.ADMINISTRATION
    after = 0
    query = select(ProcessInstance.key).order_by(ProcessInstance.key).limit(BATCH)
    while keys := list(session.scalars(query.where(ProcessInstance.key > after))):
        yield from keys
        after = keys[-1]
