"""A small company for tests: two sites, a few people, and short ways to deploy and start."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from engine import instances, registry, tasks
from engine.deployment import definitions, deployments
from engine.engine import Engine
from engine.models.identity import Site, User
from engine.models.instance import ProcessInstance
from engine.models.task import CREATED, UserTask
from engine.staff import identity
from engine.staff.access import SYSTEM, Actor, load_actor

PASSWORD = "correct horse battery"
PEOPLE = {
    "clerk": ("north", ["front_desk"]),
    "assistant": ("north", ["service_assistant"]),
    "colleague": ("north", ["service_assistant"]),
    "supervisor": ("north", ["service_supervisor"]),
    "cashier": ("north", ["finance_clerk"]),
    "stranger": ("south", ["service_assistant", "front_desk", "service_supervisor"]),
    "owner": (None, ["process_owner"]),
    "root": (None, ["admin"]),
}


class World:
    """The company on one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def found(self) -> World:
        """Create sites, people and a few units."""
        with self.engine.begin(SYSTEM) as command:
            sites = {
                key: identity.create_site(command, key=key, name=name)
                for key, name in (("north", "北苑"), ("south", "南苑"))
            }
            for username, (site, roles) in PEOPLE.items():
                user = identity.create_user(
                    command, username=username, name=username.title(), password=PASSWORD
                )
                for role in roles:
                    identity.grant(command, user, sites[site] if site else None, role)
        return self

    def actor(self, username: str) -> Actor:
        """Give a person as actor, with the roles held now."""
        with self.engine.read() as session:
            user = session.scalars(select(User).where(User.username == username)).one()
            actor = load_actor(session, user.id, self.engine.clock())
        assert actor is not None
        return actor

    def site(self, key: str = "north") -> Site:
        """Give a site."""
        with self.engine.read() as session:
            return session.scalars(select(Site).where(Site.key == key)).one()

    def add_unit(self, label: str = "3-2-1201", site: str = "north") -> None:
        """Add a residential unit with its building."""
        code, entrance, room = label.split("-")
        with self.engine.begin(SYSTEM) as command:
            where = command.session.merge(self.site(site), load=False)
            building = registry.register_building(command, where, code=code, name=f"{code}栋")
            registry.register_unit(
                command,
                building,
                label=label,
                room=room,
                entrance=entrance,
                floor=12,
                kind="residence",
            )

    def deploy(self, files: dict[str, bytes], family: str = "test") -> deployments.Deployed:
        """Deploy a bundle as the process owner."""
        with self.engine.begin(self.actor("owner")) as command:
            return deployments.deploy(command, files, family=family)

    def start(
        self,
        process_id: str,
        variables: dict[str, Any] | None = None,
        *,
        by: str = "clerk",
        site: str = "north",
    ) -> ProcessInstance:
        """Start the latest version of a process."""
        with self.engine.begin(self.actor(by)) as command:
            definition = definitions.latest(self.engine, command.session, process_id)
            return instances.start(command, definition, self.site(site), variables or {})

    def open_tasks(self, instance: ProcessInstance | None = None) -> list[UserTask]:
        """List the open tasks, of one instance or all."""
        query = select(UserTask).where(UserTask.state == CREATED).order_by(UserTask.key)
        if instance is not None:
            query = query.where(UserTask.instance_key == instance.key)
        with self.engine.read() as session:
            return list(session.scalars(query))

    def task(self, element_id: str, instance: ProcessInstance | None = None) -> UserTask:
        """Give the one open task at an element."""
        found = [task for task in self.open_tasks(instance) if task.element_id == element_id]
        assert len(found) == 1, [task.element_id for task in self.open_tasks(instance)]
        return found[0]

    def complete(
        self,
        element_id: str,
        variables: dict[str, Any] | None = None,
        *,
        by: str = "assistant",
        of: ProcessInstance | None = None,
    ) -> tasks.Completion:
        """Complete the one open task at an element, of one instance or all."""
        task = self.task(element_id, of)
        with self.engine.begin(self.actor(by)) as command:
            return tasks.complete(command, task.key, variables or {}, version=task.version)

    def complete_key(
        self, key: int, variables: dict[str, Any] | None = None, *, by: str
    ) -> tasks.Completion:
        """Complete a task by its key."""
        with self.engine.begin(self.actor(by)) as command:
            return tasks.complete(command, key, variables or {})

    def instance(self, key: int) -> ProcessInstance:
        """Read an instance with everything it holds."""
        with self.engine.read() as session:
            found = session.get_one(ProcessInstance, key)
            assert found.variables is not None
            assert found.policy is not None
            assert found.state is not None
            session.expunge(found)
            return found
