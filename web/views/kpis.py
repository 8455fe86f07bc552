"""Indicators as the board shows them: values, targets and periods in words, and what of it is a picture."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from engine.kpis import Indicator, Period, Result
from engine.kpis.indicator import INSTANCES
from web import locales, words
from web.views import charts

SIGNS = {"at_least": "≥", "at_most": "≤", "below": "<"}
NARROW = 0.1
EARLIEST = dt.date(2000, 1, 1)


def name(indicator: Indicator) -> str:
    """Give an indicator's name."""
    return indicator.names[locales.select()]


def figure(indicator: Indicator, value: float | None) -> str:
    """Write a value: 97.1%, 0.25%, 3; a dash for none."""
    if value is None:
        return "—"
    if not indicator.is_share:
        return f"{value:g}"
    places = 2 if 0 < value < NARROW else 1
    return f"{value * 100:.{places}f}".rstrip("0").rstrip(".") + "%"


def target(result: Result) -> str:
    """Write the target: ≥ 95%; nothing without one."""
    aim = result.indicator.target
    if aim is None or result.wanted is None:
        return ""
    return f"{SIGNS[aim.comparison]} {figure(result.indicator, result.wanted)}"


def conclusion(result: Result) -> tuple[str, str]:
    """Give the state and the word of how a value stands to its target."""
    if result.value is None:
        return "waiting", str(_("还没有"))
    if result.reached is None:
        return "mine", str(_("不设目标"))
    return ("done", str(_("达标"))) if result.reached else ("late", str(_("未达标")))


def period(of: Period) -> str:
    """Name a period: 11月, 2025年11月, 11月20日, 第4季度, 2026年."""
    first, english = of.first, locales.select() == "en"
    month = words.MONTHS_EN[first.month - 1]
    if of.kind == "day":
        return f"{first.day} {month}" if english else f"{first.month}月{first.day}日"
    if of.kind == "month":
        return f"{month} {first.year}" if english else f"{first.year}年{first.month}月"
    if of.kind == "quarter":
        quarter = (first.month + 2) // 3
        return f"Q{quarter} {first.year}" if english else f"{first.year}年第{quarter}季度"
    return str(first.year) if english else f"{first.year}年"


def short(of: Period) -> str:
    """Name a period below a chart: 11月, 20日, 4季, 2026."""
    first, english = of.first, locales.select() == "en"
    named = {
        "day": f"{first.day}" if english else f"{first.day}日",
        "month": words.MONTHS_EN[first.month - 1] if english else f"{first.month}月",
        "quarter": f"Q{(first.month + 2) // 3}" if english else f"{(first.month + 2) // 3}季",
    }
    return named.get(of.kind, str(first.year))


def row(results: Sequence[Result], site_key: str, month: str) -> dict[str, Any]:
    """Give a row of the board: the last result, and the ones before it as a small line."""
    last = results[-1]
    value, indicator = last.value, last.indicator
    width, tick = charts.bar(value, last.wanted, share=indicator.is_share)
    points, end = charts.spark([one.value for one in results])
    state, word = conclusion(last)
    return {
        "name": name(indicator),
        "source": indicator.source,
        "url": url_for("board.kpi", key=indicator.key, site=site_key, month=month),
        "value": figure(indicator, value),
        "has_value": value is not None,
        "counts": counts(last),
        "period": period(last.period) if indicator.period != "month" else "",
        "target": target(last),
        "state": state,
        "word": word,
        "width": width,
        "tick": tick,
        "points": points,
        "end": end,
    }


def counts(result: Result) -> str:
    """Write what a share is of: 34/35; nothing for a mere number."""
    if not result.indicator.is_share:
        return ""
    return f"{result.part:g}/{result.whole:g}"


def trend(results: Sequence[Result]) -> dict[str, Any]:
    """Give the line over periods and the table of the same values."""
    last = results[-1]
    drawn = charts.line(
        [one.value for one in results],
        [short(one.period) for one in results],
        last.wanted,
        share=last.indicator.is_share,
    )
    return {
        "line": drawn,
        "axis": [(y, figure(last.indicator, value)) for y, value in drawn.axis],
        "values": [figure(last.indicator, mark.value) for mark in drawn.marks],
        "table": [
            {"period": period(one.period), "value": figure(one.indicator, one.value),
             "counts": counts(one), "conclusion": conclusion(one)}
            for one in reversed(results)
        ],
    }  # fmt: skip


def formula(indicator: Indicator) -> dict[str, Any]:
    """Give the formula for people and, for those who check it, what the machine reads."""
    return {
        "text": indicator.texts[locales.select()],
        "of": ", ".join(indicator.of),
        "where": indicator.where or "",
        "met": indicator.met or " / ".join(indicator.sum or ()),
    }


def moment(indicator: Indicator) -> str:
    """Name the moment that decides into which period an item falls."""
    return str(_("发起") if indicator.kind == INSTANCES else _("到期"))


def month_of(text: str, today: dt.date) -> dt.date:
    """Read a month such as 2026-10; what is no month, or lies ahead or far back, is the present one."""
    try:
        first = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        first = today
    return first if EARLIEST <= first <= today else today.replace(day=1)
