"""Values of indicators: what the expressions make of the items, and whether the target is reached."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.engine import Engine
from engine.errors import ExpressionFailed
from engine.expressions import feel
from engine.kpis import population
from engine.kpis.indicator import Indicator
from engine.kpis.periods import Period, day_of
from engine.kpis.population import Item
from engine.models.identity import Site
from engine.models.registry import PARKING, Unit
from engine.policy import limits, settings
from engine.staff import sight

AT_ONCE = 300
# A variable of this name cannot come from a process: its names do not end so.
_PLACE = "kpi_place_"
_CACHE = "kpis"

Row = TypeVar("Row")
Sums: TypeAlias = dict[Period, tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Result:
    """An indicator in a period: `part` of `whole`. `value` is None while there is nothing to divide by.

    `part` and `whole` are numbers of items or sums; of an indicator that only counts, `whole` is what it is divided by, one or the
    units of the site. `wanted` is the target at the site, `reached` None without a target or a value.
    """

    indicator: Indicator
    period: Period
    part: float
    whole: float
    wanted: float | None = None

    @property
    def value(self) -> float | None:
        """The share or number."""
        return self.part / self.whole if self.whole else None

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached."""
        target, value = self.indicator.target, self.value
        if target is None or value is None or self.wanted is None:
            return None
        return target.reached(value, self.wanted)


def compute(
    engine: Engine,
    session: Session,
    indicator: Indicator,
    site: Site,
    periods: Sequence[Period],
    now: dt.datetime,
) -> list[Result]:
    """Compute an indicator for consecutive periods of a site. Periods that are over are remembered until the day ends.

    Raises ExpressionFailed when its expressions take too long.
    """
    # A reader from whom instances are kept gets numbers of his own, which nobody else is to see.
    narrowed = bool(session.info.get(sight.HIDDEN))
    over = {} if narrowed else _remembered(engine, site, indicator, day_of(now, site.timezone))
    missing = [one for one in periods if one not in over]
    fresh = _sums(session, indicator, site, missing, now) if missing else {}
    over |= {one: pair for one, pair in fresh.items() if one.end <= now}
    wanted, divisor = goal(session, indicator, site), _divisor(session, indicator, site)
    return [_result(indicator, one, (over | fresh)[one], divisor, wanted) for one in periods]


def _result(
    indicator: Indicator,
    period: Period,
    sums: tuple[float, float],
    divisor: float | None,
    wanted: float | None,
) -> Result:
    part, whole = sums
    return Result(
        indicator=indicator,
        period=period,
        part=part,
        whole=whole if divisor is None else divisor,
        wanted=wanted,
    )


def goal(session: Session, indicator: Indicator, site: Site) -> float | None:
    """Give the number that the target is at a site, None without one."""
    if indicator.target is None:
        return None
    key = indicator.target.value
    if not isinstance(key, str):
        return float(key)
    table: Any = limits if key in limits.catalogue() else settings
    return float(table.values(session, site, [key])[key])


def chosen(
    session: Session, indicator: Indicator, site: Site, period: Period, now: dt.datetime
) -> list[tuple[Item, bool | None]]:
    """Give the items behind a value, the latest first, and of each whether it is met (None where that is not asked)."""
    found = list(population.items(session, indicator, site.id, period, now))
    kept = _select(indicator.where, found, [one.values for one in found])
    if not indicator.met:
        return [(one, None) for one in kept]
    met = {id(one) for one in _select(indicator.met, kept, [one.values for one in kept])}
    return [(one, id(one) in met) for one in kept]


def _remembered(engine: Engine, site: Site, indicator: Indicator, today: dt.date) -> Sums:
    """Give what is known of periods that are over; what was known yesterday is forgotten."""
    remembered: tuple[dt.date, dict[object, Sums]] = engine.caches.get(_CACHE) or (today, {})
    if remembered[0] != today:
        remembered = (today, {})
    engine.caches[_CACHE] = remembered
    return remembered[1].setdefault((site.id, indicator.deployment_key, indicator.key), {})


def _divisor(session: Session, indicator: Indicator, site: Site) -> float | None:
    """Give what a mere number is divided by: one, or the site's units; None for shares of items."""
    if indicator.met or indicator.sum:
        return None
    if indicator.per is None:
        return 1
    homes = select(func.count()).where(Unit.site_id == site.id, Unit.kind != PARKING)
    return float(session.scalar(homes) or 0)


def _sums(
    session: Session, indicator: Indicator, site: Site, periods: Sequence[Period], now: dt.datetime
) -> Sums:
    """Add up part and whole by period; of a mere number the part is all that counts."""
    span = _between(periods)
    kinds = population.kinds(session, indicator, site.id, span, now)
    kept = _select(indicator.where, kinds, [one.values for one in kinds])
    met = _select(indicator.met, kept, [one.values for one in kept]) if indicator.met else kept
    sums = {one: [0.0, 0.0] for one in span}
    for kind in met:
        sums[span[kind.period]][0] += kind.number * _weight(indicator, kind.values, 0)
    for kind in kept:
        sums[span[kind.period]][1] += kind.number * _weight(indicator, kind.values, 1)
    return {one: (sums[one][0], sums[one][1]) for one in periods}


def _between(periods: Sequence[Period]) -> list[Period]:
    """Give all periods from the first to the last."""
    found = [min(periods)]
    while found[-1] < max(periods):
        found.append(found[-1].moved(1))
    return found


def _weight(indicator: Indicator, values: dict[str, Any], place: int) -> float:
    if indicator.sum is None:
        return 1
    value = values.get(indicator.sum[place])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return float(value)


def _select(source: str | None, rows: Sequence[Row], values: Sequence[dict[str, Any]]) -> list[Row]:
    """Give the rows for whose values an expression is true, in order. Raises ExpressionFailed."""
    if source is None:
        return list(rows)
    found: list[Row] = []
    for start in range(0, len(rows), AT_ONCE):
        places = _true(source, values[start : start + AT_ONCE])
        found += [rows[start + place] for place in places]
    return found


def _true(source: str, values: Iterable[dict[str, Any]]) -> list[int]:
    """Ask the interpreter once about many contexts: a filter sees the entries of each as names."""
    numbered = [one | {_PLACE: place} for place, one in enumerate(values)]
    asked = f"items[({source}) = true].{_PLACE}"
    result = feel().batch([asked], {"items": numbered})[0]
    if result.error is not None:
        raise ExpressionFailed(expression=source[:200], reason=result.error)
    return list(result.value or [])
