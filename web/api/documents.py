"""Documents: what the pages call attachments. Images and PDF by their content, given out as downloads only."""

from __future__ import annotations

from typing import Any

from flask import Response, request, send_file
from marshmallow import ValidationError, fields
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from engine import attachments, instances
from engine.engine import Command
from engine.models.task import Attachment
from web.api import tenants
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.schemas import Body, Instant, Key, Result, text
from web.extensions import engine, session

blueprint = Noun("documents", longest=attachments.MAX_BYTES + 64_000)

STORE = "guicheng"
REQUEST = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "metadata": {
                        "type": "string",
                        "description": "JSON: fileName, processInstanceKey, tenantId (an extension); other members of Camunda's are read over.",
                    },
                },
            }
        }
    },
}


class DocumentMetadata(Body):
    """What a document is called and where it belongs; type and size are judged by the content."""

    content_type = fields.Raw()
    file_name = text(load_default=None)
    expires_at = fields.Raw()
    size = fields.Raw()
    process_definition_id = fields.Raw()
    process_instance_key = Key(load_default=None)
    custom_properties = fields.Raw()
    tenant_id = text(load_default=None)


class DocumentMetadataResult(Result):
    """What is known of a document."""

    content_type = fields.String()
    file_name = fields.String()
    expires_at = Instant(allow_none=True)
    size = fields.Integer()
    process_definition_id = fields.String(allow_none=True)
    process_instance_key = Key(allow_none=True)
    custom_properties = fields.Dict()


class DocumentReference(Result):
    """A document; `contentHash` is its SHA-256."""

    camunda_document_type = fields.String(data_key="camunda.document.type")
    store_id = fields.String()
    document_id = fields.String()
    content_hash = fields.String(allow_none=True)
    metadata = fields.Nested(DocumentMetadataResult)


@blueprint.post("/documents")
@blueprint.described(requestBody=REQUEST)
@blueprint.response(201, DocumentReference)
def create() -> dict[str, Any]:
    """Keep a document at a site, or with an instance the caller may see."""
    file, asked = _uploaded(), _metadata()
    with engine.begin(actor()) as command:
        stored = attachments.store(
            command,
            _site_id(command, asked),
            file.read(),
            asked["file_name"] or file.filename or "",
            kind="document",
            instance_key=asked["process_instance_key"],
        )
        return _described(stored)


def _uploaded() -> FileStorage:
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType("A document is sent as multipart/form-data.")
    file = request.files.get("file")
    if file is None:
        raise BadRequest("A document needs its file.")
    return file


def _metadata() -> dict[str, Any]:
    try:
        asked: dict[str, Any] = DocumentMetadata().loads(request.form.get("metadata", "{}"))
    except (ValidationError, ValueError) as error:
        raise BadRequest(f"metadata: {error}") from error
    return asked


def _site_id(command: Command, asked: dict[str, Any]) -> int:
    if asked["process_instance_key"] is None:
        return tenants.find(command.session, command.actor, asked["tenant_id"]).id
    key = asked["process_instance_key"]
    return instances.get(command.session, command.actor, key).site_id


def _described(document: Attachment) -> dict[str, Any]:
    return {
        "camunda_document_type": "camunda",
        "store_id": STORE,
        "document_id": str(document.key),
        "content_hash": document.digest,
        "metadata": {
            "content_type": document.media_type,
            "file_name": document.filename,
            "expires_at": None,
            "size": document.size,
            "process_definition_id": None,
            "process_instance_key": document.instance_key,
            "custom_properties": {},
        },
    }


@blueprint.get("/documents/<key:document_key>")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
def get(document_key: int) -> Response:
    """Give the bytes of a document of the caller's sites, always as a download."""
    found = attachments.get(session, actor(), document_key)
    return send_file(
        attachments.path_of(engine, found),
        mimetype=found.media_type,
        as_attachment=True,
        download_name=found.filename,
        etag=found.digest,
    )
