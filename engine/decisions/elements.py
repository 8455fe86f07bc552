"""Finds its way in a DMN document, whatever namespace its version has."""

from __future__ import annotations

from typing import Any

from lxml import etree

Element = Any

BOXED = frozenset(
    {
        "literalExpression",
        "decisionTable",
        "context",
        "list",
        "relation",
        "functionDefinition",
        "invocation",
        "conditional",
        "filter",
        "for",
        "some",
        "every",
    }
)


def elements(parent: Element) -> list[Element]:
    """The child elements."""
    return list(parent.iterchildren(tag=etree.Element))


def kind(element: Element) -> str:
    """The element's name without its namespace."""
    return str(etree.QName(element).localname)


def children(parent: Element, name: str) -> list[Element]:
    """The child elements of that name."""
    return [child for child in elements(parent) if kind(child) == name]


def child(parent: Element, name: str) -> Element | None:
    """The first child element of that name."""
    return next(iter(children(parent, name)), None)


def boxes(parent: Element) -> list[Element]:
    """The child elements that are boxed expressions."""
    return [one for one in elements(parent) if kind(one) in BOXED]


def box(parent: Element) -> Element | None:
    """The first child element that is a boxed expression."""
    return next(iter(boxes(parent)), None)


def text_of(element: Element | None) -> str:
    """The content of the element's `text` child, stripped; empty without one."""
    text = None if element is None else child(element, "text")
    return "" if text is None else "".join(text.itertext()).strip()


def type_of(element: Element | None) -> str | None:
    """The element's `typeRef` without prefix."""
    return None if element is None else unprefixed(element.get("typeRef"))


def unprefixed(name: str | None) -> str | None:
    """A name without its prefix; None for an empty one."""
    return (name or "").split(":")[-1].strip() or None


def hrefs(parent: Element, name: str) -> list[str]:
    """The ids to which the child elements of that name refer."""
    return [target(one) for one in children(parent, name)]


def target(reference: Element) -> str:
    """The id to which the element's `href` refers, which may name the document's own namespace before it."""
    return str(reference.get("href", "").split("#")[-1])
