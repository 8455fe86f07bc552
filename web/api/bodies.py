"""The JSON of a request, read strictly: what another reader could understand otherwise is refused."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from flask import Request
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

MAX_BYTES = 4_000_000
MAX_DEPTH = 60
LARGEST = 2**63
_UNSAFE = re.compile("[\x00\ud800-\udfff]")


class InvalidBody(BadRequest):
    """The body is not JSON as we read it."""


class StrictParser(FlaskParser):
    """Reads arguments of requests; what does not fit its schema is a bad request."""

    DEFAULT_VALIDATION_STATUS = 400

    def load_json(self, req: Request, schema: Schema) -> Any:
        """Read the body; a request without one means the empty object."""
        data = req.get_data(cache=True)
        if not data:
            return {}
        if not req.is_json:
            raise UnsupportedMediaType("The body must be application/json.")
        return read(data)


def read(data: bytes) -> Any:
    """Read JSON in UTF-8. Raises InvalidBody for other things, for depth, NaN, repeated names and unsafe characters."""
    try:
        document = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_float=_float,
            parse_int=_integer,
        )
    except RecursionError as error:
        raise InvalidBody(f"The JSON is nested deeper than {MAX_DEPTH} levels.") from error
    except ValueError as error:
        raise InvalidBody(f"The body is not valid JSON: {error}") from error
    _check(document)
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number of JSON")


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _integer(digits: str) -> int:
    number = int(digits) if len(digits) <= len(str(-LARGEST)) else LARGEST
    if abs(number) >= LARGEST:
        raise ValueError("a number is too large")
    return number


def _check(document: Any) -> None:
    """Look at every value without recursion, for the depth is what must be found out."""
    waiting = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise InvalidBody(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
        if isinstance(value, dict):
            waiting += [(one, depth + 1) for pair in value.items() for one in pair]
        elif isinstance(value, list):
            waiting += [(one, depth + 1) for one in value]
        elif isinstance(value, str) and _UNSAFE.search(value):
            raise InvalidBody("The JSON contains NUL or half a surrogate pair.")
