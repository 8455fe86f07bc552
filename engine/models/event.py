"""Signals and those who wait for them, and the start events that no person triggers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.models.base import Base, JSONText, Key, UTCDateTime, instant, pk, row_id

_SCHEDULED = text("due_at IS NOT NULL")
_UNDELIVERED = text("incident_key IS NULL")


class Signal(Base):
    """A signal as it was broadcast at a site; kept until everybody who waited then has got it."""

    __tablename__ = "signal"

    key: Mapped[pk]
    site_id: Mapped[int] = mapped_column(Key)
    name: Mapped[str] = mapped_column(String(255))
    variables: Mapped[dict[str, Any]] = mapped_column(JSONText)
    broadcast_at: Mapped[instant]


class SignalSubscription(Base):
    """An element instance that waits for signals of this name at its site."""

    __tablename__ = "signal_subscription"
    __table_args__ = (
        Index("ix_signal_subscription_match", "name", "site_id"),
        Index("ix_signal_subscription_instance", "instance_key"),
    )

    key: Mapped[pk]
    instance_key: Mapped[int] = mapped_column(Key, ForeignKey("process_instance.key"))
    site_id: Mapped[int] = mapped_column(Key)
    element_id: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[instant]


class SignalDelivery(Base):
    """One who waited when the signal was broadcast and has not got it: an element instance or a start event.

    With an `incident_key` the instance could not take it; resolving the incident lets the signal come again.
    """

    __tablename__ = "signal_delivery"
    __table_args__ = (
        Index(
            "ix_signal_delivery_open", "id",
            sqlite_where=_UNDELIVERED, postgresql_where=_UNDELIVERED,
        ),
        Index("ix_signal_delivery_signal", "signal_key"),
        Index("ix_signal_delivery_incident", "incident_key"),
    )  # fmt: skip

    id: Mapped[row_id]
    signal_key: Mapped[int] = mapped_column(Key)
    subscription_key: Mapped[int] = mapped_column(Key)
    instance_key: Mapped[int | None] = mapped_column(Key)
    incident_key: Mapped[int | None] = mapped_column(Key)


class StartSubscription(Base):
    """A start event of a process's latest version that waits for a message, a signal or a time.

    Without a `site_id` it waits at every site. A timer always has a row per site, with the `timer` as the runtime writes it;
    `due_at` is empty after its last occurrence.
    """

    __tablename__ = "start_subscription"
    __table_args__ = (
        Index("ix_start_subscription_name", "kind", "name"),
        Index("ix_start_subscription_process", "process_id"),
        Index(
            "ix_start_subscription_due", "due_at",
            sqlite_where=_SCHEDULED, postgresql_where=_SCHEDULED,
        ),
    )  # fmt: skip

    key: Mapped[pk]
    process_id: Mapped[str] = mapped_column(String(255))
    definition_key: Mapped[int] = mapped_column(Key, ForeignKey("process_definition.key"))
    element_id: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(255), default="")
    site_id: Mapped[int | None] = mapped_column(Key)
    timer: Mapped[dict[str, Any] | None] = mapped_column(JSONText)
    due_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[instant]
