"""Photographs, signatures and documents sent while a form is filled in."""

from __future__ import annotations

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from engine import tasks
from engine.attachments import UploadRejected
from engine.errors import NotAllowed
from engine.models.task import Attachment
from web.errors import words
from web.extensions import session
from web.signin import current_actor
from web.views import entries, startable

blueprint = Blueprint("uploads", __name__)


@blueprint.post("/tasks/<int:key>/uploads")
def task(key: int) -> ResponseReturnValue:
    """Keep a file for a task; answer its key and address."""
    found = tasks.get(session, current_actor(), key)
    return _keep(found.site_id, task_key=key, instance_key=found.instance_key)


@blueprint.post("/start/<process_id>/uploads")
def start(process_id: str) -> ResponseReturnValue:
    """Keep a file for an instance about to be started; answer its key and address."""
    return _keep(startable.find(process_id).site.id)


def _keep(site_id: int, **of: int | None) -> ResponseReturnValue:
    file = request.files.get("file")
    if file is None:
        return jsonify({"message": words(UploadRejected(reason="it is empty"))}), 422
    try:
        return _answer(entries.store(site_id, file, **of))
    except (UploadRejected, NotAllowed) as error:
        return jsonify({"message": words(error)}), 422


def _answer(attachment: Attachment) -> ResponseReturnValue:
    url = url_for("attachments.show", key=attachment.key)
    return jsonify({"key": str(attachment.key), "url": url}), 201
