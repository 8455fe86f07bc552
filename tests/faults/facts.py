"""What work leaves behind, without keys and moments: the same whether it was interrupted or not."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Select, select

from engine.engine import Engine
from engine.models.audit import AuditEntry
from engine.models.batch import Batch, BatchItem
from engine.models.clock import Clock, ClockPause
from engine.models.definition import ProcessDefinition
from engine.models.event import Signal, SignalDelivery, SignalSubscription, StartSubscription
from engine.models.identity import User
from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.job import Incident, Job, Message, MessageCorrelation, MessageSubscription
from engine.models.task import Attachment, Comment, Copy, Draft, Notification, UserTask

Facts = dict[str, dict[Any, int]]
GROUPED: dict[str, Select[Any]] = {
    "versions": select(ProcessDefinition.process_id, ProcessDefinition.version, ProcessDefinition.latest),
    "instances": select(ProcessInstance.process_id, ProcessInstance.number, ProcessInstance.status, ProcessInstance.outcome),
    "elements": select(ElementInstance.process_id, ElementInstance.element_id, ElementInstance.state),
    "tasks": select(
        UserTask.process_id, UserTask.element_id, UserTask.state, UserTask.position, UserTask.outcome, UserTask.escalation,
        User.username, UserTask.signers, UserTask.version,
    ).outerjoin(User, User.id == UserTask.assignee_id),
    "jobs": select(Job.process_id, Job.element_id, Job.state),
    "incidents": select(Incident.element_id, Incident.error_type, Incident.resolved_at.is_(None)),
    "messages": select(Message.name),
    "correlations": select(MessageCorrelation.process_id),
    "subscriptions": select(MessageSubscription.name),
    "signals": select(Signal.name),
    "deliveries": select(SignalDelivery.incident_key),
    "signal subscriptions": select(SignalSubscription.name),
    "start subscriptions": select(StartSubscription.process_id, StartSubscription.kind),
    "clocks": select(Clock.limit_key, Clock.state, Clock.escalation),
    "pauses": select(ClockPause.reason, ClockPause.ended_at.is_(None)),
    "batches": select(Batch.kind, Batch.state, Batch.total),
    "items": select(Batch.kind, BatchItem.state, BatchItem.error).join(Batch, Batch.key == BatchItem.batch_key),
    "attachments": select(Attachment.filename),
    "comments": select(Comment.text),
    "copies": select(User.username).select_from(Copy).join(User, User.id == Copy.user_id),
    "drafts": select(User.username).select_from(Draft).join(User, User.id == Draft.user_id),
    "notifications": select(User.username, Notification.kind).join(User, User.id == Notification.user_id),
    "acts": select(AuditEntry.action, AuditEntry.actor_name),
}  # fmt: skip


def of(engine: Engine) -> Facts:
    """Count what there is, kind by kind."""
    with engine.read() as session:
        return {
            name: dict(Counter(tuple(row) for row in session.execute(query)))
            for name, query in GROUPED.items()
        }


def differences(expected: Facts, found: Facts) -> list[str]:
    """Say what is missing and what there is too much of."""
    said = []
    for name, counts in expected.items():
        lost = Counter(counts) - Counter(found[name])
        more = Counter(found[name]) - Counter(counts)
        if lost or more:
            said.append(f"{name}: lost {dict(lost)}, doubled {dict(more)}")
    return said
