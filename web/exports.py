"""Everything about a process instance as one file to download, for pages and API alike."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO
from urllib.parse import quote

from flask import Response

from engine.operations import exports
from engine.staff.access import Actor
from web.extensions import engine, session

KEEP_IN_MEMORY = 5_000_000
CHUNK = 65_536


def archive(actor: Actor, key: int) -> Response:
    """Answer with the archive of an instance, noted in its audit. Raises NotFound, NotAllowed."""
    with engine.begin(actor) as command:
        instance = exports.note(command, key)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(KEEP_IN_MEMORY)  # noqa: SIM115 - the answer closes it
    try:
        exports.write(engine, session, actor, key, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    name = quote(exports.name_of(instance))
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(_chunks(file), mimetype="application/zip", headers=headers)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
