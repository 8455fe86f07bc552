"""People, the sites they work at, the roles they have there, and how they are recognised."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.models.base import Base, Key, UTCDateTime, instant, name, row_id


class Site(Base):
    """A place the company manages (管理处/项目); the API calls it a tenant."""

    __tablename__ = "site"

    id: Mapped[row_id]
    key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[name]
    name_en: Mapped[str] = mapped_column(String(255), default="")
    kind: Mapped[str] = mapped_column(String(16), default="residence")
    timezone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")
    manager: Mapped[str] = mapped_column(String(255), default="")


class User(Base):
    """A member of staff with an account."""

    __tablename__ = "user"

    id: Mapped[row_id]
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[name]
    name_en: Mapped[str] = mapped_column(String(255), default="")
    password_hash: Mapped[str] = mapped_column(String(255))
    locale: Mapped[str] = mapped_column(String(8), default="zh")
    theme: Mapped[str] = mapped_column(String(8), default="light")
    active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[instant]

    memberships: Mapped[list[Membership]] = relationship(
        back_populates="user", lazy="selectin", cascade="all, delete-orphan"
    )


class Membership(Base):
    """A role a person has at a site; without a site, at every site."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("user_id", "site_id", "role"),)

    id: Mapped[row_id]
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id"))
    site_id: Mapped[int | None] = mapped_column(Key, ForeignKey("site.id"))
    role: Mapped[str] = mapped_column(String(64), index=True)
    area: Mapped[str] = mapped_column(String(64), default="")
    on_duty: Mapped[bool] = mapped_column(default=True)
    position_tag: Mapped[str] = mapped_column(String(64), default="")

    user: Mapped[User] = relationship(back_populates="memberships")
    site: Mapped[Site | None] = relationship(lazy="joined")


class LoginSession(Base):
    """A browser that signed in. The cookie holds a random token, this row only its digest."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_user", "user_id"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id"))
    site_id: Mapped[int | None] = mapped_column(Key, ForeignKey("site.id"))
    created_at: Mapped[instant]
    seen_at: Mapped[instant]
    expires_at: Mapped[instant]
    user_agent: Mapped[str] = mapped_column(String(255), default="")
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class ApiToken(Base):
    """A bearer token for the API, known only by its digest."""

    __tablename__ = "api_token"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id"))
    label: Mapped[name]
    created_at: Mapped[instant]
    expires_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class PasswordReset(Base):
    """A one-time password reset an administrator handed out, known by its digest."""

    __tablename__ = "password_reset"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id"))
    created_at: Mapped[instant]
    expires_at: Mapped[instant]
    used_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
