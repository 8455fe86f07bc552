"""Accounts, roles and how people prove who they are."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from functools import cache
from zoneinfo import available_timezones

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.engine import Command
from engine.errors import NotAllowed, NotFound, Rejected, WeakPassword, WrongCredentials
from engine.events import start_events
from engine.models.identity import ApiToken, LoginSession, Membership, PasswordReset, Site, User
from engine.staff import approvers, roles
from engine.staff.access import require

IDLE = dt.timedelta(hours=12)
ABSOLUTE = dt.timedelta(days=7)
RESET_VALID = dt.timedelta(hours=24)
MIN_LENGTH = 10

HASHER = PasswordHasher()


@cache
def nobody() -> str:
    """The hash checked when the user name is unknown, so that an answer takes as long as for a known one.

    Made when somebody first signs in: whatever else starts the engine need not wait for it.
    """
    return HASHER.hash(secrets.token_urlsafe(16))


def digest(token: str) -> str:
    """Give what is stored of a secret token."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_site(command: Command, *, key: str, name: str, **fields: str) -> Site:
    """Add a site. Raises NotAllowed unless the actor is an administrator, Rejected for a key that is taken or no name, or for an unknown time zone."""
    require(command.actor, "admin")
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,63}", key):
        raise Rejected(reason=f"{key} is no site key: small letters, digits, hyphen and underscore")
    if command.session.scalar(select(Site.id).where(Site.key == key)):
        raise Rejected(reason=f"site key {key} is taken")
    if fields.get("timezone", "UTC") not in available_timezones():
        raise Rejected(reason=f"no time zone {fields['timezone']}")
    site = Site(key=key, name=name, **fields)
    command.session.add(site)
    command.session.flush()
    command.audit("site.created", key)
    start_events.schedule_at(command, site)
    return site


def create_user(
    command: Command,
    *,
    username: str,
    name: str,
    password: str,
    name_en: str = "",
    must_change_password: bool = False,
) -> User:
    """Add an account. Raises NotAllowed, WeakPassword, or Rejected when the user name is taken."""
    require(command.actor, "admin")
    _check_strength(password, username)
    if command.session.scalar(select(User.id).where(User.username == username)):
        raise Rejected(reason=f"user name {username} is taken")
    user = User(
        username=username,
        name=name,
        name_en=name_en,
        password_hash=HASHER.hash(password),
        must_change_password=must_change_password,
        created_at=command.now,
    )
    command.session.add(user)
    command.session.flush()
    command.audit("user.created", username)
    return user


def grant(
    command: Command,
    user: User,
    site: Site | None,
    role: str,
    *,
    area: str = "",
    on_duty: bool = True,
    position_tag: str = "",
) -> Membership:
    """Give a person a role at a site, or without one everywhere. Raises NotAllowed, or Rejected for an unknown role."""
    require(command.actor, "admin")
    if role not in roles.catalogue():
        raise Rejected(reason=f"no role {role}")
    membership = Membership(
        user_id=user.id,
        site_id=site.id if site else None,
        role=role,
        area=area,
        on_duty=on_duty,
        position_tag=position_tag,
    )
    command.session.add(membership)
    command.session.flush()
    approvers.forget(command)
    command.audit("role.granted", user.username, role=role, site=site.key if site else None)
    return membership


def authenticate(session: Session, username: str, password: str) -> User:
    """Give the active user with these credentials; raises WrongCredentials, in the same time for every reason."""
    known = username.strip() if username.isprintable() else ""
    user = session.scalar(select(User).where(User.username == known))
    stranger = nobody()
    try:
        HASHER.verify(user.password_hash if user else stranger, password)
    except (VerifyMismatchError, InvalidHashError) as error:
        raise WrongCredentials from error
    if user is None or not user.active:
        raise WrongCredentials
    return user


def open_session(command: Command, user: User, *, user_agent: str = "") -> str:
    """Sign a browser in; give the token its cookie keeps. Only the token's digest is stored."""
    token = secrets.token_urlsafe(32)
    command.session.add(
        LoginSession(
            digest=digest(token),
            user_id=user.id,
            created_at=command.now,
            seen_at=command.now,
            expires_at=command.now + ABSOLUTE,
            user_agent=user_agent[:255],
        )
    )
    command.audit("session.opened", user.username)
    return token


def find_session(session: Session, token: str, now: dt.datetime) -> LoginSession | None:
    """Give the login session of a token while it is neither revoked, expired nor idle for 12 hours."""
    found = session.get(LoginSession, digest(token))
    if found is None or found.revoked_at or found.expires_at <= now or found.seen_at + IDLE <= now:
        return None
    return found


def touch_session(command: Command, token: str, *, site_id: int | None = None) -> None:
    """Note that the browser is in use and, where given, which site it looks at."""
    values: dict[str, object] = {"seen_at": command.now}
    if site_id is not None:
        values["site_id"] = site_id or None
    command.session.execute(
        update(LoginSession).where(LoginSession.digest == digest(token)).values(**values)
    )


def close_session(command: Command, token: str) -> None:
    """Sign a browser out; its token is worth nothing from now on."""
    command.session.execute(
        update(LoginSession)
        .where(LoginSession.digest == digest(token))
        .values(revoked_at=command.now)
    )
    command.audit("session.closed", command.actor.username)


def change_password(command: Command, current: str, new: str) -> None:
    """Change the actor's own password and sign out the other browsers. Raises WrongCredentials or WeakPassword."""
    user = _own_account(command)
    try:
        HASHER.verify(user.password_hash, current)
    except VerifyMismatchError as error:
        raise WrongCredentials from error
    _set_password(command, user, new)
    command.audit("password.changed", user.username)


def begin_reset(command: Command, username: str) -> str:
    """Make a one-time token with which a person can set a new password within 24 hours. Administrators only."""
    require(command.actor, "admin")
    user = command.session.scalar(select(User).where(User.username == username))
    if user is None:
        raise NotFound(noun="user", key=username)
    token = secrets.token_urlsafe(24)
    command.session.add(
        PasswordReset(
            digest=digest(token),
            user_id=user.id,
            created_at=command.now,
            expires_at=command.now + RESET_VALID,
        )
    )
    command.audit("password.reset_begun", username)
    return token


def reset_password(command: Command, token: str, new: str) -> User:
    """Set a new password with a reset token, once. Raises Rejected when the token is worth nothing, or WeakPassword."""
    reset = command.session.get(PasswordReset, digest(token), with_for_update=True)
    if reset is None or reset.used_at or reset.expires_at <= command.now:
        raise Rejected(reason="the reset link is used up or expired")
    user = command.session.get_one(User, reset.user_id)
    _set_password(command, user, new)
    reset.used_at = command.now
    command.audit("password.reset", user.username)
    return user


def set_preferences(
    command: Command, *, locale: str | None = None, theme: str | None = None
) -> None:
    """Keep the actor's language (zh, en) and theme (light, dark, auto). Raises Rejected for others."""
    user = _own_account(command)
    if locale is not None:
        if locale not in ("zh", "en"):
            raise Rejected(reason=f"no language {locale}")
        user.locale = locale
    if theme is not None:
        if theme not in ("light", "dark", "auto"):
            raise Rejected(reason=f"no theme {theme}")
        user.theme = theme


def create_token(command: Command, user: User, label: str) -> str:
    """Make a bearer token for the API; it is shown once and stored as a digest. For oneself, or by administrators."""
    if command.actor.user_id != user.id:
        require(command.actor, "admin")
    token = secrets.token_urlsafe(32)
    command.session.add(
        ApiToken(digest=digest(token), user_id=user.id, label=label[:255], created_at=command.now)
    )
    command.audit("token.created", user.username, label=label)
    return token


def find_token(session: Session, token: str, now: dt.datetime) -> int | None:
    """Give the user id behind a bearer token, None when it is unknown or expired."""
    found = session.get(ApiToken, digest(token))
    if found is None or (found.expires_at and found.expires_at <= now):
        return None
    return found.user_id


def _own_account(command: Command) -> User:
    if command.actor.user_id is None:
        raise NotAllowed(reason="the system has no account")
    return command.session.get_one(User, command.actor.user_id)


def _set_password(command: Command, user: User, new: str) -> None:
    _check_strength(new, user.username)
    user.password_hash = HASHER.hash(new)
    user.must_change_password = False
    command.session.execute(
        update(PasswordReset)
        .where(PasswordReset.user_id == user.id, PasswordReset.used_at.is_(None))
        .values(used_at=command.now)
    )
    command.session.execute(
        update(LoginSession)
        .where(LoginSession.user_id == user.id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=command.now)
    )


def _check_strength(password: str, username: str) -> None:
    if len(password) < MIN_LENGTH:
        raise WeakPassword(reason=f"at least {MIN_LENGTH} characters")
    if username.lower() in password.lower():
        raise WeakPassword(reason="it contains the user name")
