"""What the registry accepts in its fields."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from engine.errors import NotAllowed, Rejected
from engine.staff.access import Actor

EDITORS = frozenset(
    {
        "front_desk",
        "service_assistant",
        "service_supervisor",
        "service_manager",
        "site_director",
        "archivist",
        "admin",
    }
)
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{2,30}")
_SHORTEST_PHONE = 3


def require_any(actor: Actor, roles: Iterable[str], site_id: int) -> None:
    """Raise NotAllowed unless the actor holds one of the roles at the site."""
    if not any(actor.has(role, site_id) for role in roles):
        raise NotAllowed(reason="the registry of this site")


def text(value: str, field: str, *, longest: int = 255, required: bool = False) -> str:
    """Give a line of text trimmed. Raises Rejected when it is too long, empty though required, or holds control codes."""
    value = unicodedata.normalize("NFC", value).strip()
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in value):
        raise Rejected(reason=f"{field}: control characters", field=field, problem="control")
    if len(value) > longest:
        raise Rejected(reason=f"{field}: too long", field=field, problem="too_long")
    if required and not value:
        raise Rejected(reason=f"{field}: required", field=field, problem="required")
    return value


def phone(value: str, field: str = "phone") -> str:
    """Give a phone number without spaces and brackets; empty stays empty. Raises Rejected for anything else."""
    value = text(unicodedata.normalize("NFKC", value), field)
    digits = re.sub(r"[ ()-]", "", value)
    if value and (not _PHONE.fullmatch(value) or len(digits) < _SHORTEST_PHONE):
        raise Rejected(reason=f"{field}: no phone number", field=field, problem="phone")
    return digits


def choice(value: str, options: Collection[str], field: str) -> str:
    """Give the value if it is one of the options, else raise Rejected."""
    if value not in options:
        raise Rejected(reason=f"{field}: {value!r} is not known", field=field, problem="unknown")
    return value
