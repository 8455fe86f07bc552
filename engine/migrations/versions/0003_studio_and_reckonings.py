"""studio and reckonings

Revision ID: 0003
Revises: 0002
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from engine.models import base

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:

    op.create_table(
        "bundle_proof",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "draft_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("results", base.JSONText(), nullable=False),
        sa.Column("coverage", base.JSONText(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column(
            "started_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("started_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("beat_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", base.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["started_by"], ["user.id"], name=op.f("fk_bundle_proof_started_by_user")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_bundle_proof")),
    )
    with op.batch_alter_table("bundle_proof", schema=None) as batch_op:
        batch_op.create_index("ix_bundle_proof_draft", ["draft_key", "started_at"], unique=False)

    op.create_table(
        "bundle_recording",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "draft_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("process_id", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("steps", base.JSONText(), nullable=False),
        sa.Column("view", base.JSONText(), nullable=False),
        sa.Column(
            "created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user.id"], name=op.f("fk_bundle_recording_created_by_user")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_bundle_recording")),
    )
    with op.batch_alter_table("bundle_recording", schema=None) as batch_op:
        batch_op.create_index("ix_bundle_recording_draft", ["draft_key"], unique=False)

    op.create_table(
        "bundle_draft",
        sa.Column(
            "key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("base_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("origin_name", sa.String(length=255), nullable=False),
        sa.Column(
            "origin_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("origin_version", sa.Integer(), nullable=True),
        sa.Column(
            "created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.Column(
            "updated_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("updated_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_key"], ["deployment.key"], name=op.f("fk_bundle_draft_base_key_deployment")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["user.id"], name=op.f("fk_bundle_draft_created_by_user")
        ),
        sa.ForeignKeyConstraint(
            ["updated_by"], ["user.id"], name=op.f("fk_bundle_draft_updated_by_user")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_bundle_draft")),
    )
    with op.batch_alter_table("bundle_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bundle_draft_family"), ["family"], unique=False)

    op.create_table(
        "bundle_draft_file",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "draft_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["draft_key"],
            ["bundle_draft.key"],
            name=op.f("fk_bundle_draft_file_draft_key_bundle_draft"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle_draft_file")),
        sa.UniqueConstraint(
            "draft_key", "path", "version", name=op.f("uq_bundle_draft_file_draft_key_path_version")
        ),
    )
    op.create_table(
        "bundle_draft_save",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "draft_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("paths", base.JSONText(), nullable=False),
        sa.Column("saved_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("saved_at", base.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_key"],
            ["bundle_draft.key"],
            name=op.f("fk_bundle_draft_save_draft_key_bundle_draft"),
        ),
        sa.ForeignKeyConstraint(
            ["saved_by"], ["user.id"], name=op.f("fk_bundle_draft_save_saved_by_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle_draft_save")),
        sa.UniqueConstraint(
            "draft_key", "version", name=op.f("uq_bundle_draft_save_draft_key_version")
        ),
    )
    op.create_table(
        "hiding",
        sa.Column(
            "instance_key",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "user_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("process_id", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_key"],
            ["process_instance.key"],
            name=op.f("fk_hiding_instance_key_process_instance"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_hiding_user_id_user")),
        sa.PrimaryKeyConstraint("instance_key", "user_id", "process_id", name=op.f("pk_hiding")),
    )
    with op.batch_alter_table("hiding", schema=None) as batch_op:
        batch_op.create_index("ix_hiding_user", ["user_id"], unique=False)

    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.create_index("ix_clock_limit", ["site_id", "limit_key", "due_at"], unique=False)

    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("override_reason", sa.String(length=1000), nullable=True))
        batch_op.add_column(
            sa.Column(
                "restores_key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )

    with op.batch_alter_table("process_instance", schema=None) as batch_op:
        batch_op.add_column(sa.Column("private", sa.Boolean(), server_default="0", nullable=False))

    with op.batch_alter_table("user_task", schema=None) as batch_op:
        batch_op.create_index(
            "ix_user_task_step",
            ["site_id", "process_id", "element_id", "due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )


def downgrade() -> None:

    with op.batch_alter_table("user_task", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_user_task_step",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    with op.batch_alter_table("process_instance", schema=None) as batch_op:
        batch_op.drop_column("private")

    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.drop_column("restores_key")
        batch_op.drop_column("override_reason")

    with op.batch_alter_table("clock", schema=None) as batch_op:
        batch_op.drop_index("ix_clock_limit")

    with op.batch_alter_table("hiding", schema=None) as batch_op:
        batch_op.drop_index("ix_hiding_user")

    op.drop_table("hiding")
    op.drop_table("bundle_draft_save")
    op.drop_table("bundle_draft_file")
    with op.batch_alter_table("bundle_draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bundle_draft_family"))

    op.drop_table("bundle_draft")
    with op.batch_alter_table("bundle_recording", schema=None) as batch_op:
        batch_op.drop_index("ix_bundle_recording_draft")

    op.drop_table("bundle_recording")
    with op.batch_alter_table("bundle_proof", schema=None) as batch_op:
        batch_op.drop_index("ix_bundle_proof_draft")

    op.drop_table("bundle_proof")
