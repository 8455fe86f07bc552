"""What the world gives to a running process instance: the clock, expressions, decisions, keys and limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from engine.expressions import Feel
    from engine.runtime.diagram import Diagram


@dataclass(frozen=True, slots=True)
class Budget:
    """How far one command may run: automatic steps, seconds, and bytes of variables as JSON."""

    steps: int = 2000
    seconds: float = 5.0
    bytes: int = 1_000_000


class Binding(NamedTuple):
    """Which version of a process is called: `kind` deployment is the one deployed together with the calling definition.

    `caller` is the key of the calling definition; with the kind versionTag the version has this `tag`.
    """

    kind: str
    caller: int
    tag: str = ""


@dataclass(slots=True)
class Context:
    """The surroundings of one `Execution`.

    `now` is aware UTC. `decide(decision_id, variables)`, or with a version tag behind them, returns the decision's value and
    raises an EngineError when it cannot. `diagram_for` takes a process id (which definition is called now) or a definition key (the one remembered)
    and raises NotFound; `bound` takes a process id and a binding. `environment` holds further names that every expression sees, under the variables.
    Dates and times without a zone are read in `zone`.
    """

    now: datetime
    feel: Feel
    decide: Callable[..., object]
    diagram_for: Callable[[str | int], tuple[int, Diagram]]
    new_key: Callable[[], int]
    environment: Mapping[str, Any] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    zone: tzinfo = UTC
    bound: Callable[[str, Binding], tuple[int, Diagram]] | None = None

    @property
    def local_now(self) -> datetime:
        """The same instant in `zone`: FEEL's `today()` is the day there."""
        return self.now.astimezone(self.zone)
