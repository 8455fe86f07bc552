"""From whom a process instance is kept."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.models.base import Base, Key


class Hiding(Base):
    """A person from whom a process instance is hidden, because the process `process_id` running in it says so.

    Without a process it is hidden because the instance that started it is.
    """

    __tablename__ = "hiding"
    __table_args__ = (Index("ix_hiding_user", "user_id"),)

    instance_key: Mapped[int] = mapped_column(
        Key, ForeignKey("process_instance.key"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[int] = mapped_column(
        Key, ForeignKey("user.id"), primary_key=True, autoincrement=False
    )
    process_id: Mapped[str] = mapped_column(String(255), primary_key=True)
