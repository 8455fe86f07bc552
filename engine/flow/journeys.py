"""The way a task's token came: the earlier steps its work could be returned to, read from the instance's lineage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deployment import definitions
from engine.engine import Engine
from engine.errors import Rejected
from engine.flow import lineage
from engine.flow.lineage import Lineage, Passage
from engine.models.instance import ProcessInstance
from engine.models.task import COMPLETED, UserTask

STARTER, PREVIOUS, ANY = "starter", "previous", "any"
START, BODY = "startEvent", "multiInstanceBody"


@dataclass(frozen=True, kw_only=True)
class Target:
    """An earlier step the work may go back to.

    `key` is the passage it goes back to, `people` the ids of whose step it was, `at` when it was done (UTC). `starter` and `previous` say
    that it is what these words mean.
    """

    element_id: str
    name: str
    key: int
    people: tuple[int, ...]
    at: dt.datetime | None
    starter: bool = False
    previous: bool = False


class Journey:
    """The way of one open task, read once; `done` are the completed tasks of the instance by key."""

    def __init__(self, engine: Engine, session: Session, task: UserTask) -> None:
        self.engine, self.session, self.task = engine, session, task
        self.instance = session.get_one(ProcessInstance, task.instance_key)
        self.lineage: Lineage = lineage.load(session, self.instance)
        query = select(UserTask).where(
            UserTask.instance_key == task.instance_key,
            UserTask.parent_key.is_(None),
            UserTask.state == COMPLETED,
        )
        self.done = {row.key: row for row in session.scalars(query)}
        definition = definitions.get(engine, session, self.instance.definition_key)
        self.start = definition.diagram.start_event(definition.process_id)

    def allowed(self) -> list[Target]:
        """The targets that `returnTo` allows, the step before where it says nothing."""
        words = [one.strip() for one in self.task.properties.get("returnTo", "").split(",")]
        allowed = {one for one in words if one} or {PREVIOUS}
        return [
            one
            for one in self.known()
            if ANY in allowed
            or one.element_id in allowed
            or (one.previous and PREVIOUS in allowed)
            or (one.starter and STARTER in allowed)
        ]

    def known(self) -> list[Target]:
        """Every step the token came through, each at its latest passage, the latest first."""
        if self.task.key not in self.lineage.passages:
            return []
        found: dict[str, Target] = {}
        previous = self._previous()
        steps = [self._target(passage, previous) for passage in self._steps()]
        if (beginning := self._beginning()) is not None:
            steps = [beginning, *(one for one in steps if one.key != beginning.key)]
        for one in sorted(steps, key=lambda target: -target.key):
            found.setdefault(one.element_id, one)
        found.pop(self.task.element_id, None)
        return list(found.values())

    def _steps(self) -> Iterator[Passage]:
        for level in self.lineage.around(self.task.key):
            if self.lineage.undoes(level):
                return  # what a handler undoes is over: nothing leads back from it
            for passage in self.lineage.before(level):
                if passage.state == lineage.COMPLETED and self.people(passage) is not None:
                    yield passage

    def people(self, passage: Passage) -> tuple[int, ...] | None:
        """Whose a step was, a substitute's his principal's; None for what is no step of people, or was left by going straight back."""
        keys = [passage.key]
        if passage.type == BODY:
            keys = [one.key for one in self.lineage.whole(keys) if one.type == "userTask"]
        found = [self.done[key] for key in keys if key in self.done]
        straight = any("back" in (row.origin or {}) for row in found)
        whose = (row.acted_for or row.completed_by for row in found)
        people = tuple(one for one in whose if one is not None)
        return people if found and not straight else None

    def _previous(self) -> int | None:
        wanted = frozenset(one.key for one in self._steps())
        for level in self.lineage.around(self.task.key):
            if nearest := self.lineage.nearest(level, wanted):
                return max(nearest)
        return None

    def _target(self, passage: Passage, previous: int | None) -> Target:
        inside = [one.key for one in self.lineage.whole([passage.key]) if one.key in self.done]
        row = self.done[inside[-1]]
        return Target(
            element_id=passage.element_id,
            name=row.name,
            key=passage.key,
            people=self.people(passage) or (),
            at=row.completed_at,
            previous=passage.key == previous,
            starter=passage.type == START,
        )

    def _beginning(self) -> Target | None:
        """What goes back to the starter: the start form, else the first step the starter did, else the start event."""
        around = self.lineage.around(self.task.key)
        if any(self.lineage.undoes(one) for one in around):
            return None
        top = around[-1]
        earlier = self.lineage.before(top)
        start = next((one for one in earlier if one.type == START), None)
        if start is None or self.start is None:
            return None
        own = [
            one
            for one in earlier
            if one.key in self.done and self.done[one.key].completed_by == self.instance.started_by
        ]
        if not self.start.form_id and own and own[-1].type != START:
            found = self._target(own[-1], self._previous())
            return replace(found, starter=True)
        by = self.instance.started_by
        return Target(
            element_id=start.element_id,
            name=self.start.name or self.start.id,
            key=start.key,
            people=(by,) if by is not None else (),
            at=self.instance.started_at,
            starter=True,
        )

    def find(self, to: str) -> Target:
        """The target of a word or element id. Raises Rejected if the work may not go there."""
        for one in self.allowed():
            if (
                to == one.element_id
                or (to == PREVIOUS and one.previous)
                or (to == STARTER and one.starter)
            ):
                return one
        raise Rejected(reason=f"this task cannot be returned to {to}")
