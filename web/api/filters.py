"""What a search can ask of a property: a value, or operators such as `$in`, read and turned into a condition."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields
from sqlalchemy import ColumnElement, or_

from web.api.schemas import KEY_PATTERN, MAX_TEXT, read_instant, read_key

MAX_VALUES = 200
MAX_WILDCARDS = 5
INT32 = 2**31

Condition = ColumnElement[bool]
Asked = list[tuple[str, Any]]
Reader = Callable[[Any], Any]


def like(column: Any, pattern: str) -> Condition:
    """Match `*` and `?`, without regard to case; a backslash makes the next character an ordinary one."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"*": "%", "?": "_"}
    text = "".join(wild.get(part) or re.sub(r"([%_\\])", r"\\\1", part[-1]) for part in parts)
    return column.ilike(text, escape="\\")  # type: ignore[no-any-return]


OPERATORS: dict[str, Callable[[Any, Any], Condition]] = {
    "$eq": lambda column, value: column == value,
    "$neq": lambda column, value: or_(column != value, column.is_(None)),
    "$exists": lambda column, value: column.is_not(None) if value else column.is_(None),
    "$in": lambda column, values: column.in_(values),
    "$notIn": lambda column, values: or_(column.not_in(values), column.is_(None)),
    "$gt": lambda column, value: column > value,
    "$gte": lambda column, value: column >= value,
    "$lt": lambda column, value: column < value,
    "$lte": lambda column, value: column <= value,
    "$like": like,
}
LISTED = ("$in", "$notIn")
SAME = ("$eq", "$in")
AMONG = ("$eq", "$neq", "$exists", "$in", "$notIn")
ORDERED = ("$eq", "$neq", "$exists", "$gt", "$gte", "$lt", "$lte", "$in")


@dataclass(frozen=True)
class Kind:
    """What the values of a property are: how they are described, read and compared."""

    schema: Mapping[str, Any]
    read: Reader
    operators: Sequence[str] = ()


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ValidationError(f"Not a text of at most {MAX_TEXT} characters.")
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -INT32 <= value < INT32:
        raise ValidationError("Not a 32-bit integer.")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValidationError("Neither true nor false.")
    return value


TEXT = Kind({"type": "string", "maxLength": MAX_TEXT}, _text, (*AMONG, "$like"))
KEY = Kind({"type": "string", "pattern": KEY_PATTERN}, read_key, AMONG)
INTEGER = Kind({"type": "integer", "format": "int32"}, _integer, ORDERED)
INSTANT = Kind({"type": "string", "format": "date-time"}, read_instant, ORDERED)
FLAG = Kind({"type": "boolean"}, _flag)
# For properties kept in other tables: which of the values it is, and nothing else, can be looked up.
ONE_OF_TEXTS = Kind(TEXT.schema, _text, SAME)


def choice(*values: str, operators: Sequence[str] = AMONG) -> Kind:
    """A property with an uppercase value of a list."""

    def read(value: object) -> str:
        if value not in values:
            raise ValidationError(f"Not one of {', '.join(values)}.")
        return str(value)

    return Kind({"type": "string", "enum": list(values)}, read, operators)


class Filter(fields.Field[Asked]):
    """A value, or an object of operators all of which must hold; read as pairs of operator and value."""

    def __init__(self, kind: Kind, **options: Any) -> None:
        self.kind = kind
        super().__init__(metadata=_described(kind), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Asked:
        if not isinstance(value, dict) or not self.kind.operators:
            return [("$eq", self.kind.read(value))]
        unknown = [name for name in value if name not in self.kind.operators]
        if unknown:
            raise ValidationError(f"Not an operator of this property: {unknown[0][:40]}.")
        return [(name, self._operand(name, operand)) for name, operand in value.items()]

    def _operand(self, operator: str, operand: Any) -> Any:
        if operator == "$exists":
            return _flag(operand)
        if operator == "$like":
            return _pattern(operand)
        if operator not in LISTED:
            return self.kind.read(operand)
        if not isinstance(operand, list) or not 0 < len(operand) <= MAX_VALUES:
            raise ValidationError(f"Not a list of 1 to {MAX_VALUES} values.")
        return [self.kind.read(one) for one in operand]


def _pattern(operand: object) -> str:
    pattern = _text(operand)
    # Each further wildcard multiplies the work of matching one long text.
    if pattern.count("*") > MAX_WILDCARDS:
        raise ValidationError(f"More than {MAX_WILDCARDS} wildcards.")
    return pattern


def _described(kind: Kind) -> dict[str, Any]:
    if not kind.operators:
        return dict(kind.schema)
    listed = {
        "type": "array",
        "items": dict(kind.schema),
        "minItems": 1,
        "maxItems": MAX_VALUES,
    }
    special = {"$exists": {"type": "boolean"}, "$in": listed, "$notIn": listed,
               "$like": {"type": "string", "maxLength": MAX_TEXT}}  # fmt: skip
    operators = {name: special.get(name, dict(kind.schema)) for name in kind.operators}
    advanced = {"type": "object", "properties": operators, "additionalProperties": False}
    return {"anyOf": [dict(kind.schema), advanced]}


def values_of(asked: Asked) -> list[Any]:
    """Give the values of which `$eq` and `$in` allow each; those that contradict each other leave none."""
    sets = [set(value) if name == "$in" else {value} for name, value in asked]
    return sorted(set.intersection(*sets)) if sets else []
