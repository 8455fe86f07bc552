"""Drills: work written down step by step, which may be interrupted anywhere and taken up again where it stood.

A step of a person leaves a mark in the transaction in which it is done, so that whoever takes up the work knows what is left. A
worker's step is marked when it is over, and begun again when it was interrupted: workers find by themselves what is left.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from engine import attachments, instances
from engine.deployment import definitions
from engine.engine import Command, Engine
from engine.models.audit import AuditEntry
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.task import COMPLETED, COMPLETING, CREATED, CREATING, UserTask
from tests.world import World

BEGIN = dt.datetime(2026, 11, 20, 1, 30, tzinfo=dt.UTC)  # Friday 09:30 in Shenzhen
DONE = "drill.done"
PICTURE = b"\x89PNG\r\n\x1a\n" + b"picture "
OPEN = (CREATING, CREATED, COMPLETING)


class Scene:
    """What a step looks at: the running instances of one process."""

    def __init__(self, engine: Engine, process_id: str) -> None:
        self.engine = engine
        self.world = World(engine)
        self.process_id = process_id

    def instances(self) -> list[ProcessInstance]:
        """The instances of the process, the oldest first."""
        query = select(ProcessInstance).where(ProcessInstance.process_id == self.process_id)
        with self.engine.read() as session:
            return list(session.scalars(query.order_by(ProcessInstance.key)))

    def task(self, element_id: str, *, by: str = "", states: Sequence[str] = OPEN) -> UserTask:
        """The latest unfinished task of a step, that of the first instance which has one; `by` names a signer or voter."""
        query = select(UserTask).where(
            UserTask.element_id == element_id, UserTask.state.in_(states),
            UserTask.process_id == self.process_id,
        )  # fmt: skip
        if by:
            query = query.join(User, User.id == UserTask.assignee_id).where(User.username == by)
        else:
            query = query.where(UserTask.parent_key.is_(None))
        with self.engine.read() as session:
            return session.scalars(query.order_by(UserTask.key)).all()[-1]

    def done(self, element_id: str) -> UserTask:
        """The latest completed task of a step."""
        return self.task(element_id, states=[COMPLETED])


Act = Callable[[Scene, Command], object]
At = str | Callable[[Scene], UserTask]


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one person does in one transaction (`by`), or a worker in as many as it needs; `hours` after the beginning."""

    act: Callable[..., object]
    by: str = ""
    hours: float = 0


@dataclass(frozen=True, kw_only=True)
class Drill:
    """Steps around one process, and what is deployed for them."""

    process_id: str
    steps: Sequence[Step]
    files: Mapping[str, bytes] = field(default_factory=dict)

    def run(self, engine: Engine, *, late: dt.timedelta = dt.timedelta(0)) -> None:
        """Do what is left, at the times that are planned or so much later."""
        scene = Scene(engine, self.process_id)
        for number, step in enumerate(self.steps):
            now = BEGIN + dt.timedelta(hours=step.hours) + late
            engine.clock = lambda now=now: now
            if not self._is_done(engine, number):
                self._do(scene, number, step)

    def _do(self, scene: Scene, number: int, step: Step) -> None:
        if not step.by:
            step.act(scene.engine)
        with scene.engine.begin(scene.world.actor(step.by or "root")) as command:
            if step.by:
                step.act(scene, command)
            command.audit(DONE, f"{self.process_id} {number}")

    def _is_done(self, engine: Engine, number: int) -> bool:
        query = select(AuditEntry.seq).where(
            AuditEntry.chain == 0, AuditEntry.action == DONE,
            AuditEntry.subject == f"{self.process_id} {number}",
        )  # fmt: skip
        with engine.read() as session:
            return session.scalar(query) is not None


def starts(
    variables: Mapping[str, Any] | None = None, *, by: str = "clerk", hours: float = 0
) -> Step:
    """Somebody starts an instance."""

    def act(scene: Scene, command: Command) -> None:
        found = definitions.latest(scene.engine, command.session, scene.process_id)
        instances.start(command, found, scene.world.site(), dict(variables or {}))

    return Step(by=by, act=act, hours=hours)


def does(
    by: str, operation: Callable[..., Any], at: At, *args: Any, hours: float = 0, **more: Any
) -> Step:
    """Somebody does something to a task."""

    def act(scene: Scene, command: Command) -> None:
        task = scene.task(at) if isinstance(at, str) else at(scene)
        operation(command, task.key, *args, **more)

    return Step(by=by, act=act, hours=hours)


def works(*acts: Callable[[Engine], object], hours: float = 0) -> Step:
    """A worker works."""

    def act(engine: Engine) -> None:
        for one in acts:
            one(engine)

    return Step(act=act, hours=hours)


def of(element_id: str, by: str) -> Callable[[Scene], UserTask]:
    """The unfinished task that somebody has at a step, a signer's too."""
    return lambda scene: scene.task(element_id, by=by)


def done(element_id: str) -> Callable[[Scene], UserTask]:
    """What was completed last at a step."""
    return lambda scene: scene.done(element_id)


def uploads(by: str, element_id: str, name: str = "") -> Step:
    """Somebody takes a photo at a task."""

    def act(scene: Scene, command: Command) -> None:
        task = scene.task(element_id)
        content = PICTURE + f"{element_id} {name}".encode()
        attachments.store(
            command,
            task.site_id,
            content,
            "photo.png",
            task_key=task.key,
            instance_key=task.instance_key,
        )

    return Step(by=by, act=act)
