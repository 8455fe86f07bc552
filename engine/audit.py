"""The audit: append-only chains whose every entry vouches for the one before it."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.models.audit import AuditEntry, AuditHead
from engine.models.instance import ProcessInstance
from engine.store import database, statements

if TYPE_CHECKING:
    from engine.engine import Command

ADMINISTRATION = 0


def append(
    command: Command,
    action: str,
    subject: str,
    instance: ProcessInstance | None,
    detail: dict[str, Any],
) -> None:
    """Add an entry to the instance's chain, or to that of administration.

    The head of the chain moves with it; a concurrent writer waits for the row that keeps the head.
    """
    head = instance or _administration_head(command.session)
    chain = instance.key if instance else ADMINISTRATION
    seq, previous = (instance.audit_seq, instance.audit_hash) if instance else (head.seq, head.hash)  # type: ignore[union-attr]
    entry: dict[str, Any] = {
        "chain": chain,
        "seq": seq + 1,
        "at": command.now,
        "actor_id": command.actor.user_id,
        "actor_name": command.actor.name,
        "action": action,
        "subject": subject,
        "detail": detail,
    }
    entry["hash"] = digest(command.engine.secret, previous, entry)
    statements.insert(command.session, AuditEntry, entry)
    if isinstance(head, ProcessInstance):
        head.audit_seq, head.audit_hash = seq + 1, entry["hash"]
    else:
        head.seq, head.hash = seq + 1, entry["hash"]


def _administration_head(session: Session) -> AuditHead:
    database.take_turns(session, "administration audit")
    head = session.get(AuditHead, ADMINISTRATION, with_for_update=True)
    if head is None:
        head = AuditHead(chain=ADMINISTRATION, seq=0, hash="")
        session.add(head)
        session.flush()
    return head


def digest(secret: bytes, previous: str, entry: dict[str, Any]) -> str:
    """Compute the hash of an entry that follows the one with hash `previous`."""
    at: dt.datetime = entry["at"]
    body = [
        previous,
        entry["chain"],
        entry["seq"],
        int(at.timestamp() * 1_000_000),
        entry["actor_id"],
        entry["actor_name"],
        entry["action"],
        entry["subject"],
        entry["detail"],
    ]
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def entries(session: Session, chain: int) -> list[AuditEntry]:
    """List a chain from its first entry."""
    query = select(AuditEntry).where(AuditEntry.chain == chain).order_by(AuditEntry.seq)
    return list(session.scalars(query))


def first_break(session: Session, secret: bytes, chain: int) -> int | None:
    """Give the number of the first entry that was changed, added or removed behind the engine's back; None if sound."""
    previous, expected = "", 0
    for entry in entries(session, chain):
        expected += 1
        fields = {name: getattr(entry, name) for name in _FIELDS}
        if entry.seq != expected or entry.hash != digest(secret, previous, fields):
            return expected
        previous = entry.hash
    return None if _head_seq(session, chain) == expected else expected + 1


def _head_seq(session: Session, chain: int) -> int:
    if chain:
        instance = session.get(ProcessInstance, chain)
        return instance.audit_seq if instance else 0
    head = session.get(AuditHead, ADMINISTRATION)
    return head.seq if head else 0


_FIELDS = ("chain", "seq", "at", "actor_id", "actor_name", "action", "subject", "detail")
