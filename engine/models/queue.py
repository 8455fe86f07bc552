"""The counter queue (取号): numbers taken at the entrance and the windows that call them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.models.base import Base, Key, UTCDateTime, instant, row_id

WAITING, CALLED, SERVING, DONE, SKIPPED = "waiting", "called", "serving", "done", "skipped"
OPEN = (CALLED, SERVING)


class Ticket(Base):
    """A number of one day: waiting, called to a window, served there, done or skipped.

    `service` is what the customer came for; `instance_key` the process instance that was started for it.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("site_id", "day", "label"),
        Index("ix_ticket_queue", "site_id", "day", "state", "taken_at"),
        Index("ix_ticket_instance", "instance_key"),
    )

    id: Mapped[row_id]
    site_id: Mapped[int] = mapped_column(Key, ForeignKey("site.id"))
    day: Mapped[dt.date] = mapped_column(Date)
    service: Mapped[str] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default=WAITING)
    window: Mapped[str] = mapped_column(String(16), default="")
    unit_label: Mapped[str] = mapped_column(String(64), default="")
    instance_key: Mapped[int | None] = mapped_column(Key)
    calls: Mapped[int] = mapped_column(default=0)
    taken_at: Mapped[instant]
    called_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    served_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
