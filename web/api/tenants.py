"""Sites as the API knows them: a tenant's id is the site's key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotAllowed, NotFound, Rejected
from engine.models.identity import Site
from engine.operations.incidents import OPERATORS
from engine.staff.access import Actor
from web.api.schemas import DEFAULT_TENANT


def of(session: Session, actor: Actor) -> dict[int, str]:
    """Give the tenant ids of the actor's sites by site."""
    rows = session.execute(select(Site.id, Site.key).where(Site.id.in_(actor.site_ids)))
    return {row.id: row.key for row in rows}


def find(session: Session, actor: Actor, tenant_id: str | None) -> Site:
    """Give the site a request means; without a tenant, the actor's only site.

    Raises Rejected when there are several to choose from, NotFound for a site the actor does not work at.
    """
    query = select(Site).where(Site.id.in_(actor.site_ids)).limit(2)
    if tenant_id in (None, "", DEFAULT_TENANT):
        sites = list(session.scalars(query))
        if len(sites) != 1:
            raise Rejected(reason="tenantId is needed, for you work at more than one site")
        return sites[0]
    site = session.scalar(query.where(Site.key == tenant_id))
    if site is None:
        raise NotFound(noun="tenant", key=tenant_id)
    return site


def operator(actor: Actor, among: Iterable[int] | None = None) -> Actor:
    """Give the actor with only those sites where the actor operates processes (administrator or process owner).

    Jobs and messages drive processes past their people, so other roles have no hand in them. Raises NotAllowed when no
    site is left.
    """
    wanted = set(actor.site_ids if among is None else among)
    held = {site: some for site, some in actor.roles.items() if site in wanted and some & OPERATORS}
    if not held:
        raise NotAllowed(reason="this needs the role admin or process_owner at the site")
    return replace(actor, roles=held)
