"""What the interpreter answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.errors import ExpressionFailed


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one expression.

    `value` is JSON data (dates, times and durations as ISO 8601 text), None when the expression failed or its
    value is null. `kind` tells what it was: null, boolean, number, string, list, context, date, time, date-time,
    duration, function. `error` says why it failed. `warnings` say what became null on the way, such as a variable
    that does not exist.
    """

    value: Any = None
    kind: str = "null"
    error: str | None = None
    warnings: tuple[str, ...] = ()

    def required(self, expression: str) -> Any:
        """The value; raises ExpressionFailed, naming the expression, when it failed."""
        if self.error is not None:
            raise ExpressionFailed(expression=expression, reason=self.error)
        return self.value


Pair = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule of a table that matched: its id, its place in the table counted from 1, its outputs by column."""

    rule_id: str
    place: int
    outputs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One decision that was evaluated: its value, the inputs of its tables, and the rules that matched in table order.

    `kind` is that of its expression: table, literal, context …
    """

    decision_id: str
    name: str
    value: Any
    kind: str = "literal"
    inputs: tuple[Pair, ...] = ()
    matches: tuple[Match, ...] = ()

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules that matched."""
        return tuple(match.rule_id for match in self.matches)


@dataclass(frozen=True, slots=True)
class Decided:
    """The outcome of a decision.

    `value` is JSON data. `trace` lists every decision evaluated for it, required ones first, itself last.
    `errors` say what failed (broken hit policy, text that is no FEEL); the decision is valid only without any.
    """

    value: Any = None
    trace: tuple[Evaluated, ...] = ()
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def rules(self) -> dict[str, tuple[str, ...]]:
        """The ids of the rules that matched, by decision id; decisions without a match are left out."""
        return {entry.decision_id: entry.rules for entry in self.trace if entry.rules}


@dataclass(frozen=True, slots=True)
class Mention:
    """A free name in an expression.

    `path` is the dotted name as far as the text spells it out (`camunda.vars.tenant.limit`). `called`: it is a
    function's name. `filtered`: it stands within `[…]`, where it may be a property of the list's items.
    """

    name: str
    path: str
    called: bool = field(default=False)
    filtered: bool = field(default=False)
