"""What may be stored as a variable: plain JSON of reasonable size."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from engine.errors import FieldError, InvalidVariables

DEPTH = 40
LARGEST = 2**53
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_UNSAFE = re.compile("[\x00\ud800-\udfff]")


class UnsafeValue(FieldError):
    """The value {reason}."""

    code = "variable_unsafe"


def check_variables(variables: Mapping[str, Any], limit: int = 1_000_000) -> dict[str, Any]:
    """A copy of the variables that shares nothing with them. Raises InvalidVariables naming each that is not plain JSON."""
    errors = {
        str(name): found
        for name, value in variables.items()
        if (found := _named_problem(name, value))
    }
    if errors:
        raise InvalidVariables({name: [UnsafeValue(reason=why)] for name, why in errors.items()})
    text = encoded(variables)
    if len(text) > limit:
        raise InvalidVariables({"": [UnsafeValue(reason=f"is larger than {limit} bytes")]})
    copy: dict[str, Any] = json.loads(text)
    return copy


def encoded(value: object) -> bytes:
    """The value as JSON, the way it is measured and saved."""
    return _ENCODER.encode(value).encode()


def _named_problem(name: object, value: Any) -> str | None:
    if not isinstance(name, str) or not name or _UNSAFE.search(name):
        return "has no valid name"
    return problem(value)


def problem(value: Any, depth: int = 0) -> str | None:
    """Why the value cannot be stored, None if it can."""
    if depth > DEPTH:
        return f"is nested deeper than {DEPTH} levels"
    if isinstance(value, list):
        return next((found for item in value if (found := problem(item, depth + 1))), None)
    if isinstance(value, dict):
        return _problem_of_entries(value, depth)
    return _problem_of_scalar(value)


def _problem_of_scalar(value: Any) -> str | None:
    reason = None
    match value:
        case None | bool():
            pass
        case str():
            reason = "contains characters that cannot be stored" if _UNSAFE.search(value) else None
        case int():
            reason = "is too large a number" if abs(value) > LARGEST else None
        case float():
            reason = None if math.isfinite(value) else "is not a finite number"
        case _:
            reason = f"is of the type {type(value).__name__}, which JSON does not have"
    return reason


def _problem_of_entries(value: dict[Any, Any], depth: int) -> str | None:
    for name, item in value.items():
        if not isinstance(name, str):
            return "has a name that is not text"
        if found := problem(name) or problem(item, depth + 1):
            return found
    return None
