"""Element instances as the API tells them: those that ended from their rows, those alive from their process instance."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Text, select, type_coerce, union_all

from engine import instances
from engine.deployment import definitions
from engine.errors import NotFound
from engine.models.event import SignalSubscription
from engine.models.identity import Site
from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.job import Incident, Job, MessageSubscription
from engine.models.task import UserTask
from web.api.credentials import actor
from web.extensions import engine, session

MAX_PASSED = 10_000
PROCESS, UNKNOWN = "PROCESS", "UNKNOWN"
TYPES = (
    "UNSPECIFIED", PROCESS, "SUB_PROCESS", "EVENT_SUB_PROCESS", "AD_HOC_SUB_PROCESS",
    "AD_HOC_SUB_PROCESS_INNER_INSTANCE", "START_EVENT", "INTERMEDIATE_CATCH_EVENT", "INTERMEDIATE_THROW_EVENT",
    "BOUNDARY_EVENT", "END_EVENT", "SERVICE_TASK", "RECEIVE_TASK", "USER_TASK", "MANUAL_TASK", "TASK",
    "EXCLUSIVE_GATEWAY", "INCLUSIVE_GATEWAY", "PARALLEL_GATEWAY", "EVENT_BASED_GATEWAY", "SEQUENCE_FLOW",
    "MULTI_INSTANCE_BODY", "CALL_ACTIVITY", "BUSINESS_RULE_TASK", "SCRIPT_TASK", "SEND_TASK", UNKNOWN,
)  # fmt: skip
# Where an element instance that waits for somebody or something has a row of the same key.
WAITING = (Job, MessageSubscription, SignalSubscription)

Item = dict[str, Any]


def instance_of(key: int) -> ProcessInstance:
    """Give the process instance of an element instance, or of its own key. Raises NotFound, also at other sites."""
    found = owner(key)
    if found is not None:
        try:
            return instances.get(session, actor(), found)
        except NotFound:
            pass
    raise NotFound(noun="element instance", key=key)


def owner(key: int) -> int | None:
    """Give the key of the process instance around an element instance, whoever may see it; None for no such thing."""
    rows = [select(one.instance_key).where(one.key == key) for one in (ElementInstance, *WAITING)]
    task = select(UserTask.instance_key).where(UserTask.key == key, UserTask.root_key.is_(None))
    own = select(ProcessInstance.key).where(ProcessInstance.key == key)
    known: int | None = session.scalar(union_all(*rows, task, own).limit(1))
    return known if known is not None else _living(key)


def _living(key: int) -> int | None:
    """Look through what runs at the actor's sites: subprocesses, calls and timers stand in their instance alone."""
    entry = type_coerce(ProcessInstance.active, Text).like(f'%"key":{key},%')
    query = instances.visible_to(actor()).where(ProcessInstance.ended_at.is_(None), entry)
    return session.scalar(query.with_only_columns(ProcessInstance.key).limit(1))


def of_instances(found: Sequence[ProcessInstance]) -> Iterator[Item]:
    """Give the element instances of some process instances: the latest 10,000 that ended, and all alive."""
    told = _told(found)
    passed = (
        select(ElementInstance)
        .where(ElementInstance.instance_key.in_(told))
        .order_by(ElementInstance.key.desc())
        .limit(MAX_PASSED)
    )
    for one in told.values():
        yield from one.alive()
    for row in session.scalars(passed):
        yield told[row.instance_key].passed(row)


def of_key(key: int) -> Item:
    """Give one element instance. Raises NotFound, also at other sites."""
    instance = instance_of(key)
    told = _told([instance])[instance.key]
    row = session.get(ElementInstance, key)
    if row is not None and row.instance_key == instance.key:
        return told.passed(row)
    for item in told.alive():
        if item["element_instance_key"] == key:
            return item
    raise NotFound(noun="element instance", key=key)


def _told(found: Sequence[ProcessInstance]) -> dict[int, _Told]:
    keys = [one.key for one in found]
    open_ones = select(Incident).where(
        Incident.instance_key.in_(keys), Incident.resolved_at.is_(None)
    )
    incidents = {one.element_key or one.instance_key: one.key for one in session.scalars(open_ones)}
    sites = select(Site.id, Site.key).where(Site.id.in_({one.site_id for one in found}))
    tenants = {row.id: row.key for row in session.execute(sites)}
    return {one.key: _Told(one, tenants[one.site_id], incidents) for one in found}


class _Told:
    """Tells the element instances of one process instance."""

    def __init__(
        self, instance: ProcessInstance, tenant_id: str, incidents: Mapping[int, int]
    ) -> None:
        self._instance = instance
        self._incidents = incidents
        self._same = {
            "process_instance_key": instance.key,
            "root_process_instance_key": None if instance.parent_key else instance.key,
            "tenant_id": tenant_id,
        }

    def alive(self) -> Iterator[Item]:
        """The process itself, whether it runs or not, and what is alive in it."""
        instance = self._instance
        states = {"completed": "COMPLETED", "terminated": "TERMINATED"}
        yield self._told(instance.key, instance.process_id, PROCESS, instance.process_id, None) | {
            "state": states.get(instance.status, "ACTIVE"),
            "start_date": instance.started_at,
            "end_date": instance.ended_at,
            "element_instance_scope_key": None,
        }
        for entry in instance.active:
            told = (entry["key"], entry["id"], _type(entry["type"]), entry["process"])
            yield self._told(*told, entry.get("definition")) | {
                "state": "ACTIVE",
                "start_date": dt.datetime.fromisoformat(entry["since"]),
                "end_date": None,
                "element_instance_scope_key": entry["scope"] or instance.key,
            }

    def passed(self, row: ElementInstance) -> Item:
        """One that ended."""
        told = (row.key, row.element_id, _type(row.type), row.process_id, row.definition_key)
        return self._told(*told) | {
            "state": row.state.upper(),
            "start_date": row.started_at,
            "end_date": row.ended_at,
            "element_instance_scope_key": row.scope_key or self._instance.key,
        }

    def _told(
        self, key: int, element_id: str, kind: str, process_id: str, definition_key: int | None
    ) -> Item:
        definition_key = definition_key or self._instance.definition_key
        diagram = definitions.get(engine, session, definition_key).diagram
        drawn = diagram.elements.get(element_id)
        return self._same | {
            "element_instance_key": key,
            "element_id": element_id,
            "element_name": (drawn.name if drawn else "") or element_id,
            "type": kind,
            "has_incident": key in self._incidents,
            "incident_key": self._incidents.get(key),
            "process_definition_id": process_id,
            "process_definition_key": definition_key,
        }


def _type(kind: str) -> str:
    name = re.sub("([A-Z])", r"_\1", kind).upper()
    return name if name in TYPES else UNKNOWN
