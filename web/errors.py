"""Every refusal becomes a clear answer: a page in the person's language, or problem details for the API."""

from __future__ import annotations

import errno
import logging

from flask import Flask, render_template, request, url_for
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from engine.errors import Conflict, EngineError, NotAllowed, NotFound, Rejected, WrongCredentials

log = logging.getLogger(__name__)
UNAVAILABLE = 503
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

STATUS: list[tuple[type[EngineError], int]] = [
    (NotFound, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (WrongCredentials, 401),
    (Rejected, 422),
]


def status_of(error: EngineError) -> int:
    """Give the HTTP status of an engine error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def is_api() -> bool:
    """Whether the request is for the API."""
    return request.path.startswith("/v2/")


def problem(status: int, title: str, detail: str) -> ResponseReturnValue:
    """Give problem details (RFC 9457), as the API answers every refusal."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
    }
    return body, status, {"Content-Type": "application/problem+json"}


def register(app: Flask) -> None:
    """Answer engine and HTTP errors."""
    app.register_error_handler(EngineError, _engine_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _unstored)
    app.register_error_handler(OSError, _unwritten)


def _engine_error(error: EngineError) -> ResponseReturnValue:
    status = status_of(error)
    if is_api():
        return problem(status, error.code.upper(), error.message)
    return _page(status, error)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if isinstance(error, InternalServerError):
        log.error("unhandled", exc_info=error.original_exception)
    if is_api():
        return problem(status, error.name, error.description or "")
    if status < 400:  # noqa: PLR2004 - redirects are answers of their own
        return error.get_response()
    return _page(status, None, expired=isinstance(error, CSRFError))


def _unwritten(error: OSError) -> ResponseReturnValue:
    if error.errno not in FULL:
        raise error
    return _unstored(error)


def _unstored(error: Exception) -> ResponseReturnValue:
    """Answer when the disk is full or the database does not answer; nothing of the command has happened."""
    log.error("nothing can be stored", exc_info=error)
    if is_api():
        detail = "Nothing can be stored now: the disk is full or the database does not answer."
        return problem(UNAVAILABLE, "Service Unavailable", detail)
    return _page(UNAVAILABLE, None)


def _page(status: int, error: EngineError | None, *, expired: bool = False) -> ResponseReturnValue:
    known = {400, 401, 403, 404, 409, 410, 413, 422, 429, 500, UNAVAILABLE}
    name = status if status in known else 400 if status < 500 else 500  # noqa: PLR2004
    again = _again()
    page = render_template(
        f"errors/{name}.html",
        error=error,
        message=words(error),
        expired=expired,
        again=again,
        login_url=url_for("auth.login", next=again),
    )
    return page, status


def _again() -> str | None:
    """Give the page to come back to: the one asked for, or the one whose form was sent; None when there is none."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    adapter = request_ctx.url_adapter
    return request.path if adapter and adapter.test(request.path, "GET") else None


def words(error: EngineError | None) -> str:
    """Put an engine error into the reader's language; without a translation, its English message."""
    if error is None:
        return ""
    key = f"error.{error.code}"
    translated = _(key, **error.params)
    return error.message if translated == key else translated
