"""What an indicator counts, read from history: one statement gives how many items there are of each kind in each period.

Items that agree in everything the expressions read are one row with a number, so that FEEL decides a few kinds and not
thousands of items. Only the variables that are named leave the database.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement, FunctionElement
from sqlalchemy.types import Text

from engine.kpis import names
from engine.kpis.indicator import INSTANCES, TASKS, Indicator
from engine.kpis.names import IN_TIME, OUTCOME, PASSED, STATUS
from engine.kpis.periods import Period
from engine.models.clock import Clock
from engine.models.instance import TERMINATED, ElementInstance, ProcessInstance
from engine.models.task import CANCELED, CREATING, UserTask

Rows = Select[*tuple[Any, ...]]


class Kind(NamedTuple):
    """How many items of a period agree in what the expressions read."""

    period: int
    values: dict[str, Any]
    number: int


class Item(NamedTuple):
    """One counted item: its instance, its task if it is one, and what the expressions read of it."""

    instance_key: int
    task_key: int | None
    at: dt.datetime
    values: dict[str, Any]


class member(FunctionElement[str]):  # noqa: N801 - read like a function of SQL
    """The JSON text of a member of a document kept as text, NULL when it has none of that name."""

    type = Text()
    inherit_cache = True


@compiles(member, "sqlite")
def _sqlite(element: member, compiler: Any, **options: Any) -> str:
    document, name = element.clauses
    path = f"'$.\"' || {compiler.process(name, **options)} || '\"'"
    return f"({compiler.process(document, **options)} -> ({path}))"


@compiles(member)
def _postgresql(element: member, compiler: Any, **options: Any) -> str:
    document, name = element.clauses
    inner = compiler.process(cast(document, JSON), **options)
    return f"(({inner} -> {compiler.process(cast(name, Text), **options)})::text)"


def kinds(
    session: Session,
    indicator: Indicator,
    site_id: int,
    periods: Sequence[Period],
    now: dt.datetime,
) -> list[Kind]:
    """Count the items of consecutive periods at a site, by what the expressions read."""
    counted = _items(indicator, site_id, periods[0].start, periods[-1].end, now).subquery()
    ends = [(counted.c.at < one.end, place) for place, one in enumerate(periods[:-1])]
    period = case(*ends, else_=len(periods) - 1) if ends else literal(0)
    values = [column for column in counted.c if column.name not in ("at", "instance", "task")]
    placed = select(period.label("period"), *values).subquery()
    grouped = select(*placed.c, func.count()).group_by(*placed.c)
    return [Kind(row[0], _values(placed.c, row), row[-1]) for row in session.execute(grouped)]


def items(
    session: Session, indicator: Indicator, site_id: int, period: Period, now: dt.datetime
) -> Iterator[Item]:
    """Give the single items of a period at a site, the latest first."""
    counted = _items(indicator, site_id, period.start, period.end, now).subquery()
    query = select(*counted.c).order_by(counted.c.at.desc(), counted.c.instance.desc())
    for row in session.execute(query):
        yield Item(row.instance, row.task, row.at, _values(counted.c, row))


def _items(
    indicator: Indicator, site_id: int, since: dt.datetime, until: dt.datetime, now: dt.datetime
) -> Rows:
    if indicator.kind == INSTANCES:
        found = _instances(indicator, site_id, since, until)
    elif indicator.kind == TASKS:
        found = _tasks(indicator, site_id, since, until, now)
    else:
        found = _clocks(indicator, site_id, since, until, now)
    passages = [
        _passages(step).label(f"{PASSED}.{step}") for step in sorted(names.steps(indicator))
    ]
    return found.add_columns(*passages)


def _instances(indicator: Indicator, site_id: int, since: dt.datetime, until: dt.datetime) -> Rows:
    at = ProcessInstance.started_at
    read = [_variable(name) for name in names.read(indicator)]
    return select(
        at.label("at"), ProcessInstance.key.label("instance"), literal(None).label("task"),
        ProcessInstance.status.label(STATUS), *read,
    ).where(
        ProcessInstance.site_id == site_id, ProcessInstance.process_id.in_(indicator.of),
        at >= since, at < until, ProcessInstance.status != TERMINATED,
    )  # fmt: skip


def _tasks(
    indicator: Indicator, site_id: int, since: dt.datetime, until: dt.datetime, now: dt.datetime
) -> Rows:
    """Passages through user tasks; a signer's row is none, what was cancelled had not to be done."""
    at, done = UserTask.due_at, UserTask.completed_at
    steps = [one.partition(".")[::2] for one in indicator.of]
    read = [_submitted(name) for name in names.read(indicator)]
    overdue = and_(at < now, UserTask.paused_at.is_(None))
    return (
        select(
            at.label("at"), UserTask.instance_key.label("instance"), UserTask.key.label("task"),
            case((done <= at, 1), else_=0).label(IN_TIME), UserTask.outcome.label(OUTCOME), *read,
        )
        .join(ProcessInstance, ProcessInstance.key == UserTask.instance_key)
        .where(
            UserTask.site_id == site_id,
            or_(*(and_(UserTask.process_id == one, UserTask.element_id == step) for one, step in steps)),
            at >= since, at < until, or_(done.is_not(None), overdue),
            UserTask.state.not_in((CANCELED, CREATING)), UserTask.root_key.is_(None),
        )
    )  # fmt: skip


def _clocks(
    indicator: Indicator, site_id: int, since: dt.datetime, until: dt.datetime, now: dt.datetime
) -> Rows:
    at, done = Clock.due_at, Clock.stopped_at
    read = [_variable(name) for name in names.read(indicator)]
    overdue = and_(at < now, Clock.paused_at.is_(None))
    return (
        select(
            at.label("at"), Clock.instance_key.label("instance"), literal(None).label("task"),
            case((done <= at, 1), else_=0).label(IN_TIME), *read,
        )
        .join(ProcessInstance, ProcessInstance.key == Clock.instance_key)
        .where(
            Clock.site_id == site_id, Clock.limit_key.in_(indicator.of),
            at >= since, at < until, or_(done.is_not(None), overdue),
            ProcessInstance.status != TERMINATED,
        )
    )  # fmt: skip


def _variable(name: str) -> ColumnElement[Any]:
    return member(_text(ProcessInstance.variables), literal(name)).label(name)


def _submitted(name: str) -> ColumnElement[Any]:
    """What was entered at the step goes before what the instance holds now."""
    own = member(_text(UserTask.submitted), literal(name))
    return func.coalesce(own, member(_text(ProcessInstance.variables), literal(name))).label(name)


def _text(column: Any) -> ColumnElement[str]:
    return cast(column, Text)


def _passages(step: str) -> ColumnElement[int]:
    """How often the instance has gone through a step."""
    return (
        select(func.count())
        .where(
            ElementInstance.instance_key == ProcessInstance.key,
            ElementInstance.element_id == step,
            ElementInstance.state == "completed",
        )
        .correlate(ProcessInstance)
        .scalar_subquery()
    )


def _values(columns: Any, row: Any) -> dict[str, Any]:
    """Put a row into the shape the expressions see; a name that is missing is null."""
    values: dict[str, Any] = {PASSED: {}}
    for column, value in zip(columns, row, strict=False):
        name = str(column.name)
        if name.startswith(f"{PASSED}."):
            values[PASSED][name.partition(".")[2]] = value
        elif name == IN_TIME:
            values[name] = bool(value)
        elif name in (STATUS, OUTCOME):
            values[name] = value
        elif name not in ("at", "instance", "task", "period"):
            values[name] = None if value is None else json.loads(value)
    return values
