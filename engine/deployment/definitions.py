"""Deployed process definitions, forms, decisions and texts, as the running engine uses them.

What is deployed never changes, so everything here is cached by its key for the life of the process.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload

from engine import decisions
from engine.engine import Engine
from engine.errors import NotFound
from engine.forms import Form
from engine.models.definition import Decision, Deployment, ProcessDefinition, Resource
from engine.models.definition import Form as FormRow
from engine.runtime import Binding, Diagram, parse
from engine.staff.access import Actor
from engine.staff.roles import ALL_STAFF

T = TypeVar("T")
REMEMBERED = 500
# What the same content became is shared by all engines of a process, such as those on copies of one database.
_diagram = lru_cache(maxsize=REMEMBERED)(parse)
_model = lru_cache(maxsize=REMEMBERED)(decisions.parse)
_forms: dict[tuple[str, str], Form] = {}


class DefinitionSuspended(NotFound):
    """{key} is suspended: nothing is started from it until it is resumed."""

    code = "definition_suspended"


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A version of a process, ready to run."""

    key: int
    process_id: str
    version: int
    name: str
    family: str
    deployment_key: int
    start_groups: tuple[str, ...]
    start_form_id: str | None
    diagram: Diagram


def _cached(engine: Engine, kind: str, key: object, load: Callable[[], T]) -> T:
    cache: dict[object, T] = engine.caches.setdefault(kind, {})
    if key not in cache:
        cache[key] = load()
    return cache[key]


def get(engine: Engine, session: Session, key: int) -> Definition:
    """Give a definition by key. Raises NotFound."""
    return _cached(engine, "definitions", key, lambda: _load(session, key))


def _load(session: Session, key: int) -> Definition:
    row = session.get(ProcessDefinition, key, options=[joinedload(ProcessDefinition.resource)])
    if row is None:
        raise NotFound(noun="process definition", key=key)
    return _definition(row, _diagram(row.resource.content))


def remember(engine: Engine, row: ProcessDefinition, diagram: Diagram) -> None:
    """Keep what was just deployed, so that its diagram is not checked again when it is first used."""
    _cached(engine, "definitions", row.key, lambda: _definition(row, diagram))


def _definition(row: ProcessDefinition, diagram: Diagram) -> Definition:
    return Definition(
        key=row.key,
        process_id=row.process_id,
        version=row.version,
        name=row.name,
        family=row.family,
        deployment_key=row.deployment_key,
        start_groups=tuple(row.start_groups),
        start_form_id=row.start_form_id,
        diagram=diagram,
    )


def latest(engine: Engine, session: Session, process_id: str) -> Definition:
    """Give the version new instances start with. Raises NotFound when none is deployed, DefinitionSuspended."""
    row = session.execute(
        select(ProcessDefinition.key, ProcessDefinition.suspended_at).where(
            ProcessDefinition.process_id == process_id, ProcessDefinition.latest
        )
    ).first()
    return _running(engine, session, process_id, row)


def _running(engine: Engine, session: Session, process_id: str, row: Any) -> Definition:
    if row is None:
        raise NotFound(noun="process definition", key=process_id)
    if row.suspended_at is not None:
        raise DefinitionSuspended(noun="process definition", key=process_id)
    return get(engine, session, row.key)


def of_family(session: Session, family: str) -> list[ProcessDefinition]:
    """List the processes of a family that can be started, ordered by id."""
    of = (ProcessDefinition.latest, ProcessDefinition.family == family)
    query = select(ProcessDefinition).where(*of).order_by(ProcessDefinition.process_id)
    return list(session.scalars(query))


def is_withdrawn(session: Session, process_id: str) -> bool:
    """Whether the process was deployed and its family has no longer got it, so that nobody starts it in any version."""
    found = select(func.max(case((ProcessDefinition.latest, 1), else_=0)))
    return bool(session.scalar(found.where(ProcessDefinition.process_id == process_id)) == 0)


def called(engine: Engine, session: Session, process_id: str) -> Definition:
    """Give the version a call activity runs: the latest, of a withdrawn process the last there was, so that its callers end.

    Raises NotFound, DefinitionSuspended.
    """
    row = session.execute(
        select(ProcessDefinition.key, ProcessDefinition.suspended_at)
        .where(ProcessDefinition.process_id == process_id)
        .order_by(ProcessDefinition.version.desc())
        .limit(1)
    ).first()
    return _running(engine, session, process_id, row)


def bound(engine: Engine, session: Session, process_id: str, binding: Binding) -> Definition:
    """Give the version that a call activity is bound to: by its tag, or by the deployment of the caller. Raises NotFound."""
    query = select(ProcessDefinition.key).where(
        ProcessDefinition.process_id == process_id, ProcessDefinition.suspended_at.is_(None)
    )
    if binding.kind == "versionTag":
        query = query.where(ProcessDefinition.version_tag == binding.tag)
    else:
        caller = get(engine, session, binding.caller)
        deployment = session.get_one(Deployment, caller.deployment_key)
        query = query.where(ProcessDefinition.key == (deployment.definitions or {}).get(process_id))
    key = session.scalar(query.order_by(ProcessDefinition.version.desc()).limit(1))
    if key is None:
        raise NotFound(noun="process definition", key=process_id)
    return get(engine, session, key)


def may_start(actor: Actor, start_groups: Iterable[str], site_id: int) -> bool:
    """Whether the actor may start such a process at the site; nobody may without a start group."""
    groups = set(start_groups)
    if actor.is_system:
        return True
    if ALL_STAFF in groups:
        return actor.belongs_to(site_id)
    return bool(groups & actor.roles_at(site_id))


def startable(session: Session, actor: Actor, site_id: int) -> list[ProcessDefinition]:
    """List the definitions the actor may start at the site, ordered by family and name."""
    query = (
        select(ProcessDefinition)
        .where(ProcessDefinition.latest, ProcessDefinition.suspended_at.is_(None))
        .order_by(ProcessDefinition.family, ProcessDefinition.process_id)
    )
    return [row for row in session.scalars(query) if may_start(actor, row.start_groups, site_id)]


def form(engine: Engine, session: Session, of: Definition, form_id: str) -> Form:
    """Give a form of a definition: the latest with the tag it is bound to, else as deployed with it, else the latest of that id.

    Raises NotFound.
    """
    tag = of.diagram.form_tags.get(of.process_id, {}).get(form_id, "")
    source = _Source(FormRow, FormRow.form_id, form_id, tag)
    return _bound(engine, session, source, of.deployment_key, _form)


def _form(row: FormRow) -> Form:
    same = (row.form_id, row.digest)
    if same not in _forms:
        _forms[same] = Form.from_json(row.schema)
    return _forms[same]


def decide(
    engine: Engine,
    session: Session,
    deployment_key: int,
    decision_id: str,
    variables: Mapping[str, Any],
    now: dt.datetime,
    tag: str = "",
) -> decisions.Decided:
    """Evaluate the latest decision with a tag; without one as deployed with the bundle, else the latest of that id. Raises NotFound."""
    model = decision_model(engine, session, deployment_key, decision_id, tag)
    return decisions.evaluate(model, decision_id, variables, now=now)


def decision_model(
    engine: Engine, session: Session, deployment_key: int, decision_id: str, tag: str = ""
) -> decisions.DecisionModel:
    """Give the decisions among which `decide` finds that one. Raises NotFound."""
    return _bound(
        engine,
        session,
        _Source(Decision, Decision.decision_id, decision_id, tag),
        deployment_key,
        lambda row: _model(session.get_one(Resource, row.resource_key).content),
    )


class _Source(NamedTuple):
    """What is looked for: a table, its column of ids, the id, and the tag of the version, empty for any."""

    model: Any
    column: Any
    id: str
    tag: str = ""


def _bound(
    engine: Engine, session: Session, source: _Source, deployment_key: int, load: Callable[[Any], T]
) -> T:
    cache: dict[tuple[str, int, str], T] = engine.caches.setdefault("bound", {})
    kind = source.model.__tablename__
    own = (kind, deployment_key, source.id)
    if own in cache and not source.tag:
        return cache[own]
    row = tagged(engine, session, *source) if source.tag else _row(session, source, deployment_key)
    if row is None:
        raise NotFound(noun=kind, key=f"{source.id} {source.tag}".strip())
    # What another bundle lends is kept under that bundle: the next deployment may lend something newer.
    key = (kind, row.deployment_key, source.id)
    if key not in cache:
        cache[key] = load(row)
    return cache[key]


def _row(session: Session, source: _Source, deployment_key: int) -> Any:
    found = select(source.model).where(source.column == source.id)
    return session.scalar(
        found.where(source.model.deployment_key == deployment_key)
    ) or session.scalar(
        found.order_by(source.model.version.desc(), source.model.key.desc()).limit(1)
    )


def tagged(engine: Engine, session: Session, model: Any, column: Any, id_: str, tag: str) -> Any:
    """Give the row of the latest form or decision of that id with a version tag; None when none has it."""
    query = select(model.key).where(column == id_)
    for key in session.scalars(query.order_by(model.version.desc(), model.key.desc())):
        load = partial(_tag, session, model, key)
        if _cached(engine, f"{model.__tablename__} tags", key, load) == tag:
            return session.get_one(model, key)
    return None


def _tag(session: Session, model: Any, key: int) -> str:
    row = session.get_one(model, key)
    if isinstance(row, FormRow):
        return str(row.schema.get("versionTag") or "")
    content = session.get_one(Resource, row.resource_key).content
    return decisions.version_tags(content).get(row.decision_id, "")


def texts(engine: Engine, session: Session, deployment_key: int, locale: str) -> dict[str, str]:
    """Give the bundle's texts of a language by key; empty when it has none."""
    return _cached(
        engine,
        "texts",
        (deployment_key, locale),
        lambda: _load_texts(session, deployment_key, locale),
    )


def _load_texts(session: Session, deployment_key: int, locale: str) -> dict[str, str]:
    content = resource(session, deployment_key, f"texts/{locale}.json")
    return json.loads(content) if content else {}


def resource(session: Session, deployment_key: int, name: str) -> bytes | None:
    """Give a file of the bundle, None when it has none of that name."""
    return session.scalar(
        select(Resource.content).where(
            Resource.deployment_key == deployment_key, Resource.name == name
        )
    )
