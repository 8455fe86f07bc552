"""Inserts and updates of rows that every command writes: compiled once for a database, then only given their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, CursorResult, Dialect, Table, bindparam
from sqlalchemy.orm import DeclarativeBase, Session

Row = Mapping[str, Any]
Names = tuple[str, ...]
WHERE = "where_"
STATEMENTS = 500


def insert(session: Session, model: type[DeclarativeBase], *rows: Row) -> None:
    """Insert rows by column names, all with the same ones, at once; no object of the session stands for them."""
    if rows:
        connection = session.connection()
        _insert(_table(model), connection.dialect, tuple(rows[0])).run(connection, rows)


def update(session: Session, model: type[DeclarativeBase], keys: Sequence[Any], values: Row) -> int:
    """Update the row with that primary key by column names; give how many rows there were, 0 or 1."""
    connection, table = session.connection(), _table(model)
    compiled = _update(table, connection.dialect, tuple(values))
    found = dict(zip(_keys(table), keys, strict=True))
    return compiled.run(connection, [{**values, **found}]).rowcount


class Compiled(NamedTuple):
    """A statement as text for the driver, and how each of its values gets there."""

    text: str
    names: Names
    processors: Mapping[str, Callable[[Any], Any]]
    defaults: Row
    positional: bool

    def run(self, connection: Connection, rows: Iterable[Row]) -> CursorResult[Any]:
        """Run it once for all rows."""
        sent = [self._processed(row) for row in rows]
        return connection.exec_driver_sql(self.text, sent[0] if len(sent) == 1 else sent)

    def _processed(self, row: Row) -> Any:
        values, processors = {**self.defaults, **row}, self.processors
        for name in processors:
            values[name] = processors[name](values[name])
        return tuple(map(values.__getitem__, self.names)) if self.positional else values


def _table(model: type[DeclarativeBase]) -> Table:
    assert isinstance(model.__table__, Table)  # noqa: S101
    return model.__table__


def _keys(table: Table) -> list[str]:
    return [WHERE + column.name for column in table.primary_key]


@lru_cache(maxsize=STATEMENTS)
def _insert(table: Table, dialect: Dialect, names: Names) -> Compiled:
    return _compiled(table.insert().values({name: bindparam(name) for name in names}), dialect)


@lru_cache(maxsize=STATEMENTS)
def _update(table: Table, dialect: Dialect, names: Names) -> Compiled:
    found = [
        column == bindparam(name)
        for column, name in zip(table.primary_key, _keys(table), strict=True)
    ]
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return _compiled(table.update().where(*found).values(values), dialect)


def _compiled(statement: Any, dialect: Dialect) -> Compiled:
    compiled = statement.compile(dialect=dialect)
    processors = {
        name: processor
        for name, bind in compiled.binds.items()
        if (processor := bind.type.dialect_impl(dialect).bind_processor(dialect))
    }
    names = tuple(compiled.positiontup or compiled.binds)
    defaults = {column.name: column.default.arg for column in compiled.insert_prefetch}
    return Compiled(compiled.string, names, processors, defaults, dialect.positional)
