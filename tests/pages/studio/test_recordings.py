"""Recording a scenario in the browser: forms, refusals, the clock, taking back, keeping."""

from __future__ import annotations

import io

import pytest

from engine.studio import archives
from tests.engine.studio.bundle import FILES


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    return tmp_path_factory.mktemp("bases")


@pytest.fixture
def owner(sign_in, engine, bases):
    engine.home.mkdir(parents=True, exist_ok=True)
    (engine.home / "sandboxes").symlink_to(bases)
    return sign_in("owner")


def test_a_walk_becomes_a_scenario_of_the_draft(owner):
    packed = (io.BytesIO(archives.pack(FILES)), "x.zip")
    draft = owner.post(
        "/studio/drafts", data={"how": "import", "family": "checks", "files": packed}
    ).headers["Location"]
    assert "开始录制" in owner.get(f"{draft}/recordings").text
    url = owner.post(f"{draft}/recordings", data={"process_id": "checking"}).headers["Location"]
    assert "李雨桐" in owner.get(url).text
    started = owner.post(url, data={"do": "step", "version": 1, "_actor": "liyutong"})
    assert started.status_code == 302
    page = owner.get(url).text
    assert 'name="who"' in page
    refused = owner.post(url, data={"do": "step", "version": 2, "_actor": "huangsimin", "who": ""})
    assert refused.status_code == 422
    assert "f-who" in refused.text
    nobody = owner.post(url, data={"do": "step", "version": 2, "_actor": "liyutong", "who": "陈"})
    assert nobody.status_code == 422
    assert "这一步没有办成" in nobody.text
    assert (
        owner.post(
            url, data={"do": "step", "version": 2, "_actor": "huangsimin", "who": "陈"}
        ).status_code
        == 302
    )
    assert "已办结" in owner.get(url).text
    kept = owner.post(url, data={"do": "keep", "version": 3, "name": "办一遍"})
    assert kept.headers["Location"] == f"{draft}/proof"
    assert "办一遍" in owner.get(f"{draft}/files").json["files"]["scenarios/checking.test.json"]
    assert owner.get(url).status_code == 404


def test_what_the_gate_refuses_cannot_be_walked_through(owner):
    files = FILES | {"forms/checking.check.form": b"{}"}
    packed = (io.BytesIO(archives.pack(files)), "x.zip")
    draft = owner.post(
        "/studio/drafts", data={"how": "import", "family": "checks", "files": packed}
    ).headers["Location"]
    answer = owner.post(
        f"{draft}/recordings", data={"process_id": "checking"}, follow_redirects=True
    )
    assert "流程走不起来" in answer.text
