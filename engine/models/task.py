"""User tasks and what people put into them before they complete them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.models.base import Base, JSONText, Key, UTCDateTime, instant, name, pk, row_id
from engine.models.identity import Site, User
from engine.models.instance import ProcessInstance

CREATING = "creating"
CREATED = "created"
ASSIGNING = "assigning"
UPDATING = "updating"
COMPLETING = "completing"
COMPLETED = "completed"
CANCELED = "canceled"
UNFINISHED = (CREATING, CREATED, ASSIGNING, UPDATING, COMPLETING)

_OPEN = text("state = 'created'")
_CLAIMABLE = text("state = 'created' AND assignee_id IS NULL")
_WATCHED = text("check_at IS NOT NULL")
_DELEGATED = text("owner_id IS NOT NULL AND state = 'created'")
_SIGNERS = text("root_key IS NOT NULL")
_TIMED = text("due_at IS NOT NULL")


class UserTask(Base):
    """Work that waits for a person; its key is that of the element instance.

    Open tasks are found by assignee, or by site and candidate group while nobody claimed them. `groups` holds every
    candidate group, `candidate_group` the one the index uses when there is exactly one (else rows in `task_candidate`).
    `due_at` comes from the limit or the diagram; `check_at` is the next moment a reminder or an escalation is due,
    `escalation` how many of them have been sent. `paused_at` and `paused_seconds` are the clock's pauses.

    `owner_id` is who delegated the task and gets it back, `acted_for` whose substitute completed it. `signers` counts the
    unfinished signers added to it. A signer's own row has no token: `parent_key` is the task it was added to (`position`:
    before, beside, after), `root_key` the one with the token, and `outcome` and `opinion` what the signer said. An `after` signer
    is `creating` until the parent is submitted; a submitted task that waits for signers is `completing`. A task is also
    `creating`, `assigning`, `updating` or `completing` while its listeners decide (`is_held`).
    `origin` says why a task is open again: `kind` (return, straight_back, withdraw, move), `by`, `name`, `step`, `reason`, and
    `of`, the task that was done before.
    """

    __tablename__ = "user_task"
    __table_args__ = (
        Index("ix_user_task_assignee", "assignee_id", "due_at", "key",
              sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_user_task_candidates", "site_id", "candidate_group", "due_at", "key",
              sqlite_where=_CLAIMABLE, postgresql_where=_CLAIMABLE),
        Index("ix_user_task_check", "check_at", sqlite_where=_WATCHED, postgresql_where=_WATCHED),
        Index("ix_user_task_instance", "instance_key"),
        Index("ix_user_task_done", "completed_by", "completed_at"),
        Index("ix_user_task_owner", "owner_id",
              sqlite_where=_DELEGATED, postgresql_where=_DELEGATED),
        Index("ix_user_task_root", "root_key", sqlite_where=_SIGNERS, postgresql_where=_SIGNERS),
        Index("ix_user_task_step", "site_id", "process_id", "element_id", "due_at",
              sqlite_where=_TIMED, postgresql_where=_TIMED),
    )  # fmt: skip

    key: Mapped[pk]
    instance_key: Mapped[int] = mapped_column(Key, ForeignKey("process_instance.key"))
    site_id: Mapped[int] = mapped_column(Key, ForeignKey("site.id"))
    process_id: Mapped[str] = mapped_column(String(255))
    definition_key: Mapped[int] = mapped_column(Key)
    element_id: Mapped[str] = mapped_column(String(255))
    name: Mapped[name]
    state: Mapped[str] = mapped_column(String(16), default=CREATED)
    assignee_id: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    candidate_group: Mapped[str | None] = mapped_column(String(64))
    groups: Mapped[list[str]] = mapped_column(JSONText)
    users: Mapped[list[str]] = mapped_column(JSONText)
    area: Mapped[str] = mapped_column(String(64), default="")
    form_id: Mapped[str | None] = mapped_column(String(255))
    properties: Mapped[dict[str, str]] = mapped_column(JSONText)
    summary: Mapped[list[str]] = mapped_column(JSONText)
    priority: Mapped[int] = mapped_column(default=50)
    version: Mapped[int] = mapped_column(default=1)
    limit: Mapped[dict[str, Any] | None] = mapped_column("limit_row", JSONText)
    due_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    follow_up_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    check_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    escalation: Mapped[int] = mapped_column(default=0)
    paused_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    paused_seconds: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[instant]
    claimed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    completed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    completed_by: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    submitted: Mapped[dict[str, Any] | None] = mapped_column(JSONText, deferred=True)
    owner_id: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    acted_for: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    parent_key: Mapped[int | None] = mapped_column(Key)
    root_key: Mapped[int | None] = mapped_column(Key)
    position: Mapped[str | None] = mapped_column(String(8))
    added_by: Mapped[int | None] = mapped_column(Key)
    signers: Mapped[int] = mapped_column(default=0, server_default="0")
    outcome: Mapped[str | None] = mapped_column(String(16))
    opinion: Mapped[str | None] = mapped_column(Text)
    origin: Mapped[dict[str, Any] | None] = mapped_column(JSONText)

    instance: Mapped[ProcessInstance] = relationship()
    site: Mapped[Site] = relationship()
    assignee: Mapped[User | None] = relationship(foreign_keys=[assignee_id])
    completer: Mapped[User | None] = relationship(foreign_keys=[completed_by])
    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
    principal: Mapped[User | None] = relationship(foreign_keys=[acted_for])

    @property
    def is_held(self) -> bool:
        """Whether listeners decide about the task, not people."""
        if self.parent_key is not None or self.state in (CREATED, COMPLETED, CANCELED):
            return False
        return self.state != COMPLETING or not self.signers


class TaskCandidate(Base):
    """A further candidate group or a candidate user of an open task."""

    __tablename__ = "task_candidate"
    __table_args__ = (
        Index("ix_task_candidate_group", "site_id", "candidate_group", "task_key"),
        Index("ix_task_candidate_user", "username", "task_key"),
        Index("ix_task_candidate_task", "task_key"),
    )

    id: Mapped[row_id]
    task_key: Mapped[int] = mapped_column(Key, ForeignKey("user_task.key"))
    site_id: Mapped[int] = mapped_column(Key)
    candidate_group: Mapped[str | None] = mapped_column(String(64))
    username: Mapped[str | None] = mapped_column(String(64))


class Draft(Base):
    """What a person typed into a form and has not submitted yet (`subject`: task:<key> or start:<definition>)."""

    __tablename__ = "draft"

    user_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSONText)
    saved_at: Mapped[instant]


class Copy(Base):
    """A process instance somebody was sent to read (抄送); a second copy to the same person renews the first.

    `sent_by` is empty when a step's `copyTo` sent it. It gives the reader the right to read this instance, also at a site where
    he does not work.
    """

    __tablename__ = "copy"
    __table_args__ = (
        Index("uq_copy_reader", "instance_key", "user_id", unique=True),
        Index("ix_copy_user", "user_id", "created_at"),
    )

    id: Mapped[row_id]
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id"))
    instance_key: Mapped[int] = mapped_column(Key, ForeignKey("process_instance.key"))
    task_key: Mapped[int | None] = mapped_column(Key)
    sent_by: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[instant]
    read_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    instance: Mapped[ProcessInstance] = relationship()
    sender: Mapped[User | None] = relationship(foreign_keys=[sent_by])


class Comment(Base):
    """A remark on a process instance, optionally made at a task."""

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_instance", "instance_key", "created_at"),)

    key: Mapped[pk]
    instance_key: Mapped[int] = mapped_column(Key, ForeignKey("process_instance.key"))
    task_key: Mapped[int | None] = mapped_column(Key)
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id"))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[instant]

    user: Mapped[User] = relationship()


class Attachment(Base):
    """A photo, signature or document; its bytes lie outside the web root under `digest`."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_instance", "instance_key"),
        Index("ix_attachment_digest", "digest"),
    )

    key: Mapped[pk]
    site_id: Mapped[int] = mapped_column(Key, ForeignKey("site.id"))
    instance_key: Mapped[int | None] = mapped_column(Key)
    task_key: Mapped[int | None] = mapped_column(Key)
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id"))
    kind: Mapped[str] = mapped_column(String(16))
    filename: Mapped[name]
    media_type: Mapped[str] = mapped_column(String(127))
    size: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[instant]


class Notification(Base):
    """Something a person should know; `kind` and `params` are put into words when it is read."""

    __tablename__ = "notification"
    __table_args__ = (Index("ix_notification_user", "user_id", "read_at", "created_at"),)

    id: Mapped[row_id]
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id"))
    kind: Mapped[str] = mapped_column(String(64))
    params: Mapped[dict[str, Any]] = mapped_column(JSONText)
    instance_key: Mapped[int | None] = mapped_column(Key)
    task_key: Mapped[int | None] = mapped_column(Key)
    created_at: Mapped[instant]
    read_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
