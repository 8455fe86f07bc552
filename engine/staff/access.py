"""Who may see and do what. Everything is denied that is not granted here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, literal, select, union_all
from sqlalchemy.orm import Session

from engine.errors import NotAllowed
from engine.models.hiding import Hiding
from engine.models.identity import Site, User
from engine.models.substitution import Substitution
from engine.staff import roles

NO_ROLES: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Whose tasks the actor may do as a substitute, with the roles held now at the sites where both work.

    `process_ids` are the procedures this holds for, none meaning all.
    """

    user_id: int
    username: str
    name: str
    roles: Mapping[int, frozenset[str]]
    process_ids: frozenset[str] = frozenset()

    def covers(self, process_id: str, site_id: int) -> bool:
        """Whether the substitution holds for a procedure at a site."""
        known = not self.process_ids or process_id in self.process_ids
        return known and site_id in self.roles


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: a member of staff with the roles held at each site, or the system itself.

    The rights of `principals` count for nothing but doing their tasks, stamped as done for them. `hidden` are the keys of the
    instances that are kept from the actor, whatever the roles.
    """

    user_id: int | None
    username: str
    name: str
    locale: str = "zh"
    roles: Mapping[int, frozenset[str]] = field(default_factory=dict)
    areas: Mapping[int, frozenset[str]] = field(default_factory=dict)
    is_system: bool = False
    principals: Sequence[Principal] = ()
    hidden: frozenset[int] = frozenset()

    @property
    def site_ids(self) -> list[int]:
        """The sites where the actor has any role."""
        return sorted(self.roles)

    def roles_at(self, site_id: int) -> frozenset[str]:
        """The roles held at one site."""
        return self.roles.get(site_id, NO_ROLES)

    def has(self, role: str, site_id: int | None = None) -> bool:
        """Whether the actor holds `role` at the site, or without one at any."""
        if self.is_system:
            return True
        held = [self.roles_at(site_id)] if site_id is not None else self.roles.values()
        return any(role in some for some in held)

    def belongs_to(self, site_id: int) -> bool:
        """Whether the actor works at the site."""
        return self.is_system or site_id in self.roles

    def may_see(self, instance_key: int | None) -> bool:
        """Whether an instance is not one that is kept from the actor."""
        return instance_key not in self.hidden

    def is_above(self, lower: Iterable[str], site_id: int) -> bool:
        """Whether one of the actor's roles at the site stands above one of `lower` on the escalation ladder."""
        held = self.roles_at(site_id)
        return self.is_system or any(held & roles.superiors(role) for role in lower)


SYSTEM = Actor(user_id=None, username="system", name="系统", is_system=True)


def load_actor(session: Session, user_id: int, now: dt.datetime | None = None) -> Actor | None:
    """Load an active user with the roles held now; None when there is none or the account is closed."""
    user = session.get(User, user_id)
    if user is None or not user.active:
        return None
    everywhere, hidden = _sites_and_hidden(session, user.id)
    held = _held(user, everywhere)
    return Actor(
        user_id=user.id,
        username=user.username,
        name=user.name,
        locale=user.locale,
        roles=held,
        areas=_areas(user, everywhere),
        principals=_principals(session, user.id, held, everywhere, now or dt.datetime.now(dt.UTC)),
        hidden=hidden,
    )


# Every request begins with these: made once, they only get their values.
_SITES_AND_HIDDEN = union_all(
    select(literal(value=True), Site.id),
    select(literal(value=False), Hiding.instance_key).where(Hiding.user_id == bindparam("user_id")),
)
_PRINCIPALS = (
    select(User, Substitution.process_ids)
    .join(Substitution, Substitution.principal_id == User.id)
    .where(
        Substitution.substitute_id == bindparam("user_id"),
        Substitution.starts_at <= bindparam("now"),
        Substitution.ends_at > bindparam("now"),
        Substitution.revoked_at.is_(None),
        User.active,
    )
    .order_by(Substitution.id)
)


def _sites_and_hidden(session: Session, user_id: int) -> tuple[list[int], frozenset[int]]:
    rows = session.execute(_SITES_AND_HIDDEN, {"user_id": user_id}).all()
    found = [key for is_site, key in rows if is_site]
    return found, frozenset(key for is_site, key in rows if not is_site)


def _held(user: User, everywhere: Iterable[int]) -> dict[int, frozenset[str]]:
    held: dict[int, set[str]] = {}
    for membership in user.memberships:
        for site_id in everywhere if membership.site_id is None else [membership.site_id]:
            held.setdefault(site_id, set()).add(membership.role)
    return {site: frozenset(some) for site, some in held.items()}


def _areas(user: User, everywhere: Iterable[int]) -> dict[int, frozenset[str]]:
    areas: dict[int, set[str]] = {}
    for membership in user.memberships:
        for site_id in everywhere if membership.site_id is None else [membership.site_id]:
            if membership.area:
                areas.setdefault(site_id, set()).add(membership.area)
    return {site: frozenset(some) for site, some in areas.items()}


def _principals(
    session: Session,
    user_id: int,
    own: Mapping[int, frozenset[str]],
    everywhere: Iterable[int],
    now: dt.datetime,
) -> tuple[Principal, ...]:
    """Give whose substitute a person is now; their own principals are none of his (no chains)."""
    found: dict[int, tuple[User, frozenset[str]]] = {}
    for user, process_ids in session.execute(_PRINCIPALS, {"user_id": user_id, "now": now}):
        known = found.get(user.id, (user, frozenset(process_ids)))[1]
        every = not known or not process_ids
        found[user.id] = (user, frozenset() if every else known | frozenset(process_ids))
    return tuple(
        Principal(
            user_id=user.id,
            username=user.username,
            name=user.name,
            roles={site: some for site, some in _held(user, everywhere).items() if site in own},
            process_ids=process_ids,
        )
        for user, process_ids in found.values()
    )


def require(actor: Actor, role: str, site_id: int | None = None) -> None:
    """Raise NotAllowed unless the actor holds the role there."""
    if not actor.has(role, site_id):
        raise NotAllowed(reason=f"needs role {role}")
