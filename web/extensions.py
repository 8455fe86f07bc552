"""The Flask extensions, and the engine of the current application."""

from __future__ import annotations

from typing import Any, cast

from flask import current_app, request
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy

from engine.engine import Engine
from engine.models import Base

db = SQLAlchemy(metadata=Base.metadata, session_options={"autoflush": False})
babel = Babel()
csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)

# The request's session for reading; what is changed through it is refused at the flush.
session = cast("Session", LocalProxy(db.session))
engine: Engine = LocalProxy(lambda: current_app.extensions["guicheng"])  # type: ignore[assignment]


class ReadOnly(RuntimeError):
    """The session of a request is for reading; changes go through `engine.begin`."""


def refuse_writes(session: Session, *_: Any) -> None:
    """Stop a flush that would write outside a command."""
    if session.new or session.dirty or session.deleted:
        raise ReadOnly


def guard_session() -> None:
    """Make `db.session` of the current application read-only."""
    if not event.contains(db.session, "before_flush", refuse_writes):
        event.listen(db.session, "before_flush", refuse_writes)


def wants_fragment() -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"
