"""The files of a draft as the editor reads, checks and saves them: JSON, one request each."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from engine.deployment import bundles
from engine.models.studio import BundleDraft
from engine.staff import people
from engine.studio import drafts, findings, intake
from engine.studio.drafts import Changes, DraftChanged
from engine.studio.intake import FilesRefused
from web.errors import words as error_words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import names
from web.views.operations.scope import known
from web.views.studio import findings as wording
from web.views.studio import shelf, vocabulary

MOST = bundles.MAX_BYTES * 3  # JSON may write a letter with six


def register(blueprint: Blueprint) -> None:
    """Add the addresses to the blueprint of the studio."""
    for method, path, act in (
        ("GET", "files", read),
        ("PUT", "files", write),
        ("POST", "findings", check),
        ("GET", "vocabulary", offer),
    ):
        blueprint.add_url_rule(
            f"/drafts/<int:key>/{path}", f"{act.__name__}_files", act, methods=[method]
        )


def _draft(key: int) -> BundleDraft:
    return drafts.get(session, current_actor(), known(key, "draft"))


def read(key: int) -> ResponseReturnValue:
    """Give every file of a draft as text, with the version they are in."""
    draft = _draft(key)
    files = drafts.content(session, draft)
    return jsonify(
        {
            "version": draft.version,
            "family": draft.family,
            "files": {path: content.decode("utf-8") for path, content in files.items()},
            "base": {"deployed": shelf.number(draft.base_key)},
        }
    )


def write(key: int) -> ResponseReturnValue:
    """Save what changed, unless somebody else did in between: then it is kept in a draft of its own."""
    version, changes = _version(), _changes()
    try:
        with engine.begin(current_actor()) as command:
            saved = drafts.save(command, known(key, "draft"), version, changes)
    except FilesRefused as error:
        return _refused(error)
    session.rollback()
    if isinstance(saved, DraftChanged):
        return _late(saved), 412
    files = drafts.content(session, saved)
    return jsonify({"version": saved.version, "findings": _findings(saved, files)})


def check(key: int) -> ResponseReturnValue:
    """Say what is wrong with the draft as it would be with these changes; nothing is saved."""
    draft, changes = _draft(key), _changes()
    merged = {**drafts.content(session, draft), **changes}
    files = {path: content for path, content in merged.items() if content is not None}
    try:
        return jsonify({"findings": _findings(draft, files)})
    except FilesRefused as error:
        return _refused(error)
    except findings.Busy as error:
        return jsonify({"reason": error_words(error)}), 503


def offer(key: int) -> ResponseReturnValue:
    """Give what the pickers of the editor offer."""
    draft = _draft(key)
    return jsonify(vocabulary.view(draft, drafts.content(session, draft)))


def _findings(draft: BundleDraft, files: dict[str, bytes]) -> list[dict[str, Any]]:
    return wording.listed(findings.examine(engine, session, draft.family, files))


def _refused(error: FilesRefused) -> ResponseReturnValue:
    return jsonify({"errors": wording.by_path(error.problems)}), 422


def _late(late: DraftChanged) -> Any:
    who = people.by_id(session, [late.last.saved_by])
    return jsonify(
        {
            "version": late.draft.version,
            "by": names.user(who.get(late.last.saved_by or 0)),
            "at": late.last.saved_at.isoformat(),
            "changed": late.changed,
            "copy": str(late.copy.key),
            "url": url_for("studio.edit", key=late.copy.key),
        }
    )


def _version() -> int:
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 9:  # noqa: PLR2004 - of nine digits at most
        raise BadRequest("If-Match names the version that was changed")
    return int(text)


def _changes() -> Changes:
    request.max_content_length = MOST
    try:
        body = json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not JSON.") from error
    files = body.get("files") if isinstance(body, dict) else None
    if not isinstance(files, dict) or len(files) > 2 * bundles.MAX_FILES:
        raise BadRequest("The body is {files: {path: text or null}}.")
    return {path: _bytes(path, text) for path, text in files.items()}


def _bytes(path: str, text: Any) -> bytes | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise BadRequest(f"{path[: intake.LONGEST_PATH]} is no text")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        # Half of a surrogate pair: kept as bytes it is refused with its line, like any other text that is no UTF-8.
        return text.encode("utf-8", "surrogatepass")
