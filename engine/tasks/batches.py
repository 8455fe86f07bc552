"""Many tasks at once: each is a command of its own, and each has its own result."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from engine.engine import Command, Engine
from engine.errors import EngineError, NotAllowed, Rejected
from engine.models.identity import User
from engine.models.task import UNFINISHED, UserTask
from engine.staff.access import Actor, require
from engine.tasks import completion, possession, rights
from engine.tasks.progress import Completion
from engine.tasks.rows import lock, visible_to

MOST = 500
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of one task of many: `error` is None when it was done."""

    key: int
    error: EngineError | None = None
    completion: Completion | None = None

    @property
    def done(self) -> bool:
        """Whether it was done, a completion also run."""
        return self.error is None and (self.completion is None or self.completion.ran)


def complete_many(
    engine: Engine,
    actor: Actor,
    wanted: Sequence[tuple[int, int | None, Mapping[str, Any]]],
    *,
    typed: bool = False,
) -> list[Result]:
    """Complete tasks given as (key, version, variables), in that order; what is refused does not stop the others.

    Raises Rejected for more than 500 or a key given twice.
    """
    _require_few([key for key, _, _ in wanted])

    def one(command: Command, key: int, rest: tuple[int | None, Mapping[str, Any]]) -> Completion:
        return completion.complete(command, key, rest[1], version=rest[0], typed=typed)

    return [_each(engine, actor, key, (version, raw), one) for key, version, raw in wanted]


def claim_many(
    engine: Engine, actor: Actor, wanted: Sequence[tuple[int, int | None]]
) -> list[Result]:
    """Claim tasks given as (key, version); otherwise as `complete_many`."""
    _require_few([key for key, _ in wanted])

    def one(command: Command, key: int, version: int | None) -> None:
        possession.claim(command, key, version=version)

    return [_each(engine, actor, key, version, one) for key, version in wanted]


def hand_over(
    engine: Engine, actor: Actor, leaver: str, successor: str, reason: str = ""
) -> list[Result]:
    """Give all open tasks of a person who leaves to another (离职转办), also those delegated or submitted to signers.

    For administrators, and per task for its supervisors, among those the actor may see; a task the successor may not do (another site, separation of
    duties) stays and says why. Raises NotAllowed for others, or Rejected for unknown people.
    """
    old, new = _leaver(engine, actor, leaver, successor)
    with engine.read() as session:
        query = visible_to(actor).where(
            (UserTask.assignee_id == old) | (UserTask.owner_id == old),
            UserTask.state.in_(UNFINISHED),
        )
        keys = [task.key for task in session.scalars(query.order_by(UserTask.key))]

    def one(command: Command, key: int, _: None) -> None:
        _pass_on(command, key, old, new, reason)

    return [_each(engine, actor, key, None, one) for key in keys]


def _leaver(engine: Engine, actor: Actor, leaver: str, successor: str) -> tuple[int, int]:
    with engine.read() as session:
        old = session.scalar(select(User).where(User.username == leaver))
        new = session.scalar(select(User).where(User.username == successor, User.active))
        held = [(one.role, one.site_id) for one in (old.memberships if old else [])]
        above = any(
            actor.is_above([role], site)
            for site in actor.site_ids
            for role, where in held
            if where in (None, site)
        )
        if not above:
            require(actor, "admin")
    if old is None or new is None or old.id == new.id:
        raise Rejected(reason="a hand-over needs two people")
    return old.id, new.id


def _pass_on(command: Command, key: int, old: int, new: int, reason: str) -> None:
    instance, task = lock(command, key, states=UNFINISHED)
    if not command.actor.has("admin", task.site_id) and not rights.may_assign(command.actor, task):
        raise NotAllowed(reason="handing this task over")
    user = command.session.get_one(User, new)
    rights.colleague(command.session, user.username, task, anyone=True)
    if task.owner_id == old and task.assignee_id != new:
        rights.require_distinct(command, task, new)
        task.owner_id = new
        task.version += 1
        command.audit(
            "task.transferred",
            task.element_id,
            on=instance,
            task=str(key),
            to=user.name,
            reason=reason,
        )
    else:
        owner_id = task.owner_id if task.owner_id not in (old, new) else None
        possession.hand_on(command, task, user, reason, owner_id=owner_id)


def _require_few(keys: Sequence[int]) -> None:
    if len(keys) > MOST or len(set(keys)) != len(keys):
        raise Rejected(reason=f"at most {MOST} different tasks at once")


def _each(
    engine: Engine, actor: Actor, key: int, what: Any, act: Callable[[Command, int, Any], Any]
) -> Result:
    try:
        with engine.begin(actor) as command:
            done = act(command, key, what)
    except EngineError as error:
        return Result(key=key, error=error)
    except Exception:
        log.exception("task %s failed among many", key)
        return Result(key=key, error=EngineError())
    return Result(key=key, completion=done)
