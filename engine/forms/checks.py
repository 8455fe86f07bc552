"""What a submission must satisfy, judged by what is visible and open at that moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from engine.forms import errors
from engine.forms.components import (
    COUNTED,
    INPUTS,
    LISTS_OF_FILES,
    ONE_OF,
    SOME_OF,
    TEXTS,
    join,
    scope,
)
from engine.forms.moments import comparable, local
from engine.forms.rules import WRONG, bound
from engine.money import yuan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.errors import FieldError
    from engine.expressions import Feel
    from engine.forms.components import Component
    from engine.forms.facts import Cell, Facts

    Errors = dict[str, list[FieldError]]

ASKED: Final = INPUTS | {"dynamiclist", "group"}
"""What a submission can be wrong about."""


class Resolver(Protocol):
    """Knows what the actor may refer to."""

    def unit(self, label: str) -> str | None:
        """Give the canonical label of a unit, None if there is none at this site."""

    def person(self, username: str) -> bool:
        """Say whether there is such a person at this site."""

    def attachment(self, key: str) -> bool:
        """Say whether this is an upload of the actor."""


def resolve_units(
    components: tuple[Component, ...], sent: dict[str, Any], resolver: Resolver, prefix: str = ""
) -> Errors:
    """Replace units by their canonical labels, so that expressions see those; give the unknown ones by path."""
    wrong: Errors = {}
    for component in components:
        path = scope(prefix, component)
        value = sent.get(component.key) if component.key else sent
        if component.type == "unit" and isinstance(value, str):
            label = resolver.unit(value)
            sent[component.key] = label or value
            wrong |= {} if label else {path: [errors.UnknownUnit(value=value)]}
        elif component.type == "dynamiclist" and isinstance(value, list):
            rows = [(number, row) for number, row in enumerate(value) if isinstance(row, dict)]
            for number, row in rows:
                wrong |= resolve_units(component.children, row, resolver, join(path, number))
        elif component.children and isinstance(value, dict):
            wrong |= resolve_units(component.children, value, resolver, path)
    return wrong


def check(facts: Facts, wrong: Errors, *, feel: Feel, resolver: Resolver, now: datetime) -> Errors:
    """Give what is wrong by path; `wrong` is what could not even be read. Hidden and locked fields are not asked."""
    found: Errors = {}
    for cell in facts.cells():
        if not cell.hidden and not cell.locked and cell.component.type in ASKED:
            unreadable = dict(_concerning(cell, wrong)) if wrong else {}
            found |= unreadable or {
                path: [error] for path, error in _judge(cell, facts, resolver, now) if error
            }
    return found | _mismatches(facts, found, feel)


def _concerning(cell: Cell, wrong: Errors) -> Iterator[tuple[str, list[FieldError]]]:
    path = re.escape(scope(cell.prefix, cell.component))
    inside = rf"{path}(\.\d+)?" if cell.component.children else rf"{path}(\..*)?"
    for place, messages in wrong.items():
        if re.fullmatch(inside, place):
            yield place, messages


def _judge(
    cell: Cell, facts: Facts, resolver: Resolver, now: datetime
) -> Iterator[tuple[str, FieldError | None]]:
    kind, value = cell.component.type, cell.value
    if kind == "group":
        return
    if kind == "documents":
        yield from _documents(cell, facts, resolver)
    elif value in (None, "", [], False) and not _is_zero(value):
        yield cell.path, errors.Required() if facts.required(cell) else _counted(cell, facts, 0)
    elif kind in LISTS_OF_FILES:
        yield cell.path, _files(value, facts.base(cell), resolver)
    elif kind in ONE_OF | SOME_OF:
        yield cell.path, _choice(value, facts, cell) or _violated(cell, facts)
    else:
        yield (
            cell.path,
            _reference(cell, facts, resolver)
            or _bounds(cell, facts)
            or _dated(cell, facts, now)
            or _passed(cell, now)
            or _ahead(cell, now)
            or _violated(cell, facts),
        )


def _is_zero(value: object) -> bool:
    return value == 0 and not isinstance(value, bool)


def _choice(value: object, facts: Facts, cell: Cell) -> FieldError | None:
    offered = {choice.value for choice in facts.choices(cell)}
    chosen = value if isinstance(value, list) else [value]
    if not offered.issuperset(chosen):
        return errors.NotAnOption()
    return _counted(cell, facts, len(chosen))


def _counted(cell: Cell, facts: Facts, length: int) -> FieldError | None:
    """Hold what is listed against how much must and may be."""
    if cell.component.type not in COUNTED:
        return None
    return _sized(cell, facts, length, errors.TooFewItems, errors.TooManyItems)


def _violated(cell: Cell, facts: Facts) -> FieldError | None:
    """Judge by the rule over the other fields and the variables; only true is right."""
    if "valid" not in cell.component.rules or facts.answer(cell, "valid") is True:
        return None
    return errors.RuleViolated(hint=str(cell.component.properties["validMessage"]))


def _reference(cell: Cell, facts: Facts, resolver: Resolver) -> FieldError | None:
    kind, value = cell.component.type, cell.value
    if kind == "person" and not resolver.person(value):
        return errors.UnknownPerson(value=value)
    if kind == "signature" and (not resolver.attachment(value) or _occurs(value, facts.bases[""])):
        return errors.UnknownAttachment()
    return None


def _occurs(key: str, variables: object) -> bool:
    """Say whether the instance knows this key already: nobody signs with a signature that was given before."""
    if isinstance(variables, dict):
        return any(_occurs(key, value) for value in variables.values())
    if isinstance(variables, list):
        return any(_occurs(key, value) for value in variables)
    return variables == key


def _files(keys: list[str], before: object, resolver: Resolver) -> FieldError | None:
    # Photographs of an earlier round stay; a signature never does.
    kept = before if isinstance(before, list) else []
    return (
        None
        if all(key in kept or resolver.attachment(key) for key in keys)
        else errors.UnknownAttachment()
    )


def _documents(
    cell: Cell, facts: Facts, resolver: Resolver
) -> Iterator[tuple[str, FieldError | None]]:
    optional = facts.answer(cell, "optional") is True
    before = {row.get("id"): row for row in facts.base(cell) or [] if isinstance(row, dict)}
    for number, (document, row) in enumerate(
        zip(facts.documents(cell), cell.value or [], strict=False)
    ):
        place = f"{cell.path}.{number}"
        kept = before.get(document["id"], {}).get("photos")
        yield f"{place}.photos", _files(row["photos"], kept, resolver)
        if optional or row["photos"]:
            continue
        if document["original"] and not row["original"]:
            yield f"{place}.original", errors.DocumentOriginalMissing(name=document["name"])
        if document["copy"] and not row["copy"]:
            yield f"{place}.copy", errors.DocumentCopyMissing(name=document["name"])


def _bounds(cell: Cell, facts: Facts) -> FieldError | None:
    kind, value = cell.component.type, cell.value
    if kind in {"number", "money"}:
        return _between(cell, facts, bound(value), "min", "max", errors.TooSmall, errors.TooLarge)
    if kind in TEXTS:
        return _sized(cell, facts, len(value), errors.TooShort, errors.TooLong)
    return _counted(cell, facts, len(value)) if kind in COUNTED else None


def _dated(cell: Cell, facts: Facts, now: datetime) -> FieldError | None:
    """Hold a date, time or moment against the earliest and latest that are allowed."""
    if cell.component.type != "datetime":
        return None
    subtype, zone = cell.component.subtype, now.tzinfo or UTC
    value = comparable(cell.value, subtype, zone)
    least, most = facts.bound(cell, "min"), facts.bound(cell, "max")
    earliest = comparable(least, subtype, zone)
    latest = comparable(most, subtype, zone, end=True)
    if earliest and value and value < earliest:
        return errors.TooEarly(limit=local(least, subtype, zone).replace("T", " "))
    if latest and value and value > latest:
        return errors.TooLate(limit=local(most, subtype, zone, end=True).replace("T", " "))
    return None


def _sized(
    cell: Cell, facts: Facts, length: int, low: type[FieldError], high: type[FieldError]
) -> FieldError | None:
    return _between(cell, facts, length, "minLength", "maxLength", low, high, length=length)


def _between(
    cell: Cell,
    facts: Facts,
    value: Any,
    lowest: str,
    highest: str,
    low: type[FieldError],
    high: type[FieldError],
    **params: Any,
) -> FieldError | None:
    least, most = bound(facts.bound(cell, lowest)), bound(facts.bound(cell, highest))
    if least not in (None, WRONG) and value < least:
        return low(limit=_plain(least, cell), **params)
    if most not in (None, WRONG) and value > most:
        return high(limit=_plain(most, cell), **params)
    return None


def _plain(limit: Any, cell: Cell) -> str | int:
    if cell.component.type == "money":
        return yuan(int(limit))
    return int(limit) if limit == int(limit) else f"{limit.normalize():f}"


def _passed(cell: Cell, now: datetime) -> FieldError | None:
    component, value = cell.component, cell.value
    if (
        component.type != "datetime"
        or not component.data.get("disallowPassedDates")
        or component.subtype == "time"
    ):
        return None
    today = now.date().isoformat()
    if component.subtype == "datetime":
        value = datetime.fromisoformat(value).astimezone(now.tzinfo).date().isoformat()
    return errors.DatePassed() if value < today else None


def _ahead(cell: Cell, now: datetime) -> FieldError | None:
    component, value = cell.component, cell.value
    if not component.happened:
        return None
    if component.subtype == "date":
        ahead = value > now.date().isoformat()
    else:
        ahead = datetime.fromisoformat(value) > now
    return errors.DateAhead() if ahead else None


def _mismatches(facts: Facts, found: Mapping[str, object], feel: Feel) -> Errors:
    # In the isolate, not with Python's `re`: a pattern is as untrusted as an expression, and only there it can be stopped.
    cells = [cell for cell in facts.cells() if _has_pattern(cell) and cell.path not in found]
    if not cells:
        return {}
    variables = {f"v{n}": cell.value for n, cell in enumerate(cells)}
    variables |= {f"p{n}": cell.component.limits["pattern"] for n, cell in enumerate(cells)}
    results = feel.batch([f"matches(v{n}, p{n})" for n in range(len(cells))], variables)
    return {
        cell.path: [
            errors.PatternMismatch(hint=cell.component.limits.get("patternErrorMessage") or "")
        ]
        for cell, result in zip(cells, results, strict=True)
        if result.value is not True
    }


def _has_pattern(cell: Cell) -> bool:
    open_text = cell.component.type in TEXTS and not cell.hidden and not cell.locked
    return open_text and bool(cell.component.limits.get("pattern")) and cell.value not in (None, "")
