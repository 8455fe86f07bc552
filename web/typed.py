"""What nobody types: characters no database keeps as text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask import abort, request

from web.errors import is_api

_UNKEPT = re.compile(r"[\x00\ud800-\udfff]")
# The fields of a procedure's own form are judged by the form, which points at the field and keeps the rest.
_WITH_FORMS = {"catalogue", "corrections", "drafts", "tasks"}
_OWN_FIELDS = {"next", "reason", "submission", "username"}


def refuse_unkept() -> None:
    """Answer 400 to a page request whose path, query or form holds NUL or half a character."""
    if not is_api() and any(_UNKEPT.search(text) for text in _texts()):
        abort(400)


def _texts() -> Iterator[str]:
    yield request.path
    yield from request.args.values()
    for name, values in request.form.lists():
        if request.blueprint not in _WITH_FORMS or name in _OWN_FIELDS:
            yield from values
