"""Returning work to an earlier step: where it may go, what ends for it, and doing it (ADR 17).

What came after the step ends, however the diagram loops and forks; a branch that was split off before it lives on, and one
that was joined since waits before the join again. Variables stay, and so does what jobs have done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import executions, instances, tasks
from engine.corrections import ReasonMissing
from engine.engine import Command, Engine
from engine.errors import NotFound, Rejected
from engine.flow import lineage, reopenings
from engine.flow.journeys import Journey, Target
from engine.flow.lineage import Passage
from engine.models import job as jobs
from engine.models import task as rows
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.job import Job
from engine.models.task import UserTask
from engine.runtime import Move
from engine.staff import people
from engine.staff.access import Actor
from engine.tasks import opinions, outcomes, possession, progress


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a return would do.

    `ended` are the other element instances that end, `tasks` the open tasks among them; `waiting` the sequence flows on
    which a joined branch waits again. `kept` are jobs done since the target that nothing undoes, `started` the running
    instances that this one has started since.
    """

    target: Target
    straight_back: bool
    ended: tuple[Passage, ...]
    tasks: tuple[UserTask, ...]
    waiting: tuple[str, ...]
    kept: tuple[Job, ...]
    started: tuple[ProcessInstance, ...]
    move: Move


def targets(engine: Engine, session: Session, task: UserTask) -> list[Target]:
    """List the steps an open task may be returned to, the latest first; none where its step allows no return."""
    return Journey(engine, session, task).allowed() if outcomes.returnable(task) else []


def preview(
    engine: Engine,
    session: Session,
    actor: Actor,
    key: int,
    to: str,
    *,
    straight_back: bool = False,
) -> Plan:
    """Say what returning a task would do; `to` is starter, previous or the id of a step. Nothing is changed.

    Raises NotFound, NotAllowed, and Rejected where the work cannot go there.
    """
    task = tasks.get(session, actor, key)
    outcomes.require_returnable(actor, task)
    return _plan(Journey(engine, session, task), to, straight_back=straight_back)


def give_back(
    command: Command,
    key: int,
    to: str,
    reason: str,
    *,
    straight_back: bool = False,
    version: int | None = None,
) -> list[UserTask]:
    """Return a task to an earlier step; give the tasks that are open again.

    The actor's own task is completed with the outcome `return`. Whoever did the step gets it again, with what was
    entered then, and a new clock. With `straight_back` only the actor's token leaves, and comes back to him when the step
    is done. Raises TaskChanged, TaskClosed, NotAllowed, ReasonMissing, Rejected as `preview`, and BudgetExceeded; then
    nothing has been written.
    """
    instance, task = tasks.lock(command, key, version)
    outcomes.require_returnable(command.actor, task)
    if not reason.strip():
        raise ReasonMissing
    said = opinions.remark(reason)
    plan = _plan(Journey(command.engine, command.session, task), to, straight_back=straight_back)
    execution = executions.load(command, instance)
    execution.rearrange(reopenings.signed(plan.move, command, task, said))
    principal = tasks.principal_for(command.actor, task)
    progress.act_for(task, principal)
    _close(command, instance, task, said)
    command.audit(
        "task.returned",
        task.element_id,
        on=instance,
        task=str(key),
        to=plan.target.element_id,
        step=plan.target.name,
        reason=said,
        straight_back=straight_back,
        canceled=sorted({one.element_id for one in plan.tasks}),
        **possession.stamp(principal),
    )
    instances.save(command, instance, execution)
    return reopenings.announce(command, instance, execution, "task_returned", said)


def _close(command: Command, instance: ProcessInstance, task: UserTask, reason: str) -> None:
    tasks.close(command, task, None)
    task.outcome, task.opinion = outcomes.RETURN, reason
    if task.signers:
        tasks.release_all(command, instance, task)
    tasks.drop_draft(command, f"task:{task.key}")


def _plan(journey: Journey, to: str, *, straight_back: bool) -> Plan:
    """What going there would do. Raises Rejected."""
    target = journey.find(to)
    passage = journey.lineage.passages[target.key]
    around = journey.lineage.around(journey.task.key)
    leaving = next(
        key for key in around if journey.lineage.passages[key].scope_key == passage.scope_key
    )
    move = (_straight if straight_back else _anew)(journey, target, passage, leaving)
    gone = [one for one in _alive(journey, move.ending) if one.key != journey.task.key]
    opened = journey.session.scalars(
        select(UserTask).where(
            UserTask.key.in_([one.key for one in gone]), UserTask.state.in_(rows.UNFINISHED)
        )
    )
    since = [] if straight_back else journey.lineage.whole(move.ending)
    return Plan(
        target=target,
        straight_back=straight_back,
        ended=tuple(gone),
        tasks=tuple(opened),
        waiting=tuple(one.flow_id for one in move.standing),
        kept=tuple(_jobs(journey, since)),
        started=tuple(_started(journey, target, since)),
        move=move,
    )


def _alive(journey: Journey, ending: frozenset[int]) -> list[Passage]:
    return [one for one in journey.lineage.whole(ending) if one.state == lineage.ALIVE]


def _anew(journey: Journey, target: Target, passage: Passage, leaving: int) -> Move:
    ending = journey.lineage.after(target.key) | {leaving}
    return Move(
        element_id=target.element_id,
        scope_key=passage.scope_key,
        ending=ending,
        standing=journey.lineage.cut_off(ending),
        completed=journey.task.key,
        came_from=passage.came_from,
        origin=_origin(journey, reopenings.RETURN, target),
    )


def _straight(journey: Journey, target: Target, passage: Passage, leaving: int) -> Move:
    """Only the own token leaves; the step comes after it, and leads back to it."""
    own = journey.lineage.passages[leaving]
    if own.element_id != journey.task.element_id:
        raise Rejected(reason="the step lies outside, from there nothing comes straight back")
    return Move(
        element_id=target.element_id,
        scope_key=passage.scope_key,
        ending=frozenset({leaving}),
        completed=journey.task.key,
        came_from=(leaving,),
        origin=_origin(journey, reopenings.STRAIGHT, target),
        back=journey.task.element_id,
        back_origin={"kind": reopenings.BACK, "step": target.name},
    )


def _origin(journey: Journey, kind: str, target: Target) -> dict[str, Any]:
    """Why the step is open again; who did it alone gets it, if he still works here."""
    user = None
    if len(target.people) == 1:
        user = reopenings.still_here(journey.session, journey.instance.site_id, target.people[0])
    done = [one.key for one in journey.lineage.whole([target.key]) if one.key in journey.done]
    return {
        "kind": kind,
        "assignee": user.username if user else None,
        "of": str(done[0]) if len(done) == 1 else None,
    }


def _jobs(journey: Journey, since: Sequence[Passage]) -> list[Job]:
    keys = [one.key for one in since if one.state == lineage.COMPLETED]
    query = select(Job).where(Job.key.in_(keys), Job.state == jobs.COMPLETED)
    return list(journey.session.scalars(query.order_by(Job.key)))


def _started(journey: Journey, target: Target, since: Sequence[Passage]) -> list[ProcessInstance]:
    if not since:
        return []
    query = select(ProcessInstance).where(
        ProcessInstance.parent_key == journey.instance.key,
        ProcessInstance.started_at >= (target.at or journey.instance.started_at),
        ProcessInstance.ended_at.is_(None),
    )
    return list(journey.session.scalars(query.order_by(ProcessInstance.key)))


def people_of(session: Session, found: Sequence[Target]) -> dict[int, User]:
    """Give the people who did the steps of some targets, by id."""
    return people.by_id(session, {one for target in found for one in target.people})


def prefill(session: Session, task: UserTask) -> dict[str, Any]:
    """Give what was submitted when a task that is open again was done before, for its form; else nothing.

    Raises NotFound when that task is gone.
    """
    of = (task.origin or {}).get("of")
    if of is None:
        return {}
    before = session.get(UserTask, int(of))
    if before is None or before.instance_key != task.instance_key:
        raise NotFound(noun="user task", key=of)
    return dict(before.submitted or {})
