"""Alembic's environment: migrates the connection `engine.schema` hands over, or GUICHENG_DATABASE_URL by hand."""

import os

from alembic import context
from sqlalchemy import Connection

from engine.models import Base
from engine.store import database


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        user_module_prefix="base.",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


connection = context.config.attributes.get("connection")
if connection is not None:
    _migrate(connection)
else:
    bind = database.connect(os.environ["GUICHENG_DATABASE_URL"])
    with bind.connect() as connection:
        _migrate(connection)
