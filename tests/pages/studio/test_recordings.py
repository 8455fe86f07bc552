"""Recording a scenario in the browser: forms, refusals, the clock, taking back, keeping."""

from __future__ import annotations

import io
import json

import pytest

from engine.policy import limits
from engine.studio import archives
from tests.diagrams import chain, process, user_task
from tests.engine.studio.bundle import FILES, FORM, written


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


SIGNED = FORM | {
    "components": [
        {"type": "signature", "id": "a", "key": "sign", "label": "签收", "validate": {"required": True}}
    ]
}  # fmt: skip
WAITING = process(
    user_task("check", form="checking.check")
    + '<intermediateCatchEvent id="paid"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
    + chain("s", "check", "paid", "e"),
    "checking",
    extra='<message id="m" name="paid"><extensionElements><zeebe:subscription correlationKey="=&quot;A1&quot;"/></extensionElements></message>',
)
SIGNING = FILES | {"checking.bpmn": WAITING, "forms/checking.check.form": written(SIGNED)}


def test_who_walks_signs_and_publishes_what_a_step_waits_for(owner):
    packed = (io.BytesIO(archives.pack(SIGNING)), "x.zip")
    draft = owner.post(
        "/studio/drafts", data={"how": "import", "family": "checks", "files": packed}
    ).headers["Location"]
    url = owner.post(f"{draft}/recordings", data={"process_id": "checking"}).headers["Location"]
    owner.post(url, data={"do": "step", "version": 1, "_actor": "liyutong"})
    # given: a form that asks for a signature says so and takes one
    page = owner.get(url).text
    assert "请照常签名、拍照：签收" in page
    unsigned = owner.post(url, data={"do": "step", "version": 2, "_actor": "huangsimin"})
    assert unsigned.status_code == 422
    upload = {"file": (io.BytesIO(b"x"), "signature.png")}
    brought = owner.post(f"{url}/files", data=upload).json
    assert brought["key"] == "sign-recorded"
    assert owner.get(brought["url"]).mimetype == "image/svg+xml"
    signed = {"do": "step", "version": 2, "_actor": "huangsimin", "sign": brought["key"]}
    assert owner.post(url, data=signed).status_code == 302
    # when: what it waits for now comes
    assert "paid (A1)" in owner.get(url).text
    wrong = {"do": "publish", "version": 3, "message": 0, "message_variables": "nonsense"}
    assert "nonsense”不是“名称 = 值" in owner.post(url, data=wrong, follow_redirects=True).text
    sent = {"do": "publish", "version": 3, "message": 0, "message_variables": "amount = 12"}
    assert owner.post(url, data=sent).status_code == 302
    # then
    assert "已办结" in owner.get(url).text
    owner.post(url, data={"do": "keep", "version": 4, "name": "签了、付了"})
    kept = json.loads(owner.get(f"{draft}/files").json["files"]["scenarios/checking.test.json"])
    steps = {one["type"]: one for one in kept["testCases"][-1]["instructions"]}
    assert steps["PUBLISH_MESSAGE"] == {
        "type": "PUBLISH_MESSAGE",
        "name": "paid",
        "correlationKey": "A1",
        "variables": {"amount": 12},
    }
    assert steps["COMPLETE_USER_TASK"]["variables"] == {"sign": "sign-recorded"}


def test_limits_the_company_changed_are_named_where_scenarios_run(owner, world):
    key = next(one for one in limits.catalogue() if limits.is_time(one))
    with world.engine.begin(world.actor("owner")) as command:
        limits.change(command, key, None, "P9D")
    limited = process(
        user_task("check", form="checking.check", limit=key) + chain("s", "check", "e"), "checking"
    )
    packed = (io.BytesIO(archives.pack(FILES | {"checking.bpmn": limited})), "x.zip")
    draft = owner.post(
        "/studio/drafts", data={"how": "import", "family": "checks", "files": packed}
    ).headers["Location"]
    for page in ("proof", "recordings"):
        text = owner.get(f"{draft}/{page}").text
        assert "公司改过其中 1 项" in text
        assert "9 " in text
