"""The variables that a valid submission sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.forms.components import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.forms.components import Component
    from engine.forms.facts import Facts


def outcome(
    components: tuple[Component, ...], sent: Mapping[str, Any], facts: Facts
) -> dict[str, Any]:
    """Take from the settled values what the form decides; objects and lists are whole, the rest key by key."""
    return dict(_taken(components, sent, facts))


def _taken(
    components: tuple[Component, ...],
    sent: Mapping[str, Any],
    facts: Facts,
    *,
    hidden: bool = False,
) -> Iterator[tuple[str, Any]]:
    context = facts.bases[""]
    for component in components:
        path = place("", component)
        hides = hidden or facts.known.get((path, "hide")) is True
        key = component.key
        if component.type == "group" and not key:
            yield from _taken(component.children, sent, facts, hidden=hides)
        elif key in facts.values and _decided(component, sent, facts, hides, context):
            yield key, facts.values[key]


def _decided(
    component: Component,
    sent: Mapping[str, Any],
    facts: Facts,
    hidden: bool,
    context: Mapping[str, Any],
) -> bool:
    key = component.key
    value = facts.values[key]
    if component.type == "group":
        return bool(value) and (key in sent or value != context.get(key))
    if hidden:
        return value is None
    locked = component.locked or facts.known.get((place("", component), "readonly")) is True
    return component.type == "expression" or (
        not locked and (key in sent or component.fixed_rows or component.type == "documents")
    )
