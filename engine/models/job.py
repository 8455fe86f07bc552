"""Work for machines: jobs, messages and those who wait for them, and incidents."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.models.base import Base, JSONText, Key, UTCDateTime, instant, pk, row_id

CREATED = "created"
COMPLETED = "completed"
FAILED = "failed"
CANCELED = "canceled"

_READY = text("state = 'created'")
_OPEN = text("resolved_at IS NULL")


class Job(Base):
    """A service task waiting for a worker; its key is that of the element instance and the idempotency key of the effect.

    `definition_key` is the definition of the process it belongs to, which inside a call activity is the called one.

    `run_at` is when it may be taken next: now, after a backoff, or when a worker's lease runs out.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_ready", "type", "run_at", sqlite_where=_READY, postgresql_where=_READY),
        Index("ix_job_instance", "instance_key"),
    )

    key: Mapped[pk]
    instance_key: Mapped[int] = mapped_column(Key, ForeignKey("process_instance.key"))
    site_id: Mapped[int] = mapped_column(Key)
    definition_key: Mapped[int | None] = mapped_column(Key)
    process_id: Mapped[str] = mapped_column(String(255))
    element_id: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(255))
    headers: Mapped[dict[str, str]] = mapped_column(JSONText)
    variables: Mapped[dict[str, Any]] = mapped_column(JSONText)
    state: Mapped[str] = mapped_column(String(16), default=CREATED)
    retries: Mapped[int]
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(String(255), default="")
    run_at: Mapped[instant]
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[instant]
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class MessageSubscription(Base):
    """An element instance that waits for a message of this name and correlation key at its site."""

    __tablename__ = "message_subscription"
    __table_args__ = (
        Index("ix_message_subscription_match", "name", "correlation_key", "site_id"),
        Index("ix_message_subscription_instance", "instance_key"),
    )

    key: Mapped[pk]
    instance_key: Mapped[int] = mapped_column(Key, ForeignKey("process_instance.key"))
    site_id: Mapped[int] = mapped_column(Key)
    element_id: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255))
    correlation_key: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[instant]


class Message(Base):
    """A published message, kept until it expires so that a later subscription still finds it."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_match", "name", "correlation_key", "site_id"),
        Index("ix_message_expiry", "expires_at"),
        UniqueConstraint("site_id", "name", "correlation_key", "message_id"),
    )

    key: Mapped[pk]
    site_id: Mapped[int] = mapped_column(Key)
    name: Mapped[str] = mapped_column(String(255))
    correlation_key: Mapped[str] = mapped_column(String(255), default="")
    message_id: Mapped[str | None] = mapped_column(String(255))
    variables: Mapped[dict[str, Any]] = mapped_column(JSONText)
    published_at: Mapped[instant]
    expires_at: Mapped[instant]


class MessageCorrelation(Base):
    """A message reached an instance; each process takes a message once.

    With an `incident_key` the instance could not take it; resolving the incident lets the message come again.
    """

    __tablename__ = "message_correlation"
    __table_args__ = (UniqueConstraint("message_key", "process_id"),)

    id: Mapped[row_id]
    message_key: Mapped[int] = mapped_column(Key)
    process_id: Mapped[str] = mapped_column(String(255))
    instance_key: Mapped[int] = mapped_column(Key)
    incident_key: Mapped[int | None] = mapped_column(Key, index=True)


class Incident(Base):
    """A failure of the process, not of a person, that someone must resolve."""

    __tablename__ = "incident"
    __table_args__ = (
        Index(
            "ix_incident_open", "site_id", "created_at", sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
        Index("ix_incident_instance", "instance_key"),
    )

    key: Mapped[pk]
    instance_key: Mapped[int] = mapped_column(Key, ForeignKey("process_instance.key"))
    site_id: Mapped[int] = mapped_column(Key)
    process_id: Mapped[str] = mapped_column(String(255))
    definition_key: Mapped[int] = mapped_column(Key)
    element_id: Mapped[str] = mapped_column(String(255))
    element_key: Mapped[int | None] = mapped_column(Key)
    job_key: Mapped[int | None] = mapped_column(Key)
    error_type: Mapped[str] = mapped_column(String(64))
    message: Mapped[str] = mapped_column(Text)
    created_at: Mapped[instant]
    resolved_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    resolved_by: Mapped[int | None] = mapped_column(Key)
