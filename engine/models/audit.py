"""Who did what, when: append-only and chained, so that a changed or missing entry shows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.models.base import Base, JSONText, Key, instant, name


class AuditEntry(Base):
    """One act. `chain` is the process instance's key, or 0 for administration; `hash` covers the entry and the one before it."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_actor", "actor_id", "at"),)

    chain: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    at: Mapped[instant]
    actor_id: Mapped[int | None] = mapped_column(Key)
    actor_name: Mapped[name]
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(255), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSONText)
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The last entry of a chain that has no instance row to keep it (chain 0)."""

    __tablename__ = "audit_head"

    chain: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(String(64), default="")
