"""A form's components: the form-js JSON as an immutable tree.

Paths: a component's `path` names its value inside the variables: `keys.*.count` is the key `count` in every row of the
list `keys`; a concrete path has row numbers from 0 instead of stars. What has no value (a heading, a group without a
path) is named by `#` and its id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TEXTS: Final = frozenset({"textfield", "textarea"})
LISTS_OF_FILES: Final = frozenset({"photo", "filepicker"})
ONE_OF: Final = frozenset({"select", "radio"})
SOME_OF: Final = frozenset({"checklist", "taglist"})
COUNTED: Final = SOME_OF | {"dynamiclist"}
"""What has as many parts as a person gives, between `minLength` and `maxLength`."""
INPUTS: Final = (
    TEXTS | LISTS_OF_FILES | ONE_OF | SOME_OF
    | {"number", "checkbox", "datetime", "unit", "person", "signature", "money", "documents"}
)  # fmt: skip
LEAVES: Final = INPUTS | {"expression"}
CONTAINERS: Final = frozenset({"group", "dynamiclist"})
SHOWN: Final = frozenset({"text", "table", "separator", "spacer"})
TYPES: Final = LEAVES | CONTAINERS | SHOWN

FILLS: Final = frozenset({"owner.name", "owner.phone"})
"""What the property `fill` may take over from the registry: the owner of the unit chosen in the same form."""
PAST: Final = "past"
"""The property `moment` of a date that says when something happened."""

TEMPLATE: Final = re.compile(r"\{\{(.+?)\}\}", re.DOTALL)
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Component:
    """One component; `data` is its JSON after the gate, `rules` its FEEL expressions by what they decide."""

    type: str
    id: str
    key: str
    path: str
    data: Mapping[str, Any]
    children: tuple[Component, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The label in the language of the form."""
        return str(
            self.data.get("label") or self.data.get("dateLabel") or self.data.get("timeLabel") or ""
        )

    @property
    def properties(self) -> Mapping[str, Any]:
        """The custom properties (`record`, `personal`, `source`, `clause` …)."""
        return self.data.get("properties") or _NOTHING

    @property
    def limits(self) -> Mapping[str, Any]:
        """What form-js calls `validate`."""
        return self.data.get("validate") or _NOTHING

    @property
    def personal(self) -> str | None:
        """What personal data this is (name, phone, id_number, address …)."""
        return self.properties.get("personal")

    @property
    def record(self) -> str | None:
        """The key of the record this feeds."""
        return self.properties.get("record")

    @property
    def locked(self) -> bool:
        """Say whether nobody can fill this in, whatever the variables are."""
        return self.data.get("disabled") is True or self.data.get("readonly") is True

    @property
    def fixed_rows(self) -> bool:
        """Say whether the rows of this list are given and only filled in."""
        return self.data.get("allowAddRemove") is False

    @property
    def happened(self) -> bool:
        """Say whether this is the moment of something that has happened, which cannot lie ahead."""
        return self.type == "datetime" and self.properties.get("moment") == PAST

    @property
    def subtype(self) -> str:
        """For `datetime`: date, time or datetime."""
        return str(self.data.get("subtype") or "date")


def join(prefix: str, *steps: str | int) -> str:
    """Extend a path."""
    return ".".join(str(step) for step in (prefix, *steps) if step != "")


def place(prefix: str, component: Component) -> str:
    """Give the concrete path of a component inside the scope `prefix`; groups go by their id, since they share paths."""
    named = component.key and component.type != "group"
    step = component.key if named else f"#{component.id}"
    return f"{prefix}.{step}" if prefix else step


def scope(prefix: str, component: Component) -> str:
    """Give the scope of a group's children: its own path, or the one around it."""
    return join(prefix, component.key)


def members(
    components: tuple[Component, ...], *, writable: bool = False
) -> list[tuple[Component, tuple[Component, ...]]]:
    """Give what has a key in one scope, with its children: groups without a path opened, those of one path joined.

    With `writable`, what is locked is left out.
    """
    found: dict[str, tuple[Component, tuple[Component, ...]]] = {}
    for component in components:
        if writable and component.locked:
            continue
        if component.type == "group" and not component.key:
            inner = members(component.children, writable=writable)
        else:
            inner = [(component, component.children)] if component.key else []
        for member, children in inner:
            first, known = found.get(member.key, (member, ()))
            found[member.key] = first, (*known, *children)
    return list(found.values())


def leaves(components: tuple[Component, ...]) -> Iterator[Component]:
    """Give every component that holds a value, in reading order, those in rows and groups too."""
    for component in components:
        if component.type in LEAVES:
            yield component
        yield from leaves(component.children)


def every(components: tuple[Component, ...]) -> Iterator[Component]:
    """Give every component in reading order."""
    for component in components:
        yield component
        yield from every(component.children)
