"""Expressions so plain that asking V8 costs more than answering: a variable, or variables compared with literals.

Most conditions of a diagram are of this kind (`amount > 3`, `outcome = "approve" and paid = true`), and every call of the isolate
changes threads twice. Only what needs no rule of FEEL is answered here: the variable exists, its value is a boolean, a number or a text,
and of the type of the literal. Everything else (null, missing names, other types, other words) is left to the interpreter.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from .results import Result

WORDS = frozenset(
    [
        "true",
        "false",
        "null",
        "if",
        "then",
        "else",
        "for",
        "return",
        "some",
        "every",
        "satisfies",
        "in",
        "between",
        "and",
        "or",
        "not",
        "function",
        "external",
        "instance",
        "of",
    ]
)
MOST_WHOLE = 2**53
NAME = r"[A-Za-z_][A-Za-z0-9_]*"
TERM = re.compile(
    rf"\s*(?P<path>{NAME}(?:\.{NAME})*)\s*"
    r'(?:(?P<sign>!=|<=|>=|=|<|>)\s*(?P<literal>-?[0-9]{1,15}(?:\.[0-9]{1,10})?|"[^"\\\n]*"|true|false)\s*)?'
    r"(?P<join>\b(?:and|or)\b|$)"
)
KINDS = {bool: "boolean", int: "number", float: "number", str: "string"}
EQUALITY: dict[str, Callable[[Any, Any], bool]] = {"=": operator.eq, "!=": operator.ne}
ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Term(NamedTuple):
    """A variable, and what it is compared with."""

    path: tuple[str, ...]
    compare: Callable[[Any, Any], bool] | None = None
    literal: Any = None


class Plain(NamedTuple):
    """Terms, all joined by `and` or all by `or`."""

    terms: tuple[Term, ...]
    every: bool


class _Unclear(Exception):
    """Only the interpreter can tell."""


def results(sources: Sequence[str], variables: Mapping[str, Any]) -> list[Result] | None:
    """Answer expressions (without a leading `=`) exactly as the interpreter would; None when one of them needs it."""
    try:
        return [_result(source, variables) for source in sources]
    except _Unclear:
        return None


def assigned(
    mappings: Sequence[tuple[str, str]], variables: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Give what mappings assign, as `Feel.map` says; None when one needs the interpreter."""
    scope, found = dict(variables), {}
    for source, target in mappings:
        given = results([source[1:]], scope) if source.startswith("=") else [Result(source)]
        if given is None or "." in target:
            return None
        scope[target] = found[target] = given[0].value
    return found


def _result(source: str, variables: Mapping[str, Any]) -> Result:
    plain = _read(source)
    if plain is None:
        raise _Unclear
    values = [_answer(term, variables) for term in plain.terms]
    value = values[0]
    if len(values) > 1:
        if not all(isinstance(one, bool) for one in values):
            raise _Unclear
        value = all(values) if plain.every else any(values)
    return Result(value, KINDS[type(value)])


def _answer(term: Term, variables: Mapping[str, Any]) -> Any:
    value = _value(term.path, variables)
    if term.compare is None:
        return value
    if KINDS[type(value)] != KINDS[type(term.literal)]:
        raise _Unclear
    return term.compare(value, term.literal)


def _value(path: tuple[str, ...], variables: Mapping[str, Any]) -> Any:
    if len(path) > 1 and ".".join(path) in variables:
        raise _Unclear
    value: Any = variables
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            raise _Unclear
        value = value[name]
    # What JavaScript writes differently from Python is not for us: 5.0, what is no number, whole numbers beyond its precision.
    if type(value) not in KINDS or (type(value) is float and not value % 1 > 0):
        raise _Unclear
    if type(value) is int and abs(value) > MOST_WHOLE:
        raise _Unclear
    return value


@lru_cache(maxsize=4096)
def _read(source: str) -> Plain | None:
    terms, joins, place = [], set(), 0
    while match := TERM.match(source, place):
        term = _term(match)
        if term is None:
            return None
        terms.append(term)
        if not match["join"]:
            break
        joins.add(match["join"])
        place = match.end()
    if match is None or match.end() != len(source) or len(joins) > 1:
        return None
    return Plain(tuple(terms), every="or" not in joins)


def _term(match: re.Match[str]) -> Term | None:
    path = tuple(match["path"].split("."))
    if not WORDS.isdisjoint(path):
        return None
    if match["sign"] is None:
        return Term(path)
    literal = _literal(match["literal"])
    compare = EQUALITY.get(match["sign"])
    if compare is None and type(literal) in (int, float):
        compare = ORDER[match["sign"]]
    return Term(path, compare, literal) if compare else None


def _literal(text: str) -> Any:
    if text[0] == '"':
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    return float(text) if "." in text else int(text)
