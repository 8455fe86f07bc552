"""Batches in words: what is done, how far, and what became of each instance."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import case, select

from engine.models.batch import ACTIVE, CANCELED, COMPLETED, FAILED, SUSPENDED, Batch, BatchItem
from engine.models.instance import ProcessInstance
from engine.operations import batches
from engine.staff import people
from engine.staff.access import Actor
from web import words
from web.extensions import session
from web.views import names
from web.views.operations import scope


def kind(of: str) -> str:
    """Say what a batch does."""
    return {
        batches.CANCEL: str(_("撤销流程")),
        batches.SUSPEND: str(_("暂停流程")),
        batches.RESUME: str(_("恢复流程")),
        batches.MIGRATE: str(_("换版本")),
        batches.MODIFY: str(_("调整流程")),
        batches.RESOLVE: str(_("重试异常")),
        batches.DELETE: str(_("清理过期的流程")),
    }.get(of, of)


def state(of: str) -> tuple[str, str]:
    """Give the state of a batch or item: its colour and its word."""
    return {
        ACTIVE: ("waiting", str(_("进行中"))),
        SUSPENDED: ("paused", str(_("已暂停"))),
        COMPLETED: ("done", str(_("已完成"))),
        FAILED: ("late", str(_("没有做成"))),
        CANCELED: ("paused", str(_("已取消"))),
    }.get(of, ("waiting", of))


def rows(found: Sequence[Batch], now: dt.datetime) -> list[dict[str, Any]]:
    """Give batches as rows, with how far they are."""
    far = batches.progress(session, *found)
    who = people.by_id(session, [one.created_by for one in found])
    return [row(one, far[one.key], names.user(who.get(one.created_by or 0)), now) for one in found]


def row(one: Batch, far: batches.Progress, by: str, now: dt.datetime) -> dict[str, Any]:
    """Give one batch as a row."""
    done = far.total - far.open
    return {
        "key": one.key,
        "url": url_for("operations.batch", key=one.key),
        "kind": kind(one.kind),
        "state": state(one.state),
        "under_way": one.state == ACTIVE,
        "ends": one.state in (ACTIVE, SUSPENDED),
        "suspended": one.state == SUSPENDED,
        "reason": "" if one.kind == batches.DELETE else one.reason,
        "by": by or str(_("系统")),
        "at": words.stamp(one.created_at, now),
        "ended": words.stamp(one.ended_at, now) if one.ended_at else "",
        "far": far,
        "share": round(100 * done / far.total, 1) if far.total else 100,
        "wrong": round(100 * far.failed / far.total, 1) if far.total else 0,
    }


def items(actor: Actor, key: int, *, only: str, limit: int, offset: int) -> list[dict[str, Any]]:
    """Give items of a batch, those that failed first; `only` of one state."""
    query = batches.items(actor).where(BatchItem.batch_key == key)
    query = query.where(BatchItem.site_id.in_(scope.site_ids(actor)))
    if only:
        query = query.where(BatchItem.state == only)
    order = case((BatchItem.state == FAILED, 0), (BatchItem.state == ACTIVE, 2), else_=1)
    found = session.scalars(query.order_by(order, BatchItem.id).limit(limit).offset(offset)).all()
    keys = [one.instance_key for one in found]
    those = session.scalars(select(ProcessInstance).where(ProcessInstance.key.in_(keys)))
    of = {one.key: one for one in those}
    return [_item(one, of.get(one.instance_key)) for one in found]


def _item(one: BatchItem, instance: ProcessInstance | None) -> dict[str, Any]:
    return {
        "url": url_for("instances.show", key=one.instance_key) if instance else "",
        "number": (instance.number if instance else "") or str(one.instance_key),
        "name": names.matter(instance) if instance else "",
        "place": instance.unit_label if instance else "",
        "state": state(one.state),
        "why": _refusal(one),
        "detail": one.message,
    }


def _refusal(one: BatchItem) -> str:
    if not one.error:
        return ""
    key = f"error.{one.error}"
    said = str(_(key))
    # Only the sentence is kept, not what it was about: that stands in the item's message.
    return "" if said == key else said % defaultdict(lambda: "…")
