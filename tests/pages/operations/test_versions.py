from __future__ import annotations

import re

from sqlalchemy import select

from engine.models.definition import ProcessDefinition
from engine.models.instance import SUSPENDED
from tests.diagrams import chain, process, user_task
from tests.pages.conftest import SignIn
from tests.pages.operations.conftest import Instance, audited, work_off
from tests.world import World

PLAN = "/operations/definitions/p/migrate"


def deploy(world: World, *steps: str) -> int:
    body = "".join(user_task(one) for one in steps) + chain("s", *steps, "e")
    return world.deploy({"p.bpmn": process(body)}).definitions[0].key


def definition(world: World, key: int) -> ProcessDefinition:
    with world.engine.read() as session:
        return session.scalars(select(ProcessDefinition).where(ProcessDefinition.key == key)).one()


def line(page: str, element_id: str) -> str:
    found = re.search(
        rf'<select class="([^"]*)" name="map\.{element_id}".*?</select>', page, re.DOTALL
    )
    assert found, element_id
    return found[0]


def test_counts_what_runs_in_each_version(world: World, sign_in: SignIn) -> None:
    deploy(world, "work")
    world.start("p")
    world.start("p")
    deploy(world, "work", "check")
    world.start("p")
    client = sign_in("owner")
    assert "2 个版本在办" in client.get("/operations/definitions").text
    page = client.get("/operations/definitions/p").text
    assert re.search(r"第 1 版.*?2 件", page, re.DOTALL)
    assert re.search(r"第 2 版.*?现行.*?1 件", page, re.DOTALL)
    assert "没有这个流程" in client.get("/operations/definitions?q=zzz").text
    assert client.get("/operations/definitions/none").status_code == 404


def test_suspends_a_version_with_its_instances_and_resumes_them(
    world: World, sign_in: SignIn
) -> None:
    key, client = deploy(world, "work"), sign_in("owner")
    one = world.start("p")
    client.post(f"/operations/definitions/{key}/suspend", data={"reason": " "})
    assert definition(world, key).suspended_at is None
    answer = client.post(f"/operations/definitions/{key}/suspend", data={"reason": "改图", "instances": "1"})  # fmt: skip
    assert "/operations/batches/" in answer.location
    work_off(world)
    assert definition(world, key).suspended_at
    assert world.instance(one.key).status == SUSPENDED
    page = client.get("/operations/definitions/p").text
    assert "停用" in page
    assert "暂停 1 件" in page
    client.post(f"/operations/definitions/{key}/resume", data={"instances": "1"})
    work_off(world)
    assert definition(world, key).suspended_at is None
    assert world.instance(one.key).status == "active"


def test_a_version_can_be_suspended_alone(world: World, sign_in: SignIn) -> None:
    key, client = deploy(world, "work"), sign_in("root")
    one = world.start("p")
    client.post(f"/operations/definitions/{key}/suspend", data={"reason": "改图"})
    work_off(world)
    assert world.instance(one.key).status == "active"
    page = client.post(f"/operations/definitions/{key}/suspend", data={"reason": "x"}, follow_redirects=True)  # fmt: skip
    assert "error." not in page.text
    assert client.post("/operations/definitions/5/suspend", data={"reason": "x"}).status_code == 404


def test_a_plan_presets_the_same_ids_and_marks_what_has_no_counterpart(
    world: World, sign_in: SignIn
) -> None:
    old = deploy(world, "work", "gone")
    world.start("p")
    deploy(world, "work", "other")
    page = sign_in("owner").get(f"{PLAN}?source={old}").text
    assert "第 1 版换到第 2 版，1 件" in page
    assert '<option value="work" selected>' in line(page, "work")
    assert "is-invalid" not in line(page, "work")
    assert "is-invalid" in line(page, "gone")
    assert 'value="e"' not in line(page, "gone")
    assert "其中没有对应的 1 个" in page


def test_previews_and_migrates_many_as_a_batch(world: World, sign_in: SignIn) -> None:
    old, client = deploy(world, "work"), sign_in("owner")
    some = [world.start("p") for _ in range(3)]
    new = deploy(world, "other")
    ids = {"source": old, "target": new}
    preview = client.post(PLAN, data={"act": "preview", **ids})
    assert "0/3 件换得过去" in preview.text
    assert "新版里没有对应的步骤" in preview.text
    preview = client.post(PLAN, data={"act": "preview", "map.work": "other", **ids})
    assert "3/3 件换得过去" in preview.text
    assert world.instance(some[0].key).definition_key == old
    answer = client.post(PLAN, data={"act": "run", "map.work": "other", "reason": "改版", **ids})
    assert 'hx-trigger="every 2s"' in client.get(answer.location).text
    work_off(world)
    page = client.get(answer.location).text
    assert "做完 3/3 件" in page
    assert "hx-trigger" not in page
    assert {world.instance(one.key).definition_key for one in some} == {new}
    assert audited(world, some[0], "instance.migrated")[0]["reason"] == "改版"


def test_migrates_one_instance_or_says_what_stands_in_the_way(
    world: World, sign_in: SignIn
) -> None:
    old, client = deploy(world, "work"), sign_in("owner")
    one, other = world.start("p"), world.start("p")
    new = deploy(world, "check")
    assert "换这一件" in client.get(f"{PLAN}?instance={one.key}").text
    given = {"act": "run", "instance": one.key, "target": new}
    refused = client.post(PLAN, data=given)
    assert refused.status_code == 422
    assert "“work”：新版里没有对应的步骤" in refused.text
    done = client.post(PLAN, data={**given, "map.work": "check"})
    assert done.location.endswith(f"/instances/{one.key}")
    assert world.instance(one.key).definition_key == new
    assert world.instance(other.key).definition_key == old


def test_refuses_a_target_element_that_is_not_there(world: World, sign_in: SignIn) -> None:
    old, client = deploy(world, "work"), sign_in("owner")
    world.start("p")
    new = deploy(world, "check")
    given = {"source": old, "target": new, "map.work": "nowhere"}
    for act in ("preview", "run"):
        assert client.post(PLAN, data={"act": act, **given}).status_code == 422, act


def test_others_may_not(world: World, sign_in: SignIn) -> None:
    key = deploy(world, "work")
    client = sign_in("supervisor")
    for path in ("/operations/definitions", "/operations/definitions/p", PLAN):
        assert client.get(path).status_code == 403, path
    assert client.post(f"/operations/definitions/{key}/suspend", data={"reason": "x"}).status_code == 403  # fmt: skip
    assert client.post(PLAN, data={"act": "run"}).status_code == 403
    assert sign_in("owner").get(f"{PLAN}?instance=5").status_code == 404


def test_the_overview_shows_what_runs_where(stuck: Instance, world: World, sign_in: SignIn) -> None:
    page = sign_in("owner").get("/operations/").text
    assert "没有处理的异常 1 个" in page
    assert 'href="/operations/incidents?process=p&amp;site=north"' in page
    assert "第 1 版" in page
    assert '<rect class="b" width="100.0"' in page
    assert "没有批量操作在做。" in page
