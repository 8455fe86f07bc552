"""The catalogue of procedures one may start: by family, by matter, and the frequent ones."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import func, select

from engine.deployment.definitions import Definition
from engine.models.definition import ProcessDefinition
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.policy import limits
from engine.runtime import Element
from engine.staff.access import Actor
from web import locales, words
from web.extensions import session
from web.views import names
from web.views.courses import groups_of
from web.views.people import group_names

OFTEN = dt.timedelta(days=30)
MOST_OFTEN = 6

FAMILIES = {
    "move_in": lazy_gettext("入伙"),
    "renovation": lazy_gettext("装修"),
    "complaint": lazy_gettext("投诉"),
    "goods_release": lazy_gettext("物资放行"),
    "repair": lazy_gettext("报修与工程"),
    "service_request": lazy_gettext("服务、求助、接待"),
    "follow_up": lazy_gettext("回访、访谈、征询"),
    "fees": lazy_gettext("费用"),
    "tenancy": lazy_gettext("迁出、空置、租赁"),
    "patrol_environment": lazy_gettext("巡查与环境"),
    "information_assets": lazy_gettext("信息、文书、物品"),
    "internal_ops": lazy_gettext("内部运作"),
    "quality_training": lazy_gettext("检查、培训、考核"),
    "emergency": lazy_gettext("突发事件"),
    "emergency_people": lazy_gettext("突发事件：治安与人身"),
    "emergency_premises": lazy_gettext("突发事件：天气与设施"),
    "community": lazy_gettext("社区文化"),
    "common": lazy_gettext("各类通用"),
}


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """A procedure as the catalogue shows it."""

    process_id: str
    family: str
    name: str
    about: str
    first: str
    limit: str
    url: str
    searched: str


def view(row: ProcessDefinition, site: Site | None) -> Procedure:
    """Give a procedure of the catalogue: when to use it, who does the first step, how fast."""
    of = names.definition(row.key)
    about = _about(of)
    first = _first_task(of)
    return Procedure(
        process_id=row.process_id,
        family=row.family,
        name=names.procedure(of),
        about=about,
        first=group_names(groups_of(first)) if first else "",
        limit=_limit(first, site),
        url=url_for("catalogue.start", process_id=row.process_id),
        searched=_searched(of, about),
    )


def _about(of: Definition) -> str:
    written = of.diagram.content[of.process_id].documentation
    said = names.texts(of).get(f"{of.process_id}.documentation")
    return said or (written if locales.select() == "zh" else "")


def _first_task(of: Definition) -> Element | None:
    start = of.diagram.start_event(of.process_id)
    ahead = of.diagram.ahead(start.id, 1) if start else ()
    return of.diagram.elements[ahead[0]] if ahead else None


def _limit(first: Element | None, site: Site | None) -> str:
    key = first.properties.get("limit", "") if first else ""
    if not key or limits.unknown([key]):
        return ""
    row = limits.catalogue()[key]
    value = limits.values(session, site, [key])[key] if site else row["value"]
    return words.limit({**row, "value": value})


def _searched(of: Definition, about: str) -> str:
    written = of.diagram.content[of.process_id].documentation
    parts = [
        names.procedure(of),
        of.name,
        about,
        written,
        names.text(of, f"{of.process_id}.keywords"),
    ]
    drawn = of.diagram.elements.values()
    parts += [one.name for one in drawn if one.type in ("startEvent", "userTask")]
    return " ".join(parts).lower()


def found(procedures: Iterable[Procedure], text: str) -> list[Procedure]:
    """Give the procedures that speak of every word typed; a name counts before a description."""
    terms = text.lower().split()
    hits = [one for one in procedures if all(term in one.searched for term in terms)]
    return sorted(hits, key=lambda one: not any(term in one.name.lower() for term in terms))


def families(procedures: Sequence[Procedure]) -> list[dict[str, Any]]:
    """Group procedures by family, in the order of the catalogue."""
    sizes = Counter(one.family for one in procedures)
    order = [*FAMILIES, *sorted(sizes.keys() - FAMILIES.keys())]
    return [
        {
            "key": family,
            "name": str(FAMILIES.get(family, family)),
            "procedures": [one for one in procedures if one.family == family],
        }
        for family in order
        if sizes[family]
    ]


def often(procedures: Iterable[Procedure], actor: Actor, now: dt.datetime) -> list[Procedure]:
    """Give what the actor started most in the last 30 days, at most six."""
    query = (
        select(ProcessInstance.process_id, func.count().label("times"))
        .where(
            ProcessInstance.started_by == actor.user_id,
            ProcessInstance.started_at >= now - OFTEN,
        )
        .group_by(ProcessInstance.process_id)
    )
    times = {row.process_id: int(row.times) for row in session.execute(query)}
    used = [one for one in procedures if one.process_id in times]
    return sorted(used, key=lambda one: -times[one.process_id])[:MOST_OFTEN]


def summary(number: int) -> str:
    """Say how many procedures one may start."""
    return str(_("你能发起 %(n)s 个", n=number))
