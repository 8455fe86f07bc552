"""Bringing a database up to date."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from engine.store import database

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def upgrade(bind: Engine) -> None:
    """Create the tables or migrate them to this version; does nothing when they are up to date."""
    database.prepare(bind)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with bind.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
