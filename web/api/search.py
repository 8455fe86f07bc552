"""Searches: filter, sort and page, declared once per noun as properties over a query."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range
from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, true
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from web.api import filters
from web.api.filters import INSTANT, Asked, Condition, Filter, Kind
from web.api.schemas import Body, Result, camel, instant

MAX_LIMIT = 1000
MAX_OFFSET = 1_000_000
MAX_SORTS = 5
COUNTED = 10_000

Rows = Select[*tuple[Any, ...]]


class InvalidCursor(BadRequest):
    """A cursor must come from an answer to the same search."""


@dataclass(frozen=True)
class Property:
    """Something a search can filter and, unless it says otherwise, sort by.

    `holds` makes the condition from the values asked for, where that is more than comparing the expression. `joined` says
    that the expression may have no value although its column must have one.
    """

    kind: Kind
    expression: Any = None
    holds: Callable[[list[Any]], Condition] | None = None
    sortable: bool = True
    joined: bool = False

    def order(self, *, descending: bool) -> Order:
        """Give the step of an order by this property."""
        optional = self.joined or getattr(self.expression, "nullable", True)
        return Order(self.expression, self.kind, descending=descending, optional=optional)

    def condition(self, asked: Asked) -> Condition:
        """Give the condition that everything asked of the property makes."""
        if self.holds is not None:
            return self.holds(filters.values_of(asked))
        terms = [filters.OPERATORS[name](self.expression, value) for name, value in asked]
        return and_(true(), *terms)


class Page(Body):
    """Which of the found items: from an offset, or after or before a cursor of an earlier answer."""

    limit = fields.Integer(strict=True, load_default=100, validate=Range(0, MAX_LIMIT))
    from_ = fields.Integer(
        strict=True, data_key="from", load_default=None, validate=Range(0, MAX_OFFSET)
    )
    after = fields.String(load_default=None, validate=Length(max=4000))
    before = fields.String(load_default=None, validate=Length(max=4000))

    @validates_schema
    def _check_one_way(self, data: Mapping[str, Any], **_: Any) -> None:
        if sum(data.get(name) is not None for name in ("from_", "after", "before")) > 1:
            raise ValidationError("Only one of from, after and before can be given.")


class PageResult(Result):
    """Where the items stand among all that were found; more than 10,000 are not counted."""

    total_items = fields.Integer()
    has_more_total_items = fields.Boolean()
    start_cursor = fields.String(allow_none=True)
    end_cursor = fields.String(allow_none=True)


class Order(NamedTuple):
    """One step of the order of rows; rows without a value come last."""

    expression: Any
    kind: Kind
    descending: bool = False
    optional: bool = True

    def by(self, *, backward: bool) -> list[Any]:
        """Give the terms of an ORDER BY."""
        value = self.expression
        term = value.desc() if self.descending != backward else value.asc()
        if not self.optional:  # an index can give this order
            return [term]
        empty = value.is_(None)
        return [empty.desc() if backward else empty.asc(), term]

    def beyond(self, value: Any, *, backward: bool) -> Condition:
        """Give the condition of rows that come later in this step than a row with the value."""
        if value is None:
            return self.expression.is_not(None) if backward else false()
        rising = self.descending == backward
        further = self.expression > value if rising else self.expression < value
        complete = backward or not self.optional
        later: Condition = further if complete else or_(further, self.expression.is_(None))
        return later

    def same(self, value: Any) -> Condition:
        """Give the condition of rows with the same value."""
        same: Condition = self.expression.is_(None) if value is None else self.expression == value
        return same


class Found(NamedTuple):
    """The rows of one page, and what is said about the page."""

    rows: Sequence[Any]
    page: dict[str, Any]


class Search:
    """The search for one noun; `name` names its schemas, `key` is unique and the last step of every order."""

    def __init__(self, name: str, properties: Mapping[str, Property], key: Any) -> None:
        self.properties = properties
        self._key = Order(key, filters.KEY, optional=False)
        self.filter_schema = filter_schema(name, properties)
        self.request = request_schema(name, properties, self.filter_schema)

    def run(self, session: Session, query: Rows, asked: Mapping[str, Any]) -> Found:
        """Find the page of rows asked for, in two statements at most. Raises InvalidCursor."""
        page = asked.get("page") or Page().load({})
        query = query.where(*self._conditions(asked.get("filter") or {}))
        order = [*self._orders(asked.get("sort") or []), self._key]
        backward = page["before"] is not None
        rows = list(session.execute(_paged(query, order, page, backward=backward)))
        if backward:
            rows.reverse()
        complete = len(rows) < page["limit"] and all(
            not page[name] for name in ("from_", "after", "before")
        )
        total = len(rows) if complete else _count(session, query)
        return Found(rows, _told(rows, order, total))

    def filter(self, query: Rows, asked: Mapping[str, Asked]) -> Rows:
        """Narrow a query down to what a filter alone asks for, without order and pages."""
        return query.where(*self._conditions(asked))

    def _conditions(self, asked: Mapping[str, Asked]) -> list[Condition]:
        return [self.properties[name].condition(one) for name, one in asked.items()]

    def _orders(self, asked: Sequence[Mapping[str, str]]) -> list[Order]:
        named = {camel(name): one for name, one in self.properties.items()}
        return [named[one["field"]].order(descending=one["order"] == "DESC") for one in asked]


def request_schema(
    name: str, properties: Mapping[str, Property], filtered: type[Schema] | None = None
) -> type[Schema]:
    """Make the schema of a search's request: filter, sort and page."""
    sortable = [camel(one) for one, what in properties.items() if what.sortable]
    sort_schema = Body.from_dict(
        {
            "field": fields.String(required=True, validate=OneOf(sortable)),
            "order": fields.String(load_default="ASC", validate=OneOf(["ASC", "DESC"])),
        },
        name=f"{name}Sort",
    )
    body = {
        "filter": fields.Nested(filtered or filter_schema(name, properties), load_default=dict),
        "sort": fields.List(fields.Nested(sort_schema), validate=Length(max=MAX_SORTS)),
        "page": fields.Nested(Page),
    }
    return Body.from_dict(body, name=f"{name}Search")


def filter_schema(name: str, properties: Mapping[str, Property]) -> type[Schema]:
    """Make the schema of a search's filter."""
    wanted = {one: Filter(what.kind) for one, what in properties.items()}
    return Body.from_dict(wanted, name=f"{name}Filter")  # type: ignore[arg-type]


def results(name: str, item: type[Schema]) -> type[Schema]:
    """Make the schema of the answer to a search."""
    body = {"items": fields.List(fields.Nested(item)), "page": fields.Nested(PageResult)}
    return Result.from_dict(body, name=f"{name}Results")


def _paged(query: Rows, order: list[Order], page: Mapping[str, Any], *, backward: bool) -> Rows:
    cursor = page["before"] if backward else page["after"]
    if cursor is not None:
        query = query.where(_beyond(order, _read_cursor(cursor, order), backward=backward))
    terms = [term for one in order for term in one.by(backward=backward)]
    columns = [one.expression.label(f"cursor_{n}") for n, one in enumerate(order)]
    return query.add_columns(*columns).order_by(*terms).limit(page["limit"]).offset(page["from_"])


def _beyond(order: list[Order], values: list[Any], *, backward: bool) -> Condition:
    steps: list[ColumnElement[bool]] = []
    for n, (one, value) in enumerate(zip(order, values, strict=True)):
        before = [other.same(known) for other, known in zip(order[:n], values[:n], strict=True)]
        steps.append(and_(*before, one.beyond(value, backward=backward)))
    return or_(*steps)


def _count(session: Session, query: Rows) -> int:
    few = query.with_only_columns(literal(1)).order_by(None).limit(COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(few)) or 0


def _told(rows: Sequence[Any], order: list[Order], total: int) -> dict[str, Any]:
    return {
        "total_items": min(total, COUNTED),
        "has_more_total_items": total > COUNTED,
        "start_cursor": _cursor(rows[0], order) if rows else None,
        "end_cursor": _cursor(rows[-1], order) if rows else None,
    }


def _cursor(row: Any, order: list[Order]) -> str:
    values = [_written(value) for value in row[-len(order) :]]
    return base64.b64encode(json.dumps(values, ensure_ascii=False).encode()).decode()


def _written(value: Any) -> Any:
    return instant(value) if isinstance(value, dt.datetime) else value


def _read_cursor(cursor: str, order: list[Order]) -> list[Any]:
    """Read what a row of the same order wrote. Raises InvalidCursor for anything else."""
    try:
        values = json.loads(base64.b64decode(cursor, validate=True))
        return [_known(one, value) for one, value in zip(order, values, strict=True)]
    except (ValidationError, ValueError, TypeError, RecursionError) as error:
        raise InvalidCursor("This cursor belongs to another search.") from error


def _known(one: Order, value: Any) -> Any:
    if value is None:
        return None
    if one.kind is INSTANT:
        return INSTANT.read(value)
    expected = str if one.kind.schema["type"] == "string" and one.kind is not filters.KEY else int
    if not isinstance(value, expected) or (isinstance(value, int) and abs(value) >= 2**63):
        raise ValueError("not a value of this column")
    return value
