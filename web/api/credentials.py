"""Who is calling: Basic credentials or a bearer token. Cookies mean nothing here."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass

from flask import Response, g, request
from werkzeug.datastructures import Authorization
from werkzeug.exceptions import Forbidden, Unauthorized

from engine.errors import WrongCredentials
from engine.models.identity import User
from engine.staff import identity, sight
from engine.staff.access import Actor, load_actor
from web.extensions import db, engine, limiter, session

REMEMBERED = dt.timedelta(minutes=1)
MAX_REMEMBERED = 1000
MAX_LENGTH = 1024


@dataclass(frozen=True)
class Verified:
    """Credentials found right a moment ago, and the password hash they were right for."""

    user_id: int
    password_hash: str
    until: dt.datetime


def identify() -> None:
    """Find the caller before a view of the API runs.

    Raises Unauthorized, or Forbidden for pages of other sites and for a password that must be changed.
    """
    _refuse_other_pages()
    given = request.authorization
    user = _user(given) if given else None
    actor = load_actor(session, user.id, engine.clock()) if user else None
    if actor is None:
        raise Unauthorized(
            "Basic credentials or a bearer token are needed, and they must be valid."
        )
    g.actor = actor
    sight.narrow(db.session(), actor.hidden)


def actor() -> Actor:
    """Give the caller."""
    found: Actor = g.actor
    return found


def _refuse_other_pages() -> None:
    """Stop the page of another site: a browser that knows the password would send it along."""
    origin = request.headers.get("Origin")
    own = (f"http://{request.host}", f"https://{request.host}")
    if origin is not None and origin not in own:
        raise Forbidden("The API does not answer pages of other sites.")


def _user(given: Authorization) -> User | None:
    if given.type == "bearer" and given.token:
        user_id = identity.find_token(session, given.token[:MAX_LENGTH], engine.clock())
        return session.get(User, user_id) if user_id is not None else None
    if given.type == "basic":
        return _by_password(given.username or "", given.password or "")
    return None


def _by_password(username: str, password: str) -> User | None:
    if "\x00" in username or max(len(username), len(password)) > MAX_LENGTH:
        return None
    user = _remembered(username, password) or _verified(username, password)
    if user is not None and user.must_change_password:
        raise Forbidden("The password must be changed first, by signing in with a browser.")
    return user


def _known() -> dict[bytes, Verified]:
    known: dict[bytes, Verified] = engine.caches.setdefault("credentials", {})
    return known


def _digest(username: str, password: str) -> bytes:
    text = f"{username}\x00{password}".encode("utf-8", "surrogatepass")
    return hmac.digest(engine.secret, text, hashlib.sha256)


def _remembered(username: str, password: str) -> User | None:
    """Give the user if these very credentials were right a moment ago and the password is still the same."""
    known = _known().get(_digest(username, password))
    if known is None or known.until <= engine.clock():
        return None
    user = session.get(User, known.user_id)
    unchanged = user is not None and user.active and user.password_hash == known.password_hash
    return user if unchanged else None


def _verified(username: str, password: str) -> User | None:
    try:
        user = identity.authenticate(session, username, password)
    except WrongCredentials:
        return None
    known = _known()
    if len(known) >= MAX_REMEMBERED:
        known.clear()
    until = engine.clock() + REMEMBERED
    known[_digest(username, password)] = Verified(user.id, user.password_hash, until)
    return user


def _who_tries() -> str:
    given = request.authorization
    name = (given.username or "") if given and given.type == "basic" else ""
    return f"{request.remote_addr}|{name.strip()[:64].casefold()}"


def _failed(response: Response) -> bool:
    return response.status_code == Unauthorized.code and "Authorization" in request.headers


throttle = limiter.shared_limit(
    "10/minute", scope="api-credentials", key_func=_who_tries, deduct_when=_failed
)
throttle_address = limiter.shared_limit(
    "100/minute", scope="api-credentials-address", deduct_when=_failed
)
