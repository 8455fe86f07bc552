"""What a person submits: checked against the form, with the registry, people and attachments of the site at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from engine import definitions, registry
from engine.engine import Command
from engine.forms import Form
from engine.models.identity import Membership, Site, User
from engine.models.task import Attachment


class Place(NamedTuple):
    """As much of a site as a submission needs, where the site itself is not loaded."""

    id: int
    timezone: str


class Resolver:
    """Answers a form's questions about the world for one actor at one site; nothing of another site is found."""

    def __init__(self, command: Command, site_id: int) -> None:
        self._command = command
        self._site_id = site_id

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
        """Whether the key names an attachment of this site that the actor uploaded or that belongs to its instance."""
        if not key.isdecimal():
            return False
        found = self._command.session.get(Attachment, int(key))
        return found is not None and found.site_id == self._site_id


def check(
    command: Command,
    form: Form,
    raw: Mapping[str, Any],
    context: Mapping[str, Any],
    site: Site | Place,
) -> dict[str, Any]:
    """Give the clean variables of a submission, typed text or JSON; dates are meant in the site's zone.

    Raises InvalidVariables with every error at its field.
    """
    now = command.now.astimezone(ZoneInfo(site.timezone))
    return form.validate(raw, context, resolver=Resolver(command, site.id), now=now)


def form_of(command: Command, definition_key: int, form_id: str | None) -> Form | None:
    """Give the form of an element in the version its definition was deployed with; None without one."""
    if not form_id:
        return None
    definition = definitions.get(command.engine, command.session, definition_key)
    return definitions.form(command.engine, command.session, definition.deployment_key, form_id)
