"""Who may do what with a user task."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.engine import Command
from engine.errors import NotDistinct, Rejected, StarterExcluded
from engine.models.identity import Membership, User
from engine.models.instance import ProcessInstance
from engine.models.task import COMPLETED, CREATED, UserTask
from engine.staff import sight
from engine.staff.access import Actor, Principal
from engine.staff.roles import ALL_STAFF, STARTER

DIRECTOR = "site_director"


def is_candidate(actor: Actor, task: UserTask) -> bool:
    """Whether the actor belongs, in his own right, to the people who may claim the task."""
    if actor.user_id is None or not actor.belongs_to(task.site_id):
        return False
    return _listed(actor, task) and actor.may_see(task.instance_key)


def _listed(person: Actor | Principal, task: UserTask) -> bool:
    groups = set(task.groups)
    return (
        bool(groups & person.roles.get(task.site_id, frozenset()))
        or ALL_STAFF in groups
        or person.username in task.users
    )


def holds(actor: Actor, task: UserTask) -> bool:
    """Whether the task is the actor's own, or that of somebody whose substitute he is."""
    if task.assignee_id is None:
        return False
    return task.assignee_id == actor.user_id or principal_for(actor, task) is not None


def principal_for(actor: Actor, task: UserTask) -> Principal | None:
    """Give for whom the actor would do the task as a substitute; None in his own right, or without a right."""
    own = task.assignee_id == actor.user_id if task.assignee_id else is_candidate(actor, task)
    if own:
        return None
    return next(
        (
            one
            for one in actor.principals
            if one.covers(task.process_id, task.site_id)
            and (task.assignee_id == one.user_id if task.assignee_id else _listed(one, task))
        ),
        None,
    )


def may_claim(actor: Actor, task: UserTask) -> bool:
    """Whether the actor could take the task, for himself or for somebody whose substitute he is."""
    if task.state != CREATED or task.assignee_id is not None:
        return False
    return is_candidate(actor, task) or principal_for(actor, task) is not None


def may_assign(actor: Actor, task: UserTask) -> bool:
    """Whether the actor may give the task to somebody: people above its candidate groups on the escalation ladder.

    Above a task that names no groups stands the director of the site.
    """
    if not task.groups:
        return actor.has(DIRECTOR, task.site_id)
    return actor.is_above(task.groups, task.site_id)


def may_work(actor: Actor, task: UserTask) -> bool:
    """Whether the open task is the actor's to work on: held, or free to be claimed, also as a substitute."""
    return task.state == CREATED and (holds(actor, task) or may_claim(actor, task))


def may_complete(actor: Actor, task: UserTask) -> bool:
    """Whether the actor may complete the task; what was delegated to him he may only answer."""
    return task.owner_id is None and may_work(actor, task)


def may_answer(actor: Actor, task: UserTask) -> bool:
    """Whether the task was delegated to the actor and waits for his answer."""
    return task.owner_id is not None and may_work(actor, task)


def colleague(session: Session, username: str, task: UserTask, *, anyone: bool = False) -> User:
    """Give an active person of the task's site who belongs to its candidates, with `anyone` whatever his role.

    Where the step names no candidates, a colleague is who holds a role of the present assignee. Raises Rejected.
    """
    user = session.scalar(select(User).where(User.username == username, User.active))
    held = _roles_of(user, task.site_id)
    if user is None or not held:
        raise Rejected(reason=f"{username} does not work at this site")
    if user.id in set(session.scalars(sight.among(task.instance_key))):
        raise Rejected(reason=f"this is kept from {username}")
    if anyone or username in task.users:
        return user
    allowed = set(task.groups) if task.parent_key is None else set()
    if not allowed and not task.users:
        allowed = _roles_of(task.assignee, task.site_id) or held
    if not allowed & held and ALL_STAFF not in allowed:
        raise Rejected(reason=f"{username} has none of the roles {', '.join(sorted(allowed))}")
    return user


def _roles_of(user: User | None, site_id: int) -> set[str]:
    memberships = user.memberships if user else []
    return {one.role for one in memberships if one.site_id in (None, site_id)}


def require_distinct(command: Command, task: UserTask, *user_ids: int | None) -> None:
    """Separation of duties: `distinctFrom` names steps whose completer may not do this one, and `starter`.

    It holds for everybody given, so for a substitute and for his principal. Raises NotDistinct and StarterExcluded.
    """
    steps = distinct_from(task)
    people = [one for one in user_ids if one is not None]
    if not steps:
        return
    if STARTER in steps and _starter(command.session, task) in people:
        raise StarterExcluded
    same = command.session.scalar(
        select(UserTask.name).where(
            UserTask.instance_key == task.instance_key,
            UserTask.element_id.in_(steps),
            or_(UserTask.completed_by.in_(people), UserTask.acted_for.in_(people)),
        )
    )
    if same is not None:
        raise NotDistinct(step=same)


def distinct_from(task: UserTask) -> list[str]:
    """Give what the task's `distinctFrom` names: ids of steps, `starter`."""
    listed = task.properties.get("distinctFrom", "").split(",")
    return [one.strip() for one in listed if one.strip()]


def excluded(session: Session, task: UserTask) -> set[int | None]:
    """Give who may not do the task because of what he did before."""
    steps = distinct_from(task)
    if not steps:
        return set()
    query = select(UserTask.completed_by, UserTask.acted_for).where(
        UserTask.instance_key == task.instance_key,
        UserTask.element_id.in_(steps),
        UserTask.state == COMPLETED,
    )
    done = {one for pair in session.execute(query) for one in pair}
    return done | ({_starter(session, task)} if STARTER in steps else set())


def barred(session: Session, actor: Actor, task: UserTask) -> bool:
    """Whether separation of duties keeps the actor, or whom he would stand in for, from taking a task nobody has."""
    if task.assignee_id is not None:
        return False
    principal = principal_for(actor, task)
    people = {actor.user_id, principal.user_id if principal else actor.user_id}
    return bool(people & excluded(session, task))


def _starter(session: Session, task: UserTask) -> int | None:
    instance = session.get(ProcessInstance, task.instance_key)
    return instance.started_by if instance else None


def candidates(session: Session, task: UserTask) -> list[User]:
    """List the active people who may be given the task, by user name; nobody it is kept from."""
    query = (
        select(User)
        .join(Membership)
        .where(User.active, Membership.site_id.in_([task.site_id]) | Membership.site_id.is_(None))
        .where(User.id.not_in(sight.among(task.instance_key)))
        .order_by(User.username)
    )
    if ALL_STAFF not in task.groups:
        query = query.where(Membership.role.in_(task.groups) | User.username.in_(task.users))
    return list(session.scalars(query).unique())
