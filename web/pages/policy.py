"""The rows of the settings pages: what holds at a site or in the company, where it comes from and who changed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy import or_, select

from engine.errors import NotFound
from engine.models.definition import ProcessDefinition
from engine.models.identity import Site
from engine.models.policy import LimitOverride, Override, SettingOverride
from engine.policy import changes, limits
from engine.policy import settings as choices
from engine.staff import people
from engine.staff.access import Actor
from web import shell, signin
from web.extensions import session
from web.pages import place, values
from web.views import names


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Limits or settings: where they stand, and how they are read, put into words and changed."""

    catalogue: Any
    current: Any
    change: Any
    model: type[Override]
    words: Any
    typed: Any


LIMITS = Kind(
    catalogue=limits.catalogue,
    current=limits.values,
    change=changes.limit,
    model=LimitOverride,
    words=values.limit_words,
    typed=values.typed_limit,
)
CHOICES = Kind(
    catalogue=choices.catalogue,
    current=choices.values,
    change=changes.setting,
    model=SettingOverride,
    words=values.setting_words,
    typed=values.typed_setting,
)


def scope() -> Site | None:
    """Give the site whose rows are asked for (`?site=`), None for the whole company.

    Site directors see their sites only. Raises NotFound for a site where the actor does not work.
    """
    actor = signin.current_actor()
    if request.values.get("site"):
        return place.here()
    company_wide = actor.has("process_owner") or actor.has("admin")
    return None if company_wide else place.here()


def scopes() -> list[tuple[str, str]]:
    """Give what can be looked at: the company for those who work for all of it, and the actor's sites."""
    actor = signin.current_actor()
    company_wide = actor.has("process_owner") or actor.has("admin")
    return ([("", str(_("全公司")))] if company_wide else []) + place.options()


def may_change(actor: Actor, site: Site | None, row: Mapping[str, Any]) -> bool:
    """Whether the actor may change a row at a site or for the company (decision 12)."""
    if actor.has("process_owner"):
        return True
    by_site = bool(row.get("editable_by_site", True))
    return site is not None and by_site and actor.has("site_director", site.id)


def one(kind: Kind, key: str) -> Mapping[str, Any]:
    """Give a row of the catalogue. Raises NotFound."""
    row: Mapping[str, Any] | None = kind.catalogue().get(key)
    if row is None:
        raise NotFound(noun="setting", key=key)
    return row


def groups(kind: Kind, site: Site | None) -> list[dict[str, Any]]:
    """Give all rows as the page shows them, by what they belong to."""
    rows = kind.catalogue()
    current = kind.current(session, site, rows)
    changed = _changed(kind.model, site)
    who = people.by_id(session, [one.changed_by for one in changed.values()])
    actor = signin.current_actor()
    titles = _titles()
    views = [
        {
            "key": key,
            "group": key.partition(".")[0],
            "name": values.name(row),
            "words": kind.words(row, current[key]),
            "shipped": kind.words(row, row["default" if "default" in row else "value"]),
            "sources": row.get("sources") or [row.get("source")],
            "conflict": row.get("conflict") or row.get("number"),
            "changed": changed.get(key),
            "by": names.user(who.get(changed[key].changed_by or 0)) if key in changed else "",
            "editable": may_change(actor, site, row),
        }
        for key, row in rows.items()
    ]
    found: dict[str, dict[str, Any]] = {}  # what has one title stands together
    for view in views:
        group = str(view["group"])
        title = titles.get(group, group)
        found.setdefault(title, {"key": group, "title": title, "rows": []})["rows"].append(view)
    return list(found.values())


def _changed(model: type[Override], site: Site | None) -> dict[str, Override]:
    holds = or_(model.site_id.is_(None), model.site_id == (site.id if site else None))
    rows = session.scalars(select(model).where(holds))
    return {row.key: row for row in sorted(rows, key=lambda row: row.site_id is not None)}


def _titles() -> dict[str, str]:
    known = {
        "move_in": str(_("入伙")),
        "renovation": str(_("装修")),
        "fee": str(_("收费")),
        "calendar": str(_("工作时间")),
        "shift": str(_("班次")),
        "clock": str(_("计时")),
        "tasks": str(_("任务")),
        "kpi": str(_("指标")),
        "complaint": str(_("投诉")),
        "followup": str(_("回访")),
        "incoming_doc": str(_("来函")),
        "goods": str(_("物资放行")),
        "repair": str(_("报修")),
        "rental": str(_("出租登记")),
        **_emergencies(),
    }
    query = select(ProcessDefinition).where(ProcessDefinition.latest)
    deployed = {
        row.process_id: names.procedure(names.definition(row.key)) for row in session.scalars(query)
    }
    return known | deployed


def _emergencies() -> dict[str, str]:
    return {
        "emergency": str(_("突发事件")),
        "incident": str(_("重大事件")),
        "fire": str(_("火灾")),
        "typhoon": str(_("台风")),
        "rain": str(_("暴雨")),
        "storm": str(_("风雨通用")),
        "emergency_storm": str(_("风雨通用")),
        "power": str(_("停电")),
        "leak": str(_("漏水")),
        "flood": str(_("浸水")),
        "medical": str(_("急症")),
        "breakin": str(_("破门")),
        "holiday": str(_("节假日")),
        "emergency_holiday": str(_("节假日")),
        "muster": str(_("紧急集合")),
        "outage": str(_("检修通告")),
        "drill": str(_("演练")),
    }


def scope_name(site: Site | None) -> str:
    """Give the name of what a change holds for."""
    return shell.site_view(site)["name"] if site else str(_("全公司"))
