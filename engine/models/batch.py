"""Operations on many process instances, and how long those that ended are kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.models.base import Base, JSONText, Key, UTCDateTime, instant, pk, row_id

ACTIVE = "active"
SUSPENDED = "suspended"
COMPLETED = "completed"
FAILED = "failed"
CANCELED = "canceled"

_OPEN = text("state = 'active'")


class Batch(Base):
    """One operation for many instances, done by the workers piece by piece in the name of who asked for it.

    `kind` says what is done, `params` with what. Without `created_by` it is the system's own.
    """

    __tablename__ = "batch"
    __table_args__ = (
        Index("ix_batch_open", "state", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_batch_creator", "created_by", "created_at"),
    )

    key: Mapped[pk]
    kind: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16), default=ACTIVE)
    params: Mapped[dict[str, Any]] = mapped_column(JSONText)
    reason: Mapped[str] = mapped_column(String(1000), default="")
    total: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    created_at: Mapped[instant]
    started_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class BatchItem(Base):
    """What a batch did to one instance; it outlives the instance. `error` is the code of the refusal, `message` its words."""

    __tablename__ = "batch_item"
    __table_args__ = (
        Index("ix_batch_item_batch", "batch_key", "state"),
        Index("ix_batch_item_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_batch_item_instance", "instance_key"),
    )

    id: Mapped[row_id]
    batch_key: Mapped[int] = mapped_column(Key, ForeignKey("batch.key"))
    instance_key: Mapped[int] = mapped_column(Key)
    site_id: Mapped[int] = mapped_column(Key)
    state: Mapped[str] = mapped_column(String(16), default=ACTIVE)
    error: Mapped[str] = mapped_column(String(64), default="")
    message: Mapped[str] = mapped_column(Text, default="")
    processed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class RetentionRule(Base):
    """After how many days from its end an instance of a process is deleted; without a row never."""

    __tablename__ = "retention_rule"

    process_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    days: Mapped[int]
    changed_by: Mapped[int | None] = mapped_column(Key)
    changed_at: Mapped[instant]
