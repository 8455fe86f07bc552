"""Instances that are hidden from the people they are about: nothing of one reaches such a person.

Who that is stands with the actor (`Actor.hidden`): no command of his finds such an instance, and `narrow` keeps a session he
reads through from finding any row of it, in whatever list, search, count or page. The rows themselves are kept by
`engine.flow.hidings`, after the property `hiddenFrom` of a process.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

from sqlalchemy import Select, or_, select, true
from sqlalchemy.event import contains, listen, remove
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.orm.util import LoaderCriteriaOption

from engine.models.audit import AuditEntry
from engine.models.base import Base
from engine.models.hiding import Hiding
from engine.models.instance import ProcessInstance

HIDDEN = "hidden"


def kept_from(session: Session, instance: ProcessInstance) -> frozenset[int]:
    """Give the ids of the people an instance is hidden from; asks the database only where there are any."""
    if not instance.private:
        return frozenset()
    return frozenset(session.scalars(among(instance.key)))


def among(instance_key: int) -> Select[int]:
    """Select the ids of the people an instance is hidden from."""
    return select(Hiding.user_id).where(Hiding.instance_key == instance_key)


def narrow(session: Session, hidden: Collection[int]) -> None:
    """Keep a session from finding anything of these instances; of none, it is as any other."""
    session.info[HIDDEN] = tuple(sorted(hidden))
    if hidden and not contains(session, "do_orm_execute", _leave_out):
        listen(session, "do_orm_execute", _leave_out)
    elif not hidden and contains(session, "do_orm_execute", _leave_out):
        remove(session, "do_orm_execute", _leave_out)


def _leave_out(state: ORMExecuteState) -> None:
    if state.is_select and not state.is_column_load:
        state.statement = state.statement.options(*_criteria(state.session.info[HIDDEN]))


@cache
def _owned() -> tuple[tuple[type[Any], str], ...]:
    """Give every table whose rows belong to an instance, with the column that says to which."""
    found = [
        (mapper.class_, "instance_key")
        for mapper in Base.registry.mappers
        if "instance_key" in mapper.columns and mapper.class_ is not Hiding
    ]
    return (*found, (ProcessInstance, "key"), (AuditEntry, "chain"))


def _criteria(hidden: tuple[int, ...]) -> Iterator[LoaderCriteriaOption]:
    for model, name in _owned():
        column = getattr(model, name)
        free = column.is_(None) if column.property.columns[0].nullable else ~true()
        yield with_loader_criteria(model, or_(free, column.not_in(hidden)), include_aliases=True)
