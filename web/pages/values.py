"""Limits and settings as people read and type them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from engine import money
from engine.errors import Rejected
from web import locales, words

TIMES = ("deadline", "interval")
SIMPLE = re.compile(r"(-?)P(?:(\d+)(D|M)|T(\d+)(H|M))")
UNITS = {"minutes": "PT{}M", "hours": "PT{}H", "days": "P{}D", "months": "P{}M"}
OF_PARTS = {("D", ""): "days", ("M", ""): "months", ("", "H"): "hours", ("", "M"): "minutes"}
SEPARATOR = " | "
MOST_LINES = 500
MOST_DIGITS = 9

Row = Mapping[str, Any]


def refuse() -> Rejected:
    """Make the refusal of a value that does not fit its row."""
    return Rejected(reason="value", field="value", problem="value")


def name(row: Row) -> str:
    """Give the name of a limit or setting in the reader's language."""
    return str(row["en"] if locales.select() == "en" and row.get("en") else row["zh"])


def units(row: Row) -> list[tuple[str, str]]:
    """Give the units in which a time limit is typed."""
    if row.get("calendar") == "working":
        return [("hours", _("工作时")), ("days", _("工作日"))]
    return [
        ("minutes", _("分")),
        ("hours", _("时")),
        ("days", _("天")),
        ("months", _("个月")),
    ]


def simple(value: Any) -> tuple[str, str] | None:
    """Give number and unit of a duration that has one part, without its sign; None for others."""
    match = SIMPLE.fullmatch(str(value))
    if match is None:
        return None
    unit = OF_PARTS[(match[3] or "", match[5] or "")]
    return match[2] or match[4], unit


def limit_words(row: Row, value: Any) -> str:
    """Say a limit: 1 小时, 提前 3 天, 当天, 2."""
    if row["kind"] not in TIMES:
        shipped = value == row["value"] and locales.select() == "en"
        return str(row.get("value_en", value) if shipped else value)
    if str(value).startswith("-"):
        length = words.limit({**row, "value": str(value)[1:]})
        return str(_("提前 %(length)s", length=_bare(length)))
    return _bare(words.limit({**row, "value": value}))


def _bare(text: str) -> str:
    return text.removeprefix(str(_("限 %(length)s", length="")))


def typed_limit(row: Row, value: Any) -> dict[str, str]:
    """Give a limit as its form shows it before anything is typed."""
    parts = simple(value) if row["kind"] in TIMES else None
    if parts is None:
        return {"value": str(value)}
    return {"number": parts[0], "unit": parts[1]}


def read_limit(row: Row, form: MultiDict[str, str], present: Any) -> Any:
    """Understand a typed limit; the sign (before or after) stays as it is. Raises Rejected at `value`."""
    if row["kind"] == "amount":
        return _whole(form.get("value", ""))
    if row["kind"] == "rate":
        return _number(form.get("value", ""))
    if row["kind"] not in TIMES or "number" not in form:
        return form.get("value", "").strip()
    sign = "-" if str(present).startswith("-") else ""
    unit = form.get("unit", "")
    if unit not in dict(units(row)):
        raise refuse()
    return sign + UNITS[unit].format(_whole(form["number"]))


def _whole(text: str) -> int:
    if not text.strip().isdecimal() or len(text.strip()) > MOST_DIGITS:
        raise refuse()
    return int(text)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise refuse() from error


def option_words(row: Row) -> list[tuple[str, str]]:
    """Give what a setting may be, as value and words."""
    if row["type"] == "boolean":
        return [("true", _("是")), ("false", _("否"))]
    return [(_text(one), name(one) if isinstance(one, dict) else str(one)) for one in _options(row)]


def _options(row: Row) -> list[Any]:
    return list(row.get("options") or [])


def _text(option: Any) -> str:
    return str(option["value"] if isinstance(option, dict) else option)


def setting_words(row: Row, value: Any) -> str:
    """Say a setting: 是, 客服部, 3.20 元, 13 项."""
    options = dict(option_words(row))
    if row["type"] == "money":
        return str(_("%(yuan)s 元", yuan=money.yuan(value)))
    if row["type"] == "boolean":
        return options["true" if value else "false"]
    if isinstance(value, list):
        if options:
            return words.joined([options.get(str(one), str(one)) for one in value]) or str(_("无"))
        return str(_("%(count)s 项", count=len(value)))
    return options.get(str(value), str(value))


def columns(row: Row) -> list[str]:
    """Give the fields of a list setting's rows; none when its rows are plain."""
    first = next(iter(row["default"]), None) if row["type"] == "list" else None
    return list(first) if isinstance(first, dict) else []


def typed_setting(row: Row, value: Any) -> dict[str, Any]:
    """Give a setting as its form shows it before anything is typed."""
    if row["type"] == "money":
        return {"value": money.yuan(value)}
    if row["type"] == "boolean":
        return {"value": "true" if value else "false"}
    if row["type"] != "list":
        return {"value": str(value)}
    if _options(row):
        return {"values": [str(one) for one in value]}
    keys = columns(row)
    lines = [SEPARATOR.join(str(one.get(k, "")) for k in keys) if keys else one for one in value]
    return {"value": "\n".join(lines)}


def read_setting(row: Row, form: MultiDict[str, str]) -> Any:
    """Understand a typed setting. Raises Rejected at `value`."""
    text = form.get("value", "").strip()
    match row["type"]:
        case "boolean" if text in ("true", "false"):
            return text == "true"
        case "integer":
            return _whole(text)
        case "number":
            return _number(text)
        case "money":
            return _fen(text)
        case "list":
            return form.getlist("value") if _options(row) else _lines(row, text)
        case "boolean":
            raise refuse()
    if not text:
        raise refuse()
    return text


def _fen(text: str) -> int:
    try:
        return money.parse(text)
    except ValueError as error:
        raise refuse() from error


def _lines(row: Row, text: str) -> list[Any]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    keys = columns(row)
    if not keys:
        return lines
    rows = [[cell.strip() for cell in line.split("|")] for line in lines[:MOST_LINES]]
    if any(len(cells) != len(keys) or not all(cells) for cells in rows):
        raise refuse()
    return [dict(zip(keys, cells, strict=True)) for cells in rows]


def mark(value: Any) -> str:
    """Give a value as a form carries it along, to notice when somebody else changed it meanwhile."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
