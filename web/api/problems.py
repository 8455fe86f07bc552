"""Refusals as problem details (RFC 9457), with the titles the official clients know."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import Response, json, request
from marshmallow import fields
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from engine.errors import (
    BudgetExceeded,
    DecisionFailed,
    DuplicateBusinessKey,
    EngineError,
    ExpressionFailed,
    InvalidDiagram,
    InvalidVariables,
    Rejected,
)
from engine.events.messages import DuplicateMessage
from web.api.schemas import Body
from web.errors import status_of

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
CHALLENGE = 'Basic realm="Guicheng", charset="UTF-8", Bearer realm="Guicheng"'
BAD_REQUEST, UNAUTHORIZED, CONFLICT, UNAVAILABLE = 400, 401, 409, 503
TITLES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    406: "NOT_ACCEPTABLE",
    409: "INVALID_STATE",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
# What the diagram makes of the request's own variables is the request's fault as far as HTTP can tell.
ABOUT_THE_REQUEST = (Rejected, ExpressionFailed, DecisionFailed, BudgetExceeded)


class ProblemDetail(Body):
    """Why a request was refused."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    code = fields.String(metadata={"description": "The engine's own name of the error."})
    errors = fields.Dict(
        keys=fields.String(),
        metadata={"description": "What is wrong with each field, by the field's path."},
    )
    findings = fields.List(
        fields.Dict(), metadata={"description": "What is wrong with each deployed file."}
    )


def problem(status: int, detail: str, *, title: str = "", **more: Any) -> Response:
    """Make the answer to a request that is refused."""
    body = {
        "type": "about:blank",
        "title": title or TITLES.get(status, "ERROR"),
        "status": status,
        "detail": detail,
        "instance": request.path,
    } | {name: value for name, value in more.items() if value}
    answer = Response(json.dumps(body), status, content_type=MEDIA_TYPE)
    if status == UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = CHALLENGE
    return answer


def of_engine(error: EngineError) -> Response:
    """Answer an engine error; invalid variables are listed by field, a refused diagram by finding."""
    if isinstance(error, InvalidVariables):
        return problem(BAD_REQUEST, _told(error), code=error.code, errors=_by_field(error))
    if isinstance(error, InvalidDiagram):
        return problem(BAD_REQUEST, _found(error), code=error.code, findings=_findings(error))
    if isinstance(error, DuplicateBusinessKey | DuplicateMessage):
        return problem(CONFLICT, error.message, title="ALREADY_EXISTS", code=error.code)
    status = BAD_REQUEST if isinstance(error, ABOUT_THE_REQUEST) else status_of(error)
    return problem(status, error.message, code=error.code)


def of_http(error: HTTPException) -> Response:
    """Answer an HTTP error; validation errors are listed by field."""
    if isinstance(error, InternalServerError):
        log.error("unhandled", exc_info=error.original_exception)
    messages = _of_arguments(getattr(error, "data", {}).get("messages", {}))
    detail = flat(messages) or error.description or error.name
    return problem(
        error.code or 500, detail, errors=messages if isinstance(messages, Mapping) else {}
    )


def _of_arguments(messages: Any) -> Any:
    """Leave out whether a field came in the body or the query: the clients name fields, not places."""
    places = set(messages) if isinstance(messages, Mapping) else set()
    return (
        messages[places.pop()] if len(places) == 1 and places < {"json", "query", ""} else messages
    )


def of_database(error: OperationalError) -> Response:
    """Answer when the database is busy or gone."""
    log.error("database", exc_info=error)
    return problem(UNAVAILABLE, "The database does not answer; try again.")


def flat(messages: object, path: str = "") -> str:
    """Put nested validation messages into one line that names each field."""
    if isinstance(messages, Mapping):
        inner = [
            flat(found, f"{path}.{name}".strip(".") if str(name) != "_schema" else path)
            for name, found in messages.items()
        ]
        return "; ".join(inner)
    if isinstance(messages, list | tuple):
        return " ".join(one for one in [f"{path}:" if path else "", *map(str, messages)] if one)
    return f"{path}: {messages}" if path else str(messages)


def _by_field(error: InvalidVariables) -> dict[str, list[dict[str, str]]]:
    return {
        path: [{"code": one.code, "message": one.message} for one in found]
        for path, found in error.errors.items()
    }


def _told(error: InvalidVariables) -> str:
    listed = {path: [one.message for one in found] for path, found in error.errors.items()}
    return f"{error.message} {flat(listed)}"


def _findings(error: InvalidDiagram) -> list[dict[str, Any]]:
    return [
        {
            "resourceName": getattr(found, "file", None),
            "severity": found.severity,
            "code": found.code,
            "elementId": found.element_id,
            "line": found.line,
            "message": found.message,
        }
        for found in error.findings
    ]


def _found(error: InvalidDiagram) -> str:
    wrong = [found for found in _findings(error) if found["severity"] == "error"]
    return " ".join([error.message, *(_line(found) for found in wrong[:20])])


def _line(found: Mapping[str, Any]) -> str:
    where = [found["resourceName"], found["elementId"], found["line"] and f"line {found['line']}"]
    return f"{', '.join(str(part) for part in where if part)}: {found['message']}"
