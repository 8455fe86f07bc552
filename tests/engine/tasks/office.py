"""What people do with tasks in these tests, in short, and what the history says of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from engine import course, tasks
from engine.models.audit import AuditEntry
from engine.models.instance import ProcessInstance
from engine.models.substitution import Substitution
from engine.models.task import Notification, UserTask
from engine.staff import substitutions
from engine.staff.access import SYSTEM
from tests.diagrams import chain, process, user_task
from tests.world import World

ONE_STEP = process(user_task("check") + chain("s", "check", "e"))
TWO_STEPS = process(user_task("check") + user_task("sign") + chain("s", "check", "sign", "e"))


class Office:
    """A world with one running instance, acted upon by name."""

    def __init__(self, world: World, diagram: bytes = TWO_STEPS) -> None:
        self.world = world
        world.deploy({"p.bpmn": diagram})
        self.instance = world.start("p")

    def claim(self, element_id: str = "check", by: str = "assistant") -> UserTask:
        """Claim the open task at an element."""
        return self.act(tasks.claim, self.world.task(element_id).key, by=by)

    def act(self, command: Any, *args: Any, by: str, **more: Any) -> Any:
        """Run one command as a person."""
        with self.world.engine.begin(self.world.actor(by)) as opened:
            return command(opened, *args, **more)

    def sign(self, key: int, by: str, outcome: str = "approve", opinion: str = "可以") -> Any:
        """Complete a signer's task."""
        said = {"outcome": outcome, "opinion": opinion}
        return self.act(tasks.complete, key, said, by=by)

    def add(
        self, key: int, people: Sequence[str], position: str, by: str = "assistant"
    ) -> list[UserTask]:
        """Add signers to a task."""
        found: list[UserTask] = self.act(tasks.add_signers, key, people, position, by=by)
        return found

    def task(self, key: int) -> UserTask:
        """Read a task."""
        with self.world.engine.read() as session:
            found = session.get_one(UserTask, key)
            session.refresh(found, ["submitted"])
            session.expunge(found)
            return found

    def assignee(self, key: int) -> str | None:
        """Give the user name of a task's assignee."""
        with self.world.engine.read() as session:
            user = session.get_one(UserTask, key).assignee
            return user.username if user else None

    def history(self, instance: ProcessInstance | None = None) -> list[tuple[str, str]]:
        """Give what the timeline tells of people: who, what."""
        with self.world.engine.read() as session:
            acts = course.acts(session, (instance or self.instance).key)
            return [(act.actor_name, act.action) for act in acts]

    def detail(self, action: str) -> dict[str, Any]:
        """Give what the audit keeps of the latest act of a kind."""
        with self.world.engine.read() as session:
            query = select(AuditEntry).where(
                AuditEntry.chain == self.instance.key, AuditEntry.action == action
            )
            return dict(session.scalars(query.order_by(AuditEntry.seq)).all()[-1].detail)

    def told(self, username: str) -> list[tuple[str, dict[str, Any]]]:
        """Give the notifications of a person, the latest last."""
        user_id = self.world.actor(username).user_id
        with self.world.engine.read() as session:
            query = select(Notification).where(Notification.user_id == user_id)
            return [
                (row.kind, row.params) for row in session.scalars(query.order_by(Notification.id))
            ]

    def kinds(self, username: str) -> list[str]:
        """Give the kinds of a person's notifications."""
        return [kind for kind, _ in self.told(username)]

    def substitute(
        self, principal: str, substitute: str, *process_ids: str, by: str = "", days: int = 7
    ) -> Substitution:
        """Let somebody do a person's tasks from now on."""
        now = self.world.engine.clock()
        made: Substitution = self.act(
            substitutions.appoint,
            principal,
            substitute,
            now,
            now + dt.timedelta(days=days),
            process_ids,
            by=by or principal,
        )
        return made

    def close_account(self, username: str) -> None:
        """Close a person's account."""
        from engine.staff import accounts

        with self.world.engine.begin(SYSTEM) as command:
            accounts.set_active(
                command, accounts.get_user(command.session, SYSTEM, username), False
            )
