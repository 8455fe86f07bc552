"""Recalculation: what runs follows a limit or a calendar that was changed after it started, only when somebody says so.

A recalculation takes the limits, the hours, the days off and the shares of the ladder as they hold now at a site, and counts every
running clock anew from when it started, its pauses included. The copies of the limits that running instances carry (also the
values their expressions read) follow too; timers that already run in a diagram do not, nor do dates a diagram computed.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from engine import instances
from engine.engine import Command, Engine
from engine.errors import NotAllowed
from engine.models.clock import STOPPED, Clock
from engine.models.identity import Site
from engine.models.instance import ACTIVE, SUSPENDED, ProcessInstance
from engine.models.task import COMPLETING, CREATING, UNFINISHED, UserTask
from engine.policy import limits, settings
from engine.staff.access import Actor
from engine.timing import timekeeping
from engine.timing.timekeeping import Timed, Timekeeper

KEEPERS = ("process_owner", "admin")
OPEN = tuple(state for state in UNFINISHED if state != CREATING)
BATCH = 200
SHOWN = 200
PATIENCE = 20.0  # seconds


@dataclass(frozen=True, kw_only=True)
class Move:
    """One running clock that falls due at another moment, or runs by another limit.

    `task_key` is None for a clock over several elements; `late` and `late_after` are whether it is overdue now, before and after.
    """

    instance_key: int
    number: str
    unit: str
    task_key: int | None
    definition_key: int
    process_id: str
    element_id: str
    name: str
    limit: Mapping[str, Any]
    before: dt.datetime
    after: dt.datetime
    late: bool
    late_after: bool


@dataclass(kw_only=True)
class Preview:
    """What a recalculation would do: the first moves, and counts of all of them.

    `instances` are those that would change, some perhaps only in the limits they carry for later tasks.
    """

    moves: list[Move] = field(default_factory=list)
    instances: int = 0
    total: int = 0
    newly_late: int = 0
    no_longer_late: int = 0


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What was recalculated; `after` is the instance after which to go on when time ran out, else None."""

    instances: int
    moves: int
    after: int | None


def may_recalculate(actor: Actor, site: Site | None) -> bool:
    """Whether the actor may recalculate a site, or without one all of them: who may change limits or calendars there."""
    if any(actor.has(role) for role in KEEPERS):
        return True
    return site is not None and actor.has("site_director", site.id)


def concerns(session: Session, actor: Actor, site: Site | None, now: dt.datetime) -> bool:
    """Whether a recalculation by the actor would change anything; False also for who may not recalculate."""
    if not may_recalculate(actor, site):
        return False
    present = _Present(session)
    return any(
        _changes(instance, timed, present.of(instance.site_id), now)
        for batch in _batches(session, site, 0)
        for instance, timed in batch
    )


def preview(
    session: Session, actor: Actor, site: Site | None, now: dt.datetime, shown: int = SHOWN
) -> Preview:
    """Say what a recalculation of a site, or without one of all of them, would change. Raises NotAllowed."""
    _require(actor, site)
    found = Preview()
    present = _Present(session)
    for batch in _batches(session, site, 0):
        for instance, timed in batch:
            moves = list(_moves(instance, timed, present.of(instance.site_id), now))
            if moves or _outdated(instance, present.of(instance.site_id)):
                found.instances += 1
            found.total += len(moves)
            found.newly_late += sum(move.late_after and not move.late for move in moves)
            found.no_longer_late += sum(move.late and not move.late_after for move in moves)
            found.moves += moves[: shown - len(found.moves)]
    return found


def apply(
    engine: Engine,
    actor: Actor,
    site: Site | None,
    *,
    after: int = 0,
    seconds: float = PATIENCE,
) -> Applied:
    """Recalculate a site, or without one all of them: one transaction and one audit entry per instance.

    Stops after `seconds`; call again with `after` until it gives None. An instance that ends meanwhile is left alone.
    Raises NotAllowed.
    """
    _require(actor, site)
    began, done, moved = time.monotonic(), 0, 0
    with engine.read() as session:
        for batch in _batches(session, site, after):
            present = _Present(session)
            changing = [
                instance.key
                for instance, timed in batch
                if _changes(instance, timed, present.of(instance.site_id), engine.clock())
            ]
            for key in changing:
                with engine.begin(actor) as command:
                    count = _recalculate(command, key)
                done, moved = done + (count is not None), moved + (count or 0)
                if time.monotonic() - began > seconds:
                    return Applied(instances=done, moves=moved, after=key)
    return Applied(instances=done, moves=moved, after=None)


def _require(actor: Actor, site: Site | None) -> None:
    if not may_recalculate(actor, site):
        raise NotAllowed(reason="recalculating time limits")


@dataclass(frozen=True)
class _Rules:
    keeper: Timekeeper
    limits: Mapping[str, Mapping[str, Any]]


class _Present:
    """The rules of each site as they are now, read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[int, _Rules] = {}

    def of(self, site_id: int) -> _Rules:
        if site_id not in self._known:
            site = self._session.get_one(Site, site_id)
            rows = limits.snapshot(self._session, site, limits.catalogue())
            self._known[site_id] = _Rules(timekeeping.fresh(self._session, site), rows)
        return self._known[site_id]


def _batches(
    session: Session, site: Site | None, after: int
) -> Iterator[list[tuple[ProcessInstance, list[Timed]]]]:
    """Give the running instances with their running clocks, batch by batch in the order of their keys."""
    query = select(ProcessInstance).where(ProcessInstance.status.in_([ACTIVE, SUSPENDED]))
    if site is not None:
        query = query.where(ProcessInstance.site_id == site.id)
    query = query.options(undefer(ProcessInstance.policy)).order_by(ProcessInstance.key)
    while True:
        rows = list(session.scalars(query.where(ProcessInstance.key > after).limit(BATCH)))
        if not rows:
            return
        clocks = _running(session, [row.key for row in rows])
        yield [(row, clocks.get(row.key, [])) for row in rows]
        after = rows[-1].key
        session.expunge_all()


def _running(session: Session, keys: Sequence[int]) -> dict[int, list[Timed]]:
    tasks = select(UserTask).where(UserTask.instance_key.in_(keys), UserTask.state.in_(OPEN))
    clocks = select(Clock).where(Clock.instance_key.in_(keys), Clock.state != STOPPED)
    found: dict[int, list[Timed]] = {}
    for one in [*session.scalars(clocks), *session.scalars(tasks)]:
        if timekeeping.counted(one) and one.due_at is not None:
            found.setdefault(one.instance_key, []).append(one)
    return found


def _moves(
    instance: ProcessInstance, clocks: Sequence[Timed], rules: _Rules, now: dt.datetime
) -> Iterator[Move]:
    for timed in clocks:
        limit = _limit(timed, rules)
        before, after = timed.due_at, rules.keeper.due(timed, limit, _since(timed, clocks))
        if before is None or (before == after and limit["value"] == (timed.limit or {})["value"]):
            continue
        until = timed.paused_at or now
        task = timed if isinstance(timed, UserTask) else None
        yield Move(
            instance_key=instance.key,
            number=instance.number,
            unit=instance.unit_label,
            task_key=task.key if task else None,
            definition_key=task.definition_key if task else instance.definition_key,
            process_id=task.process_id if task else instance.process_id,
            element_id=timed.element_id,
            name=task.name if task else "",
            limit=limit,
            before=before,
            after=after,
            late=before <= until,
            late_after=after <= until,
        )


def _limit(timed: Timed, rules: _Rules) -> dict[str, Any]:
    """Give the limit of a clock as it holds now; one that is no longer in the table stays as it was."""
    was = timed.limit or {}
    return dict(rules.limits.get(was.get("key", ""), was))


def _changes(
    instance: ProcessInstance, clocks: Sequence[Timed], rules: _Rules, now: dt.datetime
) -> bool:
    return _outdated(instance, rules) or any(True for _ in _moves(instance, clocks, rules, now))


def _outdated(instance: ProcessInstance, rules: _Rules) -> bool:
    """Whether the instance carries another value of a limit than the one that holds now."""
    carried: Mapping[str, Mapping[str, Any]] = instance.policy.get("limits", {})
    return any(rules.limits[k]["value"] != row["value"] for k, row in carried.items() if k in rules.limits)  # fmt: skip


def _recalculate(command: Command, key: int) -> int | None:
    """Recalculate one instance; give how many of its clocks moved, None when it has ended or is as it should be."""
    instance = instances.lock(command, key)
    if instance.status not in (ACTIVE, SUSPENDED):
        return None
    rules = _Present(command.session).of(instance.site_id)
    clocks = _running(command.session, [key]).get(key, [])
    moves = list(_moves(instance, clocks, rules, command.now))
    if not moves and not _outdated(instance, rules):
        return None
    for timed in clocks:
        _count_anew(timed, rules, command.now, _since(timed, clocks))
    instance.policy = _renewed(instance.policy, rules)
    changes = [
        {"element": move.element_id, "from": move.before.isoformat(), "to": move.after.isoformat()}
        for move in moves
    ]
    command.audit("clocks.recalculated", instance.process_id, on=instance, moves=changes)
    command.wake_workers()
    return len(moves)


def _since(timed: Timed, clocks: Sequence[Timed]) -> dt.datetime:
    """When what a clock counts began; a signer has the time of the task he was added to."""
    root = timed.root_key if isinstance(timed, UserTask) else None
    return next((one.created_at for one in clocks if one.key == root), timed.created_at)


def _count_anew(timed: Timed, rules: _Rules, now: dt.datetime, since: dt.datetime) -> None:
    """Let a clock run by the rules of now. What has been told is told again only when it becomes true again."""
    limit = _limit(timed, rules)
    timed.limit, timed.due_at = limit, rules.keeper.due(timed, limit, since)
    reached = sum(rules.keeper.reached(timed, stage) <= now for stage in timekeeping.STAGES)
    timed.escalation = min(timed.escalation, reached)
    if isinstance(timed, Clock) and timed.due_at > now:
        timed.breached_at = None
    if timed.paused_at is None and timed.state != COMPLETING:
        timed.check_at = rules.keeper.check_at(timed)


def _renewed(policy: Mapping[str, Any], rules: _Rules) -> dict[str, Any]:
    """Give what an instance carries with the limits of now, also where its expressions read them."""
    carried = {key: dict(rules.limits.get(key, row)) for key, row in policy["limits"].items()}
    values = {key: rules.limits[key]["value"] for key in rules.limits}
    return {**policy, "limits": carried, "settings": _with(policy.get("settings", {}), values)}


def _with(tree: Mapping[str, Any], values: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Put the values of limits where a tree of settings has them."""
    renewed: dict[str, Any] = {}
    for name, below in tree.items():
        key = f"{path}{name}"
        if key in values:
            renewed[name] = values[key]
        else:
            is_branch = isinstance(below, dict) and key not in settings.catalogue()
            renewed[name] = _with(below, values, f"{key}.") if is_branch else below
    return renewed
