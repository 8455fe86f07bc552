"""Who may see and do what. Everything is denied that is not granted here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import roles
from engine.errors import NotAllowed
from engine.models.identity import Site, User

NO_ROLES: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: a member of staff with the roles held at each site, or the system itself."""

    user_id: int | None
    username: str
    name: str
    locale: str = "zh"
    roles: Mapping[int, frozenset[str]] = field(default_factory=dict)
    areas: Mapping[int, frozenset[str]] = field(default_factory=dict)
    is_system: bool = False

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

    def is_above(self, lower: Iterable[str], site_id: int) -> bool:
        """Whether one of the actor's roles at the site stands above one of `lower` on the escalation ladder."""
        held = self.roles_at(site_id)
        return self.is_system or any(held & roles.superiors(role) for role in lower)


SYSTEM = Actor(user_id=None, username="system", name="系统", is_system=True)


def load_actor(session: Session, user_id: int) -> Actor | None:
    """Load an active user with the roles held now; None when there is none or the account is closed."""
    user = session.get(User, user_id)
    if user is None or not user.active:
        return None
    everywhere = list(session.scalars(select(Site.id)))
    held: dict[int, set[str]] = {}
    areas: dict[int, set[str]] = {}
    for membership in user.memberships:
        for site_id in everywhere if membership.site_id is None else [membership.site_id]:
            held.setdefault(site_id, set()).add(membership.role)
            if membership.area:
                areas.setdefault(site_id, set()).add(membership.area)
    return Actor(
        user_id=user.id,
        username=user.username,
        name=user.name,
        locale=user.locale,
        roles={site: frozenset(some) for site, some in held.items()},
        areas={site: frozenset(some) for site, some in areas.items()},
    )


def require(actor: Actor, role: str, site_id: int | None = None) -> None:
    """Raise NotAllowed unless the actor holds the role there."""
    if not actor.has(role, site_id):
        raise NotAllowed(reason=f"needs role {role}")
