"""What a site changed of the shipped limits, settings and working days, and the counters behind human numbers.

A row without a site holds for the whole company; a site's own row wins over it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.models.base import Base, JSONText, Key, instant, row_id

_COMPANY = text("site_id IS NULL")


def _one_per_company(table: str, column: str) -> Index:
    """Make the rows without a site unique too, which a unique constraint leaves out."""
    return Index(
        f"uq_{table}_company",
        column,
        unique=True,
        sqlite_where=_COMPANY,
        postgresql_where=_COMPANY,
    )


class Override(Base):
    """A value in place of a shipped one."""

    __abstract__ = True

    id: Mapped[row_id]
    site_id: Mapped[int | None] = mapped_column(Key, ForeignKey("site.id"))
    key: Mapped[str] = mapped_column(String(128))
    value: Mapped[Any] = mapped_column(JSONText)
    changed_by: Mapped[int | None] = mapped_column(Key)
    changed_at: Mapped[instant]


class LimitOverride(Override):
    """Another value for a limit of the shipped policy table."""

    __tablename__ = "limit_override"
    __table_args__ = (
        UniqueConstraint("site_id", "key"),
        _one_per_company("limit_override", "key"),
    )


class SettingOverride(Override):
    """Another value for a setting than its shipped default."""

    __tablename__ = "setting_override"
    __table_args__ = (
        UniqueConstraint("site_id", "key"),
        _one_per_company("setting_override", "key"),
    )


class CalendarDay(Base):
    """A date on which a site works or rests against its weekday or the public holidays."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        UniqueConstraint("site_id", "date"),
        _one_per_company("calendar_day", "date"),
    )

    id: Mapped[row_id]
    site_id: Mapped[int | None] = mapped_column(Key, ForeignKey("site.id"))
    date: Mapped[dt.date] = mapped_column(Date)
    working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(64), default="")


class Sequence(Base):
    """The last number given out for a prefix on a local day at a site."""

    __tablename__ = "sequence"

    site_id: Mapped[int] = mapped_column(Key, ForeignKey("site.id"), primary_key=True)
    prefix: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    last: Mapped[int]
