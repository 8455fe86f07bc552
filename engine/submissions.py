"""What a person submits: checked against the form, with the registry, people and attachments of the site at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update

from engine import registry
from engine.deployment import definitions
from engine.engine import Command
from engine.forms import Form
from engine.models.identity import Membership, Site, User
from engine.models.task import Attachment

MAX_DIGITS = 19


class Place(NamedTuple):
    """Where a submission is made: the site, its zone, and the instance and task it belongs to once there is one."""

    id: int
    timezone: str
    instance_key: int | None = None
    task_key: int | None = None


class Resolver:
    """Answers a form's questions about the world for one actor at one place; nothing of another site is found."""

    def __init__(self, command: Command, place: Place) -> None:
        self._command = command
        self._place = place
        self._site_id = place.id
        self.attachments: set[int] = set()

    def unit(self, label: str) -> str | None:
        """Give the unit's own label for what was typed, None when the site has no such unit."""
        unit = registry.find_unit(self._command.session, self._site_id, label)
        return unit.label if unit else None

    def person(self, username: str) -> bool:
        """Whether an active member of staff of the site has this user name."""
        query = select(User.id).join(Membership).where(
            User.username == username,
            User.active,
            or_(Membership.site_id == self._site_id, Membership.site_id.is_(None)),
        )  # fmt: skip
        return self._command.session.scalar(query) is not None

    def attachment(self, key: str) -> bool:
        """Whether the key names an attachment the actor uploaded at this site, or one this instance has already."""
        number = int(key) if key.isdecimal() and len(key) < MAX_DIGITS else -1
        found = self._command.session.get(Attachment, number) if number >= 0 else None
        if found is None or found.site_id != self._site_id:
            return False
        known = found.instance_key is not None and found.instance_key == self._place.instance_key
        own = found.user_id == self._command.actor.user_id and found.instance_key is None
        if own:
            self.attachments.add(found.key)
        return own or known


def check(
    command: Command,
    form: Form,
    raw: Mapping[str, Any],
    context: Mapping[str, Any],
    where: Site | Place,
    *,
    typed: bool = False,
) -> dict[str, Any]:
    """Give the clean variables of a submission; dates are meant in the site's zone.

    What people type is text (an amount is yuan); `typed` values are JSON (an amount is integer fen). Uploads it names become the instance's. Raises InvalidVariables with every error at its field.
    """
    place = where if isinstance(where, Place) else Place(where.id, where.timezone)
    resolver = Resolver(command, place)
    now = command.now.astimezone(ZoneInfo(place.timezone))
    clean = form.validate(raw, context, resolver=resolver, now=now, typed=typed)
    if resolver.attachments and place.instance_key:
        command.session.execute(
            update(Attachment)
            .where(Attachment.key.in_(resolver.attachments))
            .values(instance_key=place.instance_key, task_key=place.task_key)
        )
    return clean


def form_of(command: Command, definition_key: int, form_id: str | None) -> Form | None:
    """Give the form of an element in the version its definition was deployed with; None without one."""
    if not form_id:
        return None
    definition = definitions.get(command.engine, command.session, definition_key)
    return definitions.form(command.engine, command.session, definition, form_id)
