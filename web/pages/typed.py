"""What nobody types: characters no database keeps as text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flask import abort, request

_UNKEPT = re.compile(r"[\x00\ud800-\udfff]")


def refuse_unkept() -> None:
    """Answer 400 to a request whose path, query or form holds NUL or half a character."""
    if any(_UNKEPT.search(text) for text in _texts()):
        abort(400)


def _texts() -> Iterator[str]:
    yield request.path
    yield from request.args.values()
    for values in request.form.listvalues():
        yield from values
