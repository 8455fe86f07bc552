"""Clocks that run over several elements, and the pauses of every clock."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.models.base import Base, JSONText, Key, UTCDateTime, instant, pk, row_id

RUNNING = "running"
PAUSED = "paused"
STOPPED = "stopped"

_WATCHED = text("check_at IS NOT NULL")


class Clock(Base):
    """A time limit that runs from one element of an instance to another (`clockStart`, `clockStop`, `clockPause`).

    `scope_key` is the subprocess, called process or loop pass in which it started, None directly in the process;
    `element_id` the element that started it, `created_at` when. `due_at`, `check_at`, `escalation`, `paused_at` and
    `paused_seconds` mean what they mean on a user task; `breached_at` is when it ran out.
    """

    __tablename__ = "clock"
    __table_args__ = (
        Index("ix_clock_check", "check_at", sqlite_where=_WATCHED, postgresql_where=_WATCHED),
        Index("ix_clock_instance", "instance_key"),
        Index("ix_clock_limit", "site_id", "limit_key", "due_at"),
    )

    key: Mapped[pk]
    instance_key: Mapped[int] = mapped_column(Key, ForeignKey("process_instance.key"))
    site_id: Mapped[int] = mapped_column(Key, ForeignKey("site.id"))
    limit_key: Mapped[str] = mapped_column(String(128))
    limit: Mapped[dict[str, Any]] = mapped_column("limit_row", JSONText)
    element_id: Mapped[str] = mapped_column(String(255))
    scope_key: Mapped[int | None] = mapped_column(Key)
    state: Mapped[str] = mapped_column(String(16), default=RUNNING)
    created_at: Mapped[instant]
    due_at: Mapped[instant]
    check_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    escalation: Mapped[int] = mapped_column(default=0)
    paused_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    paused_seconds: Mapped[int] = mapped_column(default=0)
    breached_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    stopped_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class ClockPause(Base):
    """A time during which a clock stood still; `clock_key` is that of a user task or of a row of `clock`.

    `reason` is what a person gave, or the id of the element that paused it. One without `ended_at` goes on, at most to
    `until`, or ended with its task.
    """

    __tablename__ = "clock_pause"
    __table_args__ = (Index("ix_clock_pause_clock", "clock_key"),)

    id: Mapped[row_id]
    clock_key: Mapped[int] = mapped_column(Key)
    since: Mapped[instant]
    until: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(String(1000), default="")
    by: Mapped[int | None] = mapped_column("by_id", Key)
