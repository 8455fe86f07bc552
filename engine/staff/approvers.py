"""Who can do a task that opens: nobody there, or somebody who has approved already.

Whoever is missing is known from the roles held at the site, read at most every 30 seconds, so that an ordinary task costs no
statement. The properties `emptyApprovers` and `repeatedApprover` of a user task say what else shall happen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from engine.engine import Command, Engine
from engine.errors import Conflict, NotFound
from engine.models.identity import Membership, User
from engine.models.instance import ProcessInstance
from engine.models.task import COMPLETED, UserTask
from engine.runtime import Execution, UserTaskOpened
from engine.staff import notifications, roles, sight

EMPTY, REPEATED = "emptyApprovers", "repeatedApprover"
REFUSE, ADMIN, SKIP, ASK = "refuse", "admin", "skip", "ask"
CHOICES: Mapping[str, frozenset[str]] = {
    EMPTY: frozenset({REFUSE, ADMIN, SKIP}),
    REPEATED: frozenset({ASK, SKIP}),
}
DIRECTOR = "site_director"
APPROVED = "approve"
MOST_SKIPS = 50
FRESH = dt.timedelta(seconds=30)
CACHE = "staffed"


class NobodyAvailable(Conflict):
    """Nobody at this site can do “{step}” ({groups})."""

    code = "nobody_available"


def staffed(engine: Engine, session: Session, site_id: int) -> frozenset[str]:
    """Give the roles that somebody active and on duty holds at a site; another process's change is seen within 30 seconds."""
    cache: dict[int, tuple[dt.datetime, frozenset[str]]] = engine.caches.setdefault(CACHE, {})
    now = engine.clock()
    known = cache.get(site_id)
    if known is None or abs(now - known[0]) > FRESH:
        known = cache[site_id] = (now, frozenset(session.scalars(_on_duty(site_id))))
    return known[1]


def _on_duty(site_id: int) -> Select[str]:
    here = Membership.site_id.in_([site_id]) | Membership.site_id.is_(None)
    query = select(Membership.role).join(User).where(here, Membership.on_duty, User.active)
    return query.distinct()


def forget(command: Command) -> None:
    """Read anew who holds which role, once the command is committed."""
    command.after_commit(lambda: command.engine.caches.pop(CACHE, None))


def groups_of(
    command: Command, instance: ProcessInstance, opened: UserTaskOpened, assignee_id: int | None
) -> list[str]:
    """Give the candidate groups of a task that opens, and where they are empty who stands in.

    By default the next role up the ladder that somebody holds, and the administrators for a task that names nobody where
    nobody holds one. With `emptyApprovers` = `admin` the administrators, with `refuse` the command is refused (a timer's or
    job's goes to the administrators). Raises NobodyAvailable.
    """
    groups = [group for group in opened.candidate_groups if group != roles.STARTER]
    if assignee_id is not None or not _is_empty(command, instance, opened, groups):
        return groups
    rule = opened.properties.get(EMPTY)
    if rule == REFUSE and not command.actor.is_system:
        raise NobodyAvailable(step=opened.name, groups=", ".join(groups))
    more = ["admin"] if rule in (REFUSE, ADMIN) else _next_up(command, instance, groups)
    more = more or ([] if groups else ["admin"])
    if not more:
        return groups
    command.audit("task.nobody", opened.element_id, on=instance, groups=groups, to=", ".join(more))
    people = notifications.holders(command.session, instance.site_id, more)
    notifications.tell(command, people, "task_stands_in", instance=instance, step=opened.name)
    return [*groups, *more]


def _is_empty(
    command: Command, instance: ProcessInstance, opened: UserTaskOpened, groups: list[str]
) -> bool:
    if opened.candidate_users or roles.ALL_STAFF in groups:
        return False
    return not _held(command, instance) & set(groups)


def _held(command: Command, instance: ProcessInstance) -> frozenset[str]:
    """Give the roles somebody holds who may see the instance."""
    if not instance.private:
        return staffed(command.engine, command.session, instance.site_id)
    query = _on_duty(instance.site_id).where(User.id.not_in(sight.among(instance.key)))
    return frozenset(command.session.scalars(query))


def _next_up(command: Command, instance: ProcessInstance, groups: Iterable[str]) -> list[str]:
    held = _held(command, instance)
    found: list[str] = []
    for group in groups:
        step = roles.superior(group)
        while step and step not in held:
            step = roles.superior(step)
        if step and step not in found:
            found.append(step)
    return found or [one for one in (DIRECTOR,) if one in held]


def pass_over(command: Command, instance: ProcessInstance, execution: Execution) -> dict[int, str]:
    """Complete the tasks that opened and are to be skipped, and give the reason of each: `empty` or `repeated`.

    A skipped approval counts as approved (`outcome`). The applicant's own approval is never skipped, nor more than 50 at once.
    """
    skipped: dict[int, str] = {}
    for event in _opened(execution):
        reason = _reason(command, instance, event)
        if reason is None or len(skipped) >= MOST_SKIPS:
            continue
        try:
            outcomes = event.properties.get("outcomes", "")
            said = APPROVED if outcomes else None
            execution.complete(event.key, {"outcome": said} if said else {}, outcome=said)
        except NotFound:
            continue  # what was skipped before has ended it
        skipped[event.key] = reason
    return skipped


def _opened(execution: Execution) -> Iterable[UserTaskOpened]:
    """Give the opened tasks that have a rule, those too that open on the way."""
    at = 0
    while at < len(execution.events):
        event = execution.events[at]
        at += 1
        if not isinstance(event, UserTaskOpened) or event.origin is not None:
            continue  # what somebody opened again is never approved by itself
        if event.properties.keys() & CHOICES.keys():
            yield event


def _reason(command: Command, instance: ProcessInstance, opened: UserTaskOpened) -> str | None:
    people = _eligible(command.session, instance, opened)
    if not people:
        return "empty" if opened.properties.get(EMPTY) == SKIP else None
    if opened.properties.get(REPEATED) != SKIP or len(people) > 1:
        return None
    (person,) = people
    if person == instance.started_by:
        return None
    return "repeated" if _has_approved(command.session, instance, person) else None


def _eligible(session: Session, instance: ProcessInstance, opened: UserTaskOpened) -> set[int]:
    named = [opened.assignee] if opened.assignee else list(opened.candidate_users)
    groups = [] if opened.assignee else list(opened.candidate_groups)
    here = Membership.site_id.in_([instance.site_id]) | Membership.site_id.is_(None)
    if roles.ALL_STAFF not in groups:
        here &= or_(User.username.in_(named), Membership.role.in_(groups) & Membership.on_duty)
    query = select(User.id).join(Membership).where(User.active, here)
    query = query.where(User.id.not_in(sight.among(instance.key)))
    found = set(session.scalars(query.distinct()))
    if roles.STARTER in groups and instance.started_by is not None:
        found.add(instance.started_by)
    return found


def _has_approved(session: Session, instance: ProcessInstance, user_id: int) -> bool:
    session.flush()
    query = select(UserTask).where(
        UserTask.instance_key == instance.key,
        UserTask.state == COMPLETED,
        UserTask.parent_key.is_(None),
        UserTask.completed_by == user_id,
        UserTask.completed_at > last_reopened(session, instance),
    )
    done = [one for one in session.scalars(query) if one.properties.get("outcomes")]
    return any((one.submitted or {}).get("outcome") == APPROVED for one in done)


def last_reopened(session: Session, instance: ProcessInstance) -> dt.datetime:
    """Give when work was last returned or withdrawn, before the start if never: what was approved earlier is open again."""
    query = select(UserTask.created_at).where(
        UserTask.instance_key == instance.key, UserTask.origin.is_not(None)
    )
    return session.scalar(query.order_by(UserTask.created_at.desc()).limit(1)) or (
        instance.started_at - dt.timedelta(seconds=1)
    )


def close_skipped(command: Command, instance: ProcessInstance, skipped: Mapping[int, str]) -> None:
    """Mark the rows of skipped tasks as completed by nobody, and say so in the history."""
    for key, reason in skipped.items():
        command.session.flush()
        task = command.session.get_one(UserTask, key)
        task.state = COMPLETED
        task.completed_at, task.check_at = command.now, None
        task.version += 1
        command.audit("task.skipped", task.element_id, on=instance, task=str(key), rule=reason)
