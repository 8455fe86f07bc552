"""Our own properties of user tasks as drawn: what they may say, found out before a diagram is deployed."""

from __future__ import annotations

from collections.abc import Iterator

from engine.runtime import Element
from engine.staff import roles
from engine.staff.approvers import CHOICES
from engine.staff.copies import PROPERTY as COPY_TO

USER_TASK = "userTask"


def mistakes(element: Element) -> Iterator[tuple[str, str]]:
    """Give (property, reason) for what an element's properties may not say."""
    for name, choices in CHOICES.items():
        value = element.properties.get(name)
        if value is not None and value not in choices:
            yield name, f"{value} is none of {', '.join(sorted(choices))}"
    for name in (COPY_TO, *CHOICES):
        if name in element.properties and element.type != USER_TASK:
            yield name, "only user tasks have it"


def readers(element: Element) -> set[str]:
    """Give the names in `copyTo` that are no roles: user names, if anything."""
    source = element.properties.get(COPY_TO, "").strip()
    if not source or source.startswith("="):
        return set()
    named = {one.strip() for one in source.split(",") if one.strip()}
    return named - roles.catalogue().keys() - {roles.STARTER}
