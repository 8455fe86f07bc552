"""The board of supervisors: overdue, workload, approvals, indicators by the regulations' formulas and what stands behind them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import board, instances, kpis
from engine.errors import NotFound
from engine.kpis import Indicator, Item, Period, Result
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from web import shell, words
from web.extensions import engine, session
from web.pages import place
from web.signin import current_actor
from web.views import board as boards
from web.views import kpis as figures
from web.views import names, rows
from web.views.workbooks import download

blueprint = Blueprint("board", __name__, url_prefix="/board")

PERIODS = 12
SIZE = 20
PEOPLE = 15
MONTHS = 24


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Show the board of a site for a month."""
    site, now = _here(), engine.clock()
    actor, month = current_actor(), _month(site)
    late, total = board.overdue(session, actor, site.id, now)
    loads = board.workload(session, actor, site.id, now, words.midnight(now))
    return render_template(
        "board/index.html",
        site_key=site.key,
        sites=_sites(),
        month=f"{month:%Y-%m}",
        months=_months(site),
        late=[boards.late_row(one, now) for one in late],
        late_total=total,
        loads=boards.loads(_busiest(loads), site),
        others=max(len(loads) - PEOPLE, 0),
        approvals=[
            boards.approval(one, now) for one in board.approvals(session, actor, site.id, now)
        ],
        kpis=_table(site, month, now, 1),
        updated=words.time(now),
    )


@blueprint.get("/trends")
def trends() -> ResponseReturnValue:
    """Show the indicators again with the periods before: they are loaded after the page, for they take longer."""
    site = _here()
    month = _month(site)
    return render_template("board/kpis.html", kpis=_table(site, month, engine.clock(), PERIODS))


@blueprint.get("/export.xlsx")
def export() -> ResponseReturnValue:
    """Give the board as an Excel file: indicators with their months, overdue tasks, workload."""
    site, now = _here(), engine.clock()
    actor, month = current_actor(), _month(site)
    late, _total = board.overdue(session, actor, site.id, now, board.MOST)
    loads = board.workload(session, actor, site.id, now, words.midnight(now))
    sheets = [
        boards.kpi_sheet(_all(site, month, now, PERIODS)),
        boards.late_sheet(late),
        boards.load_sheet(loads, site),
    ]
    return download(f"board-{site.key}-{month:%Y-%m}.xlsx", sheets)


@blueprint.get("/kpis/<key>")
def kpi(key: str) -> ResponseReturnValue:
    """Show an indicator: its formula, its course and the items it counted in a period."""
    site, now = _here(), engine.clock()
    indicator = kpis.find(engine, session, key)
    period = _period(indicator, site)
    results = _results(indicator, site, period, now)
    part = request.args.get("part", "")
    found = _items(indicator, site, period, part, now)
    page = max(request.args.get("page", 1, type=int), 1)
    shown = found[(page - 1) * SIZE : page * SIZE]
    return render_template(
        "board/kpi.html",
        indicator=indicator,
        name=figures.name(indicator),
        moment=figures.moment(indicator),
        formula=figures.formula(indicator),
        result=figures.row(results, site.key, f"{period.first:%Y-%m}"),
        trend=figures.trend(results),
        period=figures.period(period),
        before=_link(key, site, period.moved(-1), part),
        after=_link(key, site, period.moved(1), part) if period.end <= now else None,
        parts=_parts(key, site, period, part, found_all=indicator.met is None),
        items=_rows(shown, now),
        total=len(found),
        more=_link(key, site, period, part, page=page + 1) if len(found) > page * SIZE else None,
        fewer=_link(key, site, period, part, page=page - 1) if page > 1 else None,
        back=url_for("board.index", site=site.key, month=f"{period.first:%Y-%m}"),
        download=_link(key, site, period, part, "board.kpi_export"),
    )


@blueprint.get("/kpis/<key>/export.xlsx")
def kpi_export(key: str) -> ResponseReturnValue:
    """Give what an indicator counted in a period as an Excel file."""
    site, now = _here(), engine.clock()
    indicator = kpis.find(engine, session, key)
    period = _period(indicator, site)
    found = _items(indicator, site, period, request.args.get("part", ""), now)
    known = _instances([item for item, _met in found])
    sheet = boards.item_sheet(indicator, [(known[i.instance_key], i, m) for i, m in found if i.instance_key in known])  # fmt: skip
    return download(f"{key}-{site.key}-{period.first}.xlsx", [sheet])


def _busiest(loads: list[board.Load]) -> list[board.Load]:
    """Leave out those with least in hand, but not what nobody has claimed."""
    return loads if len(loads) <= PEOPLE else [*loads[: PEOPLE - 1], loads[-1]]


def _here() -> Site:
    """Give the site asked for. Raises NotFound and NotAllowed for those who may not watch it."""
    site = place.here()
    kpis.require_watcher(current_actor(), site.id)
    return site


def _sites() -> list[tuple[str, str]]:
    actor = current_actor()
    watched = [one for one in shell.sites_of(actor) if kpis.may_watch(actor, one.id)]
    return [(view["key"], view["name"]) for view in map(shell.site_view, watched)]


def _month(site: Site) -> dt.date:
    return figures.month_of(request.args.get("month", ""), place.today(site))


def _months(site: Site) -> list[tuple[str, str]]:
    """Give the months that can be looked at."""
    here = kpis.period_of(place.today(site), "month", site.timezone)
    return [
        (f"{one.first:%Y-%m}", figures.period(one)) for one in reversed(here.until_here(MONTHS))
    ]


def _period(indicator: Indicator, site: Site, month: dt.date | None = None) -> Period:
    """Give the period of `?day=`, else the one in which the month that is looked at ends, at most the present one."""
    today = place.today(site)
    day = request.args.get("day", "") if month is None else ""
    chosen = _day(day, today) if day else None
    if chosen is None:
        following = kpis.period_of(month or _month(site), "month", site.timezone).moved(1)
        chosen = min(following.first - dt.timedelta(days=1), today)
    return kpis.period_of(chosen, indicator.period, site.timezone)


def _day(text: str, today: dt.date) -> dt.date:
    """Read a day, at most today. Raises NotFound for what is none or lies far back."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise NotFound(noun="period", key=text) from None
    if day < figures.EARLIEST:
        raise NotFound(noun="period", key=text)
    return min(day, today)


def _results(indicator: Indicator, site: Site, period: Period, now: dt.datetime) -> list[Result]:
    return kpis.compute(engine, session, indicator, site, period.until_here(PERIODS), now)


def _all(site: Site, month: dt.date, now: dt.datetime, number: int) -> list[list[Result]]:
    """Give every indicator for the last so many periods of its kind."""
    return [
        kpis.compute(engine, session, one, site, _period(one, site, month).until_here(number), now)
        for one in kpis.indicators(engine, session)
    ]


def _table(site: Site, month: dt.date, now: dt.datetime, number: int) -> list[dict[str, Any]]:
    shown = f"{month:%Y-%m}"
    return [figures.row(found, site.key, shown) for found in _all(site, month, now, number)]


def _items(
    indicator: Indicator, site: Site, period: Period, part: str, now: dt.datetime
) -> list[tuple[Item, bool | None]]:
    found = kpis.chosen(session, indicator, site, period, now)
    if part in ("met", "missed"):
        return [(item, met) for item, met in found if met is (part == "met")]
    return found


def _instances(items: list[Item]) -> dict[int, ProcessInstance]:
    """Give the instances of items, those the actor may see."""
    keys = sorted({item.instance_key for item in items})
    found: dict[int, ProcessInstance] = {}
    for start in range(0, len(keys), 500):
        query = instances.visible_to(current_actor())
        some = query.where(ProcessInstance.key.in_(keys[start : start + 500]))
        found |= {one.key: one for one in session.scalars(some)}
    return found


def _rows(shown: list[tuple[Item, bool | None]], now: dt.datetime) -> list[dict[str, Any]]:
    known = _instances([item for item, _met in shown])
    return [
        {
            "url": url_for("instances.show", key=item.instance_key),
            "number": known[item.instance_key].number,
            "matter": names.procedure(names.definition(known[item.instance_key].definition_key)),
            "unit": known[item.instance_key].unit_label,
            "status": rows.status_word(known[item.instance_key].status),
            "at": words.stamp(item.at, now),
            "met": met,
        }
        for item, met in shown
        if item.instance_key in known
    ]


def _link(
    key: str, site: Site, period: Period, part: str, endpoint: str = "board.kpi", **more: Any
) -> str:
    return url_for(
        endpoint, key=key, site=site.key, day=period.first.isoformat(), part=part or None, **more
    )


def _parts(
    key: str, site: Site, period: Period, part: str, *, found_all: bool
) -> list[dict[str, Any]]:
    """Give the choice between all that was counted, what was met and what was not."""
    if found_all:
        return []
    offered = [("", _("全部")), ("met", _("达到的")), ("missed", _("没有达到的"))]
    return [
        {"label": label, "url": _link(key, site, period, name), "current": part == name, "icon": ""}
        for name, label in offered
    ]
