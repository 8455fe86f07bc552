"""Adding signers to a task (加签) and taking them away again (减签)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.engine import Command
from engine.errors import Conflict, NotAllowed, Rejected
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.task import CANCELED, COMPLETING, CREATED, CREATING, UNFINISHED, UserTask
from engine.staff import notifications
from engine.tasks import family, rights, signing
from engine.tasks.opinions import remark
from engine.tasks.possession import stamp, take
from engine.tasks.progress import Completion
from engine.tasks.rows import lock

MOST = 50
KEPT = ("clause", "distinctFrom", "limit")


class NotSubmitted(Conflict):
    """Nothing of this task waits for signers."""

    code = "not_submitted"


def add_signers(
    command: Command,
    key: int,
    usernames: Sequence[str],
    position: str,
    *,
    version: int | None = None,
    note: str = "",
) -> list[UserTask]:
    """Ask colleagues of the site to sign a task too; give their tasks.

    `before`: the task cannot be completed until they have signed. `beside`: they sign at the same time. `after`: they sign once
    it is submitted. A signer may add signers. Raises NotAllowed unless the actor may complete the task, also by separation
    of duties, or Rejected for somebody who has a part in it already and beyond 50 signers.
    """
    instance, task = lock(command, key, version)
    if not rights.may_complete(command.actor, task):
        raise NotAllowed(reason="adding signers to this task")
    if position not in family.POSITIONS:
        raise Rejected(reason=f"{position} is none of {', '.join(family.POSITIONS)}")
    said = remark(note, required=False)
    people = _people(command, task, usernames)
    if task.assignee_id is None:
        take(command, task)
    added = [_signer(command, task, user, position) for user in people]
    command.session.add_all(added)
    task.signers += len(added)
    task.version += 1
    command.audit(
        "task.signers_added",
        task.element_id,
        on=instance,
        task=str(task.key),
        position=position,
        to=", ".join(user.name for user in people),
        reason=said,
        **stamp(rights.principal_for(command.actor, task)),
    )
    command.session.flush()
    _ask(command, instance, added, said)
    return added


def _people(command: Command, task: UserTask, usernames: Sequence[str]) -> list[User]:
    wanted = [one.strip() for one in usernames if one.strip()]
    if not wanted or len(set(wanted)) != len(wanted):
        raise Rejected(reason="each signer is named once")
    if len(wanted) + len(family.signers_of(command.session, task)) > MOST:
        raise Rejected(reason=f"a task has at most {MOST} signers")
    people = [rights.colleague(command.session, one, task, anyone=True) for one in wanted]
    for user in people:
        if user.id in (command.actor.user_id, task.assignee_id):
            raise Rejected(reason=f"{user.username} has a part in this task already")
        family.require_new(command.session, task, user)
        rights.require_distinct(command, task, user.id)
    return people


def _signer(command: Command, task: UserTask, user: User, position: str) -> UserTask:
    later = position == family.AFTER
    return UserTask(
        key=command.new_key(),
        instance_key=task.instance_key,
        site_id=task.site_id,
        process_id=task.process_id,
        definition_key=task.definition_key,
        element_id=task.element_id,
        name=task.name,
        state=CREATING if later else CREATED,
        assignee_id=user.id,
        groups=task.groups,
        users=[],
        area=task.area,
        properties={name: task.properties[name] for name in KEPT if name in task.properties},
        summary=task.summary,
        priority=task.priority,
        limit=task.limit,
        due_at=task.due_at,
        check_at=None if later else task.check_at,
        escalation=task.escalation,
        paused_at=None if later else task.paused_at,
        paused_seconds=task.paused_seconds,
        created_at=command.now,
        claimed_at=command.now,
        parent_key=task.key,
        root_key=task.root_key or task.key,
        position=position,
        added_by=command.actor.user_id,
        signers=0,
    )


def _ask(command: Command, instance: ProcessInstance, added: Sequence[UserTask], note: str) -> None:
    facts = {"by": command.actor.name, "reason": note}
    for one in added:
        if one.state == CREATED and one.assignee_id is not None:
            people = [one.assignee_id]
            notifications.tell(command, people, "sign_asked", instance=instance, task=one, **facts)


def remove_signer(command: Command, key: int, *, reason: str = "") -> Completion:
    """Take a signer who has not finished away, with those added to him; what then waits for nobody else goes on.

    For who added him or has the task he was added to. `ran` is false, and he stays, when the process then runs
    on without end. Raises NotAllowed, TaskClosed when he has signed, or Rejected when the task would have nobody left.
    """
    instance, signer = lock(command, key, states=UNFINISHED)
    if signer.parent_key is None:
        raise Rejected(reason="this task is not a signer's")
    parent = command.session.get_one(UserTask, signer.parent_key)
    if signer.added_by != command.actor.user_id and not rights.holds(command.actor, parent):
        raise NotAllowed(reason="removing this signer")
    if parent.state == CREATED and not (parent.assignee_id or parent.groups or parent.users):
        raise Rejected(reason="nobody would be left for this task")
    said = remark(reason, required=False)
    name = signer.assignee.name if signer.assignee else ""
    if not signing.release(command, instance, signer):
        return Completion(task=signer, instance=instance, ran=False)
    _cancel(command, signer)
    command.audit(
        "task.signer_removed",
        signer.element_id,
        on=instance,
        task=str(parent.key),
        to=name,
        reason=said,
    )
    if signer.assignee_id is not None:
        people = [signer.assignee_id]
        notifications.tell(command, people, "sign_withdrawn", instance=instance, task=signer)
    return Completion(task=signer, instance=instance, ran=True)


def release_all(command: Command, instance: ProcessInstance, task: UserTask) -> None:
    """Take away all signers who have not finished, because their task ends without them; whoever was asked is told."""
    for one in family.signers_of(command.session, task):
        if one.state not in UNFINISHED:
            continue
        people = [one.assignee_id] if one.assignee_id and one.state != CREATING else []
        _close(command, one)
        notifications.tell(command, people, "sign_withdrawn", instance=instance, task=one)
    task.signers = 0


def take_back(command: Command, key: int) -> UserTask:
    """Take back what one submitted while it waits for signers; their signatures stay.

    Raises NotAllowed, TaskClosed, or NotSubmitted.
    """
    instance, task = lock(command, key, states=(COMPLETING, CREATED))
    if task.state == CREATED:
        raise NotSubmitted
    if task.completed_by != command.actor.user_id:
        raise NotAllowed(reason="taking back what another submitted")
    signing.give_back(command, instance, task)
    return task


def _cancel(command: Command, signer: UserTask) -> None:
    for one in [signer, *family.signers_of(command.session, signer)]:
        if one.state in UNFINISHED:
            _close(command, one)


def _close(command: Command, signer: UserTask) -> None:
    signer.state = CANCELED
    signer.completed_at, signer.check_at = command.now, None
    signer.completed_by = None
    signer.version += 1
