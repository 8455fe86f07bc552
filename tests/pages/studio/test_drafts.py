"""The studio's list, import and export, and the JSON the editor speaks."""

from __future__ import annotations

import io
import json

import pytest

from engine.studio import archives
from tests.engine.studio.bundle import DRAWN, FILES


@pytest.fixture
def owner(sign_in):
    return sign_in("owner")


def imported(browser, files=FILES, family="checks") -> str:
    data = {
        "how": "import",
        "family": family,
        "files": (io.BytesIO(archives.pack(files)), "checks.zip"),
    }
    answer = browser.post("/studio/drafts", data=data)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def put(browser, url, version, files):
    return browser.put(f"{url}/files", json={"files": files}, headers={"If-Match": f'"{version}"'})


def test_only_process_owners_enter(sign_in):
    assert sign_in("clerk").get("/studio/").status_code == 403
    assert sign_in("root").get("/studio/").status_code == 403


def test_an_import_can_be_exported_again_unchanged(owner):
    url = imported(owner)
    answer = owner.get(f"{url}/export.zip")
    assert archives.unpack(answer.data) == FILES
    assert "checks" in owner.get("/studio/").text


def test_single_files_go_where_their_kind_belongs(owner):
    files = [
        (io.BytesIO(DRAWN), "checking.bpmn"),
        (io.BytesIO(FILES["forms/checking.check.form"]), "checking.check.form"),
    ]
    answer = owner.post("/studio/drafts", data={"how": "import", "files": files})
    url = answer.headers["Location"]
    body = owner.get(f"{url}/files").json
    assert body["family"] == "checking"
    assert body["files"].keys() == {"checking.bpmn", "forms/checking.check.form"}


def test_the_editor_gets_its_addresses_and_a_policy_of_its_own(owner):
    answer = owner.get(imported(owner))
    assert "data-studio" in answer.text
    assert "style-src-attr 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_reads_saves_and_checks_the_files(owner):
    url = imported(owner)
    body = owner.get(f"{url}/files").json
    assert body == {
        "version": 1, "family": "checks", "base": {"deployed": None},
        "files": {path: text.decode() for path, text in FILES.items()},
    }  # fmt: skip
    checked = owner.post(
        f"{url}/findings", json={"files": {"forms/checking.check.form": None}}
    ).json
    first = checked["findings"][0]
    assert (first["path"], first["elementId"], first["code"]) == (
        "checking.bpmn",
        "check",
        "unknown_form",
    )
    saved = put(owner, url, 1, {"README.md": "x"})
    assert saved.json == {"version": 2, "findings": []}


def test_findings_speak_the_readers_language(owner):
    url = imported(owner)
    change = {"files": {"forms/checking.check.form": None}}
    assert "没有表单" in owner.post(f"{url}/findings", json=change).json["findings"][0]["message"]
    owner.post("/account/language", data={"locale": "en"})
    found = owner.post(f"{url}/findings", json=change).json["findings"][0]
    assert found["message"] == "There is no form checking.check."


def test_a_late_save_is_told_where_it_was_kept(owner):
    url = imported(owner)
    put(owner, url, 1, {"README.md": "first"})
    late = put(owner, url, 1, {"README.md": "second"})
    assert late.status_code == 412
    assert late.json["changed"] == ["README.md"]
    assert late.json["version"] == 2
    assert owner.get(f"{late.json['url']}/files").json["files"]["README.md"] == "second"
    assert "冲突副本" in owner.get("/studio/").text


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"files": []}', b'{"files": {"a.md": 1}}', b"[" * 100_000]
)
def test_refuses_what_is_no_change(owner, body):
    url = imported(owner)
    answer = owner.put(f"{url}/files", data=body, headers={"If-Match": '"1"', "Content-Type": "application/json"})  # fmt: skip
    assert answer.status_code == 400
    assert owner.get(f"{url}/files").json["version"] == 1


def test_refuses_a_hostile_file_with_the_reason_and_keeps_the_draft(owner):
    url = imported(owner)
    answer = put(owner, url, 1, {"checking.bpmn": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"})
    assert answer.status_code == 422
    assert "DOCTYPE" in answer.json["errors"]["checking.bpmn"][0]
    half = owner.put(f"{url}/files", data=b'{"files": {"README.md": "\\ud800"}}', headers={"If-Match": '"1"'})  # fmt: skip
    assert half.json["errors"] == {"README.md": ["文件不是 UTF-8 文本（第 1 行）"]}
    assert owner.get(f"{url}/files").json["files"]["checking.bpmn"] == DRAWN.decode()


def test_an_import_that_is_refused_says_why_and_keeps_nothing(owner):
    data = {"how": "import", "files": (io.BytesIO(b"nothing"), "checks.zip")}
    answer = owner.post("/studio/drafts", data=data)
    assert answer.status_code == 422
    assert "zip" in answer.text


def test_the_vocabulary_names_roles_limits_and_variables(owner):
    body = owner.get(f"{imported(owner)}/vocabulary").json
    assert {"key": "front_desk", "name": "前台"} in body["roles"] or body["roles"]
    assert body["limits"][0].keys() == {"key", "text", "clause"}
    assert "who" in body["variables"]["e"]
    assert json.dumps(body)
    assert body["jobTypes"]


def test_a_deleted_draft_is_gone(owner):
    url = imported(owner)
    assert owner.post(f"{url}/delete").status_code == 302
    assert owner.get(url).status_code == 404


def test_a_neighbour_becomes_a_draft_of_its_own(owner, world):
    world.deploy(FILES, family="checks")
    form = {"how": "neighbour", "process_id": "checking", "new_id": "pool", "name": "泳池"}
    url = owner.post("/studio/drafts", data=form).headers["Location"]
    assert "pool.bpmn" in owner.get(f"{url}/files").json["files"]
    assert owner.post("/studio/drafts", data=form | {"new_id": "checking"}).status_code == 422


def test_every_save_is_told_and_an_earlier_one_can_be_taken_up_again(owner):
    url = imported(owner)
    put(owner, url, 1, {"README.md": "一"})
    put(owner, url, 2, {"README.md": "二", "forms/checking.check.form": None})
    page = owner.get(f"{url}/saves").text
    assert "forms/checking.check.form" in page
    assert "草稿的开头，4 个文件" in page
    assert "二" in owner.get(f"{url}/saves?look=3").text
    # when
    answer = owner.post(f"{url}/saves", data={"version": 3, "to": 1})
    # then
    assert answer.headers["Location"] == f"{url}/saves"
    now = owner.get(f"{url}/files").json
    assert now["version"] == 4
    assert {path: text.encode() for path, text in now["files"].items()} == FILES
    # who looked at an old page gets a draft of its own, nobody is overwritten
    late = owner.post(f"{url}/saves", data={"version": 3, "to": 2}).headers["Location"]
    assert owner.get(f"{late}/files").json["files"]["README.md"] == "一"
    assert owner.get(f"{url}/files").json["version"] == 4
    assert owner.post(f"{url}/saves", data={"version": 4, "to": 99}).status_code == 404
