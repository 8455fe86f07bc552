"""Taking back what one completed last, while nobody has touched what came after it; undo is the same within a short time.

What came after ends with a history, and the task is open again: the same person, the same due time, what was submitted in
its form. Variables stay as they are (ADR 17).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from engine import executions, instances, tasks
from engine.deployment import definitions
from engine.engine import Command, Engine
from engine.errors import Conflict, NotAllowed, NotFound, Rejected, TaskChanged
from engine.flow import lineage, reopenings
from engine.flow.lineage import Lineage, Passage
from engine.models import job as jobs
from engine.models.identity import Site, User
from engine.models.instance import ACTIVE, ProcessInstance
from engine.models.job import Incident, Job
from engine.models.task import COMPLETED, UNFINISHED, Draft, UserTask
from engine.policy import settings
from engine.runtime import Diagram, Execution, Move
from engine.staff.access import Actor
from engine.timing import clocks

UNDO = "tasks.undo_seconds"
# What a token passes without anybody or anything outside having a part in it.
PASSED = frozenset({
    "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "intermediateThrowEvent", "endEvent",
    "scriptTask", "businessRuleTask", "manualTask", "task", "startEvent", "subProcess",
    "adHocSubProcess", "adHocSubProcessInnerInstance",
})  # fmt: skip


class WentOn(Conflict):
    """This cannot be taken back any more: {reason}."""

    code = "went_on"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What taking a task back would end: element instances and the open tasks among them."""

    ended: tuple[Passage, ...]
    tasks: tuple[UserTask, ...]


def preview(engine: Engine, session: Session, actor: Actor, key: int) -> Plan:
    """Say what taking back the actor's completed task would end. Raises as `withdraw`; nothing is changed."""
    task = tasks.get(session, actor, key)
    return _Aftermath(engine, session, _own(actor, task)).plan()


def withdrawable(engine: Engine, session: Session, actor: Actor, task: UserTask) -> bool:
    """Whether the actor may take the completed task back now."""
    try:
        _Aftermath(engine, session, _own(actor, task)).plan()
    except (NotAllowed, Rejected, WentOn):
        return False
    return True


def undoable(engine: Engine, session: Session, actor: Actor, task: UserTask) -> dt.datetime | None:
    """Give until when the completed task is offered to be undone; None when it is not, or not any more."""
    if task.state != COMPLETED or task.completed_at is None:
        return None
    site = session.get_one(Site, task.site_id)
    seconds = settings.values(session, site, [UNDO])[UNDO]
    until = task.completed_at + dt.timedelta(seconds=seconds)
    offered = engine.clock() < until and withdrawable(engine, session, actor, task)
    return until if offered else None


def withdraw(command: Command, key: int, *, version: int | None = None) -> UserTask:
    """Take back what the actor completed; give the task that is open again.

    Raises NotFound, NotAllowed for another's task, TaskChanged, Rejected for what cannot be opened again (its subprocess or
    the instance has ended), WentOn when somebody or something has touched what came after.
    """
    instance, task = _lock(command, key, version)
    aftermath = _Aftermath(command.engine, command.session, _own(command.actor, task))
    plan = aftermath.plan()
    execution = executions.load(command, instance)
    aftermath.undo(command, execution)
    command.audit(
        "task.withdrawn",
        task.element_id,
        on=instance,
        task=str(key),
        canceled=sorted({one.element_id for one in plan.tasks}),
    )
    instances.save(command, instance, execution)
    (again,) = reopenings.announce(command, instance, execution, "task_withdrawn", "")
    _go_on(command, task, again)
    return again


def _own(actor: Actor, task: UserTask) -> UserTask:
    if task.state != COMPLETED or actor.user_id is None or task.completed_by != actor.user_id:
        raise NotAllowed(reason="taking back what somebody else completed")
    if task.acted_for is not None and not tasks.holds(actor, task):
        raise NotAllowed(reason="taking back another's task without being a substitute any more")
    return task


def _lock(command: Command, key: int, version: int | None) -> tuple[ProcessInstance, UserTask]:
    owner = select(UserTask.instance_key).where(UserTask.key == key).scalar_subquery()
    query = select(ProcessInstance).where(ProcessInstance.key == owner)
    instance = instances.lock_found(command, query, "user task", key)
    task = command.session.get(UserTask, key, populate_existing=True)
    if task is None:
        raise NotFound(noun="user task", key=key)
    if version is not None and task.version != version:
        raise TaskChanged(**tasks.who_has(command.session, task))
    instances.require_running(instance)
    return instance, task


def _go_on(command: Command, before: UserTask, again: UserTask) -> None:
    """The old clock goes on from where it began; what had been told of it stays told."""
    again.created_at = before.created_at
    again.claimed_at = command.now if again.assignee_id is not None else None
    again.due_at, again.limit, again.escalation = before.due_at, before.limit, before.escalation
    again.priority, again.follow_up_at = before.priority, None
    again.paused_seconds = before.paused_seconds
    again.check_at = clocks.next_check(command.engine, command.session, before)


class _Aftermath:
    """What a completed task has led to."""

    def __init__(self, engine: Engine, session: Session, task: UserTask) -> None:
        self.engine, self.session, self.task = engine, session, task
        self.instance = session.get_one(ProcessInstance, task.instance_key)
        self.lineage: Lineage = lineage.load(session, self.instance)
        self.passage = self._passage()
        self.ending = self.lineage.after(task.key)

    def _passage(self) -> Passage:
        found = self.lineage.passages.get(self.task.key)
        if self.task.parent_key is not None:
            raise Rejected(reason="a signature cannot be taken back")
        if found is None or self.instance.status != ACTIVE:
            raise Rejected(reason="the process does not run any more")
        if found.scope_key is not None:
            around = self.lineage.passages.get(found.scope_key)
            if around is None or around.state != lineage.ALIVE:
                raise WentOn(reason="what is around the step has ended")
        return found

    @property
    def ballot(self) -> bool:
        """Whether the task was one signer's part of a multi-instance activity."""
        scope = self.passage.scope_key
        return scope is not None and self.lineage.passages[scope].type == "multiInstanceBody"

    def plan(self) -> Plan:
        """What would end. Raises Rejected and WentOn."""
        if self.task.outcome == "return":
            raise Rejected(reason="what was returned is with somebody else")
        if self.ballot and not self._retakable():
            raise Rejected(reason="one of several instances cannot be opened again")
        came_after = self.lineage.whole(self.ending - {self.task.key})
        diagrams = self._diagrams(came_after)
        for one in came_after:
            self._require_untouched(one, diagrams[one.process_id])
        opened = [one.key for one in came_after if one.state == lineage.ALIVE]
        open_tasks = self._open_tasks(opened)
        self._require_no_work(opened)
        ended = tuple(one for one in came_after if one.state == lineage.ALIVE)
        return Plan(ended=ended, tasks=tuple(open_tasks))

    def _retakable(self) -> bool:
        """Whether the signers vote beside each other; the next one of a row has been asked already."""
        diagram = self._diagrams([self.passage])[self.passage.process_id]
        element = diagram.elements.get(self.task.element_id)
        parallel = element is not None and element.loop is not None and not element.loop.sequential
        return parallel and "vote" in self.task.properties

    def _diagrams(self, found: list[Passage]) -> dict[str, Diagram]:
        own = definitions.get(self.engine, self.session, self.instance.definition_key)
        diagrams = dict.fromkeys(own.diagram.content, own.diagram)
        for one in found:
            if one.process_id not in diagrams:
                called = definitions.called(self.engine, self.session, one.process_id)
                diagrams[one.process_id] = called.diagram
        return diagrams

    def _require_untouched(self, one: Passage, diagram: Diagram) -> None:
        if one.state == lineage.ALIVE:
            return
        element = diagram.elements.get(one.element_id)
        name = element.name if element and element.name else one.element_id
        if one.state != lineage.COMPLETED or one.type not in PASSED or element is None:
            raise WentOn(reason=name)
        if element.trigger is not None or element.extension("taskDefinition"):
            raise WentOn(reason=name)

    def _open_tasks(self, keys: list[int]) -> list[UserTask]:
        """The tasks that opened. Raises WentOn when one was claimed, changed or begun."""
        query = select(UserTask).where(UserTask.key.in_(keys), UserTask.state.in_(UNFINISHED))
        found = list(self.session.scalars(query))
        drafts = [f"task:{one.key}" for one in found]
        for one in found:
            paused = one.paused_at is not None or one.paused_seconds
            if one.claimed_at is not None or one.version > 1 or one.signers or paused:
                user = self.session.get(User, one.assignee_id) if one.assignee_id else None
                raise WentOn(reason=f"{one.name} {user.name if user else ''}".strip())
        begun = select(Draft.subject).where(Draft.subject.in_(drafts))
        if self.session.scalar(begun.limit(1)) is not None:
            raise WentOn(reason="somebody has begun the next step")
        return found

    def _require_no_work(self, keys: list[int]) -> None:
        tried = exists().where(Job.key.in_(keys), (Job.attempts > 0) | (Job.state != jobs.CREATED))
        stuck = exists().where(Incident.element_key.in_(keys), Incident.resolved_at.is_(None))
        if self.session.scalar(select(tried)):
            raise WentOn(reason="a job has been tried")
        if self.session.scalar(select(stuck)):
            raise WentOn(reason="the process is stuck behind it")

    def _whose(self, actor: Actor) -> str:
        """Who gets the task again: whom the actor stood in for, else the actor."""
        principal = self.session.get(User, self.task.acted_for) if self.task.acted_for else None
        return principal.username if principal else actor.username

    def undo(self, command: Command, execution: Execution) -> None:
        """Let the execution go back."""
        origin = {
            "kind": reopenings.WITHDRAW,
            "assignee": self._whose(command.actor),
            "of": str(self.task.key),
            "by": command.actor.user_id,
            "name": command.actor.name,
        }
        if self.ballot:
            assert self.passage.scope_key is not None  # noqa: S101
            execution.retake(self.passage.scope_key, self.task.key, origin)
        else:
            execution.rearrange(self._move(origin))

    def _move(self, origin: dict[str, Any]) -> Move:
        """The way back; a step from which the work went straight back to somebody does so again."""
        back = (self.task.origin or {}).get("back")
        return Move(
            element_id=self.passage.element_id,
            scope_key=self.passage.scope_key,
            ending=self.ending,
            standing=self.lineage.cut_off(self.ending),
            came_from=self.passage.came_from,
            origin=origin | ({"back": back} if back else {}),
            back=back["to"] if back else None,
            back_origin=back["origin"] if back else None,
        )
