"""How a version of a process does: what runs and is stuck at each element now, and how long each took."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import func, select, type_coerce
from sqlalchemy.orm import Session

from engine.models.base import UTCDateTime
from engine.models.instance import ACTIVE, SUSPENDED, ElementInstance, ProcessInstance
from engine.models.job import Incident
from engine.operations import plans

# Where these are asked for they are not null.
ENDED = type_coerce(ProcessInstance.ended_at, UTCDateTime)
PASSED = type_coerce(ElementInstance.ended_at, UTCDateTime)
LATEST = 2_000  # passages looked at for the durations


@dataclass
class Measures:
    """Of one version at some sites: instances running and ended, and by element tokens, open incidents and passages.

    `durations` are the middle of those of the passages, `whole` that of the instances.
    """

    running: int = 0
    ended: int = 0
    standing: Counter[str] = field(default_factory=Counter)
    incidents: Counter[str] = field(default_factory=Counter)
    passages: Counter[str] = field(default_factory=Counter)
    durations: dict[str, dt.timedelta] = field(default_factory=dict)
    whole: dt.timedelta | None = None


def of(session: Session, definition_key: int, process_id: str, sites: Iterable[int]) -> Measures:
    """Measure one version at these sites."""
    found, where = Measures(), list(sites)
    here = (ProcessInstance.definition_key == definition_key, ProcessInstance.site_id.in_(where))
    rows = select(ProcessInstance.active).where(*here, ProcessInstance.status.in_((ACTIVE, SUSPENDED)))  # fmt: skip
    for active in session.scalars(rows):
        found.running += 1
        found.standing.update(plans.own(process_id, active))
    ended = select(ProcessInstance.started_at, ENDED).where(
        *here, ProcessInstance.ended_at.is_not(None)
    )
    spans = [end - begin for begin, end in session.execute(ended.order_by(ProcessInstance.key.desc()).limit(LATEST))]  # fmt: skip
    found.ended = session.scalar(select(func.count()).select_from(ended.subquery())) or 0
    found.whole = _middle(spans) if spans else None
    _incidents(session, found, definition_key, where)
    _durations(session, found, definition_key, process_id, where)
    return found


def _incidents(session: Session, found: Measures, definition_key: int, sites: list[int]) -> None:
    query = (
        select(Incident.element_id, func.count())
        .join(ProcessInstance, ProcessInstance.key == Incident.instance_key)
        .where(
            ProcessInstance.definition_key == definition_key,
            ProcessInstance.site_id.in_(sites),
            Incident.resolved_at.is_(None),
        )
        .group_by(Incident.element_id)
    )
    found.incidents.update({id_: count for id_, count in session.execute(query)})  # noqa: C416 - rows are no pairs


def _durations(session: Session, found: Measures, definition_key: int, process_id: str, sites: list[int]) -> None:  # fmt: skip
    query = (
        select(ElementInstance.element_id, ElementInstance.started_at, PASSED)
        .join(ProcessInstance, ProcessInstance.key == ElementInstance.instance_key)
        .where(
            ProcessInstance.definition_key == definition_key,
            ProcessInstance.site_id.in_(sites),
            ElementInstance.process_id == process_id,
            ElementInstance.state == "completed",
            ElementInstance.ended_at.is_not(None),
        )
        .order_by(ElementInstance.key.desc())
        .limit(LATEST)
    )
    spans: dict[str, list[dt.timedelta]] = {}
    for element_id, begin, end in session.execute(query):
        spans.setdefault(element_id, []).append(end - begin)
    found.passages.update({id_: len(some) for id_, some in spans.items()})
    found.durations = {id_: _middle(some) for id_, some in spans.items()}


def _middle(spans: list[dt.timedelta]) -> dt.timedelta:
    return sorted(spans)[len(spans) // 2]
