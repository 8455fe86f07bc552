"""Substitution (代理): somebody else does a person's tasks for some time.

A substitute gets no more than the principal has, at the sites where both work, and only for doing tasks; what he does is stamped
with the principal (`acted_for`). A substitute's own substitutes get nothing of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from engine.engine import Command
from engine.errors import NotAllowed, NotFound, Rejected
from engine.models.definition import ProcessDefinition
from engine.models.identity import Site, User
from engine.models.substitution import Substitution
from engine.staff import notifications
from engine.staff.access import Actor

LONGEST = dt.timedelta(days=366)
LATEST = 100


def appoint(
    command: Command,
    principal: str,
    substitute: str,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    process_ids: Sequence[str] = (),
) -> Substitution:
    """Let a person's tasks be another's too from `starts_at` until before `ends_at`, for some procedures or (none) for all.

    For the person himself, administrators, and supervisors who stand above him at every site. Raises NotAllowed, or
    Rejected for people without a common site, an unknown procedure, more than a year, or a period the two have already.
    """
    # Two who appoint for the same person at once take turns, or neither would see the other's period.
    absent = _user(command.session, principal, lock=True)
    present = _user(command.session, substitute)
    _require_right(command, absent)
    if absent.id == present.id or not _share_site(absent, present):
        raise Rejected(reason="a substitute is another person who works at the same site")
    if not command.now < ends_at or not starts_at < ends_at <= starts_at + LONGEST:
        raise Rejected(reason="the period ends in the future, after it starts, within a year")
    _require_processes(command.session, process_ids)
    if command.session.scalar(_overlapping(absent, present, starts_at, ends_at)):
        raise Rejected(reason=f"{substitute} is the substitute of {principal} then already")
    made = Substitution(
        principal_id=absent.id,
        substitute_id=present.id,
        starts_at=starts_at,
        ends_at=ends_at,
        process_ids=sorted(set(process_ids)),
        set_by=command.actor.user_id,
        created_at=command.now,
    )
    command.session.add(made)
    command.session.flush()
    period: dict[str, Any] = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
    _note(command, "substitution.appointed", absent, present, **period, processes=made.process_ids)
    facts: dict[str, Any] = {"principal": absent.name, "substitute": present.name, **period}
    notifications.tell(command, [absent.id, present.id], "substitution_set", **facts)
    return made


def revoke(command: Command, substitution_id: int) -> Substitution:
    """End a substitution now. For who may appoint it, and for the substitute. Raises NotFound or NotAllowed."""
    found = command.session.get(Substitution, substitution_id, with_for_update=True)
    if found is None or found.revoked_at is not None:
        raise NotFound(noun="substitution", key=substitution_id)
    if command.actor.user_id != found.substitute_id:
        _require_right(command, found.principal)
    found.revoked_at = command.now
    _note(command, "substitution.revoked", found.principal, found.substitute)
    facts: dict[str, Any] = {"principal": found.principal.name, "substitute": found.substitute.name}
    people = [found.principal_id, found.substitute_id]
    notifications.tell(command, people, "substitution_ended", **facts)
    return found


def of_actor(session: Session, actor: Actor) -> list[Substitution]:
    """List the substitutions in which the actor is principal or substitute, the latest first; at most 100."""
    own = or_(
        Substitution.principal_id == actor.user_id, Substitution.substitute_id == actor.user_id
    )
    return _listed(session, own)


def of_user(session: Session, actor: Actor, username: str) -> list[Substitution]:
    """List the substitutions set for a person. For who may appoint them. Raises NotFound or NotAllowed."""
    user = session.scalar(select(User).where(User.username == username))
    if user is None:
        raise NotFound(noun="user", key=username)
    if not may_appoint(session, actor, user):
        raise NotAllowed(reason="seeing the substitutions of this person")
    return _listed(session, Substitution.principal_id == user.id)


def may_appoint(session: Session, actor: Actor, principal: User) -> bool:
    """Whether the actor may set a person's substitutes: himself, an administrator, or above him wherever he works."""
    if actor.user_id == principal.id or actor.has("admin"):
        return True
    everywhere = list(session.scalars(select(Site.id)))
    held: dict[int, set[str]] = {}
    for one in principal.memberships:
        for site_id in everywhere if one.site_id is None else [one.site_id]:
            held.setdefault(site_id, set()).add(one.role)
    return bool(held) and all(actor.is_above(some, site) for site, some in held.items())


def _listed(session: Session, which: ColumnElement[bool]) -> list[Substitution]:
    query = (
        select(Substitution)
        .where(which)
        .options(joinedload(Substitution.principal), joinedload(Substitution.substitute))
        .order_by(Substitution.ends_at.desc(), Substitution.id.desc())
        .limit(LATEST)
    )
    return list(session.scalars(query))


def _user(session: Session, username: str, *, lock: bool = False) -> User:
    query = select(User).where(User.username == username, User.active)
    found = session.scalar(query.with_for_update(of=User) if lock else query)
    if found is None:
        raise Rejected(reason=f"nobody works here as {username}")
    return found


def _require_right(command: Command, principal: User) -> None:
    if not may_appoint(command.session, command.actor, principal):
        raise NotAllowed(reason="setting the substitutes of this person")


def _share_site(one: User, other: User) -> bool:
    here = {membership.site_id for membership in one.memberships}
    there = {membership.site_id for membership in other.memberships}
    return bool(here and there and (here & there or None in here | there))


def _require_processes(session: Session, process_ids: Iterable[str]) -> None:
    for one in process_ids:
        if not session.scalar(select(exists().where(ProcessDefinition.process_id == one))):
            raise Rejected(reason=f"there is no procedure {one}")


def _overlapping(absent: User, present: User, start: dt.datetime, end: dt.datetime) -> Select[int]:
    return select(Substitution.id).where(
        Substitution.principal_id == absent.id,
        Substitution.substitute_id == present.id,
        Substitution.revoked_at.is_(None),
        Substitution.starts_at < end,
        Substitution.ends_at > start,
    )


def _note(command: Command, action: str, absent: User, present: User, **detail: Any) -> None:
    command.audit(action, absent.username, substitute=present.username, **detail)
