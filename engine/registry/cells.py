"""What the cells of an imported row mean."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from engine.errors import Rejected
from engine.models.registry import (
    COMPANY,
    KINDS,
    OFFICE,
    PARKING,
    PERSON,
    RELATIONS,
    RESIDENCE,
    SHOP,
    STATUSES,
)
from engine.registry import fields
from engine.registry.units import MOST_AREA, label_of
from engine.registry.workbook import COLUMNS, Row

KIND_WORDS = {"住宅": RESIDENCE, "写字楼": OFFICE, "办公": OFFICE, "商铺": SHOP, "车位": PARKING}
STATUS_WORDS = dict(zip(("未售", "已售", "待入伙", "已入住", "空置"), STATUSES, strict=True))
RELATION_WORDS = dict(zip(("业主", "共有人", "租户", "付款人", "代理人"), RELATIONS, strict=True))
CUSTOMER_WORDS = {"个人": PERSON, "公司": COMPANY}
EXACT = 2**53  # whole numbers above it have lost digits in the workbook already
NAMELESS = {"customer_kind", "relation", "phone", "id_no", "since"}
HIGHEST, DEEPEST = 200, -10
CODE = re.compile(r"[0-9A-Za-z]{1,8}")


@dataclass(frozen=True)
class RowError:
    """What is wrong with a cell: the sheet's row number, the column's key, a code and the offending value, shortened."""

    row: int
    column: str
    code: str
    value: str = ""


@dataclass
class Record:
    """A row that was understood: where the unit is, what is known of it, and a customer if the row names one."""

    row: int
    building: str
    room: str
    entrance: str = ""
    merged: tuple[str, ...] = ()
    unit: dict[str, Any] = field(default_factory=dict)
    customer: dict[str, str] = field(default_factory=dict)
    relation: str = "owner"
    since: dt.date | None = None

    @property
    def label(self) -> str:
        """The label of the unit the row is about."""
        return label_of(self.unit["kind"], self.building, self.entrance, self.room)


def understand(row: Row, default_kind: str = RESIDENCE) -> tuple[Record | None, list[RowError]]:
    """Turn a row into a record, or into the list of everything that is wrong with it.

    A row that names no kind of unit is of the default kind.
    """
    values: dict[str, Any] = {}
    errors: list[RowError] = []
    for column in COLUMNS:
        try:
            value = _value(row, column.key, required=column.required)
            if value is not None:
                values[column.key] = value
        except (Rejected, TypeError, ValueError, InvalidOperation, OverflowError) as error:
            code = error.params.get("problem", "type") if isinstance(error, Rejected) else "type"
            shown = str(row.cells.get(column.key, ""))[:40]
            errors.append(RowError(row.number, column.key, code, shown))
    if not errors and "name" not in values and values.keys() & NAMELESS:
        errors.append(RowError(row.number, "name", "required"))
    return (None, errors) if errors else (_record(row.number, values, default_kind), [])


def _value(row: Row, key: str, *, required: bool) -> Any:
    if key in row.formulas:
        raise Rejected(reason="formula", problem="formula")
    if key not in row.cells:
        if required:
            raise Rejected(reason="required", problem="required")
        return None
    return _READERS[key](row.cells[key])


def _record(number: int, values: Mapping[str, Any], default_kind: str) -> Record:
    unit = {key: values[key] for key in ("floor", "floor_area", "status") if key in values}
    unit["kind"] = values.get("kind", default_kind)
    unit |= {key: values[key] for key in ("phase", "area") if key in values}
    customer = {key: values[key] for key in ("name", "phone", "id_no") if key in values}
    if "customer_kind" in values:
        customer["kind"] = values["customer_kind"]
    short = unit["kind"] in (SHOP, PARKING)
    return Record(
        row=number,
        building=values["building"],
        entrance=values.get("entrance", ""),
        room=values["room"].zfill(2) if short else values["room"],
        merged=values.get("merged", ()),
        unit=unit,
        customer=customer,
        relation=values.get("relation", RELATIONS[0]),
        since=values.get("since"),
    )


def _text(value: Any, longest: int = 255) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(value)
    if isinstance(value, int | float):
        if abs(value) >= EXACT or value != int(value):
            raise ValueError(value)
        value = str(int(value))
    return fields.text(value, "cell", longest=longest)


def _code(value: Any) -> str:
    code = re.sub(r"[栋幢座单元室号]", "", _text(value)).upper()
    if not CODE.fullmatch(code):
        raise ValueError(value)
    return code


def _codes(value: Any) -> tuple[str, ...]:
    return tuple(_code(part) for part in re.split(r"[,,、;\s]+", _text(value)) if part)


def _floor(value: Any) -> int:
    floor = int(re.sub(r"[层楼]$", "", _text(value)))
    if not DEEPEST <= floor <= HIGHEST:
        raise ValueError(value)
    return floor


def _floor_area(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(value)
    area = Decimal(str(value).strip()) * 100
    if not area.is_finite() or not 0 <= area <= MOST_AREA:
        raise ValueError(value)
    return int(area.quantize(Decimal(1), ROUND_HALF_UP))


def _date(value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    return dt.date.fromisoformat(_text(value).replace("/", "-"))


def _word(words: Mapping[str, str], known: tuple[str, ...]) -> Callable[[Any], str]:
    return lambda value: fields.choice(words.get(_text(value), _text(value)), known, "cell")


_READERS: dict[str, Callable[[Any], Any]] = {
    "building": _code,
    "entrance": _code,
    "floor": _floor,
    "room": _code,
    "merged": _codes,
    "kind": _word(KIND_WORDS, KINDS),
    "floor_area": _floor_area,
    "phase": lambda value: _text(value, 32),
    "area": lambda value: _text(value, 64),
    "status": _word(STATUS_WORDS, STATUSES),
    "name": _text,
    "customer_kind": _word(CUSTOMER_WORDS, (PERSON, COMPANY)),
    "relation": _word(RELATION_WORDS, RELATIONS),
    "phone": lambda value: fields.phone(_text(value)),
    "id_no": lambda value: _text(value, 64),
    "since": _date,
}
