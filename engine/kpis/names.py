"""The names an indicator's expressions use: variables of the process, and those every item has."""

from __future__ import annotations

from engine.expressions import feel
from engine.kpis.indicator import INSTANCES, LIMITS, TASKS, Indicator

PASSED = "passed"
IN_TIME, STATUS, OUTCOME = "in_time", "status", "outcome"
# What each item has besides its variables: done by the due moment; how the instance stands; what the approval said.
FIXED = {
    INSTANCES: frozenset({PASSED, STATUS}),
    TASKS: frozenset({PASSED, IN_TIME, OUTCOME}),
    LIMITS: frozenset({PASSED, IN_TIME}),
}


def variables(indicator: Indicator) -> set[str]:
    """Give the roots of all names it uses, fixed ones included."""
    found = {name for text in indicator.expressions for name in feel().names(text)}
    return found | set(indicator.sum or ())


def steps(indicator: Indicator) -> set[str]:
    """Give the steps whose completed passages it counts (`passed.<step>`)."""
    paths = {path for text in indicator.expressions for path in feel().paths(text)}
    return {path.split(".")[1] for path in paths if path.startswith(f"{PASSED}.")}


def read(indicator: Indicator) -> list[str]:
    """Give the process variables it reads, in order."""
    return sorted(variables(indicator) - FIXED[indicator.kind])
