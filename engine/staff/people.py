"""Finding colleagues."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.models.identity import Membership, User
from engine.staff.access import Actor

LIMIT = 20
LONGEST = 64


def find(
    session: Session, actor: Actor, typed: str, site_id: int | None = None, limit: int = LIMIT
) -> list[User]:
    """Find active staff by a part of the name or user name among the actor's sites, with `site_id` at that one."""
    sites = [one for one in actor.site_ids if site_id in (None, one)]
    text = typed.strip()[:LONGEST]
    if not sites:
        return []
    query = (
        select(User)
        .join(Membership)
        .where(
            User.active,
            or_(Membership.site_id.in_(sites), Membership.site_id.is_(None)),
            or_(
                User.name.contains(text, autoescape=True),
                User.username.icontains(text, autoescape=True),
                User.name_en.icontains(text, autoescape=True),
            ),
        )
        .distinct()
        .order_by(User.username)
        .limit(limit)
    )
    return list(session.scalars(query))


def by_id(session: Session, ids: Iterable[int | None]) -> dict[int, User]:
    """Give users by id; unknown ones are left out."""
    known = {one for one in ids if one is not None}
    if not known:
        return {}
    return {user.id: user for user in session.scalars(select(User).where(User.id.in_(known)))}


def by_username(session: Session, usernames: Iterable[str]) -> dict[str, User]:
    """Give users by user name; unknown ones are left out."""
    known = {one for one in usernames if one}
    if not known:
        return {}
    found = session.scalars(select(User).where(User.username.in_(known)))
    return {user.username: user for user in found}
