"""An indicator (指标) as `kpis.json` of a family defines it: what is counted, what of it counts as met, and the target.

`of` says what is counted, and its moment decides into which period it falls:

- `instances`: instances of these processes, by when they were started; cancelled ones never count.
- `tasks`: passages through these user tasks (`<process>.<step>`), by when they fell due.
- `limits`: clocks over several elements (`clockStart` … `clockStop`), by when they fell due.

A task or clock that is neither done nor overdue is not counted yet. `where` (FEEL) leaves out what is not meant. With `met` (FEEL)
the indicator is a share: met ÷ counted. With `sum` it is a share too: of two whole numbers among the variables, added up. With neither
it is a number, or with `per` = `units` a number per unit of the site.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

INSTANCES, TASKS, LIMITS = "instances", "tasks", "limits"
SOURCES = (INSTANCES, TASKS, LIMITS)
PERIODS = ("day", "month", "quarter", "year")
COMPARISONS = ("at_least", "at_most", "below")
UNITS = "units"
FILE = "kpis.json"
MOST = 50
LONGEST = 1000
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
REQUIRED = ("key", "zh", "en", "text", "source", "period", "of")
OPTIONAL = ("number", "where", "met", "sum", "per", "target")


class InvalidIndicator(ValueError):
    """An entry of `kpis.json` that is none; the text says what is wrong with it."""


@dataclass(frozen=True)
class Target:
    """What the value has to be: `at_least`, `at_most` or `below` a number, or what a row of the policy tables says."""

    comparison: str
    value: float | str

    def reached(self, value: float, wanted: float) -> bool:
        """Whether a value reaches the number wanted."""
        if self.comparison == "at_least":
            return value >= wanted
        return value <= wanted if self.comparison == "at_most" else value < wanted


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One indicator; `where` and `met` are FEEL, `sum` the names of two variables (part, whole)."""

    key: str
    names: Mapping[str, str]
    texts: Mapping[str, str]
    source: str
    number: str
    period: str
    kind: str
    of: tuple[str, ...]
    where: str | None
    met: str | None
    sum: tuple[str, str] | None
    per: str | None
    target: Target | None
    family: str = ""
    deployment_key: int = 0

    @property
    def is_share(self) -> bool:
        """Whether the value is a share of one rather than a number."""
        return bool(self.met or self.sum or self.per)

    @property
    def expressions(self) -> list[str]:
        """Its FEEL, what is counted first."""
        return [text for text in (self.where, self.met) if text]

    @property
    def process_ids(self) -> set[str]:
        """The processes it counts; none for clocks."""
        if self.kind == TASKS:
            return {one.partition(".")[0] for one in self.of}
        return set(self.of) if self.kind == INSTANCES else set()


def entries(content: bytes) -> list[Mapping[str, Any]]:
    """Read the entries of a file. Raises InvalidIndicator when it is no JSON list of objects, or too long."""
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InvalidIndicator(str(error)) from error
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InvalidIndicator("indicators are a list of objects")
    if len(found) > MOST:
        raise InvalidIndicator(f"a family has at most {MOST} indicators")
    return found


def parse(entry: Mapping[str, Any]) -> Indicator:
    """Read one entry. Raises InvalidIndicator for whatever does not fit the form."""
    _check_members(entry)
    if not KEY.fullmatch(_text(entry, "key")):
        raise InvalidIndicator("key is words with dots between them")
    kind, of = _counted(entry["of"])
    indicator = Indicator(
        key=entry["key"],
        names={one: _text(entry, one) for one in ("zh", "en")},
        texts=_both(entry["text"]),
        source=_text(entry, "source"),
        number=_text(entry, "number", needed=False),
        period=_one_of(entry["period"], "period", PERIODS),
        kind=kind,
        of=of,
        where=_text(entry, "where", needed=False) or None,
        met=_text(entry, "met", needed=False) or None,
        sum=_sum(entry.get("sum")),
        per=_one_of(entry["per"], "per", (UNITS,)) if "per" in entry else None,
        target=_target(entry.get("target")),
    )
    if sum(1 for one in (indicator.met, indicator.sum, indicator.per) if one) > 1:
        raise InvalidIndicator("met, sum and per exclude each other")
    return indicator


def _check_members(entry: Mapping[str, Any]) -> None:
    missing = [name for name in REQUIRED if name not in entry]
    unknown = [name for name in entry if name not in (*REQUIRED, *OPTIONAL)]
    if missing or unknown:
        told = [f"{name} is missing" for name in missing] + [
            f"{name} is unknown" for name in unknown
        ]
        raise InvalidIndicator(", ".join(told))


def _text(entry: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    text = entry.get(name) or ""
    if not isinstance(text, str) or len(text) > LONGEST or (needed and not text.strip()):
        raise InvalidIndicator(f"{name} is a text of at most {LONGEST} characters")
    return text


def _both(texts: Any) -> dict[str, str]:
    if not isinstance(texts, dict) or set(texts) != {"zh", "en"}:
        raise InvalidIndicator("text has zh and en")
    return {name: _text(texts, name) for name in ("zh", "en")}


def _one_of(value: Any, name: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise InvalidIndicator(f"{name} is one of {', '.join(allowed)}")
    return str(value)


def _counted(of: Any) -> tuple[str, tuple[str, ...]]:
    if not isinstance(of, dict) or len(of) != 1 or next(iter(of)) not in SOURCES:
        raise InvalidIndicator(f"of has one member: {', '.join(SOURCES)}")
    kind, names = next(iter(of.items()))
    if not isinstance(names, list) or not names or not all(isinstance(one, str) for one in names):
        raise InvalidIndicator(f"{kind} is a list of names")
    return kind, tuple(dict.fromkeys(names))


def _sum(pair: Any) -> tuple[str, str] | None:
    if pair is None:
        return None
    if not isinstance(pair, dict) or set(pair) != {"part", "whole"}:
        raise InvalidIndicator("sum has part and whole")
    if not all(isinstance(one, str) and NAME.fullmatch(one) for one in pair.values()):
        raise InvalidIndicator("part and whole of sum are names of variables")
    return pair["part"], pair["whole"]


def _target(entry: Any) -> Target | None:
    if entry is None:
        return None
    if not isinstance(entry, dict) or len(entry) != 1 or next(iter(entry)) not in COMPARISONS:
        raise InvalidIndicator(f"target has one member: {', '.join(COMPARISONS)}")
    comparison, value = next(iter(entry.items()))
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InvalidIndicator("a target is a number or the key of one")
    return Target(comparison, value)
