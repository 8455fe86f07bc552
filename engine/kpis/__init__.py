"""Indicators (KPI): computed from history by the formulas of `kpis.json`, per site and period, with what stands behind each value.

Everything here reads. What retention has deleted is not counted any more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.deployment import definitions
from engine.engine import Engine
from engine.errors import NotAllowed, NotFound
from engine.kpis.indicator import FILE, Indicator, InvalidIndicator, parse
from engine.kpis.periods import Period, day_of, period_of
from engine.kpis.population import Item
from engine.kpis.results import Result, chosen, compute, goal
from engine.models.definition import Deployment
from engine.staff import roles
from engine.staff.access import Actor

__all__ = [
    "FILE", "Indicator", "Item", "Period", "Result", "chosen", "compute", "day_of", "find", "goal", "indicators",
    "may_watch", "period_of", "require_watcher",
]  # fmt: skip

KEEPERS = frozenset({"process_owner", "admin", "quality_inspector"})


def may_watch(actor: Actor, site_id: int) -> bool:
    """Whether the actor sees the board of a site: whoever stands above another role there, and those who keep procedures."""
    above = frozenset().union(*(roles.superiors(one) for one in roles.catalogue()))
    return actor.is_system or bool(actor.roles_at(site_id) & (above | KEEPERS))


def require_watcher(actor: Actor, site_id: int) -> None:
    """Raise NotFound for a site where the actor does not work, NotAllowed when he is nobody's superior there."""
    if not actor.belongs_to(site_id):
        raise NotFound(noun="site", key=site_id)
    if not may_watch(actor, site_id):
        raise NotAllowed(reason="the board of supervisors")


def indicators(engine: Engine, session: Session) -> list[Indicator]:
    """Give the indicators of all families as they were deployed last, family by family, in the order of the files."""
    latest = select(func.max(Deployment.key)).group_by(Deployment.family)
    query = select(Deployment).where(Deployment.key.in_(latest)).order_by(Deployment.family)
    return [one for row in session.scalars(query) for one in _of(engine, session, row)]


def find(engine: Engine, session: Session, key: str) -> Indicator:
    """Give an indicator by its key. Raises NotFound."""
    for one in indicators(engine, session):
        if one.key == key:
            return one
    raise NotFound(noun="indicator", key=key)


def _of(engine: Engine, session: Session, deployment: Deployment) -> list[Indicator]:
    cache: dict[int, list[Indicator]] = engine.caches.setdefault("indicators", {})
    if deployment.key not in cache:
        content = definitions.resource(session, deployment.key, FILE)
        cache[deployment.key] = list(_read(content, deployment)) if content else []
    return cache[deployment.key]


def _read(content: bytes, deployment: Deployment) -> Iterable[Indicator]:
    """Read a deployed file; what was deployed before there was a gate for it, and does not fit, is left out."""
    for entry in json.loads(content):
        try:
            found = parse(entry)
        except (InvalidIndicator, AttributeError):
            continue
        yield replace(found, family=deployment.family, deployment_key=deployment.key)
