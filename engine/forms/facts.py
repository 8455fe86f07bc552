"""What a form is at one moment: which fields are hidden or locked, their choices, bounds and computed values.

Values pass three stages: *sent* (what a client may say, cleaned), *bound* (laid over the variables of the instance) and
*settled* (hidden ones cleared, locked ones restored, computed ones computed).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engine.forms.components import LEAVES, Component, every, join, members, place, scope
from engine.forms.options import Choice, choices, documents, ticked
from engine.forms.rules import FOR_PEOPLE
from engine.forms.schema import ROW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from engine.expressions import Feel

    Tree = tuple[Component, ...]
    Values = Mapping[str, Any]
    Known = Mapping[tuple[str, str], Any]

PASSES: Final = 12
"""Fields may hide fields that hide fields; after half of these passes whatever was hidden stays so."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One component at one place, with the values around it."""

    component: Component
    path: str
    prefix: str
    values: Values
    variables: Values
    hidden: bool
    locked: bool

    @property
    def value(self) -> Any:
        """The settled value, None for what has none."""
        return self.values.get(self.component.key) if self.component.key else None


@dataclass(frozen=True, slots=True)
class Facts:
    """The settled values of a form and the answers to its expressions."""

    components: Tree
    values: Values
    known: Known
    bases: Mapping[str, Values]

    def cells(self) -> Iterator[Cell]:
        """Give every component in reading order, once for each row it stands in, hidden ones too."""
        return cells(self.components, self.values, self.known)

    def answer(self, cell: Cell, rule: str) -> Any:
        """Give what an expression of the component said; None if it has none or it failed."""
        return self.known.get((cell.path, rule))

    def required(self, cell: Cell) -> bool:
        """Say whether the field must be filled in now."""
        return (
            cell.component.limits.get("required") is True or self.answer(cell, "required") is True
        )

    def bound(self, cell: Cell, name: str) -> Any:
        """Give a limit, computed or written: min, max, minLength, maxLength."""
        return self.known.get((cell.path, name), cell.component.limits.get(name))

    def choices(self, cell: Cell) -> list[Choice]:
        """Give the choices of a select, radio, checklist or taglist."""
        return choices(cell.component, self.answer(cell, "options"), self.bases[""])

    def documents(self, cell: Cell) -> list[dict[str, Any]]:
        """Give the rows of a document checklist: id, name, clause, original, copy."""
        return documents(cell.component, self.answer(cell, "options"), self.bases[""])

    def base(self, cell: Cell) -> Any:
        """Give the value that the instance has now, before this submission."""
        return self.bases.get(cell.prefix, {}).get(cell.component.key)


def find(
    components: Tree,
    sent: Values,
    context: Values,
    feel: Feel,
    now: datetime,
    *,
    show: bool = False,
) -> Facts:
    """Settle what was sent over the variables of the instance; with `show` also what only people see."""
    bases: dict[str, Values] = {}
    bound = _bind(components, sent, context, "", bases)
    known: dict[tuple[str, str], Any] = {}
    values: Values = _settle(components, bound, bases, known)
    watched = _watched(components)
    if watched is None:
        return Facts(components, values, known, bases)
    for attempt in range(PASSES):
        found = _evaluate(components, values, known, feel, now, () if show else FOR_PEOPLE)
        if attempt >= PASSES // 2:
            found |= {
                key: True for key, answer in known.items() if key[1] == "hide" and answer is True
            }
        known, before = found, values
        values = _settle(components, bound, bases, known)
        if all(values.get(key) == before.get(key) for key in watched):
            break
    return Facts(components, values, known, bases)


def _watched(components: Tree) -> list[str] | None:
    # Only a change that some expression can see is worth another round: of a value it names, or within rows and objects.
    sources = " ".join(
        source for component in every(components) for source in component.rules.values()
    )
    if not sources:
        return None
    named = set(re.findall(r"\w+", sources))
    return [each.key for each, children in members(components) if children or each.key in named]


def cells(
    components: Tree,
    values: Values,
    known: Known,
    prefix: str = "",
    outer: Values | None = None,
    *,
    hidden: bool = False,
    locked: bool = False,
) -> Iterator[Cell]:
    """Walk the components over settled values; `outer` is what the expressions of this scope see."""
    variables = values if outer is None else outer
    for component in components:
        path = place(prefix, component)
        hides = hidden or known.get((path, "hide")) is True
        locks = locked or component.locked or known.get((path, "readonly")) is True
        yield Cell(component, path, prefix, values, variables, hides, locks)
        for inside, inner, seen in _scopes(component, values, prefix, variables):
            yield from cells(
                component.children, inner, known, inside, seen, hidden=hides, locked=locks
            )


def _scopes(
    component: Component, values: Values, prefix: str, variables: Values
) -> Iterator[tuple[str, Values, Values]]:
    if component.type == "dynamiclist":
        for number, row in enumerate(_rows(values.get(component.key))):
            seen = {**variables, **row, "this": row, "parent": values, "i": number + 1}
            yield join(prefix, component.key, number), row, seen
    elif component.key and component.type == "group":
        inner = _mapping(values.get(component.key))
        yield (
            scope(prefix, component),
            inner,
            {**variables, **inner, "this": inner, "parent": values},
        )
    elif component.children:
        yield prefix, values, variables


def _evaluate(
    components: Tree, values: Values, known: Known, feel: Feel, now: datetime, skip: Iterable[str]
) -> dict[tuple[str, str], Any]:
    asked: dict[str, list[tuple[Cell, str]]] = defaultdict(list)
    for cell in cells(components, values, known):
        names = (name for name in cell.component.rules if name.split(".")[0] not in skip)
        asked[cell.prefix].extend((cell, name) for name in names)
    found: dict[tuple[str, str], Any] = {}
    for questions in filter(None, asked.values()):
        sources = [cell.component.rules[name] for cell, name in questions]
        results = feel.batch(sources, questions[0][0].variables, now=now)
        found |= {
            (cell.path, name): result.value
            for (cell, name), result in zip(questions, results, strict=True)
        }
    return found


def _bind(
    components: Tree, sent: Values, base: Values, prefix: str, bases: dict[str, Values]
) -> dict[str, Any]:
    bases[prefix] = base
    values = {**base, **sent}
    for component, children in members(components):
        inside = scope(prefix, component)
        if component.type == "dynamiclist":
            rows = _bind_rows(component, sent, base, inside, bases)
            values |= {} if rows is None else {component.key: rows}
        elif component.type == "group":
            inner, origin = _mapping(sent.get(component.key)), _mapping(base.get(component.key))
            values[component.key] = _bind(children, inner, origin, inside, bases)
        elif component.type == "signature" and not component.locked and component.key not in sent:
            values.pop(component.key, None)  # nobody signs with what was signed before
    return values


def _bind_rows(
    component: Component, sent: Values, base: Values, inside: str, bases: dict[str, Values]
) -> list[Values] | None:
    given = _rows(base.get(component.key))
    rows = _rows(sent.get(component.key))
    if component.fixed_rows:
        count = len(given) or component.data.get("defaultRepetitions") or 1
        pairs = [(_at(rows, number), _at(given, number)) for number in range(count)]
    elif component.key in sent:
        pairs = list(_matched(component, rows, given))
    else:
        return None
    return [
        _bind(
            component.children,
            {k: row[k] for k in row if k != ROW},
            origin,
            join(inside, number),
            bases,
        )
        for number, (row, origin) in enumerate(pairs)
    ]


def _matched(
    component: Component, rows: list[Values], given: list[Values]
) -> Iterator[tuple[Values, Values]]:
    # A row keeps what no client may write (locked and unnamed values). A browser names the number of the row; a
    # program that sends back what it got is recognised by exactly those values.
    own = {child.key for child, _ in members(component.children, writable=True)}
    free = {
        number: {k: v for k, v in origin.items() if k not in own}
        for number, origin in enumerate(given)
    }
    for row in rows:
        number = _origin(row.get(ROW), own, free)
        yield row, given[number] if free.pop(number, None) is not None else {}


def _origin(mark: object, own: set[str], free: Mapping[int, Values]) -> int:
    if not isinstance(mark, dict):
        return mark if isinstance(mark, int) else -1
    kept = {key: value for key, value in mark.items() if key not in own}
    return next((number for number, values in free.items() if kept and values == kept), -1)


def _settle(
    components: Tree,
    values: Values,
    bases: Mapping[str, Values],
    known: Known,
    prefix: str = "",
    *,
    hidden: bool = False,
    locked: bool = False,
) -> dict[str, Any]:
    result = dict(values)
    for component in components:
        path = place(prefix, component)
        hides = hidden or known.get((path, "hide")) is True
        locks = locked or component.locked or known.get((path, "readonly")) is True
        key, base = component.key, bases.get(prefix, {})
        if component.type == "group":
            inner = _mapping(result.get(key)) if key else result
            settled = _settle(
                component.children,
                inner,
                bases,
                known,
                scope(prefix, component),
                hidden=hides,
                locked=locks,
            )
            result = {**result, key: settled} if key else settled
        elif hides and key:
            _clear(result, key, base)
        elif locks and component.type != "expression" and key:
            _restore(result, key, base)
        elif component.type == "dynamiclist":
            result |= _settle_rows(component, result, bases, known, path)
        elif component.type in LEAVES:
            result |= _settle_leaf(component, path, result, known, bases[""])
    return result


def _settle_rows(
    component: Component, values: Values, bases: Mapping[str, Values], known: Known, path: str
) -> dict[str, Any]:
    if component.key not in values:
        return {}
    rows = enumerate(_rows(values[component.key]))
    return {
        component.key: [
            _settle(component.children, row, bases, known, join(path, n)) for n, row in rows
        ]
    }


def _settle_leaf(
    component: Component, path: str, values: Values, known: Known, context: Values
) -> dict[str, Any]:
    if component.type == "expression":
        return {component.key: known.get((path, "value"))}
    if component.type == "documents":
        listed = documents(component, known.get((path, "options")), context)
        return {component.key: ticked(listed, values.get(component.key))}
    return {}


def _clear(result: dict[str, Any], key: str, base: Values) -> None:
    # An earlier answer to a question that is not asked any more must not stay in the instance.
    if base.get(key) is None:
        result.pop(key, None)
    else:
        result[key] = None


def _restore(result: dict[str, Any], key: str, base: Values) -> None:
    if key in base:
        result[key] = base[key]
    else:
        result.pop(key, None)


def _rows(value: object) -> list[Values]:
    return [_mapping(row) for row in value] if isinstance(value, list) else []


def _mapping(value: object) -> Values:
    return value if isinstance(value, dict) else {}


def _at(rows: list[Values], number: int) -> Values:
    return rows[number] if number < len(rows) else {}
