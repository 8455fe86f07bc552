"""Batches: one operation for many process instances, its progress, and what became of each.

`engine.chores` does them; what was done of a batch stays done when it is suspended or canceled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, insert, literal, select, update
from sqlalchemy.orm import Session

from engine.engine import Command
from engine.errors import Conflict, NotAllowed, NotFound, Rejected
from engine.models.batch import ACTIVE, CANCELED, COMPLETED, FAILED, SUSPENDED, Batch, BatchItem
from engine.models.instance import ProcessInstance
from engine.staff.access import Actor
from engine.store.keys import is_key

CANCEL, SUSPEND, RESUME, MIGRATE = "cancel", "suspend", "resume", "migrate"
MODIFY, RESOLVE, DELETE = "modify", "resolve", "delete"
OPERATORS = frozenset({"admin", "process_owner"})
MOST = 100_000


class BatchEnded(Conflict):
    """This batch has ended or was canceled."""

    code = "batch_ended"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a batch is: its items in all, and of them done, failed, canceled, and still to do."""

    total: int
    completed: int
    failed: int
    canceled: int

    @property
    def open(self) -> int:
        """How many items are still to do."""
        return self.total - self.completed - self.failed - self.canceled


def begin(
    command: Command,
    kind: str,
    chosen: Select[ProcessInstance],
    *,
    params: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Batch:
    """Have something done to every instance a query finds now, each in a transaction of its own.

    Each is done with the rights the actor has then. Raises Rejected for more than 100,000 instances.
    """
    batch = Batch(
        key=command.new_key(),
        kind=kind,
        state=ACTIVE,
        params=dict(params or {}),
        reason=reason.strip()[:1000],
        created_by=command.actor.user_id,
        created_at=command.now,
    )
    command.session.add(batch)
    command.session.flush()
    batch.total = _add_items(command, batch, chosen)
    if batch.total > MOST:
        raise Rejected(reason=f"{batch.total} instances are more than {MOST} at once")
    if not batch.total:
        batch.state, batch.ended_at = COMPLETED, command.now
    command.audit(
        "batch.created", kind, key=str(batch.key), instances=batch.total, reason=batch.reason
    )
    command.wake_workers()
    return batch


def _add_items(command: Command, batch: Batch, chosen: Select[ProcessInstance]) -> int:
    columns = ["batch_key", "instance_key", "site_id", "state", "error", "message"]
    found = chosen.order_by(None).with_only_columns(
        literal(batch.key), ProcessInstance.key, ProcessInstance.site_id,
        literal(ACTIVE), literal(""), literal(""),
    ).order_by(ProcessInstance.key).limit(MOST + 1)  # fmt: skip
    command.session.execute(insert(BatchItem).from_select(columns, found))
    of_it = select(func.count()).where(BatchItem.batch_key == batch.key)
    return command.session.scalar(of_it) or 0


def visible_to(actor: Actor) -> Select[Batch]:
    """Select the batches the actor may see: one's own, and all for operators."""
    query = select(Batch)
    return query if _operates(actor) else query.where(Batch.created_by == actor.user_id)


def _operates(actor: Actor) -> bool:
    return any(actor.has(role) for role in OPERATORS)


def get(session: Session, actor: Actor, key: int) -> Batch:
    """Give a batch the actor may see. Raises NotFound."""
    found = session.scalar(visible_to(actor).where(Batch.key == key)) if is_key(key) else None
    if found is None:
        raise NotFound(noun="batch operation", key=key)
    return found


def items(actor: Actor) -> Select[BatchItem]:
    """Select the items the actor may see: those of visible batches at the actor's sites."""
    query = select(BatchItem).join(Batch, Batch.key == BatchItem.batch_key)
    if not _operates(actor):
        query = query.where(Batch.created_by == actor.user_id)
    return query if actor.is_system else query.where(BatchItem.site_id.in_(actor.site_ids))


def progress(session: Session, *batches: Batch) -> dict[int, Progress]:
    """Tell how far batches are, by key."""
    counted = (
        func.count(case((BatchItem.state == state, 1))) for state in (COMPLETED, FAILED, CANCELED)
    )
    rows = session.execute(
        select(BatchItem.batch_key, *counted)
        .where(BatchItem.batch_key.in_([batch.key for batch in batches]))
        .group_by(BatchItem.batch_key)
    )
    found = {row[0]: row[1:] for row in rows}
    return {
        batch.key: Progress(
            total=batch.total,
            **dict(
                zip(
                    ("completed", "failed", "canceled"),
                    found.get(batch.key, (0, 0, 0)),
                    strict=True,
                )
            ),
        )
        for batch in batches
    }


def cancel(command: Command, key: int) -> Batch:
    """Leave undone what is not yet done. For who began it and for operators. Raises NotFound, BatchEnded."""
    batch = _change(command, key, CANCELED)
    batch.ended_at = command.now
    command.session.execute(
        update(BatchItem)
        .where(BatchItem.batch_key == key, BatchItem.state == ACTIVE)
        .values(state=CANCELED, processed_at=command.now)
    )
    return batch


def suspend(command: Command, key: int) -> Batch:
    """Do no more of it until it is resumed. Raises NotFound, BatchEnded."""
    return _change(command, key, SUSPENDED)


def resume(command: Command, key: int) -> Batch:
    """Go on with it. Raises NotFound, BatchEnded."""
    batch = _change(command, key, ACTIVE)
    command.wake_workers()
    return batch


def _change(command: Command, key: int, state: str) -> Batch:
    get(command.session, command.actor, key)
    batch = command.session.get_one(Batch, key, populate_existing=True, with_for_update=True)
    if batch.state not in (ACTIVE, SUSPENDED):
        raise BatchEnded(state=batch.state)
    batch.state = state
    command.audit(f"batch.{_SAID[state]}", batch.kind, key=str(key))
    return batch


_SAID = {CANCELED: "canceled", SUSPENDED: "suspended", ACTIVE: "resumed"}


def require_operator(actor: Actor) -> None:
    """Raise NotAllowed unless the actor operates processes somewhere (administrator or process owner)."""
    if not _operates(actor):
        raise NotAllowed(reason="this needs the role admin or process_owner")
