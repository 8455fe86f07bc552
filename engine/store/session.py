"""The session of a command: changes of loaded rows are written without the object-relational mapper's unit of work."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.orm.exc import StaleDataError

from engine.store import statements


class CommandSession(Session):
    """A session whose flush updates plain rows by statements that were made once.

    The mapper sorts and compares whatever may hang together, which costs more than the statements of an ordinary command.
    What only it can do stays its own: new and deleted objects, changed relationships, and what a savepoint may undo.
    """

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what changed. Raises StaleDataError when a changed row is gone."""
        states = [inspect(row) for row in self.dirty]
        if (
            self.new
            or self.deleted
            or self.in_nested_transaction()
            or not all(map(_is_plain, states))
        ):
            super().flush(objects)
            return
        for state in sorted(states, key=_place):
            self._update(state)

    def _update(self, state: InstanceState[Any]) -> None:
        names = _columns(state.mapper)
        values = {names[name]: state.dict[name] for name in state.committed_state}
        model = state.class_
        if values and not statements.update(self, model, state.identity or (), values):
            raise StaleDataError(f"{model.__tablename__} {state.identity} is gone")
        # The row is as the object says: without this it would stay dirty.
        state._commit_all(state.dict, self.identity_map)  # noqa: SLF001


def _is_plain(state: InstanceState[Any]) -> bool:
    return state.committed_state.keys() <= _columns(state.mapper).keys()


def _place(state: InstanceState[Any]) -> tuple[str, Any]:
    # Two transactions must take the rows of a table in the same order.
    return state.class_.__tablename__, state.identity


@cache
def _columns(mapper: Mapper[Any]) -> dict[str, str]:
    return {attribute.key: attribute.columns[0].name for attribute in mapper.column_attrs}
