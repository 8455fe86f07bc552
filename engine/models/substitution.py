"""Who does whose work while somebody is away."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.models.base import Base, JSONText, Key, UTCDateTime, instant, row_id
from engine.models.identity import User


class Substitution(Base):
    """A person's tasks are also his substitute's from `starts_at` until before `ends_at`.

    `process_ids` are the procedures it holds for, none meaning all. `revoked_at` ends it early.
    """

    __tablename__ = "substitution"
    __table_args__ = (
        Index("ix_substitution_substitute", "substitute_id", "ends_at"),
        Index("ix_substitution_principal", "principal_id", "ends_at"),
    )

    id: Mapped[row_id]
    principal_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id"))
    substitute_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id"))
    starts_at: Mapped[instant]
    ends_at: Mapped[instant]
    process_ids: Mapped[list[str]] = mapped_column(JSONText)
    set_by: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    created_at: Mapped[instant]
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    principal: Mapped[User] = relationship(foreign_keys=[principal_id])
    substitute: Mapped[User] = relationship(foreign_keys=[substitute_id])
