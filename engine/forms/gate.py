"""The gate for forms: a form-js schema from anywhere becomes a component tree, or a list of findings.

Size, depth and structure are looked at before anything is built, so that a hostile file costs little.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NoReturn

from engine.forms.components import (
    CONTAINERS,
    COUNTED,
    FILLS,
    INPUTS,
    LEAVES,
    LISTS_OF_FILES,
    PAST,
    TYPES,
    Component,
    every,
    join,
)
from engine.forms.errors import Finding, InvalidForm
from engine.forms.moments import comparable
from engine.forms.rules import BOUNDS, WRONG, bound, rules_of
from engine.forms.structure import KEY, findings_of_structure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_BYTES: Final = 300_000
MAX_DEPTH: Final = 30
MAX_COMPONENTS: Final = 300


def read(text: bytes) -> dict[str, Any]:
    """Read a form file. Raises InvalidForm for size, encoding, syntax, depth, NaN and duplicate keys."""
    if len(text) > MAX_BYTES:
        raise InvalidForm([Finding("too_large", params={"limit": MAX_BYTES, "size": len(text)})])
    try:
        schema = json.loads(
            text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_not_json
        )
    except (ValueError, RecursionError) as error:
        raise InvalidForm([Finding("not_json", params={"reason": _reason(error)})]) from None
    if not isinstance(schema, dict):
        raise InvalidForm([Finding("not_json", params={"reason": "not an object"})])
    return schema


def components_of(schema: Mapping[str, Any]) -> tuple[Component, ...]:
    """Build the component tree of a form. Raises InvalidForm with everything found; compiles no FEEL."""
    _refuse(_findings_of_size(schema))
    findings = list(findings_of_structure(schema))
    _refuse(findings)
    tree = _Builder(schema.get("properties") or {}).build(schema["components"], "")
    _refuse(
        [
            *_findings_of_types(tree),
            *_findings_of_keys(tree, {}),
            *_findings_of_bounds(tree),
            *_findings_of_properties(tree),
        ]
    )
    return tree


def _refuse(findings: list[Finding]) -> None:
    if findings:
        raise InvalidForm(findings)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError("duplicate key " + next(name for name in names if names.count(name) > 1))
    return found


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _reason(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]


def _findings_of_size(schema: Mapping[str, Any]) -> list[Finding]:
    if _deeper_than(schema, MAX_DEPTH):
        return [Finding("too_deep", params={"limit": MAX_DEPTH})]
    try:
        size = len(json.dumps(schema, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, TypeError) as error:
        return [Finding("not_json", params={"reason": str(error)[:200]})]
    if size > MAX_BYTES:
        return [Finding("too_large", params={"limit": MAX_BYTES, "size": size})]
    number = sum(1 for _ in _components(schema))
    if number > MAX_COMPONENTS:
        return [Finding("too_many_components", params={"limit": MAX_COMPONENTS, "count": number})]
    return []


def _deeper_than(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


@dataclass
class _Builder:
    """Builds the tree; every component gets an id of its own, whatever its author wrote."""

    defaults: Mapping[str, Any]
    ids: set[str] = field(default_factory=set)

    def build(self, raws: Iterable[Mapping[str, Any]] | None, prefix: str) -> tuple[Component, ...]:
        return tuple(self._component(raw, prefix) for raw in raws or ())

    def _component(self, raw: Mapping[str, Any], prefix: str) -> Component:
        kind, key = raw["type"], _key(raw)
        identity = self._identity(raw.get("id") or key or kind)
        inside = join(prefix, key, "*") if kind == "dynamiclist" else join(prefix, key)
        return Component(
            type=kind,
            id=identity,
            key=key,
            path=join(prefix, key or f"#{identity}"),
            data=raw,
            children=self.build(raw.get("components"), inside),
            rules=rules_of(raw, self.defaults),
        )

    def _identity(self, wanted: str) -> str:
        plain = re.sub(r"[^\w-]", "_", wanted)
        numbered = (f"{plain}-{number}" for number in count(2))
        unique = (
            plain
            if plain not in self.ids
            else next(each for each in numbered if each not in self.ids)
        )
        self.ids.add(unique)
        return unique


def _key(raw: Mapping[str, Any]) -> str:
    match raw["type"]:
        case "group":
            return raw.get("path") or ""
        case "dynamiclist":
            return raw.get("path") or raw.get("key") or ""
        case kind:
            return (raw.get("key") or "") if kind in LEAVES else ""


def _components(schema: object) -> Iterator[object]:
    """Give what stands in `components`, at any depth, before anybody has looked at it."""
    open_ends: list[object] = [schema]
    while open_ends:
        inside = open_ends.pop()
        listed = inside.get("components") if isinstance(inside, dict) else None
        if isinstance(listed, list):
            open_ends.extend(listed)
            yield from listed


def _findings_of_bounds(tree: tuple[Component, ...]) -> Iterator[Finding]:
    for component in every(tree):
        for name in BOUNDS:
            limit = component.limits.get(name)
            if name in component.rules or limit in (None, ""):
                continue
            if component.type == "datetime" and name in ("min", "max"):
                if comparable(limit, component.subtype, UTC) is None:
                    yield Finding("bad_limit", component.path, {"property": name})
            elif bound(limit) is WRONG:
                yield Finding("bad_number", component.path, {"property": name})


def _findings_of_properties(tree: tuple[Component, ...]) -> Iterator[Finding]:
    for component in every(tree):
        moment, fill = component.properties.get("moment"), component.properties.get("fill")
        if fill is not None and not (component.type == "textfield" and fill in FILLS):
            yield Finding("bad_fill", component.path, {"fill": fill})
        yield from _findings_of_validity(component)
        dated = component.type == "datetime" and component.subtype != "time"
        if moment is not None and not (dated and moment == PAST):
            yield Finding("bad_moment", component.path, {"moment": moment})


def _findings_of_validity(component: Component) -> Iterator[Finding]:
    rule, message = (component.properties.get(name) for name in ("validWhen", "validMessage"))
    if rule is None and message is None:
        return
    stated = isinstance(rule, str) and rule.strip() and isinstance(message, str) and message.strip()
    if not stated or component.type not in INPUTS | COUNTED:
        yield Finding("bad_validity", component.path, {"rule": rule, "message": message})


def _findings_of_types(tree: tuple[Component, ...], inside: str = "") -> Iterator[Finding]:
    for component in tree:
        if component.type not in TYPES:
            yield Finding("unknown_type", component.path, {"type": component.type})
        elif component.children and component.type not in CONTAINERS:
            yield Finding("not_a_container", component.path, {"type": component.type})
        elif component.type in {"dynamiclist", "documents"} and inside == "dynamiclist":
            # A table in a table cannot be filled in on a phone.
            yield Finding("list_in_list", component.path)
        nested = "dynamiclist" if component.type == "dynamiclist" else inside
        yield from _findings_of_types(component.children, nested)


def _findings_of_keys(tree: tuple[Component, ...], taken: dict[str, str]) -> Iterator[Finding]:
    for component in tree:
        yield from _findings_of_key(component, taken)
        if component.key:
            taken[component.path] = component.type
        yield from _findings_of_keys(component.children, taken)


def _findings_of_key(component: Component, taken: Mapping[str, str]) -> Iterator[Finding]:
    if not component.key:
        if component.type in LEAVES | LISTS_OF_FILES | {"dynamiclist"}:
            yield Finding("missing_key", component.path, {"type": component.type})
    elif not KEY.fullmatch(component.key):
        yield Finding("bad_key", component.path, {"key": component.key})
    elif component.path in taken and {component.type, taken[component.path]} != {"group"}:
        # Several groups may fill one object; nothing else may share a value.
        yield Finding("duplicate_key", component.path, {"key": component.key})
