"""What a user task says about the decisions made at it: `outcomes`, `returnTo`, `rejectTo`, `vote`; and who may cancel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.runtime.detours import END, REJECT_TO
from engine.runtime.diagram import split
from engine.runtime.finding import Finding
from engine.runtime.timers import Duration
from engine.runtime.votes import Vote

if TYPE_CHECKING:
    from engine.runtime.diagram import Diagram, Element, Process

OUTCOMES = ("approve", "conditional", "reject", "return", "abstain")
STARTER, PREVIOUS, ANY = "starter", "previous", "any"
CANCELABLE = "cancelable"
DISTINCT_FROM = "distinctFrom"
HIDDEN_FROM = "hiddenFrom"
_CANCELABLE = re.compile(r"starter(?:\s+until\s+(.+)|\s+within\s+(P\S+))?")


def until(process: Process) -> list[str] | None:
    """The elements up to which the starter may cancel the process (none: to its end); None if the starter may not."""
    found = _CANCELABLE.fullmatch(process.properties.get(CANCELABLE, "").strip())
    return split(found[1] or "") if found else None


def within(process: Process) -> Duration | None:
    """How long after the start the starter may cancel the process; None if time does not limit it."""
    found = _CANCELABLE.fullmatch(process.properties.get(CANCELABLE, "").strip())
    return Duration.parse(found[2]) if found and found[2] else None


def check(diagram: Diagram) -> list[Finding]:
    """What these properties name and is not there, or would have no effect."""
    found = [one for element in diagram.elements.values() for one in _element(diagram, element)]
    return found + [
        one for process in diagram.content.values() for one in _process(diagram, process)
    ]


def _element(diagram: Diagram, element: Element) -> Iterator[Finding]:
    properties = element.properties
    for name in split(properties.get("outcomes", "")):
        if name not in OUTCOMES:
            yield _unsupported(element, f"The outcome {name}", f"there are {', '.join(OUTCOMES)}")
    for name in split(properties.get("returnTo", "")):
        target = diagram.elements.get(name)
        if name not in (STARTER, PREVIOUS, ANY) and (
            target is None or target.process_id != element.process_id
        ):
            yield _missing(element, "The step to return to", name)
    for name in split(properties.get(DISTINCT_FROM, "")):
        # A process that is called runs in the same instance, and its steps may be meant.
        if name != STARTER and name not in diagram.elements and not diagram.called_processes:
            yield _missing(element, f"The step of {DISTINCT_FROM}", name)
    yield from _rejection(diagram, element)
    yield from _vote(element)


def _rejection(diagram: Diagram, element: Element) -> Iterator[Finding]:
    name = element.properties.get(REJECT_TO)
    if name is None:
        return
    target = diagram.elements.get(name)
    if element.type != "userTask" or (element.loop and "vote" not in element.properties):
        yield _unsupported(element, REJECT_TO, "it needs a user task with one decision")
    elif name != END and (target is None or target.scope != element.scope):
        yield _missing(element, "The element to go to after a rejection", name)
    elif target is not None and target.type in ("startEvent", "boundaryEvent"):
        yield _unsupported(element, f"{REJECT_TO} = {name}", "no token can be put there")


def _vote(element: Element) -> Iterator[Finding]:
    try:
        vote = Vote.read(element.properties)
    except ValueError as error:
        yield _unsupported(element, "The vote", str(error))
        return
    if vote is not None and (element.type != "userTask" or element.loop is None):
        yield _unsupported(element, "The vote", "it needs a multi-instance user task")


def _process(diagram: Diagram, process: Process) -> Iterator[Finding]:
    if CANCELABLE not in process.properties:
        return
    steps = until(process)
    if steps is None or not _is_timed(process):
        text = process.properties[CANCELABLE]
        params = {
            "what": f"{CANCELABLE} = {text}",
            "reason": "write starter, starter until <step>, or starter within <duration>",
        }
        yield Finding("error", "unsupported", process.id, process.line, params)
    for name in steps or ():
        if name not in diagram.elements:
            params = {"what": f"The step of {CANCELABLE}", "id": name}
            yield Finding("error", "reference", process.id, process.line, params)


def _is_timed(process: Process) -> bool:
    """Whether the time in `cancelable`, if any, can be read."""
    try:
        within(process)
    except ValueError:
        return False
    return True


def _unsupported(element: Element, what: str, reason: str) -> Finding:
    params = {"what": what, "reason": reason}
    return Finding("error", "unsupported", element.id, element.line, params)


def _missing(element: Element, what: str, name: str) -> Finding:
    return Finding("error", "reference", element.id, element.line, {"what": what, "id": name})
