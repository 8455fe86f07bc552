"""The process studio: bundles being changed, what was saved of them, and what proofs and recordings found."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.models.base import Base, JSONText, Key, UTCDateTime, instant, pk, row_id

DEPLOYED = "deployed"
SHIPPED = "shipped"
NEIGHBOUR = "neighbour"
IMPORTED = "imported"
LATE = "late"

WAITING = "waiting"
RUNNING = "running"
DONE = "done"
FAILED = "failed"


class BundleDraft(Base):
    """A bundle that is being changed; `version` grows with every save.

    `origin` says where it came from (deployed, shipped, neighbour, imported, late), `origin_name` from what: a family, a
    process, a file. A `late` draft keeps what somebody saved when draft `origin_key` had changed since version
    `origin_version`. `base_key` is the deployment it is compared with.
    """

    __tablename__ = "bundle_draft"

    key: Mapped[pk]
    family: Mapped[str] = mapped_column(String(64), index=True)
    version: Mapped[int] = mapped_column(default=1)
    base_key: Mapped[int | None] = mapped_column(Key, ForeignKey("deployment.key"))
    origin: Mapped[str] = mapped_column(String(16))
    origin_name: Mapped[str] = mapped_column(String(255), default="")
    origin_key: Mapped[int | None] = mapped_column(Key)
    origin_version: Mapped[int | None]
    created_by: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    created_at: Mapped[instant]
    updated_by: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    updated_at: Mapped[instant]


class DraftFile(Base):
    """A file as one save left it, byte for byte; without content it was removed. The newest save of a path holds."""

    __tablename__ = "bundle_draft_file"
    __table_args__ = (UniqueConstraint("draft_key", "path", "version"),)

    id: Mapped[row_id]
    draft_key: Mapped[int] = mapped_column(Key, ForeignKey("bundle_draft.key"))
    path: Mapped[str] = mapped_column(String(255))
    version: Mapped[int]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)


class DraftSave(Base):
    """Who saved which files of a draft, and when."""

    __tablename__ = "bundle_draft_save"
    __table_args__ = (UniqueConstraint("draft_key", "version"),)

    id: Mapped[row_id]
    draft_key: Mapped[int] = mapped_column(Key, ForeignKey("bundle_draft.key"))
    version: Mapped[int]
    paths: Mapped[list[str]] = mapped_column(JSONText)
    saved_by: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    saved_at: Mapped[instant]


class Proof(Base):
    """The scenarios of one content of a bundle, run in a database of their own.

    `digest` is that of the content. `results` has one entry per scenario: file, name, passed, and where it failed step,
    type, element, code and params; `coverage` maps processes to the elements and flows visited. `beat_at` moves while
    somebody works on it.
    """

    __tablename__ = "bundle_proof"
    __table_args__ = (Index("ix_bundle_proof_draft", "draft_key", "started_at"),)

    key: Mapped[pk]
    draft_key: Mapped[int] = mapped_column(Key)
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), default=WAITING)
    total: Mapped[int] = mapped_column(default=0)
    results: Mapped[list[dict[str, Any]]] = mapped_column(JSONText)
    coverage: Mapped[dict[str, Any]] = mapped_column(JSONText)
    error: Mapped[str] = mapped_column(Text, default="")
    started_by: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    started_at: Mapped[instant]
    beat_at: Mapped[instant]
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class Recording(Base):
    """A scenario being recorded: a procedure walked through in a throw-away database, step by step.

    `steps` are the instructions so far; `version` grows with each, so that one step is not done twice.
    """

    __tablename__ = "bundle_recording"
    __table_args__ = (Index("ix_bundle_recording_draft", "draft_key"),)

    key: Mapped[pk]
    draft_key: Mapped[int] = mapped_column(Key)
    digest: Mapped[str] = mapped_column(String(64))
    process_id: Mapped[str] = mapped_column(String(255))
    version: Mapped[int] = mapped_column(default=1)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONText)
    view: Mapped[dict[str, Any]] = mapped_column(JSONText)
    created_by: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    created_at: Mapped[instant]
    updated_at: Mapped[instant]
