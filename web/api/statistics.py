"""Statistics of definitions: where their instances stand, how many run, who waits for messages."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from sqlalchemy import Select, case, distinct, exists, func, select

from engine.errors import NotFound
from engine.models.definition import ProcessDefinition
from engine.models.instance import ProcessInstance
from engine.models.job import Incident, MessageSubscription
from web.api import counts, process_instances
from web.api.credentials import actor
from web.api.filters import FLAG, INTEGER, KEY, TEXT
from web.api.listing import Listing
from web.api.noun import Noun
from web.api.schemas import DEFAULT_TENANT, Body, Key, Result
from web.api.search import results
from web.extensions import session

blueprint = Noun("statistics")


class ElementStatistics(Body):
    """Which instances of the definition to count."""

    filter = fields.Nested(process_instances.SEARCH.filter_schema, load_default=dict)


class InstanceStatistics(Result):
    """How many instances of a process run."""

    process_definition_id = fields.String()
    latest_process_definition_name = fields.String(allow_none=True)
    has_multiple_versions = fields.Boolean()
    active_instances_without_incident_count = fields.Integer()
    active_instances_with_incident_count = fields.Integer()
    tenant_id = fields.String()


class VersionStatistics(Result):
    """How many instances of one version run."""

    process_definition_id = fields.String()
    process_definition_key = Key()
    process_definition_name = fields.String(allow_none=True)
    process_definition_version = fields.Integer()
    active_instances_without_incident_count = fields.Integer()
    active_instances_with_incident_count = fields.Integer()
    tenant_id = fields.String()


class SubscriptionStatistics(Result):
    """How many wait for messages in the instances of one version."""

    process_definition_id = fields.String()
    process_definition_key = Key()
    process_instances_with_active_subscriptions = fields.Integer()
    active_subscriptions = fields.Integer()
    tenant_id = fields.String()


COUNTED = {
    "active_instances_without_incident_count": INTEGER,
    "active_instances_with_incident_count": INTEGER,
}
PROCESSES = Listing(
    "ProcessStatistics",
    {
        "process_definition_id": TEXT,
        "latest_process_definition_name": TEXT,
        "has_multiple_versions": FLAG,
        **COUNTED,
    },
    "process_definition_id",
)
VERSIONS = Listing(
    "VersionStatistics",
    {
        "process_definition_id": TEXT,
        "process_definition_key": KEY,
        "process_definition_name": TEXT,
        "process_definition_version": INTEGER,
        "tenant_id": TEXT,
        **COUNTED,
    },
    "process_definition_key",
)
SUBSCRIPTIONS = Listing(
    "SubscriptionStatistics",
    {
        "process_definition_id": TEXT,
        "process_definition_key": KEY,
        "process_instances_with_active_subscriptions": INTEGER,
        "active_subscriptions": INTEGER,
    },
    "process_definition_key",
)


@blueprint.post("/process-definitions/<key:process_definition_key>/statistics/element-instances")
@blueprint.arguments(ElementStatistics, required=False)
@blueprint.response(200, counts.ElementCounts)
def of_definition(asked: dict[str, Any], process_definition_key: int) -> dict[str, Any]:
    """Count where the definition's instances at the caller's sites are and were, by element."""
    if session.get(ProcessDefinition, process_definition_key) is None:
        raise NotFound(noun="process definition", key=process_definition_key)
    rows = process_instances.rows().where(ProcessInstance.definition_key == process_definition_key)
    chosen = process_instances.SEARCH.filter(rows, asked["filter"])
    return counts.by_element(chosen, process_definition_key)


def _running() -> Select[*tuple[Any, ...]]:
    """Count the running instances of each version at the caller's sites, all and those with an incident."""
    failed = exists().where(
        Incident.instance_key == ProcessInstance.key, Incident.resolved_at.is_(None)
    )
    here = ProcessInstance.site_id.in_(actor().site_ids)
    return (
        select(
            ProcessInstance.definition_key.label("key"),
            func.count().label("all"),
            func.sum(case((failed, 1), else_=0)).label("failed"),
        )
        .where(here, ProcessInstance.ended_at.is_(None))
        .group_by(ProcessInstance.definition_key)
    )


def _versions() -> list[dict[str, Any]]:
    running = {row.key: (row.all, row.failed) for row in session.execute(_running())}
    found = []
    for one in session.scalars(select(ProcessDefinition)):
        every, failed = running.get(one.key, (0, 0))
        found.append(
            {
                "process_definition_id": one.process_id,
                "process_definition_key": one.key,
                "process_definition_name": one.name,
                "process_definition_version": one.version,
                "active_instances_without_incident_count": every - failed,
                "active_instances_with_incident_count": failed,
                "tenant_id": DEFAULT_TENANT,
            }
        )
    return found


@blueprint.post("/process-definitions/statistics/process-instances-by-version")
@blueprint.arguments(VERSIONS.request)
@blueprint.response(200, results("VersionStatistics", VersionStatistics))
def by_version(asked: dict[str, Any]) -> dict[str, Any]:
    """Count the running instances of each version at the caller's sites."""
    return VERSIONS.run(_versions(), asked)


@blueprint.post("/process-definitions/statistics/process-instances")
@blueprint.arguments(PROCESSES.request, required=False)
@blueprint.response(200, results("ProcessStatistics", InstanceStatistics))
def by_process(asked: dict[str, Any]) -> dict[str, Any]:
    """Count the running instances of each process at the caller's sites."""
    found: dict[str, dict[str, Any]] = {}
    for one in sorted(_versions(), key=lambda row: row["process_definition_version"]):
        before = found.get(one["process_definition_id"])
        found[one["process_definition_id"]] = {
            "process_definition_id": one["process_definition_id"],
            "latest_process_definition_name": one["process_definition_name"],
            "has_multiple_versions": before is not None,
            "tenant_id": DEFAULT_TENANT,
        } | {name: one[name] + (before[name] if before else 0) for name in COUNTED}
    return PROCESSES.run(list(found.values()), asked)


@blueprint.post("/process-definitions/statistics/message-subscriptions")
@blueprint.arguments(SUBSCRIPTIONS.request, required=False)
@blueprint.response(200, results("SubscriptionStatistics", SubscriptionStatistics))
def by_subscription(asked: dict[str, Any]) -> dict[str, Any]:
    """Count who waits for messages at the caller's sites, by version."""
    query = (
        select(
            ProcessInstance.process_id.label("process_definition_id"),
            ProcessInstance.definition_key.label("process_definition_key"),
            func.count(distinct(ProcessInstance.key)).label(
                "process_instances_with_active_subscriptions"
            ),
            func.count().label("active_subscriptions"),
        )
        .join(MessageSubscription, MessageSubscription.instance_key == ProcessInstance.key)
        .where(ProcessInstance.site_id.in_(actor().site_ids))
        .group_by(ProcessInstance.process_id, ProcessInstance.definition_key)
    )
    rows = session.execute(query).mappings()
    return SUBSCRIPTIONS.run([{**row, "tenant_id": DEFAULT_TENANT} for row in rows], asked)
