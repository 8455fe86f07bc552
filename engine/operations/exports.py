"""Exports: everything about one process instance as one file, readable without this program.

A ZIP archive with `instance.json` (facts and variables), `definition/` (the diagram of its version and of those it called,
the forms, as deployed), `history.json`, `tasks.json` (with what was submitted), `comments.json`, `incidents.json`,
`audit.json` (every entry and whether the chain is whole), `attachments/` with their list, `records/` (the printable
records) and `manifest.json` (the digest of every other file). Who may not see personal data gets it without content: no
variables, submitted data, remarks, attachments, records, and no details in the audit. Times are ISO 8601 in UTC, money is integer fen.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from engine import attachments, audit, instances, registry
from engine.engine import Command, Engine
from engine.errors import EngineError, NotAllowed
from engine.models.audit import AuditEntry
from engine.models.definition import ProcessDefinition, Resource
from engine.models.identity import User
from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.job import Incident, Job
from engine.models.task import Attachment, Comment, UserTask
from engine.printing import records
from engine.staff.access import Actor

VERSION = 1
# Every entry has the same moment, so that the same instance gives the same bytes.
EPOCH = (1980, 1, 1, 0, 0, 0)


def may_export(actor: Actor, instance: ProcessInstance) -> bool:
    """Whether the actor may take an instance along: people above a start group, process owners and administrators."""
    site_id = instance.site_id
    if not actor.belongs_to(site_id):
        return False
    operates = actor.has("admin", site_id) or actor.has("process_owner", site_id)
    return operates or actor.is_above(instance.definition.start_groups, site_id)


def note(command: Command, key: int) -> ProcessInstance:
    """Note in the audit that the instance is exported, before it is. Raises NotFound, NotAllowed."""
    instance = instances.lock(command, key)
    if not may_export(command.actor, instance):
        raise NotAllowed(reason="exporting this process instance")
    command.audit("instance.exported", instance.process_id, on=instance)
    return instance


def write(engine: Engine, session: Session, actor: Actor, key: int, to: IO[bytes]) -> None:
    """Write the archive of an instance. Raises NotFound, NotAllowed; `note` must have been called."""
    instance = instances.get(session, actor, key)
    if not may_export(actor, instance):
        raise NotAllowed(reason="exporting this process instance")
    digests: dict[str, str] = {}
    content_too = registry.may_see_personal(actor, instance.site_id)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _files(engine, session, actor, instance, content_too):
            digests[name] = hashlib.sha256(content).hexdigest()
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
        manifest = {
            "version": VERSION, "instance": str(key), "content": content_too, "sha256": digests,
        }  # fmt: skip
        archive.writestr(zipfile.ZipInfo("manifest.json", EPOCH), _json(manifest))


def name_of(instance: ProcessInstance) -> str:
    """Give the archive's file name."""
    return f"{instance.number or instance.key}.zip"


def _files(
    engine: Engine, session: Session, actor: Actor, instance: ProcessInstance, content_too: bool
) -> Iterator[tuple[str, bytes]]:
    people = _People(session)
    hidden = (
        ()
        if content_too
        else ("variables", "submitted", "summary", "opinion", "detail", "message", "error")
    )
    tasks, jobs = _of(session, UserTask, instance), _of(session, Job, instance)
    yield "instance.json", _json(_facts(instance, people, hidden))
    yield from _definition(session, instance)
    yield "history.json", _json(_history(session, instance))
    yield "tasks.json", _json([_task(one, people, hidden) for one in tasks])
    incidents = _of(session, Incident, instance)
    yield "incidents.json", _json([_row(one, *hidden) for one in incidents])
    yield "jobs.json", _json([_row(one, *hidden) for one in jobs])
    yield "audit.json", _json(_audit(engine, session, instance, hidden))
    if content_too:
        yield "comments.json", _json([_comment(o, people) for o in _of(session, Comment, instance)])
        yield from _attachments(engine, session, instance, people)
        yield from _records(engine, session, actor, instance, tasks)


def _json(data: Any) -> bytes:
    text = json.dumps(data, ensure_ascii=False, indent=1, default=_written)
    return text.encode()


def _written(value: Any) -> str:
    return value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else str(value)


def _of(session: Session, model: Any, instance: ProcessInstance) -> list[Any]:
    query = select(model).where(model.instance_key == instance.key).order_by(model.key)
    return list(session.scalars(query.options(undefer("*"))))


def _row(row: Any, *leaving_out: str) -> dict[str, Any]:
    """A row by its columns; keys are texts, for a reader of JSON may have no room for 53 bits."""
    columns = [one.key for one in row.__mapper__.column_attrs if one.key not in leaving_out]
    values = {name: getattr(row, name) for name in columns}
    return {
        name: str(value) if name.endswith("key") and isinstance(value, int) else value
        for name, value in values.items()
    }


class _People:
    """Names of accounts, each read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[int, str] = {}

    def name(self, user_id: int | None) -> str | None:
        if user_id is None:
            return None
        if user_id not in self._known:
            user = self._session.get(User, user_id)
            self._known[user_id] = f"{user.name} ({user.username})" if user else str(user_id)
        return self._known[user_id]


def _facts(instance: ProcessInstance, people: _People, hidden: Sequence[str]) -> dict[str, Any]:
    definition = instance.definition
    left_out = ("state", "audit_seq", "audit_hash", "site_id", "started_by", *hidden)
    return _row(instance, *left_out) | {
        "procedure": definition.name,
        "definition_version": definition.version,
        "site": {"key": instance.site.key, "name": instance.site.name},
        "started_by": people.name(instance.started_by),
    }


def _definition(session: Session, instance: ProcessInstance) -> Iterator[tuple[str, bytes]]:
    """The files of the bundle: of the instance's own version, and of those its tasks belong to."""
    tasks = select(UserTask.definition_key).where(UserTask.instance_key == instance.key)
    keys = {instance.definition_key, *session.scalars(tasks)}
    for key in sorted(keys):
        definition = session.get_one(ProcessDefinition, key)
        wanted = select(Resource).where(
            Resource.deployment_key == definition.deployment_key,
            Resource.kind.in_(("bpmn", "form", "dmn")),
        )
        for resource in session.scalars(wanted.order_by(Resource.name)):
            own = resource.key == definition.resource_key or resource.kind != "bpmn"
            if own:
                folder = f"definition/{definition.process_id}-{definition.version}"
                yield f"{folder}/{resource.name}", resource.content


def _history(session: Session, instance: ProcessInstance) -> dict[str, Any]:
    passed = select(ElementInstance).where(ElementInstance.instance_key == instance.key)
    rows = session.scalars(passed.order_by(ElementInstance.started_at, ElementInstance.key))
    return {"passed": [_row(row, "instance_key") for row in rows], "active": instance.active}


def _task(task: UserTask, people: _People, hidden: Sequence[str]) -> dict[str, Any]:
    named = {name: people.name(getattr(task, name)) for name in ("assignee_id", "completed_by")}
    return _row(task, "site_id", "instance_key", "version", "check_at", *hidden) | named


def _comment(comment: Comment, people: _People) -> dict[str, Any]:
    return _row(comment, "user_id", "instance_key") | {"by": people.name(comment.user_id)}


def _audit(
    engine: Engine, session: Session, instance: ProcessInstance, hidden: Sequence[str]
) -> dict[str, Any]:
    broken = audit.first_break(session, engine.secret, instance.key)
    entries: Iterable[AuditEntry] = audit.entries(session, instance.key)
    return {
        "whole": broken is None,
        "first_break": broken,
        "head": {"seq": instance.audit_seq, "hash": instance.audit_hash},
        "entries": [_row(entry, "chain", *hidden) for entry in entries],
    }


def _attachments(
    engine: Engine, session: Session, instance: ProcessInstance, people: _People
) -> Iterator[tuple[str, bytes]]:
    found: list[Attachment] = _of(session, Attachment, instance)
    listed = []
    for one in found:
        name = f"attachments/{one.key}-{one.filename.replace('/', '_')}"
        path = attachments.path_of(engine, one)
        about = _row(one, "site_id", "instance_key", "user_id")
        listed.append(
            about | {"file": name, "by": people.name(one.user_id), "there": path.exists()}
        )
        if path.exists():
            yield name, path.read_bytes()
    yield "attachments/list.json", _json(listed)


def _records(
    engine: Engine,
    session: Session,
    actor: Actor,
    instance: ProcessInstance,
    tasks: Iterable[UserTask],
) -> Iterator[tuple[str, bytes]]:
    """The records that steps of this instance print; one that cannot be printed says why."""
    named = (name.strip() for task in tasks for name in task.properties.get("print", "").split(","))
    for name in dict.fromkeys(filter(None, named)):
        try:
            sheet = records.show(engine, session, actor, instance.key, name)
        except EngineError as error:
            yield f"records/{name}.txt", error.message.encode()
        else:
            title = html.escape(sheet.title)
            page = f'<!doctype html><meta charset="utf-8"><title>{title}</title>{sheet.markup}'
            yield f"records/{name}.html", page.encode()
