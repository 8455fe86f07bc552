"""What a person may start, and where."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from sqlalchemy import select

from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.errors import NotFound
from engine.models.definition import ProcessDefinition
from engine.models.identity import Site
from engine.staff.access import Actor
from web.extensions import engine, session
from web.signin import current_actor, current_site


@dataclass(frozen=True, kw_only=True)
class Start:
    """A procedure at the site where it is to be started; `sites` are all where the person may."""

    definition: Definition
    site: Site
    sites: list[Site]
    chosen: bool


def find(process_id: str) -> Start:
    """Give the procedure the request is about. Raises NotFound when there is none the person may start anywhere.

    The site is the request's `site`, else the one looked at, else the person's first; `chosen` says whether anybody
    decided for it, which an argument `choose` takes back.
    """
    actor = current_actor()
    definition = definitions.latest(engine, session, process_id)
    sites = sites_of(actor, definition.start_groups)
    if not sites:
        raise NotFound(noun="process definition", key=process_id)
    wanted = request.values.get("site", "")
    here = current_site()
    if wanted:
        site = next((one for one in sites if one.key == wanted), None)
        if site is None:
            raise NotFound(noun="site", key=wanted)
        return Start(definition=definition, site=site, sites=sites, chosen=True)
    looked_at = next((one for one in sites if here and one.id == here.id), None)
    return Start(
        definition=definition,
        site=looked_at or sites[0],
        sites=sites,
        chosen=len(sites) == 1 or (looked_at is not None and "choose" not in request.args),
    )


def sites_of(actor: Actor, start_groups: tuple[str, ...] | list[str]) -> list[Site]:
    """List the sites where the actor may start a process with these start groups."""
    query = select(Site).where(Site.id.in_(actor.site_ids)).order_by(Site.id)
    return [
        one for one in session.scalars(query) if definitions.may_start(actor, start_groups, one.id)
    ]


def everything(actor: Actor, site: Site | None) -> list[ProcessDefinition]:
    """List what the actor may start, at the site or without one anywhere, by family."""
    query = (
        select(ProcessDefinition)
        .where(ProcessDefinition.latest, ProcessDefinition.suspended_at.is_(None))
        .order_by(ProcessDefinition.family, ProcessDefinition.process_id)
    )
    where = [site.id] if site else actor.site_ids
    return [
        row
        for row in session.scalars(query)
        if any(definitions.may_start(actor, row.start_groups, one) for one in where)
    ]
