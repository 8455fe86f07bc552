"""What people and administrators do with accounts beyond signing in: devices, tokens, closing, taking roles away."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engine.engine import Command
from engine.errors import NotFound, Rejected
from engine.models.identity import ApiToken, LoginSession, Membership, User
from engine.staff import approvers
from engine.staff.access import Actor, require
from engine.staff.identity import IDLE


def sessions_of(session: Session, actor: Actor, now: dt.datetime) -> list[LoginSession]:
    """List the browsers in which the actor is signed in, the last used first."""
    query = (
        select(LoginSession)
        .where(
            LoginSession.user_id == actor.user_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > now,
            LoginSession.seen_at > now - IDLE,
        )
        .order_by(LoginSession.seen_at.desc())
    )
    return list(session.scalars(query))


def revoke_session(command: Command, digest: str) -> None:
    """Sign one of the actor's own browsers out. Raises NotFound for those of others."""
    found = command.session.get(LoginSession, digest)
    if found is None or found.user_id != command.actor.user_id:
        raise NotFound(noun="session", key=digest[:8])
    found.revoked_at = command.now
    command.audit("session.revoked", command.actor.username)


def tokens_of(session: Session, actor: Actor) -> list[ApiToken]:
    """List the actor's tokens for the API, the newest first."""
    query = select(ApiToken).where(ApiToken.user_id == actor.user_id)
    return list(session.scalars(query.order_by(ApiToken.created_at.desc())))


def revoke_token(command: Command, digest: str) -> None:
    """Take one of the actor's own tokens back. Raises NotFound for those of others."""
    found = command.session.get(ApiToken, digest)
    if found is None or found.user_id != command.actor.user_id:
        raise NotFound(noun="token", key=digest[:8])
    command.session.delete(found)
    command.audit("token.revoked", command.actor.username, label=found.label)


def everybody(session: Session, actor: Actor) -> list[User]:
    """List all accounts by user name. Raises NotAllowed unless the actor is an administrator."""
    require(actor, "admin")
    return list(session.scalars(select(User).order_by(User.username)))


def get_user(session: Session, actor: Actor, username: str) -> User:
    """Give an account. Raises NotAllowed unless the actor is an administrator, NotFound for an unknown user name."""
    require(actor, "admin")
    user = session.scalar(select(User).where(User.username == username))
    if user is None:
        raise NotFound(noun="user", key=username)
    return user


def set_active(command: Command, user: User, active: bool) -> None:
    """Close an account, which signs it out everywhere and takes its tokens back, or open it again.

    Raises NotAllowed, or Rejected for the administrator's own account.
    """
    require(command.actor, "admin")
    if user.id == command.actor.user_id:
        raise Rejected(reason="nobody closes his own account")
    if not active:
        command.session.execute(
            update(LoginSession)
            .where(LoginSession.user_id == user.id, LoginSession.revoked_at.is_(None))
            .values(revoked_at=command.now)
        )
        command.session.execute(delete(ApiToken).where(ApiToken.user_id == user.id))
    user.active = active
    approvers.forget(command)
    command.audit("user.opened" if active else "user.closed", user.username)


def revoke_role(command: Command, user: User, membership_id: int) -> None:
    """Take a role from a person. Raises NotAllowed, NotFound, or Rejected for the administrator's own admin role."""
    require(command.actor, "admin")
    found = command.session.get(Membership, membership_id)
    if found is None or found.user_id != user.id:
        raise NotFound(noun="role", key=membership_id)
    if user.id == command.actor.user_id and found.role == "admin":
        raise Rejected(reason="nobody takes the administration from himself")
    command.session.delete(found)
    approvers.forget(command)
    site = found.site.key if found.site else None
    command.audit("role.revoked", user.username, role=found.role, site=site)
