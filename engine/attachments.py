"""Photos, signatures and documents: recognised by content, stored outside the web root under their digest."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable
from pathlib import Path

import filetype
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.engine import Command, Engine
from engine.errors import NotAllowed, NotFound, Rejected
from engine.models.task import Attachment
from engine.staff import copies
from engine.staff.access import Actor
from engine.store.keys import is_key

MAX_BYTES = 10 * 1024 * 1024
ALLOWED = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "application/pdf": "pdf",
}
SETTLED = dt.timedelta(hours=1)
DIGEST = re.compile("[0-9a-f]{64}")
PART = re.compile(r"\.[0-9a-f]{16}")
KINDS = ("photo", "signature", "document")


class UploadRejected(Rejected):
    """This file cannot be taken: {reason}."""

    code = "upload_rejected"


def store(
    command: Command,
    site_id: int,
    content: bytes,
    filename: str,
    *,
    kind: str = "photo",
    task_key: int | None = None,
    instance_key: int | None = None,
) -> Attachment:
    """Keep an uploaded file. Images (PNG, JPEG, WebP) and PDF up to 10 MB, judged by their first bytes, never by name.

    Raises UploadRejected, or NotAllowed at a site where the actor does not work; OSError on a full disk, then nothing is left.
    """
    if not command.actor.belongs_to(site_id) or command.actor.user_id is None:
        raise NotAllowed(reason="uploading at this site")
    media_type = _recognise(content)
    if kind not in KINDS or (kind == "signature" and media_type == "application/pdf"):
        raise UploadRejected(reason=f"{media_type} as {kind}")
    digest = hashlib.sha256(content).hexdigest()
    _write(_path(command.engine, digest), content)
    attachment = Attachment(
        key=command.new_key(),
        site_id=site_id,
        instance_key=instance_key,
        task_key=task_key,
        user_id=command.actor.user_id,
        kind=kind,
        filename=_filename(filename) or f"{kind}.{ALLOWED[media_type]}",
        media_type=media_type,
        size=len(content),
        digest=digest,
        created_at=command.now,
    )
    command.session.add(attachment)
    return attachment


def _filename(given: str) -> str:
    """Give the last part of a path without what no file name can hold."""
    last = given.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable())[:255].strip(". ")


def _recognise(content: bytes) -> str:
    if not content:
        raise UploadRejected(reason="it is empty")
    if len(content) > MAX_BYTES:
        raise UploadRejected(reason="it is larger than 10 MB")
    kind = filetype.guess(content)
    if kind is None or kind.mime not in ALLOWED:
        raise UploadRejected(reason="only PNG, JPEG, WebP and PDF")
    return str(kind.mime)


def _path(engine: Engine, digest: str) -> Path:
    return engine.home / "attachments" / digest[:2] / digest


def _write(path: Path, content: bytes) -> None:
    try:
        os.utime(path)  # it is there, and `drop_orphans` sees that somebody needs it
    except FileNotFoundError:
        pass
    else:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{secrets.token_hex(8)}")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # the row that names it must not outlive it
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)  # on a full disk half a file is in the way of others
        raise


def get(session: Session, actor: Actor, key: int) -> Attachment:
    """Give an attachment of a site where the actor works, or of an instance sent to him. Raises NotFound for all others."""
    found = session.get(Attachment, key) if is_key(key) else None
    if found is None or not (actor.belongs_to(found.site_id) or _was_sent(session, actor, found)):
        raise NotFound(noun="attachment", key=key)
    return found


def _was_sent(session: Session, actor: Actor, attachment: Attachment) -> bool:
    key = attachment.instance_key
    return key is not None and copies.has(session, actor, key)


def path_of(engine: Engine, attachment: Attachment) -> Path:
    """Give where the bytes of an attachment lie."""
    return _path(engine, attachment.digest)


def drop_orphans(engine: Engine, digests: Iterable[str] | None = None) -> int:
    """Remove files that no attachment names any more, of these or of all there are; give how many.

    A file that was stored within the last hour stays: its row may not be committed yet.
    """
    folder = engine.home / "attachments"
    if digests is None:
        _drop_parts(folder)
    names = set(digests) if digests is not None else {one.stem for one in folder.glob("??/*")}
    return sum(_drop(engine, name) for name in sorted(names) if DIGEST.fullmatch(name))


def _drop_parts(folder: Path) -> None:
    """Remove what processes left half-written that were killed."""
    long_ago = time.time() - SETTLED.total_seconds()
    for part in folder.glob("??/*.*"):
        if PART.fullmatch(part.suffix) and part.stat().st_mtime < long_ago:
            part.unlink(missing_ok=True)


def _drop(engine: Engine, digest: str) -> bool:
    path = _path(engine, digest)
    aside = path.with_name(f"{digest}.orphan")
    if aside.exists() and not path.exists():
        aside.rename(path)  # whoever put it there was killed
    if not path.exists() or _is_needed(engine, digest, path):
        return False
    path.rename(aside)  # from here on whoever uploads the same writes it anew
    if _is_needed(engine, digest, aside):
        aside.rename(path)
        return False
    aside.unlink()
    return True


def _is_needed(engine: Engine, digest: str, path: Path) -> bool:
    stored = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    if stored > dt.datetime.now(dt.UTC) - SETTLED:
        return True
    with engine.read() as session:
        named = select(Attachment.key).where(Attachment.digest == digest)
        return session.scalar(named.limit(1)) is not None
