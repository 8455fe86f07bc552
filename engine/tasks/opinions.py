"""What a person says about a task: a remark, and a signer's verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.errors import InvalidVariables, Rejected
from engine.forms.errors import BadCharacters, Malformed, Required

LONGEST = 2000
APPROVE, REJECT = "approve", "reject"
OUTCOMES = (APPROVE, REJECT)


class Verdict(NamedTuple):
    """What a signer decided, and why."""

    outcome: str
    opinion: str


def remark(text: str, *, required: bool = True) -> str:
    """Give a remark without the blanks around it. Raises Rejected when it is blank but required, or not storable."""
    said = text.strip()
    if (required and not said) or len(said) > LONGEST:
        raise Rejected(reason=f"a remark has 1 to {LONGEST} characters")
    if not _storable(said):
        raise Rejected(reason="the remark contains characters that cannot be stored")
    return said


def verdict(submitted: Mapping[str, Any]) -> Verdict:
    """Read a signer's `outcome` (approve, reject) and `opinion`, which a rejection needs. Raises InvalidVariables."""
    outcome, opinion = submitted.get("outcome"), submitted.get("opinion") or ""
    errors: dict[str, list[Any]] = {}
    if outcome not in OUTCOMES:
        errors["outcome"] = [Malformed() if outcome else Required()]
    if not isinstance(opinion, str) or len(opinion) > LONGEST:
        errors["opinion"] = [Malformed()]
    elif not _storable(opinion):
        errors["opinion"] = [BadCharacters()]
    elif outcome == REJECT and not opinion.strip():
        errors["opinion"] = [Required()]
    if errors:
        raise InvalidVariables(errors)
    return Verdict(str(outcome), opinion.strip())


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
