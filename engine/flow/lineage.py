"""Where the tokens of a process instance came from: which element instance led to which, alive and over.

Inside one scope (the process, a subprocess, a multi-instance body) every element instance names those its token came from.
What came after a step is what its own token led to, however many loops and forks there were; a branch that was split off
before does not belong to it, wherever it stands in the diagram.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.models.instance import ElementInstance, ProcessInstance
from engine.runtime import Standing

THROWING = ("intermediateThrowEvent", "endEvent")
ALIVE, COMPLETED, TERMINATED = "alive", "completed", "terminated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A token's passage through an element; `arrivals` are the sequence flows it came by, with their sources."""

    key: int
    element_id: str
    process_id: str
    type: str
    scope_key: int | None
    flows: tuple[str | None, ...]
    came_from: tuple[int, ...]
    state: str

    @property
    def arrivals(self) -> Iterator[tuple[str, int]]:
        """Each sequence flow by which the token or one it was joined with came, and from which passage."""
        for flow, source in zip(self.flows, self.came_from, strict=False):
            if flow is not None:
                yield flow, source


@dataclass(frozen=True)
class Lineage:
    """All passages of an instance by key."""

    passages: Mapping[int, Passage]

    @cached_property
    def _led_to(self) -> Mapping[int, Sequence[int]]:
        found: dict[int, list[int]] = {}
        for one in self.passages.values():
            for source in one.came_from:
                found.setdefault(source, []).append(one.key)
        return found

    @cached_property
    def _inside(self) -> Mapping[int, Sequence[int]]:
        found: dict[int, list[int]] = {}
        for one in self.passages.values():
            if one.scope_key is not None:
                found.setdefault(one.scope_key, []).append(one.key)
        return found

    def _came_from(self, key: int) -> Sequence[int]:
        return self.passages[key].came_from if key in self.passages else ()

    def before(self, key: int) -> list[Passage]:
        """What led to a passage, directly or not, the latest first."""
        found = _closure([key], self._came_from) - {key}
        return [self.passages[one] for one in sorted(found & self.passages.keys(), reverse=True)]

    def nearest(self, key: int, wanted: frozenset[int]) -> set[int]:
        """Those of the wanted passages that led to this one with none of them in between."""
        found: set[int] = set()
        seen: set[int] = set()
        todo = list(self.passages[key].came_from)
        while todo:
            one = todo.pop()
            if one in seen or one not in self.passages:
                continue
            seen.add(one)
            if one in wanted:
                found.add(one)
            else:
                todo += self.passages[one].came_from
        return found

    def after(self, key: int) -> frozenset[int]:
        """What a passage led to in its scope, directly or not, itself included; its scope's insides left out."""
        return frozenset(_closure([key], lambda one: self._led_to.get(one, ())))

    def whole(self, keys: Iterable[int]) -> list[Passage]:
        """These passages and all inside them, in the order they began."""
        found = _closure(keys, lambda one: self._inside.get(one, ()))
        return [self.passages[one] for one in sorted(found & self.passages.keys())]

    def around(self, key: int) -> list[int]:
        """The passage itself and those it lies in, the nearest first."""
        found = [key]
        while (scope := self.passages[found[-1]].scope_key) is not None and scope in self.passages:
            found.append(scope)
        return found

    def undoes(self, key: int) -> bool:
        """Whether the passage is a compensation handler: its boundary event came from an event that throws."""
        events = [self.passages.get(one) for one in self._came_from(key)]
        return any(
            one is not None
            and one.type == "boundaryEvent"
            and any(self._throws(source) for source in one.came_from)
            for one in events
        )

    def _throws(self, key: int) -> bool:
        return key in self.passages and self.passages[key].type in THROWING

    def cut_off(self, ending: frozenset[int]) -> tuple[Standing, ...]:
        """The tokens of other branches that were joined with those that end: they must stand before the join again."""
        return tuple(
            Standing(flow_id=flow, source=source)
            for key in sorted(ending & self.passages.keys())
            if len(self.passages[key].came_from) > 1 and ending & set(self.passages[key].came_from)
            for flow, source in self.passages[key].arrivals
            if source not in ending
        )


def _closure(keys: Iterable[int], following: Callable[[int], Iterable[int]]) -> set[int]:
    seen: set[int] = set()
    todo = list(keys)
    while todo:
        one = todo.pop()
        if one not in seen:
            seen.add(one)
            todo += following(one)
    return seen


def load(session: Session, instance: ProcessInstance) -> Lineage:
    """Read the lineage of an instance in one statement."""
    columns = ElementInstance
    rows = session.execute(
        select(columns.key, columns.element_id, columns.process_id, columns.type, columns.scope_key,
               columns.flow_id, columns.joined, columns.came_from, columns.state)
        .where(columns.instance_key == instance.key)
    )  # fmt: skip
    passages = [
        Passage(
            key=row.key,
            element_id=row.element_id,
            process_id=row.process_id,
            type=row.type,
            scope_key=row.scope_key,
            flows=(row.flow_id, *(row.joined or ())),
            came_from=tuple(row.came_from or ()),
            state=row.state,
        )
        for row in rows
    ]
    passages += [
        Passage(
            key=entry["key"],
            element_id=entry["id"],
            process_id=entry["process"],
            type=entry["type"],
            scope_key=entry["scope"],
            flows=(entry["flow"], *(entry.get("joined") or ())),
            came_from=tuple(entry.get("from") or ()),
            state=ALIVE,
        )
        for entry in instance.active
    ]
    return Lineage({one.key: one for one in passages})
