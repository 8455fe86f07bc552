"""Evaluates FEEL: conditions, mappings, unary tests and decisions, one call of the isolate each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from engine.errors import ExpressionFailed

from . import plain
from .asked import Asked
from .isolate import Isolate, Stopped
from .results import Decided, Evaluated, Match, Mention, Pair, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

_COMPILED = 100  # texts per call, so that a large document stays within the time limit


class Model(Protocol):
    """A decision model as the interpreter takes it."""

    @property
    def key(self) -> str:
        """Differs whenever the text does."""

    @property
    def text(self) -> str:
        """The model as JSON text, as `engine.decisions` makes it."""


class Feel:
    """The FEEL interpreter, in a lazily started isolate limited in time and memory.

    Only the variables whose name occurs in the text are handed over. `now` is the aware instant that FEEL's
    `now()` and `today()` give, in the zone whose day is meant; without it they read the system's clock. A leading
    `=` of an expression is optional. Nothing raises for a hostile or wrong expression unless said so.
    """

    def __init__(self, *, seconds: float = 0.5, bytes_: int = 64 << 20) -> None:
        self._isolate = Isolate(seconds=seconds, bytes_=bytes_)

    def batch(
        self, sources: Sequence[str], variables: Mapping[str, Any], *, now: datetime | None = None
    ) -> list[Result]:
        """One result per expression, in order. A limit that is reached fails all of them."""
        texts = [_bare(source) for source in sources]
        known = plain.results(texts, variables)
        return self._results("batch", texts, variables, now) if known is None else known

    def test(
        self,
        tests: Sequence[str],
        value: Any,
        variables: Mapping[str, Any],
        *,
        now: datetime | None = None,
    ) -> list[Result]:
        """For each text of unary tests (`< 5, [8..9]`) whether `value` passes: True, False or None."""
        return self._results("test", list(tests), variables, now, value=value)

    def map(
        self,
        mappings: Iterable[tuple[str, str]],
        variables: Mapping[str, Any],
        *,
        now: datetime | None = None,
    ) -> dict[str, Any]:
        """Assigns sources to targets in order and returns what was assigned, by root name.

        A source with a leading `=` is an expression, any other is static text. Each sees the targets before it.
        A target `a.b` writes into the context `a` and keeps its other entries. Raises ExpressionFailed.
        """
        pairs = [(source, target) for source, target in mappings]
        known = plain.assigned(pairs, variables)
        if known is not None:
            return known
        text = "\n".join(part for pair in pairs for part in pair)
        try:
            reply = self._isolate.call(
                "map", mappings=pairs, variables=_mentioned(variables, text), now=_iso(now)
            )
        except Stopped as stop:
            raise ExpressionFailed(expression=_sources(pairs), reason=str(stop)) from None
        if "error" in reply:
            raise ExpressionFailed(expression=reply["source"], reason=reply["error"])
        values: dict[str, Any] = reply["value"]
        return values

    def decide(
        self,
        model: Model,
        decision_id: str,
        variables: Mapping[str, Any],
        *,
        now: datetime | None = None,
        tagged: bool = False,
    ) -> Decided:
        """Evaluates a decision or decision service with all it requires.

        `tagged` is strict DMN: only declared inputs are visible, and temporal values go in and come out as
        `{"$": kind, "v": text}`.
        """
        request = {
            "key": model.key,
            "decision": decision_id,
            "variables": dict(variables) if tagged else _mentioned(variables, model.text),
            "now": _iso(now),
            "tagged": tagged,
        }
        try:
            return _decided(self._decision(model, request))
        except Stopped as stop:
            return Decided(errors=(str(stop),))

    def compile(self, source: str, *, names: Iterable[str] = ()) -> str | None:
        """Why the text is no valid expression (syntax, unknown function), None when it is one.

        `names` are variables and functions that exist; names with spaces are recognised only if listed.
        """
        return self.compile_many([source], names=names)[0]

    def compile_many(
        self, sources: Sequence[str], *, unary: bool = False, names: Iterable[str] = ()
    ) -> list[str | None]:
        """As `compile`, for many texts; they are unary tests when `unary`."""
        texts = list(sources) if unary else [_bare(source) for source in sources]
        known = list(names)
        parts = [texts[start : start + _COMPILED] for start in range(0, len(texts), _COMPILED)]
        return [fault for part in parts for fault in self._faults(part, known, unary=unary)]

    def mentions(self, source: str) -> list[Mention]:
        """The free names of an expression, in order; none when the text is hostile or too long."""
        try:
            found = self._isolate.call("mention", source=_bare(source))
        except Stopped:
            return []
        return [
            Mention(item["name"], item["path"], item["called"], item["filtered"]) for item in found
        ]

    def names(self, source: str) -> set[str]:
        """The free variables of an expression, without functions, bound names and properties.

        Names within a filter `[…]` are left out unless they occur outside too: they may be the items' properties.
        """
        return {
            item.name for item in self.mentions(source) if not item.called and not item.filtered
        }

    def paths(self, source: str) -> set[str]:
        """The dotted paths of all free names, such as `camunda.vars.tenant.limit`; functions are left out."""
        return {item.path for item in self.mentions(source) if not item.called}

    def close(self) -> None:
        """Ends the isolate; the next call starts another."""
        self._isolate.close()

    def _results(
        self,
        operation: str,
        sources: list[str],
        variables: Mapping[str, Any],
        now: datetime | None,
        **more: Any,
    ) -> list[Result]:
        if not sources:
            return []
        sent = _mentioned(variables, "\n".join(sources))
        try:
            replies = self._isolate.call(
                operation, sources=sources, variables=sent, now=_iso(now), **more
            )
        except Stopped as stop:
            return [Result(error=str(stop))] * len(sources)
        return [_result(reply) for reply in replies]

    def _faults(self, sources: list[str], names: list[str], *, unary: bool) -> list[str | None]:
        try:
            faults: list[str | None] = self._isolate.call(
                "compile", sources=sources, names=names, unary=unary
            )
        except Stopped as stop:
            return [str(stop)] * len(sources)
        return faults

    def _decision(self, model: Model, request: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = self._isolate.call("decide", **request)
        if reply.get("unknown"):
            self._isolate.call("load", key=model.key, model=model.text)
            reply = self._isolate.call("decide", **request)
        return reply


def _bare(source: str) -> str:
    return source.removeprefix("=")


def _sources(pairs: list[tuple[str, str]]) -> str:
    return ", ".join(source for source, _ in pairs)[:200]


def _iso(now: datetime | None) -> str | None:
    return None if now is None else now.isoformat()


def _mentioned(variables: Mapping[str, Any], text: str) -> dict[str, Any]:
    squeezed = "".join(text.split())
    return {
        name: value() if isinstance(value, Asked) else value
        for name, value in variables.items()
        if "".join(name.split()) in squeezed
    }


def _result(reply: dict[str, Any]) -> Result:
    if "error" in reply:
        return Result(error=reply["error"])
    return Result(reply["value"], reply["kind"], None, tuple(reply["warnings"]))


def _decided(reply: dict[str, Any]) -> Decided:
    trace = tuple(_evaluated(entry) for entry in reply["trace"])
    return Decided(reply["value"], trace, tuple(reply["errors"]), tuple(reply["warnings"]))


def _evaluated(entry: dict[str, Any]) -> Evaluated:
    matches = tuple(
        Match(rule["id"], rule["place"], _pairs(rule["outputs"])) for rule in entry["rules"]
    )
    return Evaluated(
        entry["decision"],
        entry["name"],
        entry.get("value"),
        entry["kind"],
        _pairs(entry["inputs"]),
        matches,
    )


def _pairs(pairs: list[list[Any]]) -> tuple[Pair, ...]:
    return tuple((name, value) for name, value in pairs)
