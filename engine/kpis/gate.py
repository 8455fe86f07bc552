"""What `kpis.json` may contain: every name it uses exists in the bundle, every expression is FEEL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.deployment.problems import Problem, problem
from engine.expressions import feel
from engine.kpis.indicator import (
    FILE,
    INSTANCES,
    TASKS,
    Indicator,
    InvalidIndicator,
    entries,
    parse,
)
from engine.kpis.names import FIXED, PASSED, steps, variables
from engine.policy import limits, settings
from engine.runtime import Diagram
from engine.timing import spans

_NUMBERS = ("rate", "amount", "integer", "number")


@dataclass(frozen=True)
class Surroundings:
    """What indicators may speak of: the diagrams of their bundle and the words of its forms and decisions."""

    diagrams: tuple[Diagram, ...]
    words: frozenset[str]

    @property
    def processes(self) -> dict[str, Diagram]:
        """The processes by id."""
        return {one: diagram for diagram in self.diagrams for one in diagram.processes}

    def started_clocks(self) -> set[str]:
        """Give the limits of the clocks that some element starts."""
        found = (e for diagram in self.diagrams for e in diagram.elements.values())
        return {key for e in found for key in spans.keys(e.properties.get(spans.START, ""))}


def surroundings(diagrams: Iterable[Diagram], files: Mapping[str, bytes]) -> Surroundings:
    """Collect what the indicators of a bundle may speak of."""
    texts = (c for name, c in files.items() if name.endswith((".bpmn", ".form", ".dmn")))
    words = {word.decode() for text in texts for word in re.findall(rb"[A-Za-z_]\w*", text)}
    return Surroundings(tuple(diagrams), frozenset(words))


def problems(diagrams: Mapping[str, Diagram], files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Give what is wrong with a bundle's indicators; nothing while one of its diagrams cannot be read."""
    unread = [name for name in files if name.endswith(".bpmn") and name not in diagrams]
    if FILE not in files or unread:
        return
    for key, reason in mistakes(files[FILE], surroundings(diagrams.values(), files)):
        yield problem(
            FILE, "invalid_indicator", f"{key or FILE}: {reason}.", key=key, reason=reason
        )


def mistakes(content: bytes, around: Surroundings) -> list[tuple[str, str]]:
    """Say what is wrong with a file of indicators, as key of the indicator (or empty) and reason."""
    try:
        found = entries(content)
    except InvalidIndicator as error:
        return [("", str(error))]
    wrong: list[tuple[str, str]] = []
    known: set[str] = set()
    for entry in found:
        key = str(entry.get("key", ""))[:80]
        try:
            wrong += [(key, reason) for reason in _reasons(parse(entry), around)]
        except InvalidIndicator as error:
            wrong.append((key, str(error)))
        if key in known:
            wrong.append((key, "the key is used more than once"))
        known.add(key)
    return wrong


def _reasons(indicator: Indicator, around: Surroundings) -> Iterator[str]:
    yield from _unknown(indicator, around)
    yield from _faults(indicator)
    yield from _unknown_names(indicator, around)
    target = indicator.target.value if indicator.target else None
    if isinstance(target, str) and not _is_number(target):
        yield f"the target {target} is no number of the policy tables"


def _unknown(indicator: Indicator, around: Surroundings) -> Iterator[str]:
    """Find what it counts but the bundle does not have."""
    if indicator.kind == INSTANCES:
        yield from (
            f"there is no process {one}" for one in indicator.of if one not in around.processes
        )
    elif indicator.kind == TASKS:
        for one in indicator.of:
            process_id, _, step = one.partition(".")
            if step not in _timed_tasks(around, process_id):
                yield f"there is no user task {one} that falls due"
    else:
        missing = set(indicator.of) - around.started_clocks()
        yield from (f"no element starts the clock {one}" for one in sorted(missing))


def _timed_tasks(around: Surroundings, process_id: str) -> set[str]:
    """Give the user tasks of a process that have a limit or a due date: by that they fall into a period."""
    diagram = around.processes.get(process_id)
    return {
        e.id
        for e in (diagram.elements.values() if diagram else ())
        if e.type == "userTask"
        and e.process_id == process_id
        and (e.properties.get("limit") or e.extension("taskSchedule").get("dueDate"))
    }


def _faults(indicator: Indicator) -> Iterator[str]:
    sources = indicator.expressions
    for source, fault in zip(sources, feel().compile_many(sources), strict=True):
        if fault:
            yield f"{source[:80]} is not valid FEEL: {fault}"


def _unknown_names(indicator: Indicator, around: Surroundings) -> Iterator[str]:
    fixed = FIXED[indicator.kind]
    for name in sorted(variables(indicator) - fixed - around.words):
        yield f"nothing in the bundle is called {name}"
    for name in sorted({*FIXED[TASKS], *FIXED[INSTANCES]} - fixed):
        if name in variables(indicator):
            yield f"{indicator.kind} have no {name}"
    ids = {e.id for diagram in around.diagrams for e in diagram.elements.values()}
    yield from (f"there is no step {one} for {PASSED}" for one in sorted(steps(indicator) - ids))


def _is_number(key: str) -> bool:
    row = limits.catalogue().get(key) or settings.catalogue().get(key) or {}
    return (row.get("kind") or row.get("type")) in _NUMBERS
