"""Whole rows as mapped objects, read and inserted without the mapper's own query and unit of work.

The mapper sets up anew, for every query, how each column is read, and for every flush, what may hang together; for the one row
that a command locks or begins with this costs more than the database needs. Here objects and values are exchanged straight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, inspect
from sqlalchemy.orm import DeclarativeBase, Mapper, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from engine.store import statements

Model = type[DeclarativeBase]


def columns(model: Model) -> list[ColumnElement[Any]]:
    """Give all columns of a model to select, those too that are otherwise read when somebody asks for them."""
    return [attribute.columns[0] for attribute in inspect(model).column_attrs]


def first(
    session: Session, query: Select[Any], models: Sequence[Model], parameters: Mapping[str, Any]
) -> list[Any] | None:
    """Give the objects of the first row of a query for the `columns` of all these models; None without a row.

    What the session knew of them is read anew, and what hung on them is forgotten, unsaved changes too.
    """
    row = session.connection().execute(query, parameters).first()
    if row is None:
        return None
    values = iter(row)
    return [_object(session, _shape(model), values) for model in models]


def insert(session: Session, row: DeclarativeBase) -> None:
    """Insert a new object at once, what else is unsaved before it; what it was not given gets its column's default.

    The session then knows it like one it has read. Raises IntegrityError.
    """
    values: dict[str, Any] = {}
    for attribute in inspect(type(row)).column_attrs:
        column: Any = attribute.columns[0]
        if attribute.key not in row.__dict__:
            setattr(row, attribute.key, column.default.arg if column.default else None)
        values[column.name] = row.__dict__[attribute.key]
    session.flush()
    statements.insert(session, type(row), values)
    make_transient_to_detached(row)
    session.add(row)


class _Shape(NamedTuple):
    """A mapped class, the names of its attributes in the order of `columns`, and which of them are its key."""

    mapper: Mapper[Any]
    names: Sequence[str]
    keys: Sequence[str]


@cache
def _shape(model: Model) -> _Shape:
    mapper = inspect(model)
    keys = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
    return _Shape(mapper, [attribute.key for attribute in mapper.column_attrs], keys)


def _object(session: Session, shape: _Shape, values: Iterator[Any]) -> Any:
    read = dict(zip(shape.names, islice(values, len(shape.names)), strict=True))
    identity = shape.mapper.identity_key_from_primary_key(tuple(read[key] for key in shape.keys))
    known = session.identity_map.get(identity)
    if known is None:
        return _loaded(session, shape.mapper, identity, read)
    session.expire(known)
    for name, value in read.items():
        set_committed_value(known, name, value)
    return known


def _loaded(session: Session, mapper: Mapper[Any], identity: Any, read: dict[str, Any]) -> Any:
    row = mapper.class_manager.new_instance()
    row.__dict__.update(read)
    state = inspect(row)
    state.key, state.session_id = identity, session.hash_key
    session.identity_map.add(state)
    return row
