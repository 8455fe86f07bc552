"""Clocks that run over several elements of an instance.

The properties `clockStart`, `clockStop` and `clockPause` of any element name limits (comma-separated keys). A clock starts when
an element with `clockStart` completes, stops when one with `clockStop` completes (one that is interrupted stops nothing) and
stands still while an element with `clockPause` is alive. It belongs to the subprocess, called process or loop pass in which it
started: elements in there and further inside stop and pause it, the nearest first, and it stops when that ends. Started again
while it runs it goes on unchanged; started again after it stopped it is a new clock. The properties of a multi-instance
activity mean all of its instances together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import select, update

from engine.engine import Command
from engine.models.clock import PAUSED, RUNNING, STOPPED, Clock, ClockPause
from engine.models.instance import ProcessInstance
from engine.policy import limits
from engine.runtime import Diagram, ElementActivated, ElementCompleted, ElementTerminated
from engine.timing import timekeeping

PROPERTIES = ("clockStart", "clockStop", "clockPause")
START, STOP, PAUSE = PROPERTIES
SCOPES = ("subProcess", "adHocSubProcess", "callActivity", "multiInstanceBody")

Entry = Mapping[str, Any]
Marks = Mapping[str, Mapping[str, Mapping[str, list[str]]]]


def marks(diagrams: Iterable[Diagram]) -> dict[str, dict[str, dict[str, list[str]]]]:
    """Give the limits that elements start, stop and pause, by process and element id; only what is there."""
    found: dict[str, dict[str, dict[str, list[str]]]] = {}
    for diagram in diagrams:
        for element in diagram.elements.values():
            named = {
                name: keys(text) for name in PROPERTIES if (text := element.properties.get(name))
            }
            if named:
                found.setdefault(element.process_id, {})[element.id] = named
    return found


def limit_keys(diagram: Diagram) -> set[str]:
    """Give every limit a diagram names: for its tasks and for clocks over several elements."""
    texts = [
        element.properties.get(name, "")
        for element in diagram.elements.values()
        for name in PROPERTIES
    ]
    return {key for text in texts for key in keys(text)} | diagram.limit_keys


def keys(text: str) -> list[str]:
    """Read the limits a property names."""
    return [part.strip() for part in text.split(",") if part.strip()]


def project(command: Command, instance: ProcessInstance, events: Iterable[Any]) -> None:
    """Start, stop and pause the clocks that what just happened asks for; `instance.active` is still as it was before."""
    found: Marks = instance.policy.get("spans") or {}
    if not found:
        return
    run = _Run(command, instance, found)
    for event in events:
        if isinstance(event, ElementActivated):
            run.enter(event)
        elif isinstance(event, ElementCompleted | ElementTerminated):
            run.leave(event.key, completed=isinstance(event, ElementCompleted))
    if not run.alive:
        run.end()


class _Run:
    """The living elements and the open clocks of an instance while its events are gone through."""

    def __init__(self, command: Command, instance: ProcessInstance, found: Marks) -> None:
        self._command = command
        self._instance = instance
        self._marks = found
        self._open: list[Clock] | None = None
        self.alive: dict[int, Entry] = {entry["key"]: entry for entry in instance.active}

    @property
    def _keeper(self) -> timekeeping.Timekeeper:
        command = self._command
        return timekeeping.of(command.engine, command.session, self._instance.site_id)

    @property
    def _clocks(self) -> list[Clock]:
        if self._open is None:
            query = select(Clock).where(
                Clock.instance_key == self._instance.key, Clock.state != STOPPED
            )
            self._open = list(self._command.session.scalars(query))
        return self._open

    def enter(self, event: ElementActivated) -> None:
        entry = {
            "key": event.key,
            "id": event.element_id,
            "type": event.type,
            "process": event.process_id,
            "scope": event.scope_key,
        }
        self.alive[event.key] = entry
        for clock in self._named(entry, PAUSE):
            self._pause(clock, entry)

    def leave(self, key: int, *, completed: bool) -> None:
        entry = self.alive.pop(key, None)
        if entry is None:
            return
        if completed:
            for clock in self._named(entry, STOP):
                self._stop(clock)
            for limit_key in self._limits(entry, START):
                self._start(limit_key, entry)
        for clock in self._named(entry, PAUSE):
            if not self._pausing(clock):
                self._resume(clock)
        if entry["type"] in SCOPES:
            for clock in [one for one in self._clocks if one.scope_key == key]:
                self._stop(clock)

    def end(self) -> None:
        """Stop what still runs, because the instance is over."""
        for clock in list(self._clocks):
            self._stop(clock)

    def _limits(self, entry: Entry, name: str) -> list[str]:
        around = self.alive.get(entry["scope"] or 0)
        if around and around["type"] == "multiInstanceBody":
            return []  # one of several: the body speaks for all of them
        return self._marks.get(entry["process"], {}).get(entry["id"], {}).get(name, [])

    def _named(self, entry: Entry, name: str) -> list[Clock]:
        found = (self._nearest(key, entry) for key in self._limits(entry, name))
        return [clock for clock in found if clock is not None]

    def _nearest(self, limit_key: str, entry: Entry) -> Clock | None:
        mine = {clock.scope_key: clock for clock in self._clocks if clock.limit_key == limit_key}
        return next((mine[scope] for scope in self._around(entry) if scope in mine), None)

    def _around(self, entry: Entry | None) -> Iterator[int | None]:
        while entry is not None and entry["scope"] is not None:
            yield entry["scope"]
            entry = self.alive.get(entry["scope"])
        yield None

    def _pausing(self, clock: Clock) -> Entry | None:
        """Find a living element that pauses a clock."""
        return next((one for one in self.alive.values() if clock in self._named(one, PAUSE)), None)

    def _start(self, limit_key: str, entry: Entry) -> None:
        limit = self._instance.policy["limits"].get(limit_key)
        running = any(
            (c.limit_key, c.scope_key) == (limit_key, entry["scope"]) for c in self._clocks
        )
        if limit is None or running:
            return
        now = self._command.now
        clock = Clock(
            key=self._command.new_key(),
            instance_key=self._instance.key,
            site_id=self._instance.site_id,
            limit_key=limit_key,
            limit=limit,
            element_id=entry["id"],
            scope_key=entry["scope"],
            state=RUNNING,
            created_at=now,
            due_at=limits.due(limit, now, self._keeper.calendar),
            escalation=0,
            paused_seconds=0,
        )
        clock.check_at = self._keeper.check_at(clock)
        self._command.session.add(clock)
        self._clocks.append(clock)
        if pausing := self._pausing(clock):
            self._pause(clock, pausing)

    def _pause(self, clock: Clock, entry: Entry) -> None:
        if clock.state != RUNNING:
            return
        clock.state = PAUSED
        self._keeper.pause(clock, self._command.now, None)
        self._command.session.add(
            ClockPause(clock_key=clock.key, since=self._command.now, reason=entry["id"])
        )

    def _resume(self, clock: Clock) -> None:
        if clock.state != PAUSED:
            return
        clock.state = RUNNING
        self._keeper.resume(clock, self._command.now)
        end_pause(self._command, clock.key, self._command.now)

    def _stop(self, clock: Clock) -> None:
        self._resume(clock)
        clock.state, clock.stopped_at, clock.check_at = STOPPED, self._command.now, None
        if clock.due_at < self._command.now:
            clock.breached_at = clock.breached_at or clock.due_at
        self._clocks.remove(clock)


def end_pause(command: Command, clock_key: int, at: dt.datetime) -> None:
    """Write that a clock's pause is over."""
    command.session.flush()
    command.session.execute(
        update(ClockPause)
        .where(ClockPause.clock_key == clock_key, ClockPause.ended_at.is_(None))
        .values(ended_at=at)
    )
