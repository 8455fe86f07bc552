"""Running and finished process instances and the element instances they went through."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.models.base import Base, JSONText, Key, UTCDateTime, instant, pk
from engine.models.definition import ProcessDefinition
from engine.models.identity import Site

ACTIVE = "active"
SUSPENDED = "suspended"
COMPLETED = "completed"
TERMINATED = "terminated"


class ProcessInstance(Base):
    """One run of a process definition at a site.

    `state` is the runtime's own compressed state without the diagram and without the variables of the process scope,
    which stand in `variables`. `correlation_key` is that of the message that started it. `policy` holds the limits and settings the definition names, as they were at the start.
    `active` lists the element instances alive now (key, id, type, process, definition, scope, flow, joined, since), `next_due` is the earliest timer.
    `private` instances are hidden from somebody (`hiding`). `outcome` is reject where a rejection ended it. `audit_seq` and `audit_hash` are the head of the instance's audit chain.
    """

    __tablename__ = "process_instance"
    __table_args__ = (
        Index(
            "uq_process_instance_active_key",
            "site_id",
            "process_id",
            "business_key",
            unique=True,
            sqlite_where=text("business_key <> '' AND ended_at IS NULL"),
            postgresql_where=text("business_key <> '' AND ended_at IS NULL"),
        ),
        Index(
            "uq_process_instance_correlation",
            "site_id",
            "process_id",
            "correlation_key",
            unique=True,
            sqlite_where=text("correlation_key <> '' AND ended_at IS NULL"),
            postgresql_where=text("correlation_key <> '' AND ended_at IS NULL"),
        ),
        Index(
            "ix_process_instance_due",
            "next_due",
            sqlite_where=text("next_due IS NOT NULL"),
            postgresql_where=text("next_due IS NOT NULL"),
        ),
        Index("ix_process_instance_list", "site_id", "process_id", "started_at"),
        Index("ix_process_instance_unit", "unit_id", "started_at"),
        Index("ix_process_instance_starter", "started_by", "started_at"),
        Index("ix_process_instance_number", "number"),
    )

    key: Mapped[pk]
    process_id: Mapped[str] = mapped_column(String(255))
    definition_key: Mapped[int] = mapped_column(Key, ForeignKey("process_definition.key"))
    site_id: Mapped[int] = mapped_column(Key, ForeignKey("site.id"))
    number: Mapped[str] = mapped_column(String(64), default="")
    business_key: Mapped[str] = mapped_column(String(255), default="")
    correlation_key: Mapped[str] = mapped_column(String(255), default="", server_default="")
    parent_key: Mapped[int | None] = mapped_column(Key, index=True)
    unit_id: Mapped[int | None] = mapped_column(Key)
    unit_label: Mapped[str] = mapped_column(String(64), default="")
    status: Mapped[str] = mapped_column(String(16), default=ACTIVE)
    reason: Mapped[str] = mapped_column(String(1000), default="")
    outcome: Mapped[str | None] = mapped_column(String(16))
    private: Mapped[bool] = mapped_column(default=False, server_default="0")
    state: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    variables: Mapped[dict[str, Any]] = mapped_column(JSONText, deferred=True)
    policy: Mapped[dict[str, Any]] = mapped_column(JSONText, deferred=True)
    active: Mapped[list[dict[str, Any]]] = mapped_column(JSONText)
    version: Mapped[int] = mapped_column(default=1)
    next_due: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    started_by: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    started_at: Mapped[instant]
    suspended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    audit_seq: Mapped[int] = mapped_column(default=0)
    audit_hash: Mapped[str] = mapped_column(String(64), default="")

    definition: Mapped[ProcessDefinition] = relationship()
    site: Mapped[Site] = relationship()


class ElementInstance(Base):
    """One passage of a token through an element that has ended; those alive stand in `ProcessInstance.active`.

    `flow_id` is the sequence flow by which the token came, `joined` the further ones a joining gateway took;
    `came_from` are the keys of the element instances the token left on them, in the same order.
    """

    __tablename__ = "element_instance"
    __table_args__ = (Index("ix_element_instance_instance", "instance_key"),)

    key: Mapped[pk]
    instance_key: Mapped[int] = mapped_column(Key)
    definition_key: Mapped[int | None] = mapped_column(Key)
    process_id: Mapped[str] = mapped_column(String(255))
    element_id: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(32))
    scope_key: Mapped[int | None] = mapped_column(Key)
    flow_id: Mapped[str | None] = mapped_column(String(255))
    joined: Mapped[list[str] | None] = mapped_column(JSONText)
    came_from: Mapped[list[int] | None] = mapped_column(JSONText)
    state: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[instant]
    ended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
