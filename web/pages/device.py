"""Who signed in on this device lately: user names in a signed cookie, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from engine.models.identity import User

COOKIE = "guicheng_people"
MOST = 8
# The first mark that fits counts: most programs claim to be others too.
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
MONTH = 30 * 24 * 3600
Answer = TypeVar("Answer", bound=Response)


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="people of this device")


def usernames() -> list[str]:
    """Give the user names of this device, the latest first; none when the cookie is missing or forged."""
    try:
        names = _serializer().loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        return []
    return [str(name) for name in names][:MOST]


def name(user_agent: str) -> str:
    """Give a browser as people know it: 微信, Edge, Chrome … and the system it runs on; nothing for unknown programs."""
    browser = next((known for mark, known in BROWSERS if mark in user_agent), "")
    system = next((known for mark, known in SYSTEMS if mark in user_agent), "")
    return " ".join(filter(None, (browser, system)))


def people(session: Session) -> list[User]:
    """Give the active people of this device, the latest first."""
    names = usernames()
    found = session.scalars(select(User).where(User.username.in_(names), User.active))
    return sorted(found, key=lambda user: names.index(user.username))


def keep(response: Answer, names: Iterable[str]) -> Answer:
    """Write the list of this device."""
    listed = list(dict.fromkeys(names))[:MOST]
    response.set_cookie(
        COOKIE,
        str(_serializer().dumps(listed)),
        max_age=MONTH,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response
