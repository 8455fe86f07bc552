"""One box finds units, customers and process instances by whatever a clerk types."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.registry import Customer, Occupancy, Unit
from engine.registry.customers import customers_visible_to
from engine.registry.typings import canonical, places
from engine.registry.units import at_place, units_visible_to
from engine.staff.access import Actor

LIMIT = 20
SHORTEST_TAIL = 4
LONGEST = 64
UNTYPED = (
    "Cc",
    "Cf",
    "Cs",
)  # control characters and lone surrogates, which no database column holds
_DIGITS = re.compile(r"[0-9]{4,20}")
_LETTERS = re.compile(r"[a-z][a-z0-9]*")
_AFTER_ALL = "\U0010ffff"
T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """What a search found, each list best first; customers come with their units, instances are the newest."""

    units: list[Unit] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    instances: list[ProcessInstance] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.units or self.customers or self.instances)


def search(
    session: Session, actor: Actor, typed: str, site: Site | None = None, limit: int = LIMIT
) -> Found:
    """Find by unit number, owner's name, pinyin or initials, last digits of the phone, instance number or business key.

    Only what the sites of the actor hold is found, with `site` only what that one holds; at most `limit` of each noun.
    """
    typed = _plain(typed)
    if not typed:
        return Found()
    units = find_units(session, actor, typed, site, limit)
    return Found(
        units=units,
        customers=find_customers(session, actor, typed, site, limit),
        instances=_find_instances(session, actor, typed, units, site, limit),
    )


def find_units(
    session: Session, actor: Actor, typed: str, site: Site | None = None, limit: int = LIMIT
) -> list[Unit]:
    """Find units by number in any way of writing it, else those whose label begins so."""
    query = _at(units_visible_to(actor), Unit.site_id, site).order_by(Unit.label)
    conditions = [at_place(place) for place in places(_plain(typed))]
    text = canonical(_plain(typed))
    if text.isascii() and text:
        conditions += [
            _begins(Unit.label, start) for start in dict.fromkeys([text, text.replace("-", "")])
        ]
    return _fill(session, query, conditions, limit)


def find_customers(
    session: Session, actor: Actor, typed: str, site: Site | None = None, limit: int = LIMIT
) -> list[Customer]:
    """Find customers by name, pinyin, initials or the last digits (four or more) of their phone."""
    query = _at(customers_visible_to(actor), Customer.site_id, site).order_by(Customer.name)
    query = query.options(selectinload(Customer.occupancies).joinedload(Occupancy.unit))
    return _fill(session, query, _named(_plain(typed)), limit)


def _plain(typed: str) -> str:
    folded = unicodedata.normalize("NFKC", typed)
    return "".join(c for c in folded if unicodedata.category(c) not in UNTYPED).strip()[:LONGEST]


def _named(typed: str) -> Iterator[ColumnElement[bool]]:
    digits = re.sub(r"[ -]", "", typed)
    if _DIGITS.fullmatch(digits):
        yield (Customer.phone_tail == digits[-SHORTEST_TAIL:]) & Customer.phone.endswith(digits)
        return
    letters = re.sub(r"[ '-]", "", typed.lower())
    if _LETTERS.fullmatch(letters):
        yield Customer.initials == letters
        yield or_(_begins(Customer.pinyin, letters), _begins(Customer.initials, letters))
    yield _begins(Customer.name, typed)
    if len(typed) > 1:
        yield Customer.name.contains(typed, autoescape=True)


def _find_instances(
    session: Session, actor: Actor, typed: str, units: list[Unit], site: Site | None, limit: int
) -> list[ProcessInstance]:
    query = select(ProcessInstance).options(joinedload(ProcessInstance.definition))
    if not actor.is_system:
        query = query.where(ProcessInstance.site_id.in_(actor.site_ids))
    query = _at(query, ProcessInstance.site_id, site).order_by(ProcessInstance.started_at.desc())
    conditions: list[ColumnElement[bool]] = [ProcessInstance.number == typed.upper()]
    if "/" in typed:
        conditions.append(ProcessInstance.business_key == typed)
    if units:
        conditions.append(ProcessInstance.unit_id.in_([unit.id for unit in units]))
    return _fill(session, query, conditions, limit)


def _fill(
    session: Session, query: Select[T], conditions: Iterable[ColumnElement[bool]], limit: int
) -> list[T]:
    """Ask the sharper conditions first and stop as soon as one finds anything."""
    for condition in conditions:
        found = list(session.scalars(query.where(condition).limit(limit)))
        if found:
            return found
    return []


def _at(query: Select[T], column: InstrumentedAttribute[int], site: Site | None) -> Select[T]:
    return query if site is None else query.where(column == site.id)


def _begins(column: InstrumentedAttribute[str], start: str) -> ColumnElement[bool]:
    return column.between(start, start + _AFTER_ALL)
