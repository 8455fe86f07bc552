"""For which sites somebody operates processes."""

from __future__ import annotations

from sqlalchemy import Select, func
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.models.instance import ProcessInstance
from engine.models.job import Incident
from engine.operations import incidents, modifications
from engine.staff.access import Actor
from engine.store.keys import is_key


def site_ids(actor: Actor) -> list[int]:
    """Give the sites where the actor is an administrator or process owner."""
    return [site for site in actor.site_ids if modifications.OPERATORS & actor.roles_at(site)]


def operates(actor: Actor, instance: ProcessInstance | None = None) -> bool:
    """Whether the actor operates processes at the instance's site, without one at any."""
    site = instance.site_id if instance else None
    return any(actor.has(role, site) for role in modifications.OPERATORS)


def opened(actor: Actor) -> Select[Incident]:
    """Select the open incidents of the sites where the actor operates."""
    return incidents.visible_to(actor).where(
        Incident.resolved_at.is_(None), Incident.site_id.in_(site_ids(actor))
    )


def stuck(session: Session, actor: Actor) -> int:
    """Count the open incidents of the sites where the actor operates."""
    return session.scalar(opened(actor).with_only_columns(func.count())) or 0


def known(key: int, noun: str) -> int:
    """Give a key from an address. Raises NotFound for a number that can be none."""
    if not is_key(key):
        raise NotFound(noun=noun, key=key)
    return key
