from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from tests.conftest import Clock
from tests.diagrams import chain, process, script, user_task
from tests.pages.conftest import SignIn
from tests.world import World


def test_shows_diagram_course_data_and_reason(
    started: Any, world: World, sign_in: SignIn, clock: Clock
) -> None:
    clock.forward(minutes=20)
    world.complete("check", {"result": "bad", "note": "缺复印件"})
    page = sign_in("assistant").get(f"/instances/{started.key}").text
    for words in (
        "流程图",
        "步骤清单",
        "缺复印件",
        "不合格",
        "“sign”等客服主管领取",
        "办理中",
        "《收楼书》",
    ):
        assert words in page, words


def test_masks_personal_data(started: Any, sign_in: SignIn) -> None:
    page = sign_in("assistant").get(f"/instances/{started.key}").text
    assert "138****1201" in page
    assert "13800001201" not in page


def test_gives_the_state_of_the_diagram(started: Any, world: World, sign_in: SignIn) -> None:
    world.complete("check", {"result": "ok"})
    state = sign_in("assistant").get(f"/instances/{started.key}/diagram.json").json
    assert state["current"] == ["sign"]
    assert "check" in state["done"]
    assert "s_check" in state["flows"]
    assert state["off"] == []
    assert state["badges"]["check"]
    xml = sign_in("assistant").get(f"/instances/{started.key}/diagram.bpmn")
    assert b"<process" in xml.data


def test_hides_instances_of_other_sites(started: Any, sign_in: SignIn) -> None:
    client = sign_in("stranger")
    for path in ("", "/diagram.bpmn", "/diagram.json", "/audit"):
        assert client.get(f"/instances/{started.key}{path}").status_code == 404, path
    for path in ("cancel", "comments"):
        answer = client.post(f"/instances/{started.key}/{path}", data={"reason": "x", "text": "x"})
        assert answer.status_code == 404, path


def test_supervisors_cancel_with_a_reason(started: Any, world: World, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    assert "撤销流程" in client.get(f"/instances/{started.key}").text
    client.post(f"/instances/{started.key}/cancel", data={"reason": "  "})
    assert world.instance(started.key).status == "active"
    client.post(f"/instances/{started.key}/cancel", data={"reason": "业主改期"})
    assert world.instance(started.key).status == "terminated"
    page = client.get(f"/instances/{started.key}").text
    assert "业主改期" in page
    assert world.open_tasks() == []


def test_others_cannot_cancel(started: Any, world: World, sign_in: SignIn) -> None:
    client = sign_in("assistant")
    assert "撤销流程" not in client.get(f"/instances/{started.key}").text
    answer = client.post(f"/instances/{started.key}/cancel", data={"reason": "x"})
    assert answer.status_code == 403
    assert world.instance(started.key).status == "active"


def test_shows_the_audit_and_that_its_chain_is_whole(
    started: Any, world: World, sign_in: SignIn
) -> None:
    world.complete("check", {"result": "ok"})
    page = sign_in("assistant").get(f"/instances/{started.key}/audit").text
    assert "发起流程" in page
    assert "办结任务" in page
    assert "记录链完整" in page


def test_shows_where_the_chain_of_the_audit_was_broken(
    started: Any, world: World, sign_in: SignIn
) -> None:
    with world.engine.bind.begin() as connection:
        connection.execute(
            text("UPDATE audit_entry SET actor_name = 'Nobody' WHERE chain = :key AND seq = 1"),
            {"key": started.key},
        )
    page = sign_in("assistant").get(f"/instances/{started.key}/audit").text
    assert "第 1 条起，记录链对不上" in page


def test_remarks_are_shown_to_the_site_escaped(started: Any, world: World, sign_in: SignIn) -> None:
    client = sign_in("assistant")
    task = world.task("check")
    said = "这户约了 11:30\n<script>alert(1)</script>"
    answer = client.post(
        f"/instances/{started.key}/comments", data={"text": said, "task": task.key}
    )
    assert answer.location.endswith(f"/tasks/{task.key}#talk")
    page = sign_in("cashier").get(f"/instances/{started.key}").text
    assert "这户约了 11:30" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("said", ["", "   ", "长" * 2001])
def test_refuses_remarks_that_say_nothing_or_too_much(
    started: Any, sign_in: SignIn, said: str
) -> None:
    client = sign_in("assistant")
    client.post(f"/instances/{started.key}/comments", data={"text": said})
    assert "1 到 2,000 个字" in client.get(f"/instances/{started.key}").text


def test_an_incident_is_not_the_users_fault_and_is_tried_again_by_operators(
    world: World, sign_in: SignIn
) -> None:
    steps = script("s1", "=assert(missing, missing != null)", "x")
    world.deploy({"p.bpmn": process(user_task("a") + steps + chain("s", "a", "s1", "e"))})
    instance = world.start("p", {})
    world.complete("a")
    page = sign_in("assistant").get(f"/instances/{instance.key}").text
    assert "系统异常" in page
    assert "再试一次" not in page
    operator = sign_in("owner")
    assert "再试一次" in operator.get(f"/instances/{instance.key}").text


def test_the_instance_of_a_call_shows_both_diagrams(world: World, sign_in: SignIn) -> None:
    called = process(user_task("inner") + chain("s", "inner", "e"), "q")
    call = (
        '<callActivity id="c" name="call"><extensionElements><zeebe:calledElement processId="q"/>'
        "</extensionElements></callActivity>"
    )
    world.deploy({"q.bpmn": called}, family="q")
    world.deploy({"p.bpmn": process(call + chain("s", "c", "e"))}, family="p")
    instance = world.start("p", {})
    client = sign_in("assistant")
    assert f"/instances/{instance.key}?process=q" in client.get(f"/instances/{instance.key}").text
    state = client.get(f"/instances/{instance.key}/diagram.json?process=q").json
    assert state["current"] == ["inner"]
    assert client.get(f"/instances/{instance.key}/diagram.json").json["current"] == ["c"]
    assert client.get(f"/instances/{instance.key}?process=evil").status_code == 404
    assert client.get(f"/tasks/{world.task('inner').key}").status_code == 200


def test_a_finished_instance_says_how_long_it_took(
    started: Any, world: World, sign_in: SignIn, clock: Clock
) -> None:
    world.complete("check", {"result": "ok"})
    world.complete("sign", {"opinion": "同意"}, by="supervisor")
    clock.forward(hours=2)
    world.complete("file", by="clerk")
    page = sign_in("clerk").get(f"/instances/{started.key}").text
    assert "办结，共用 2 时" in page
    assert "全部办结" in page
