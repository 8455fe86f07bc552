"""From the draft to the deployment and back: proof, differences, deploying, history, versions, paper."""

from __future__ import annotations

import io
import re
from base64 import b64encode

import pytest

from engine.deployment import definitions
from engine.studio import archives, proofs
from tests.diagrams import chain, process, user_task
from tests.engine.studio.bundle import FILES
from tests.world import PASSWORD

AUTH = {"Authorization": "Basic " + b64encode(f"owner:{PASSWORD}".encode()).decode()}
TWO_STEPS = process(
    user_task("check", form="checking.check") + user_task("look", "front_desk") + chain("s", "check", "look", "e"),
    "checking",
)  # fmt: skip


@pytest.fixture
def owner(sign_in):
    return sign_in("owner")


def imported(browser, files, family="checks") -> str:
    data = {"how": "import", "family": family, "files": (io.BytesIO(archives.pack(files)), "x.zip")}
    return browser.post("/studio/drafts", data=data).headers["Location"]


@pytest.fixture
def changed(owner, world) -> str:
    """A draft that adds a step to what is deployed, with an instance that runs."""
    world.deploy(FILES, family="checks")
    world.start("checking")
    return imported(owner, FILES | {"checking.bpmn": TWO_STEPS})


def proven(world, url, *, passed=True) -> None:
    key = int(url.rsplit("/", 1)[1])
    with world.engine.begin(world.actor("owner")) as command:
        proof = proofs.begin(command, key)
    result = {
        "file": "scenarios/checking.test.json", "name": "办一次", "passed": passed, "seconds": 0.5,
        "elements": [["checking", "s"], ["checking", "check"]], "flows": [["checking", "s_check"]],
    }  # fmt: skip
    if not passed:
        result |= {
            "step": 2, "type": "COMPLETE_USER_TASK", "element": "check", "code": "scenario_differs", "message": "x",
            "params": {"what": "due date", "found": "1", "wanted": "2"},
        }  # fmt: skip
    proofs._note(world.engine, proof.key, state="done", results=[result])


def test_says_what_would_change_in_words_and_pictures(owner, changed):
    text = owner.get(f"{changed}/diff").text
    assert "check_look" in text
    assert "新增" in text
    new = owner.get(f"{changed}/diff/new.json?path=checking.bpmn").json
    assert new["target"] == ["check_look", "look", "look_e"]
    assert owner.get(f"{changed}/diff/old.json?path=checking.bpmn").json["ending"] == ["check_e"]
    assert owner.get(f"{changed}/picture/checking.bpmn").data == TWO_STEPS
    assert owner.get(f"{changed}/picture/nothing.bpmn").status_code == 404


def test_a_failed_scenario_is_told_with_its_step_and_painted(owner, changed, world):
    proven(world, changed, passed=False)
    text = owner.get(f"{changed}/proof").text
    assert "第 2 步，办理“check”" in text
    assert "到期时间" in text
    with world.engine.read() as session:
        proof = proofs.latest(
            session, session.get_one(proofs.BundleDraft, int(changed.rsplit("/", 1)[1]))
        )
    state = owner.get(f"{changed}/proof/{proof.key}.json?path=checking.bpmn").json
    assert state["done"] == ["check", "s"]
    assert state["off"] == ["e", "look"]
    assert state["late"] == ["check"]


def test_a_refused_deployment_keeps_what_was_typed(owner, changed):
    answer = owner.post(f"{changed}/deploy", data={"version": 1, "note": "加一步复核"})
    assert answer.status_code == 422
    assert "加一步复核" in answer.text
    assert "没有验证过现在的内容" in answer.text


def test_deploys_tells_what_runs_and_goes_back(owner, changed, world):
    proven(world, changed)
    page = owner.get(f"{changed}/deploy").text
    assert "1 个全部成立" in page
    assert "在办 1 件" in page
    answer = owner.post(f"{changed}/deploy", data={"version": 1, "note": "加一步复核"})
    assert answer.headers["Location"] == "/studio/families/checks"
    family = owner.get("/studio/families/checks").text
    assert "加一步复核" in family
    assert "± checking.bpmn" in family
    with world.engine.read() as session:
        first = proofs.drafts.latest_deployment(session, "checks").key
    listed = [int(one) for one in re.findall(r"/studio/deployments/(\d+)/restore", family)]
    assert first not in listed
    back = owner.post(f"/studio/deployments/{listed[0]}/restore", data={"note": "复核多余"})
    assert back.status_code == 302
    assert "退回到第 1 次的内容" in owner.get("/studio/families/checks").text


def test_says_when_a_later_deployment_would_be_covered_up(owner, changed, world):
    world.deploy(FILES | {"README.md": b"later"}, family="checks")
    assert "第 2 次部署在它之后" in owner.get(f"{changed}/deploy").text


def test_an_old_page_deploys_nothing(owner, changed, world):
    proven(world, changed)
    answer = owner.post(f"{changed}/deploy", data={"version": 7, "note": "加一步复核"})
    assert answer.status_code == 409


def test_the_page_of_a_procedure_shows_where_instances_stand(owner, changed):
    assert "第 1 版" in owner.get("/studio/processes/checking").text
    state = owner.get("/studio/processes/checking/diagram.json").json
    assert state["waiting"] == ["check"]
    assert "在办 1" in state["badges"]["check"]


def test_a_procedure_is_printed_whole(owner, changed):
    text = owner.get("/studio/processes/checking/paper").text
    assert "checking.check" in text
    assert "谁" in text


def test_pages_of_nothing_are_not_found(owner):
    for path in ("families/none", "processes/none", "processes/none/paper", "drafts/1/deploy", "drafts/1/proof", "recordings/1", "deployments/1/picture/x.bpmn"):  # fmt: skip
        assert owner.get(f"/studio/{path}").status_code == 404, path


LOOK = process(user_task("look") + chain("s", "look", "e"), "looking")


def test_says_what_a_deployment_withdraws_and_then_neither_page_nor_api_starts_it(
    owner, sign_in, app, world
):
    world.deploy(FILES | {"looking.bpmn": LOOK}, family="checks")
    running = world.start("looking")
    url = imported(owner, FILES)
    page = owner.get(f"{url}/deploy").text
    assert "部署后不能再发起" in page
    assert "looking：在办 1 件照原来的版本办完" in page
    clerk = sign_in("clerk")
    assert clerk.get("/start/looking").status_code == 200
    proven(world, url)
    assert owner.post(f"{url}/deploy", data={"version": 1, "note": "并进另一个"}).status_code == 302
    assert "不再发起" in owner.get("/studio/families/checks").text
    assert clerk.get("/start/looking").status_code == 404
    assert "/start/looking" not in clerk.get("/start").text
    key = str(world.instance(running.key).definition_key)
    for asked in ({"processDefinitionId": "looking"}, {"processDefinitionKey": key}):
        answer = app.test_client().post("/v2/process-instances", json=asked, headers=AUTH)
        assert answer.status_code in (400, 404), answer.text
    assert world.instance(running.key).status == "active"


def test_the_api_withdraws_only_with_a_family(app, world):
    world.deploy(FILES | {"looking.bpmn": LOOK}, family="checks")
    for family, startable in ((None, True), ("checks", False)):
        data = {"resources": [(io.BytesIO(text), path) for path, text in FILES.items()]}
        data |= {"family": family} if family else {}
        answer = app.test_client().post("/v2/deployments", data=data, headers=AUTH)
        assert answer.status_code == 200, answer.text
        with world.engine.read() as session:
            offered = definitions.startable(session, world.actor("clerk"), world.site().id)
        assert ("looking" in {one.process_id for one in offered}) == startable
