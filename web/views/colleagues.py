"""Whom a person may choose: to hand a task to, to ask, to send a copy, to be one's substitute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import or_, select

from engine import tasks
from engine.errors import Rejected
from engine.models.identity import Membership, User
from engine.models.task import UNFINISHED, UserTask
from engine.tasks import rights
from web.extensions import session
from web.signin import current_actor
from web.views import names, people


def at(site_ids: Sequence[int]) -> list[User]:
    """List the active people who work at one of the sites, by user name."""
    here = or_(Membership.site_id.in_(site_ids), Membership.site_id.is_(None))
    query = select(User).join(Membership).where(User.active, here)
    return list(session.scalars(query.distinct().order_by(User.username)))


def to_transfer(task: UserTask) -> list[User]:
    """List who may be given the task for good: for supervisors everybody of the site."""
    if rights.may_assign(current_actor(), task):
        found = at([task.site_id])
    elif task.groups or task.users:
        found = tasks.candidates(session, task)
    else:
        found = [one for one in at([task.site_id]) if _shares_a_role(one, task)]
    return _without(found, tasks.excluded(session, task) | {task.assignee_id})


def _shares_a_role(user: User, task: UserTask) -> bool:
    try:
        rights.colleague(session, user.username, task)
    except Rejected:
        return False
    return True


def to_help(task: UserTask) -> list[User]:
    """List who may be asked about the task."""
    return _without(at([task.site_id]), _involved(task))


def to_sign(task: UserTask) -> list[User]:
    """List who may sign the task too."""
    return _without(at([task.site_id]), _involved(task) | tasks.excluded(session, task))


def to_read(task: UserTask) -> list[User]:
    """List who may be sent a copy: everybody of the actor's sites."""
    return _without(at(current_actor().site_ids), {current_actor().user_id})


def _without(found: Iterable[User], ids: set[int | None]) -> list[User]:
    return [one for one in found if one.id not in ids]


def _involved(task: UserTask) -> set[int | None]:
    """Give who has an unfinished part in the task or one of its signers'."""
    query = select(UserTask.assignee_id, UserTask.owner_id).where(
        or_(UserTask.key == (task.root_key or task.key), UserTask.root_key == (task.root_key or task.key)),
        UserTask.state.in_(UNFINISHED),
    )  # fmt: skip
    pairs = session.execute(query).all()
    return {one for pair in pairs for one in pair} | {current_actor().user_id, task.assignee_id}


def options(found: Iterable[User], site_id: int | None = None) -> list[tuple[str, str]]:
    """Give people as the options of a choice: user name, and name with role."""
    pairs = [(one, people.chip(one, site_id)) for one in found]
    return [
        (user.username, " · ".join(filter(None, (names.user(user), chip["role"]))))
        for user, chip in pairs
    ]
