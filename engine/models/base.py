"""The declarative base and the column types every table is made of."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables of the engine share this metadata; the web binds it, migrations read it."""

    metadata = MetaData(naming_convention=NAMING)


class UTCDateTime(TypeDecorator[dt.datetime]):
    """An aware instant, stored in UTC; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Convert to UTC; SQLite has no zones, so it gets the bare UTC time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self, value: dt.datetime | None, dialect: Dialect
    ) -> dt.datetime | None:
        """Give the instant its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


# Made once: json.dumps makes an encoder for every document that is not written its default way.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class JSONText(TypeDecorator[Any]):
    """A JSON document kept as text, so that key order and bytes stay as written on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """Write compact UTF-8 JSON; NaN and infinities are refused."""
        if value is None:
            return None
        return _ENCODER.encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Read it back."""
        return None if value is None else json.loads(value)


# On SQLite an INTEGER primary key is the row id itself: one index less per table.
Key = BigInteger().with_variant(Integer, "sqlite")

pk = Annotated[int, mapped_column(Key, primary_key=True, autoincrement=False)]
row_id = Annotated[int, mapped_column(Key, primary_key=True, autoincrement=True)]
key = Annotated[int, mapped_column(Key)]
name = Annotated[str, mapped_column(String(255))]
instant = Annotated[dt.datetime, mapped_column(UTCDateTime)]
document = Annotated[dict[str, Any], mapped_column(JSONText)]
