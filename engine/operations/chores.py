"""Chores: what batches do to each of their instances, one small transaction after the other.

An item and what is done to its instance are committed together, so that a killed worker loses and doubles nothing; any
number of workers may share a batch.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.exc import DBAPIError

from engine import attachments, instances
from engine.engine import Command, Engine
from engine.errors import EngineError
from engine.models.batch import ACTIVE, COMPLETED, FAILED, Batch, BatchItem
from engine.operations import batches, incidents, modifications, retention, suspension, upgrades
from engine.operations.modifications import Modification, Move
from engine.operations.plans import Plan
from engine.staff.access import SYSTEM, Actor, load_actor

log = logging.getLogger(__name__)

CHUNK = 50
NOBODY = Actor(user_id=None, username="", name="")
Act = Callable[[Command, int, Batch], Any]


def run(engine: Engine) -> int:
    """Do the next pieces of what batches have to do; give how many were done or refused."""
    due = (
        select(BatchItem.id, BatchItem.batch_key)
        .join(Batch, Batch.key == BatchItem.batch_key)
        .where(BatchItem.state == ACTIVE, Batch.state == ACTIVE)
        .order_by(BatchItem.id)
        .limit(CHUNK)
    )
    with engine.read() as session:
        found = session.execute(due).all()
    done = sum(_do(engine, row.id) for row in found)
    _finish(engine, list({row.batch_key for row in found}))
    return done


def _do(engine: Engine, item_id: int) -> bool:
    try:
        with engine.begin(_actor(engine, item_id)) as command:
            return _act(command, item_id)
    except DBAPIError:
        log.exception("batch item %s is tried again", item_id)
        return False
    except EngineError as error:
        return _refuse(engine, item_id, error.code, error.message)
    except Exception as error:
        log.exception("batch item %s failed", item_id)
        return _refuse(engine, item_id, "engine_error", f"{type(error).__name__}: {error}")


def _actor(engine: Engine, item_id: int) -> Actor:
    """Who began the batch, with the rights of now; the system if nobody did."""
    with engine.read() as session:
        query = select(Batch.created_by).join(BatchItem, BatchItem.batch_key == Batch.key)
        user_id = session.scalar(query.where(BatchItem.id == item_id))
        return SYSTEM if user_id is None else load_actor(session, user_id) or NOBODY


def _take(command: Command, item_id: int) -> BatchItem | None:
    """Give the item unless it was done meanwhile or another worker is at it."""
    query = select(BatchItem).where(BatchItem.id == item_id, BatchItem.state == ACTIVE)
    return command.session.scalar(query.with_for_update(skip_locked=True))


def _act(command: Command, item_id: int) -> bool:
    item = _take(command, item_id)
    if item is None:
        return False
    batch = command.session.get_one(Batch, item.batch_key)
    if batch.state != ACTIVE:
        return False
    ACTS[batch.kind](command, item.instance_key, batch)
    item.state, item.processed_at = COMPLETED, command.now
    return True


def _refuse(engine: Engine, item_id: int, code: str, message: str) -> bool:
    with engine.begin(SYSTEM) as command:
        item = _take(command, item_id)
        if item is None:
            return False
        item.state, item.processed_at = FAILED, command.now
        item.error, item.message = code[:64], message[:4000]
        return True


def _finish(engine: Engine, began: Sequence[int]) -> None:
    """Note which batches have begun and which have nothing left to do."""
    left = exists().where(BatchItem.batch_key == Batch.key, BatchItem.state == ACTIVE)
    with engine.read() as session:
        over = select(Batch.key, Batch.kind).where(Batch.state == ACTIVE, ~left)
        ended = {row.key: row.kind for row in session.execute(over)}
    if batches.DELETE in ended.values():
        attachments.drop_orphans(engine)  # also what a killed worker left behind
    if not began and not ended:
        return
    with engine.begin(SYSTEM) as command:
        waiting = update(Batch).where(Batch.started_at.is_(None), Batch.state == ACTIVE)
        begun = waiting.where(Batch.key.in_([*began, *ended]))
        command.session.execute(begun.values(started_at=command.now))
        done = update(Batch).where(Batch.state == ACTIVE, Batch.key.in_(list(ended)))
        command.session.execute(done.values(state=COMPLETED, ended_at=command.now))


def _modify(command: Command, key: int, batch: Batch) -> None:
    moves = [Move(**move) for move in batch.params["move"]]
    modifications.apply(command, key, Modification(move=tuple(moves)), batch.reason or batch.kind)


ACTS: dict[str, Act] = {
    batches.CANCEL: lambda command, key, batch: instances.cancel(
        command, key, batch.reason or batch.kind
    ),
    batches.SUSPEND: lambda command, key, batch: suspension.suspend(
        command, key, batch.reason or batch.kind
    ),
    batches.RESUME: lambda command, key, batch: suspension.resume(command, key, batch.reason),
    batches.MIGRATE: lambda command, key, batch: upgrades.migrate(
        command, key, Plan.from_json(batch.params), batch.reason
    ),
    batches.MODIFY: _modify,
    batches.RESOLVE: lambda command, key, batch: incidents.resolve_all(command, key),
    batches.DELETE: lambda command, key, batch: retention.delete_instance(
        command, key, batch.reason
    ),
}
