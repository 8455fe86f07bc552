"""Starting an instance from a submitted start form, once however often it is submitted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from engine import inquiries, instances, submissions, tasks
from engine.deployment.definitions import Definition
from engine.engine import Command
from engine.errors import NotAllowed
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.task import Draft
from engine.staff.access import Actor

PREFIX = "sent:"
REMEMBERED = dt.timedelta(days=7)
MAX_TOKEN = 48
MOST = 5


def subject(definition: Definition) -> str:
    """Give under what a start form's draft is kept."""
    return f"start:{definition.process_id}"[:64]


def already(session: Session, actor: Actor, token: str) -> int | None:
    """Give the key of the instance the actor's submission with this token started, None for a new one."""
    if not token or actor.user_id is None:
        return None
    found = session.get(Draft, (actor.user_id, _mark(token)))
    return int(found.data["instance"]) if found else None


def start(
    command: Command, definition: Definition, site: Site, raw: Mapping[str, Any], token: str = ""
) -> ProcessInstance:
    """Check a start form and start the instance; a second submission with the same token gives the first one's.

    Drops the actor's draft of the form. Raises what `instances.start` raises, and InvalidVariables; two submissions at
    the very same moment may raise an IntegrityError, after which `already` knows the instance.
    """
    if command.actor.user_id is None:
        raise NotAllowed(reason="starting without an account")
    known = already(command.session, command.actor, token)
    if known is not None:
        return instances.get(command.session, command.actor, known)
    variables = dict(raw)
    form = submissions.form_of(command, definition.key, definition.start_form_id)
    key = command.new_key()
    if form is not None:
        place = submissions.Place(site.id, site.timezone, key)
        variables = submissions.check(
            command, form, raw, inquiries.of_site(command, site.id), place
        )
    instance = instances.start(command, definition, site, variables, key=key)
    tasks.drop_draft(command, subject(definition))
    if token:
        _remember(command, token, instance)
    return instance


def lately(
    session: Session, actor: Actor, definition: Definition, site: Site, since: dt.datetime
) -> list[ProcessInstance]:
    """List the running instances of a procedure at a site that began after a moment, the latest first."""
    query = instances.visible_to(actor).where(
        ProcessInstance.process_id == definition.process_id,
        ProcessInstance.site_id == site.id,
        ProcessInstance.started_at > since,
        ProcessInstance.ended_at.is_(None),
    )
    return list(session.scalars(query.order_by(ProcessInstance.started_at.desc()).limit(MOST)))


def _mark(token: str) -> str:
    return f"{PREFIX}{token[:MAX_TOKEN]}"


def _remember(command: Command, token: str, instance: ProcessInstance) -> None:
    user_id = command.actor.user_id
    command.session.execute(
        delete(Draft).where(
            Draft.user_id == user_id,
            Draft.subject.startswith(PREFIX),
            Draft.saved_at < command.now - REMEMBERED,
        )
    )
    command.session.add(
        Draft(
            user_id=user_id,
            subject=_mark(token),
            data={"instance": instance.key},
            saved_at=command.now,
        )
    )
    command.session.flush()
