"""How the engine talks to SQLite and PostgreSQL so that both behave alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

WRITE = {"guicheng_write": True}


def connect(url: str, **options: Any) -> Engine:
    """Make the SQLAlchemy engine for `url` (sqlite:///… or postgresql+psycopg://…)."""
    pool = {} if "poolclass" in options else {"pool_size": 10, "max_overflow": 20}
    bind = create_engine(url, **pool, **options)
    prepare(bind)
    return bind


def insert_of(session: Session) -> Callable[[type[Any]], sqlite.Insert | postgresql.Insert]:
    """Give the insert of the session's database that knows `on_conflict_do_update`."""
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    return postgresql.insert if on_postgresql else sqlite.insert


def take_turns(session: Session, what: str) -> None:
    """Let one transaction at a time do `what`; SQLite has but one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(what))))


def prepare(bind: Engine) -> None:
    """Give an engine's connections what every transaction relies on; other databases need nothing."""
    if bind.dialect.name == "sqlite" and not event.contains(bind, "connect", _set_pragmas):
        event.listen(bind, "connect", _set_pragmas)
        event.listen(bind, "begin", _begin)


def _set_pragmas(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling begins too late for BEGIN IMMEDIATE.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=15000",
        "cache_size=-16000",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    # A writer takes the lock at once: a reader that turns into a writer would fail with a stale snapshot.
    writes = connection.get_execution_options().get("guicheng_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
