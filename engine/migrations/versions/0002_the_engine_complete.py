"""the engine complete

Revision ID: 0002
Revises: 0001
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from engine.models import base

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:

    op.create_table(
        "clock_pause",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "clock_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("since", base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("until", base.UTCDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", base.UTCDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_pause")),
    )
    with op.batch_alter_table("clock_pause", schema=None) as batch_op:
        batch_op.create_index("ix_clock_pause_clock", ["clock_key"], unique=False)

    op.create_table(
        "retention_rule",
        sa.Column("process_id", sa.String(length=255), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column(
            "changed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("changed_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("process_id", name=op.f("pk_retention_rule")),
    )
    op.create_table(
        "signal",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("variables", base.JSONText(), nullable=False),
        sa.Column("broadcast_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_signal")),
    )
    op.create_table(
        "signal_delivery",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "signal_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "subscription_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "instance_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "incident_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_delivery")),
    )
    with op.batch_alter_table("signal_delivery", schema=None) as batch_op:
        batch_op.create_index("ix_signal_delivery_incident", ["incident_key"], unique=False)
        batch_op.create_index(
            "ix_signal_delivery_open",
            ["id"],
            unique=False,
            sqlite_where=sa.text("incident_key IS NULL"),
            postgresql_where=sa.text("incident_key IS NULL"),
        )
        batch_op.create_index("ix_signal_delivery_signal", ["signal_key"], unique=False)

    op.create_table(
        "batch",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("params", base.JSONText(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column(
            "created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("started_at", base.UTCDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", base.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name=op.f("fk_batch_created_by_user")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_batch")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index("ix_batch_creator", ["created_by", "created_at"], unique=False)
        batch_op.create_index(
            "ix_batch_open",
            ["state"],
            unique=False,
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )

    op.create_table(
        "substitution",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "principal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "substitute_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("starts_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("process_ids", base.JSONText(), nullable=False),
        sa.Column("set_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", base.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["principal_id"], ["user.id"], name=op.f("fk_substitution_principal_id_user")
        ),
        sa.ForeignKeyConstraint(["set_by"], ["user.id"], name=op.f("fk_substitution_set_by_user")),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["user.id"], name=op.f("fk_substitution_substitute_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution")),
    )
    with op.batch_alter_table("substitution", schema=None) as batch_op:
        batch_op.create_index(
            "ix_substitution_principal", ["principal_id", "ends_at"], unique=False
        )
        batch_op.create_index(
            "ix_substitution_substitute", ["substitute_id", "ends_at"], unique=False
        )

    op.create_table(
        "batch_item",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "batch_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "instance_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("error", sa.String(length=64), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("processed_at", base.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_key"], ["batch.key"], name=op.f("fk_batch_item_batch_key_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_item")),
    )
    with op.batch_alter_table("batch_item", schema=None) as batch_op:
        batch_op.create_index("ix_batch_item_batch", ["batch_key", "state"], unique=False)
        batch_op.create_index("ix_batch_item_instance", ["instance_key"], unique=False)
        batch_op.create_index(
            "ix_batch_item_open",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )

    op.create_table(
        "start_subscription",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("process_id", sa.String(length=255), nullable=False),
        sa.Column(
            "definition_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("element_id", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("timer", base.JSONText(), nullable=True),
        sa.Column("due_at", base.UTCDateTime(timezone=True), nullable=True),
        sa.Column("created_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_key"],
            ["process_definition.key"],
            name=op.f("fk_start_subscription_definition_key_process_definition"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_start_subscription")),
    )
    with op.batch_alter_table("start_subscription", schema=None) as batch_op:
        batch_op.create_index(
            "ix_start_subscription_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index("ix_start_subscription_name", ["kind", "name"], unique=False)
        batch_op.create_index("ix_start_subscription_process", ["process_id"], unique=False)

    op.create_table(
        "clock",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "instance_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("limit_key", sa.String(length=128), nullable=False),
        sa.Column("limit_row", base.JSONText(), nullable=False),
        sa.Column("element_id", sa.String(length=255), nullable=False),
        sa.Column("scope_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("due_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("check_at", base.UTCDateTime(timezone=True), nullable=True),
        sa.Column("escalation", sa.Integer(), nullable=False),
        sa.Column("paused_at", base.UTCDateTime(timezone=True), nullable=True),
        sa.Column("paused_seconds", sa.Integer(), nullable=False),
        sa.Column("breached_at", base.UTCDateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", base.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name=op.f("fk_clock_instance_key_process_instance"),
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_clock_site_id_site")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_clock")),
    )
    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.create_index(
            "ix_clock_check",
            ["check_at"],
            unique=False,
            sqlite_where=sa.text("check_at IS NOT NULL"),
            postgresql_where=sa.text("check_at IS NOT NULL"),
        )
        batch_op.create_index("ix_clock_instance", ["instance_key"], unique=False)

    op.create_table(
        "copy",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "instance_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("task_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sent_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("read_at", base.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name=op.f("fk_copy_instance_key_process_instance"),
        ),
        sa.ForeignKeyConstraint(["sent_by"], ["user.id"], name=op.f("fk_copy_sent_by_user")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_copy_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy")),
    )
    with op.batch_alter_table("copy", schema=None) as batch_op:
        batch_op.create_index("ix_copy_user", ["user_id", "created_at"], unique=False)
        batch_op.create_index("uq_copy_reader", ["instance_key", "user_id"], unique=True)

    op.create_table(
        "signal_subscription",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "instance_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("element_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name=op.f("fk_signal_subscription_instance_key_process_instance"),
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_signal_subscription")),
    )
    with op.batch_alter_table("signal_subscription", schema=None) as batch_op:
        batch_op.create_index("ix_signal_subscription_instance", ["instance_key"], unique=False)
        batch_op.create_index("ix_signal_subscription_match", ["name", "site_id"], unique=False)

    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index("ix_attachment_digest", ["digest"], unique=False)

    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("definitions", base.JSONText(), nullable=True))

    with op.batch_alter_table("element_instance", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "definition_key",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("came_from", base.JSONText(), nullable=True))

    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "definition_key",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )

    with op.batch_alter_table("process_definition", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version_tag", sa.String(length=255), nullable=True))

    with op.batch_alter_table("process_instance", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("correlation_key", sa.String(length=255), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("outcome", sa.String(length=16), nullable=True))
        batch_op.add_column(
            sa.Column("suspended_at", base.UTCDateTime(timezone=True), nullable=True)
        )
        batch_op.create_index(
            "uq_process_instance_correlation",
            ["site_id", "process_id", "correlation_key"],
            unique=True,
            sqlite_where=sa.text("correlation_key <> '' AND ended_at IS NULL"),
            postgresql_where=sa.text("correlation_key <> '' AND ended_at IS NULL"),
        )

    with op.batch_alter_table("user_task", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column(
                "acted_for", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column(
                "parent_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column(
                "root_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(sa.Column("position", sa.String(length=8), nullable=True))
        batch_op.add_column(
            sa.Column(
                "added_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(sa.Column("signers", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("outcome", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("opinion", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("origin", base.JSONText(), nullable=True))
        batch_op.create_index(
            "ix_user_task_owner",
            ["owner_id"],
            unique=False,
            sqlite_where=sa.text("owner_id IS NOT NULL AND state = 'created'"),
            postgresql_where=sa.text("owner_id IS NOT NULL AND state = 'created'"),
        )
        batch_op.create_index(
            "ix_user_task_root",
            ["root_key"],
            unique=False,
            sqlite_where=sa.text("root_key IS NOT NULL"),
            postgresql_where=sa.text("root_key IS NOT NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_user_task_acted_for_user"), "user", ["acted_for"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_user_task_owner_id_user"), "user", ["owner_id"], ["id"]
        )


def downgrade() -> None:

    with op.batch_alter_table("user_task", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_user_task_owner_id_user"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_user_task_acted_for_user"), type_="foreignkey")
        batch_op.drop_index(
            "ix_user_task_root",
            sqlite_where=sa.text("root_key IS NOT NULL"),
            postgresql_where=sa.text("root_key IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_user_task_owner",
            sqlite_where=sa.text("owner_id IS NOT NULL AND state = 'created'"),
            postgresql_where=sa.text("owner_id IS NOT NULL AND state = 'created'"),
        )
        batch_op.drop_column("origin")
        batch_op.drop_column("opinion")
        batch_op.drop_column("outcome")
        batch_op.drop_column("signers")
        batch_op.drop_column("added_by")
        batch_op.drop_column("position")
        batch_op.drop_column("root_key")
        batch_op.drop_column("parent_key")
        batch_op.drop_column("acted_for")
        batch_op.drop_column("owner_id")

    with op.batch_alter_table("process_instance", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_process_instance_correlation",
            sqlite_where=sa.text("correlation_key <> '' AND ended_at IS NULL"),
            postgresql_where=sa.text("correlation_key <> '' AND ended_at IS NULL"),
        )
        batch_op.drop_column("suspended_at")
        batch_op.drop_column("outcome")
        batch_op.drop_column("correlation_key")

    with op.batch_alter_table("process_definition", schema=None) as batch_op:
        batch_op.drop_column("version_tag")

    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_column("definition_key")

    with op.batch_alter_table("element_instance", schema=None) as batch_op:
        batch_op.drop_column("came_from")
        batch_op.drop_column("definition_key")

    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.drop_column("definitions")

    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index("ix_attachment_digest")

    with op.batch_alter_table("signal_subscription", schema=None) as batch_op:
        batch_op.drop_index("ix_signal_subscription_match")
        batch_op.drop_index("ix_signal_subscription_instance")

    op.drop_table("signal_subscription")
    with op.batch_alter_table("copy", schema=None) as batch_op:
        batch_op.drop_index("uq_copy_reader")
        batch_op.drop_index("ix_copy_user")

    op.drop_table("copy")
    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.drop_index("ix_clock_instance")
        batch_op.drop_index(
            "ix_clock_check",
            sqlite_where=sa.text("check_at IS NOT NULL"),
            postgresql_where=sa.text("check_at IS NOT NULL"),
        )

    op.drop_table("clock")
    with op.batch_alter_table("start_subscription", schema=None) as batch_op:
        batch_op.drop_index("ix_start_subscription_process")
        batch_op.drop_index("ix_start_subscription_name")
        batch_op.drop_index(
            "ix_start_subscription_due",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.drop_table("start_subscription")
    with op.batch_alter_table("batch_item", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_batch_item_open",
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )
        batch_op.drop_index("ix_batch_item_instance")
        batch_op.drop_index("ix_batch_item_batch")

    op.drop_table("batch_item")
    with op.batch_alter_table("substitution", schema=None) as batch_op:
        batch_op.drop_index("ix_substitution_substitute")
        batch_op.drop_index("ix_substitution_principal")

    op.drop_table("substitution")
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_batch_open",
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )
        batch_op.drop_index("ix_batch_creator")

    op.drop_table("batch")
    with op.batch_alter_table("signal_delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_signal_delivery_signal")
        batch_op.drop_index(
            "ix_signal_delivery_open",
            sqlite_where=sa.text("incident_key IS NULL"),
            postgresql_where=sa.text("incident_key IS NULL"),
        )
        batch_op.drop_index("ix_signal_delivery_incident")

    op.drop_table("signal_delivery")
    op.drop_table("signal")
    op.drop_table("retention_rule")
    with op.batch_alter_table("clock_pause", schema=None) as batch_op:
        batch_op.drop_index("ix_clock_pause_clock")

    op.drop_table("clock_pause")
