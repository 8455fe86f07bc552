"""The limits and settings a draft uses that the company has changed: scenarios run with the shipped ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from engine.models.identity import Site
from engine.models.policy import LimitOverride, Override, SettingOverride
from engine.policy import limits, settings
from engine.timing import spans
from web import locales, shell, words
from web.extensions import session
from web.views.studio.drawn import Drawn


def changed(drawn: Drawn) -> list[dict[str, str]]:
    """Give what differs, by name: where, the shipped value and the company's."""
    sites = {site.id: site for site in session.scalars(select(Site))}
    used = _used(drawn)
    return [
        {
            "name": str(row.get("en" if locales.select() == "en" else "zh") or one.key),
            "where": _where(sites.get(one.site_id or 0)),
            "shipped": _shown(row, row.get("value", row.get("default"))),
            "ours": _shown(row, one.value),
        }
        for one, row in _overrides()
        if any(one.key == path or one.key.startswith(f"{path}.") for path in used)
    ]


def _where(site: Site | None) -> str:
    return str(shell.site_view(site)["name"] if site else _("全公司"))


def _used(drawn: Drawn) -> set[str]:
    diagrams = drawn.diagrams().values()
    return {key for one in diagrams for key in (*spans.limit_keys(one), *one.setting_keys)}


def _overrides() -> Iterator[tuple[Override, Mapping[str, Any]]]:
    yield from _of(LimitOverride, limits.catalogue())
    yield from _of(SettingOverride, settings.catalogue())


def _of(model: type[Override], rows: Mapping[str, Any]) -> Iterator[tuple[Override, Mapping[str, Any]]]:  # fmt: skip
    for one in session.scalars(select(model).order_by(model.key)):
        row = rows.get(one.key)
        if row is not None and one.value != row.get("value", row.get("default")):
            yield one, row


def _shown(row: Mapping[str, Any], value: Any) -> str:
    return words.limit_length({**row, "value": value}) or str(value)
