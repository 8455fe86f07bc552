"""Photographs, signatures and documents, to the people of the site only."""

from __future__ import annotations

from flask import Blueprint, Response, request, send_file
from flask.typing import ResponseReturnValue

from engine import attachments
from web.extensions import engine, session
from web.signin import current_actor

blueprint = Blueprint("attachments", __name__)

# An image may be shown inside a page; opened by itself it may do nothing at all.
SANDBOX = "default-src 'none'; sandbox"


@blueprint.get("/attachments/<int:key>")
def show(key: int) -> ResponseReturnValue:
    """Give a file: images inline, everything else, and anything with `?download=1`, as a download."""
    found = attachments.get(session, current_actor(), key)
    inline = found.media_type.startswith("image/") and not request.args.get("download")
    response: Response = send_file(
        attachments.path_of(engine, found),
        mimetype=found.media_type,
        as_attachment=not inline,
        download_name=found.filename,
        etag=found.digest,
        max_age=0,
    )
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
