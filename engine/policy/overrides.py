"""Values a company or a site put in place of shipped ones; a site's own wins over the company's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from engine.engine import Command
from engine.errors import NotAllowed
from engine.models.identity import Site
from engine.models.policy import Override
from engine.staff.access import require

# What the engine remembers of a site's calendar and rules for a while; whoever changes them drops it.
CACHE = "rules"


def read(
    session: Session, model: type[Override], site: Site | None, keys: Iterable[str]
) -> dict[str, Any]:
    """Give the values put in place of these keys' shipped ones at a site, or without one in the company."""
    wanted = list(keys)
    if not wanted:
        return {}
    holds = or_(model.site_id.is_(None), model.site_id == (site.id if site else None))
    rows = session.scalars(select(model).where(model.key.in_(wanted), holds))
    return {row.key: row.value for row in sorted(rows, key=lambda row: row.site_id is not None)}


def write(command: Command, model: type[Override], key: str, site: Site | None, value: Any) -> None:
    """Put a value in place of the shipped one; None takes it away again."""
    at = model.site_id == site.id if site else model.site_id.is_(None)
    command.session.execute(delete(model).where(model.key == key, at))
    if value is not None:
        row = model(site_id=site.id if site else None, key=key, value=value)
        row.changed_by, row.changed_at = command.actor.user_id, command.now
        command.session.add(row)
        command.session.flush()
    command.after_commit(lambda: command.engine.caches.pop(CACHE, None))


def require_editor(command: Command, site: Site | None, *, by_site: bool) -> None:
    """Raise NotAllowed unless the actor owns the processes, or directs the site and sites may edit this row."""
    if command.actor.has("process_owner"):
        return
    if site is None or not by_site:
        raise NotAllowed(reason="needs role process_owner")
    require(command.actor, "site_director", site.id)
