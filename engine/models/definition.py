"""What was deployed: bundles, and the versions of diagrams, forms and decisions in them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.models.base import Base, JSONText, Key, UTCDateTime, instant, name, pk


class Deployment(Base):
    """One bundle as it was deployed at one moment; `definitions` maps its processes to the keys of their versions then.

    `override_reason` says why it was deployed though no proof held; `restores_key` is the deployment it went back to.
    """

    __tablename__ = "deployment"

    key: Mapped[pk]
    family: Mapped[str] = mapped_column(String(64), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(1000), default="")
    shipped: Mapped[bool] = mapped_column(default=False)
    definitions: Mapped[dict[str, int] | None] = mapped_column(JSONText)
    override_reason: Mapped[str | None] = mapped_column(String(1000))
    restores_key: Mapped[int | None] = mapped_column(Key)
    deployed_by: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id"))
    deployed_at: Mapped[instant]

    resources: Mapped[list[Resource]] = relationship(back_populates="deployment")


class Resource(Base):
    """A file of a deployed bundle, byte for byte."""

    __tablename__ = "resource"
    __table_args__ = (UniqueConstraint("deployment_key", "name"),)

    key: Mapped[pk]
    deployment_key: Mapped[int] = mapped_column(Key, ForeignKey("deployment.key"))
    name: Mapped[name]
    kind: Mapped[str] = mapped_column(String(16))
    content: Mapped[bytes] = mapped_column(LargeBinary)

    deployment: Mapped[Deployment] = relationship(back_populates="resources")


class ProcessDefinition(Base):
    """A version of an executable process. Instances stay on the version they were started with."""

    __tablename__ = "process_definition"
    __table_args__ = (UniqueConstraint("process_id", "version"),)

    key: Mapped[pk]
    process_id: Mapped[str] = mapped_column(String(255))
    version: Mapped[int]
    name: Mapped[name]
    family: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    deployment_key: Mapped[int] = mapped_column(Key, ForeignKey("deployment.key"))
    resource_key: Mapped[int] = mapped_column(Key, ForeignKey("resource.key"))
    start_groups: Mapped[list[str]] = mapped_column(JSONText)
    start_form_id: Mapped[str | None] = mapped_column(String(255))
    version_tag: Mapped[str | None] = mapped_column(String(255))
    latest: Mapped[bool] = mapped_column(default=True)
    suspended_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[instant]

    resource: Mapped[Resource] = relationship()
    deployment: Mapped[Deployment] = relationship()


class Form(Base):
    """A form as it stands in one deployment; unchanged content keeps its version number."""

    __tablename__ = "form"
    __table_args__ = (
        UniqueConstraint("deployment_key", "form_id"),
        Index("ix_form_latest", "form_id", "version"),
    )

    key: Mapped[pk]
    form_id: Mapped[str] = mapped_column(String(255))
    version: Mapped[int]
    deployment_key: Mapped[int] = mapped_column(Key, ForeignKey("deployment.key"))
    schema: Mapped[dict[str, Any]] = mapped_column(JSONText)
    digest: Mapped[str] = mapped_column(String(64))


class Decision(Base):
    """A decision as it stands in one deployment; its model is in the resource, unchanged content keeps its version."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("deployment_key", "decision_id"),
        Index("ix_decision_latest", "decision_id", "version"),
    )

    key: Mapped[pk]
    decision_id: Mapped[str] = mapped_column(String(255))
    version: Mapped[int]
    name: Mapped[name]
    deployment_key: Mapped[int] = mapped_column(Key, ForeignKey("deployment.key"))
    resource_key: Mapped[int] = mapped_column(Key, ForeignKey("resource.key"))
    digest: Mapped[str] = mapped_column(String(64))
