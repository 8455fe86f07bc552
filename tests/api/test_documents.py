"""Documents through the official client: kept, given back, refused."""

from __future__ import annotations

import hashlib
import io

import pytest
from camunda_orchestration_sdk import CamundaClient, errors
from camunda_orchestration_sdk import models as m
from camunda_orchestration_sdk import semantic_types as t
from camunda_orchestration_sdk.types import File

from tests.api import bundles
from tests.api.conftest import Client
from tests.world import World

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF"


def upload(client: CamundaClient, content: bytes, **metadata: object) -> m.DocumentReference:
    file = File(payload=io.BytesIO(content), file_name="合同.pdf")
    data = m.CreateDocumentData(file=file, metadata=m.DocumentMetadata.from_dict(metadata))
    return client.create_document(data=data)


def test_a_document_comes_back_as_it_was(client: Client, world: World) -> None:
    # given
    world.deploy(bundles.FILES)
    instance = world.start("p", {"unit_no": "1"})
    # when
    kept = upload(
        client("assistant"), PDF, fileName="lease.pdf", processInstanceKey=str(instance.key)
    )
    # then
    assert kept.metadata.file_name == "lease.pdf"
    assert (kept.metadata.content_type, kept.metadata.size) == ("application/pdf", len(PDF))
    assert kept.content_hash == hashlib.sha256(PDF).hexdigest()
    given = client("clerk").get_document(kept.document_id)
    assert given.payload.read() == PDF


def test_another_sites_document_is_not_found(client: Client) -> None:
    kept = upload(client("assistant"), PDF)
    with pytest.raises(errors.NotFoundError):
        client("stranger").get_document(kept.document_id)


def test_what_is_no_picture_and_no_pdf_is_refused(client: Client) -> None:
    with pytest.raises(errors.BadRequestError):
        upload(client("assistant"), b"<script>alert(1)</script>")


def test_an_instance_of_another_site_takes_no_document(client: Client, world: World) -> None:
    world.deploy(bundles.FILES)
    instance = world.start("p", {"unit_no": "1"})
    with pytest.raises(errors.ApiError) as refused:
        upload(client("stranger"), PDF, processInstanceKey=str(instance.key))
    assert refused.value.status_code == 404


def test_an_unknown_document_is_not_found(client: Client) -> None:
    with pytest.raises(errors.NotFoundError):
        client("clerk").get_document(t.DocumentId("123"))
