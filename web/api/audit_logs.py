"""Audit logs: who did what with a user task, as the chain of its instance keeps it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from engine import audit, tasks
from engine.models.audit import AuditEntry
from engine.models.identity import Site
from engine.models.task import UserTask
from engine.staff import people
from web.api.credentials import actor
from web.api.filters import INSTANT, TEXT, choice
from web.api.listing import Listing
from web.api.noun import Noun
from web.api.schemas import Instant, Key, Result
from web.api.search import results
from web.extensions import session

blueprint = Noun("audit_logs")

UNKNOWN, USER, SUCCESS, USER_TASKS, USER_TASK = (
    "UNKNOWN", "USER", "SUCCESS", "USER_TASKS", "USER_TASK",
)  # fmt: skip
OPERATIONS = (
    "ASSIGN", "CANCEL", "COMPLETE", "CREATE", "DELETE", "EVALUATE", "MIGRATE", "MODIFY", "RESOLVE", "RESUME",
    "SUSPEND", "UNASSIGN", UNKNOWN, "UPDATE",
)  # fmt: skip
RESULTS, ACTORS = ("FAIL", SUCCESS), ("ANONYMOUS", "CLIENT", UNKNOWN, USER)
# What the clients have no word for is UNKNOWN; the engine's own word stands in `action`.
MEANT = {
    "task.claimed": "ASSIGN",
    "task.assigned": "ASSIGN",
    "task.transferred": "ASSIGN",
    "task.delegated": "ASSIGN",
    "task.recalled": "ASSIGN",
    "task.unclaimed": "UNASSIGN",
    "task.completed": "COMPLETE",
    "task.returned": "COMPLETE",
    "task.updated": "UPDATE",
    "task.corrected": "UPDATE",
    "clock.paused": "SUSPEND",
    "clock.resumed": "RESUME",
}
MOST_ENTRIES = 10**6  # of one chain: the clients insist on digits


class AuditLogResult(Result):
    """One act; `action`, `sequence` and `hash` of the chain's entry are extensions."""

    audit_log_key = fields.String()
    entity_key = fields.String()
    entity_type = fields.String()
    operation_type = fields.String()
    batch_operation_key = Key(allow_none=True)
    batch_operation_type = fields.String(allow_none=True)
    timestamp = Instant()
    actor_id = fields.String(allow_none=True)
    actor_type = fields.String(allow_none=True)
    agent_element_id = fields.String(allow_none=True)
    tenant_id = fields.String(allow_none=True)
    result = fields.String()
    category = fields.String()
    process_definition_id = fields.String(allow_none=True)
    process_definition_key = Key(allow_none=True)
    process_instance_key = Key(allow_none=True)
    root_process_instance_key = Key(allow_none=True)
    element_instance_key = Key(allow_none=True)
    job_key = Key(allow_none=True)
    user_task_key = Key(allow_none=True)
    decision_requirements_id = fields.String(allow_none=True)
    decision_requirements_key = Key(allow_none=True)
    decision_definition_id = fields.String(allow_none=True)
    decision_definition_key = Key(allow_none=True)
    decision_evaluation_key = Key(allow_none=True)
    deployment_key = Key(allow_none=True)
    form_key = Key(allow_none=True)
    resource_key = fields.String(allow_none=True)
    related_entity_key = fields.String(allow_none=True)
    related_entity_type = fields.String(allow_none=True)
    entity_description = fields.String(allow_none=True)
    inbound_channel_type = fields.String(allow_none=True)
    inbound_channel_tool_name = fields.String(allow_none=True)
    action = fields.String()
    sequence = fields.Integer()
    hash = fields.String()


LISTING = Listing(
    "UserTaskAuditLog",
    {
        "operation_type": choice(*OPERATIONS),
        "result": choice(*RESULTS),
        "timestamp": INSTANT,
        "actor_type": choice(*ACTORS),
        "actor_id": TEXT,
    },
    "sequence",
)
NOTHING = dict.fromkeys(name for name, field in AuditLogResult().fields.items() if field.allow_none)


@blueprint.post("/user-tasks/<key:user_task_key>/audit-logs/search")
@blueprint.arguments(LISTING.request, required=False)
@blueprint.response(200, results("AuditLog", AuditLogResult))
def search(asked: dict[str, Any], user_task_key: int) -> dict[str, Any]:
    """Search who did what with a user task."""
    task = tasks.get(session, actor(), user_task_key)
    mine = str(task.key)
    found = [
        one for one in audit.entries(session, task.instance_key) if one.detail.get("task") == mine
    ]
    who = people.by_id(session, [one.actor_id for one in found])
    tenant_id = session.get_one(Site, task.site_id).key
    names = {key: user.username for key, user in who.items()}
    same = NOTHING | _same(task, tenant_id)
    return LISTING.run([same | _told(one, names) for one in found], asked)


def _same(task: UserTask, tenant_id: str) -> dict[str, Any]:
    return {
        "entity_key": str(task.key),
        "entity_type": USER_TASK,
        "entity_description": task.name or None,
        "tenant_id": tenant_id,
        "result": SUCCESS,
        "category": USER_TASKS,
        "process_definition_id": task.process_id,
        "process_definition_key": task.definition_key,
        "process_instance_key": task.instance_key,
        "element_instance_key": task.key,
        "user_task_key": task.key,
    }


def _told(entry: AuditEntry, names: dict[int, str]) -> dict[str, Any]:
    username = names.get(entry.actor_id) if entry.actor_id is not None else None
    return {
        "audit_log_key": str(entry.chain * MOST_ENTRIES + entry.seq),
        "operation_type": MEANT.get(entry.action, UNKNOWN),
        "timestamp": entry.at,
        "actor_id": username,
        "actor_type": USER if username else UNKNOWN,
        "action": entry.action,
        "sequence": entry.seq,
        "hash": entry.hash,
    }
