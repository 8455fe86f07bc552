"""Hostile files are refused with file, element and reason, by the studio and by the API; the draft stays."""

from __future__ import annotations

import gc
import io
import time
from base64 import b64encode

import pytest

from engine.studio import archives, findings
from engine.studio.intake import FilesRefused
from tests.engine.studio.bundle import FILES
from tests.engine.studio.hostile import EVERY, Hostile
from tests.world import PASSWORD
from web.views.studio import findings as wording
from web.views.studio.chinese import SENTENCES

every = pytest.mark.parametrize("hostile", EVERY.values(), ids=EVERY.keys())
SECONDS = 6
AUTH = {"Authorization": "Basic " + b64encode(f"owner:{PASSWORD}".encode()).decode()}


@pytest.fixture
def owner(sign_in):
    return sign_in("owner")


def post(browser, files):
    data = {
        "how": "import",
        "family": "checks",
        "files": (io.BytesIO(archives.pack(files)), "x.zip"),
    }
    return browser.post("/studio/drafts", data=data)


@pytest.fixture(autouse=True)
def soon():
    """Whatever is sent is refused within seconds (of the processor: a busy machine fails nothing)."""
    began = time.process_time()
    yield
    assert time.process_time() - began < SECONDS


@every
def test_the_studio_says_file_element_and_reason_and_keeps_the_draft(owner, hostile: Hostile):
    url = post(owner, FILES).headers["Location"]
    changes = {
        path: text.decode("utf-8")
        for path, text in hostile.files.items()
        if FILES.get(path) != text
    }
    answer = owner.put(f"{url}/files", json={"files": changes}, headers={"If-Match": '"1"'})
    if hostile.kept:
        found = [one for one in answer.json["findings"] if one["severity"] == "error"]
        said = {(one["path"], one["elementId"], one["code"]) for one in found}
        assert (hostile.file, hostile.element, hostile.code) in said
        refused = owner.post(
            f"{url}/deploy", data={"version": 2, "note": "部署一下看看", "override": "无论如何"}
        )
        assert refused.status_code == 422
    else:
        assert answer.status_code == 422
        assert hostile.file in answer.json["errors"]
        assert owner.get(f"{url}/files").json["version"] == 1
        assert post(owner, hostile.files).status_code == 422
    assert owner.get(f"{url}/files").status_code == 200


@pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning"
)  # of the test client's large uploads
@every
def test_the_api_says_file_and_element(app, world, hostile: Hostile):
    resources = [(io.BytesIO(text), path) for path, text in hostile.files.items()]
    answer = app.test_client().post("/v2/deployments", data={"resources": resources}, headers=AUTH)
    assert answer.status_code == 400, answer.text
    found = answer.json["findings"]
    assert any(one["resourceName"] == hostile.file for one in found), found
    if hostile.element and hostile.kept:
        assert hostile.element in str(found)
    gc.collect()


def test_every_reason_is_said_in_chinese_and_english(app, world):
    with (
        app.test_request_context(headers={"Accept-Language": "zh"}),
        world.engine.read() as session,
    ):
        for hostile in EVERY.values():
            try:
                found = findings.examine(world.engine, session, "checks", hostile.files)
            except FilesRefused as error:
                found = error.problems
            for one in findings.errors(found):
                assert one.code in SENTENCES, one.code
                assert "{" not in wording.words(one)
