"""Rows and sheets of the board of supervisors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from engine.board import Late, Load, Waiting
from engine.kpis import Indicator, Item, Result
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from web import words
from web.views import clocks, kpis, names, people, rows
from web.views.workbooks import Sheet

SCALE = 240
TOLD, TOLD_DIRECTOR = 2, 3
STATES = ("late", "soon", "mine", "paused")


def late_row(row: Late, now: dt.datetime) -> dict[str, Any]:
    """Give an overdue task as a row of the board."""
    task, instance = row.task, row.instance
    of = names.definition(task.definition_key)
    url = url_for("tasks.show", key=task.key)
    parts = rows.summary(of, task.summary, instance.unit_label)
    return {
        "state": "late",
        "url": url,
        "title": names.step(of, task),
        "procedure": names.procedure(of),
        "clock": clocks.clock(task, now),
        "summary": [names.unit(instance), *parts],
        "place": names.unit(instance),
        "person": names.user(row.user) or people.group_names(task.groups),
        "note": _told(task.escalation),
        "action": {"label": _("查看"), "url": url},
    }


def _told(stage: int) -> str:
    if stage >= TOLD_DIRECTOR:
        return str(_("已报项目负责人"))
    return str(_("已报上级")) if stage >= TOLD else ""


def loads(found: Sequence[Load], site: Site) -> list[dict[str, Any]]:
    """Give what everybody has in hand as bars on one scale."""
    most = max([one.total for one in found], default=1)
    return [_load(one, site, SCALE / max(most, 1)) for one in found]


def _load(one: Load, site: Site, scale: float) -> dict[str, Any]:
    numbers = (one.late, one.today, one.later, one.paused)
    bars, left = [], 0.0
    for state, number in zip(STATES, numbers, strict=True):
        if number:
            bars.append((state, round(left, 1), round(number * scale, 1)))
            left += number * scale
    return {
        "person": _person(one, site),
        "bars": bars,
        "total": one.total,
        "words": _("超时 %(late)s，今天到期 %(today)s，以后 %(later)s，暂停 %(paused)s",
                   late=one.late, today=one.today, later=one.later, paused=one.paused),
    }  # fmt: skip


def _person(one: Load, site: Site) -> dict[str, str]:
    if one.user is None:
        return {"name": str(_("可领取")), "role": str(_("尚无人领")), "kind": "ext"}
    return people.chip(one.user, site.id)


def approval(one: Waiting, now: dt.datetime) -> dict[str, Any]:
    """Give approvals of a step as a link: to the task itself, or to the inbox where there are several."""
    of = names.definition(one.task.definition_key)
    due = words.due(one.next_due, now) if one.next_due else ""
    number = _("%(n)s 项", n=one.number)
    url = (
        url_for("tasks.show", key=one.task.key)
        if one.number == 1
        else url_for("inbox.index", procedure=one.process_id)
    )
    return {
        "label": f"{names.step(of, one.task)} · {names.procedure(of)}",
        "url": url,
        "icon": "signature",
        "remark": words.joined([number, _("最近 %(at)s", at=due)]) if due else number,
    }


def kpi_sheet(found: Iterable[Sequence[Result]]) -> Sheet:
    """Give the indicators with all their periods."""
    headings = [_("指标"), _("来源"), _("公式"), _("期间"), _("值"), _("分子"), _("分母"), _("目标"), _("结论")]  # fmt: skip
    return Sheet(
        str(_("指标")), headings, [_kpi_line(one) for results in found for one in reversed(results)]
    )


def _kpi_line(one: Result) -> list[Any]:
    counts = [one.part, one.whole] if one.indicator.is_share else [one.part, ""]
    return [
        kpis.name(one.indicator), one.indicator.source, kpis.formula(one.indicator)["text"],
        kpis.period(one.period), one.value, *counts, kpis.target(one), kpis.conclusion(one)[1],
    ]  # fmt: skip


def late_sheet(found: Iterable[Late]) -> Sheet:
    """Give the overdue tasks."""
    headings = [_("步骤"), _("流程"), _("编号"), _("房号"), _("谁"), _("应于"), _("情况")]
    return Sheet(str(_("超时")), headings, [_late_line(one) for one in found])


def _late_line(row: Late) -> list[Any]:
    of = names.definition(row.task.definition_key)
    return [
        names.step(of, row.task), names.procedure(of), row.instance.number, row.instance.unit_label,
        names.user(row.user) or people.group_names(row.task.groups), row.task.due_at,
        _told(row.task.escalation),
    ]  # fmt: skip


def load_sheet(found: Iterable[Load], site: Site) -> Sheet:
    """Give what everybody has in hand."""
    headings = [_("人"), _("超时"), _("今天到期"), _("以后"), _("暂停"), _("合计")]
    lines = [
        [_person(one, site)["name"], one.late, one.today, one.later, one.paused, one.total]
        for one in found
    ]
    return Sheet(str(_("各人手上")), headings, lines)


def item_sheet(
    indicator: Indicator, found: Iterable[tuple[ProcessInstance, Item, bool | None]]
) -> Sheet:
    """Give what an indicator counted."""
    headings = [_("编号"), _("流程"), _("房号"), _("情况"), kpis.moment(indicator), _("达到")]
    return Sheet(kpis.name(indicator), headings, [_item_line(*one) for one in found])


def _item_line(instance: ProcessInstance, item: Item, met: bool | None) -> list[Any]:
    of = names.definition(instance.definition_key)
    met_word = "" if met is None else str(_("是")) if met else str(_("否"))
    return [
        instance.number, names.procedure(of), instance.unit_label,
        rows.status_word(instance.status), item.at, met_word,
    ]  # fmt: skip
