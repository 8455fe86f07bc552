"""The registry (台账): buildings, units, customers, who occupies what, and what is owed."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.models.base import Base, Key, instant, row_id
from engine.models.identity import Site

# Prefixes are searched by range, which needs the order of code points and not that of a language.
Sought = String(255).with_variant(String(255, collation="C"), "postgresql")

RESIDENCE, OFFICE, SHOP, PARKING = "residence", "office", "shop", "parking"
KINDS = (RESIDENCE, OFFICE, SHOP, PARKING)

UNSOLD, SOLD, PENDING_MOVE_IN = "unsold", "sold", "pending_move_in"
OCCUPIED, VACANT = "occupied", "vacant"
STATUSES = (UNSOLD, SOLD, PENDING_MOVE_IN, OCCUPIED, VACANT)

PERSON, COMPANY = "person", "company"
RELATIONS = ("owner", "co_owner", "tenant", "payer", "agent")


class Building(Base):
    """A building (栋/座), a row of shops or a parking deck of a site; `code` is what stands in unit labels."""

    __tablename__ = "building"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: Mapped[row_id]
    site_id: Mapped[int] = mapped_column(Key, ForeignKey("site.id"))
    code: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(64))
    name_en: Mapped[str] = mapped_column(String(64), default="")
    phase: Mapped[str] = mapped_column(String(32), default="")
    area: Mapped[str] = mapped_column(String(64), default="")


class Unit(Base):
    """A flat, an office, a shop or a parking space. `label` identifies it at its site (3-2-1201, A1205, S1-08, B1-217).

    `entrance` is the 单元 where a building has several. `floor_area` is in hundredths of a square metre.
    `area` is the district (片区) its housekeeper looks after. `occupied_since` is the day the move-in notice names.
    """

    __tablename__ = "unit"
    __table_args__ = (
        UniqueConstraint("site_id", "label"),
        Index("ix_unit_room", "site_id", "room", "building_code"),
        Index("ix_unit_building", "building_id"),
    )

    id: Mapped[row_id]
    site_id: Mapped[int] = mapped_column(Key, ForeignKey("site.id"))
    building_id: Mapped[int] = mapped_column(Key, ForeignKey("building.id"))
    label: Mapped[str] = mapped_column(Sought)
    display: Mapped[str] = mapped_column(String(64))
    display_en: Mapped[str] = mapped_column(String(64), default="")
    building_code: Mapped[str] = mapped_column(String(16))
    entrance: Mapped[str] = mapped_column(String(16), default="")
    floor: Mapped[int]
    room: Mapped[str] = mapped_column(String(16))
    floor_area: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16), default=UNSOLD)
    occupied_since: Mapped[dt.date | None] = mapped_column(Date)
    phase: Mapped[str] = mapped_column(String(32), default="")
    area: Mapped[str] = mapped_column(String(64), default="")
    version: Mapped[int] = mapped_column(default=1)

    site: Mapped[Site] = relationship()
    building: Mapped[Building] = relationship()
    rooms: Mapped[list[UnitRoom]] = relationship(cascade="all, delete-orphan")
    occupancies: Mapped[list[Occupancy]] = relationship(back_populates="unit")


class UnitRoom(Base):
    """A further room number of a merged unit: 3-2-1802 of the duplex 3-2-1801."""

    __tablename__ = "unit_room"
    __table_args__ = (Index("ix_unit_room_room", "site_id", "room"),)

    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("unit.id"), primary_key=True)
    room: Mapped[str] = mapped_column(String(16), primary_key=True)
    site_id: Mapped[int] = mapped_column(Key, ForeignKey("site.id"))


class Customer(Base):
    """A person or company a site deals with; the same person at two sites is two customers, for sites share nothing.

    `pinyin` and `initials` are the name as typed on a Latin keyboard, `phone_tail` the last four digits of the phone.
    """

    __tablename__ = "customer"
    __table_args__ = (
        Index("ix_customer_name", "site_id", "name"),
        Index("ix_customer_pinyin", "site_id", "pinyin"),
        Index("ix_customer_initials", "site_id", "initials"),
        Index("ix_customer_phone", "site_id", "phone_tail"),
    )

    id: Mapped[row_id]
    site_id: Mapped[int] = mapped_column(Key, ForeignKey("site.id"))
    kind: Mapped[str] = mapped_column(String(16), default=PERSON)
    name: Mapped[str] = mapped_column(Sought)
    name_en: Mapped[str] = mapped_column(String(255), default="")
    pinyin: Mapped[str] = mapped_column(Sought, default="")
    initials: Mapped[str] = mapped_column(Sought, default="")
    phone: Mapped[str] = mapped_column(String(32), default="")
    phone_tail: Mapped[str] = mapped_column(String(4), default="")
    id_no: Mapped[str] = mapped_column(String(64), default="")
    address: Mapped[str] = mapped_column(String(255), default="")
    legal_representative: Mapped[str] = mapped_column(String(255), default="")
    note: Mapped[str] = mapped_column(String(1000), default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[instant]

    contacts: Mapped[list[CustomerContact]] = relationship(cascade="all, delete-orphan")
    occupancies: Mapped[list[Occupancy]] = relationship(back_populates="customer")


class CustomerContact(Base):
    """Whom to call in an emergency, during office hours or outside them."""

    __tablename__ = "customer_contact"
    __table_args__ = (Index("ix_customer_contact_customer", "customer_id"),)

    id: Mapped[row_id]
    customer_id: Mapped[int] = mapped_column(Key, ForeignKey("customer.id"))
    period: Mapped[str] = mapped_column(String(16), default="office_hours")
    name: Mapped[str] = mapped_column(String(255))
    phone: Mapped[str] = mapped_column(String(32))
    relation: Mapped[str] = mapped_column(String(64), default="")


class Occupancy(Base):
    """What a customer is to a unit, from the first day to the day before `until`; open while `until` is empty."""

    __tablename__ = "occupancy"
    __table_args__ = (
        Index("ix_occupancy_unit", "unit_id", "until"),
        Index("ix_occupancy_customer", "customer_id", "until"),
    )

    id: Mapped[row_id]
    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("unit.id"))
    customer_id: Mapped[int] = mapped_column(Key, ForeignKey("customer.id"))
    relation: Mapped[str] = mapped_column(String(16))
    since: Mapped[dt.date] = mapped_column(Date)
    until: Mapped[dt.date | None] = mapped_column(Date)

    unit: Mapped[Unit] = relationship(back_populates="occupancies")
    customer: Mapped[Customer] = relationship(back_populates="occupancies")


class Arrears(Base):
    """What is owed for a unit, in fen, and since when; no row means nothing is owed."""

    __tablename__ = "arrears"

    unit_id: Mapped[int] = mapped_column(Key, ForeignKey("unit.id"), primary_key=True)
    amount: Mapped[int]
    since: Mapped[dt.date] = mapped_column(Date)
    recorded_at: Mapped[instant]
