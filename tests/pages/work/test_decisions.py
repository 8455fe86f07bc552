"""Approving, rejecting, returning, voting, taking back, as people do it on pages."""

from __future__ import annotations

import json

from engine import tasks
from engine.models.task import COMPLETED
from tests.diagrams import chain, process, user_task
from tests.engine.flow import diagrams as drawn
from tests.engine.flow import people
from tests.pages.conftest import SignIn
from tests.pages.work.conftest import form
from tests.world import World


def prepared(world: World, diagram: bytes, *done: tuple[str, str], **variables: object) -> None:
    """Deploy, start by the clerk, and complete some steps."""
    world.deploy({"p.bpmn": diagram})
    world.start("p", dict(variables))
    for element_id, by in done:
        world.complete(element_id, by=by)


def test_a_step_with_outcomes_has_a_button_each_and_a_rejection_needs_words(
    world: World, sign_in: SignIn
) -> None:
    prepared(world, drawn.THREE, ("write", "clerk"), ("check", "assistant"))
    task, browser = world.task("sign"), sign_in("supervisor")
    page = browser.get(f"/tasks/{task.key}").text
    for words in ('value="approve"', 'value="reject"', "退回…"):
        assert words in page, words
    refused = browser.post(f"/tasks/{task.key}", data={"_outcome": "reject"})
    assert refused.status_code == 422
    assert 'id="e-opinion"' in refused.text
    nothing = browser.post(f"/tasks/{task.key}", data={"_opinion": "尚可"})
    assert nothing.status_code == 422
    assert "请选一个结果" in nothing.text
    assert "尚可</textarea>" in nothing.text
    assert (
        browser.post(
            f"/tasks/{task.key}", data={"_outcome": "approve", "_opinion": "尚可"}
        ).status_code
        == 302
    )
    page = browser.get(f"/instances/{task.instance_key}").text
    assert "同意" in page
    assert "尚可" in page


def test_the_timeline_says_what_was_chosen_in_the_form(world: World, sign_in: SignIn) -> None:
    # given: a form that lets one choose in words of its own
    values = [
        {"value": "approve", "label": "登报催办"},
        {"value": "reject", "label": "不登报"},
    ]
    asked = form("p.sign", {"type": "radio", "key": "outcome", "label": "结果", "values": values})
    step = user_task("sign", "service_supervisor", form="p.sign", outcomes="approve,reject")
    world.deploy(
        {
            "p.bpmn": process(step + chain("s", "sign", "e")),
            "forms/p.sign.form": asked,
            "texts/en.json": json.dumps(
                {"p.sign.outcome.option.reject": "Leave it out of the newspaper"}
            ).encode(),
        }
    )
    started = world.start("p")
    world.complete("sign", {"outcome": "reject"}, by="supervisor")
    # when
    browser = sign_in("supervisor")
    chinese = browser.get(f"/instances/{started.key}").text
    browser.post("/account/language", data={"locale": "en"})
    english = browser.get(f"/instances/{started.key}").text
    # then
    assert "不登报" in chinese.split("gc-time")[1]
    assert "不同意" not in chinese.split("gc-time")[1]
    assert "Leave it out of the newspaper" in english.split("gc-time")[1]


def test_a_return_shows_what_it_cancels_before_it_does(world: World, sign_in: SignIn) -> None:
    prepared(world, drawn.FORKED, ("write", "clerk"), ("check", "assistant"))
    task, browser = world.task("look"), sign_in("assistant")
    page = browser.get(f"/tasks/{task.key}/return?to=write").text
    losses = page.split('id="losses"')[1].split("</ul>")[0]
    assert "“pay”" in losses
    assert 'value="check"' in page
    state = browser.get(f"/tasks/{task.key}/return.json?to=write").get_json()
    assert state["ending"] == ["look", "pay"]
    assert state["target"] == ["write"]
    refused = browser.post(
        f"/tasks/{task.key}/return", data={"to": "write", "straight": "0", "reason": " "}
    )
    assert refused.status_code == 422
    assert 'id="e-reason"' in refused.text
    assert people.steps(world) == ["look", "pay"]


def test_looking_at_another_choice_keeps_the_reason_and_returns_nothing(
    world: World, sign_in: SignIn
) -> None:
    prepared(world, drawn.FORKED, ("write", "clerk"), ("check", "assistant"))
    task, browser = world.task("look"), sign_in("assistant")
    page = browser.post(
        f"/tasks/{task.key}/return",
        data={"to": "check", "straight": "1", "reason": "尺寸不对", "look": "1"},
    )
    assert page.status_code == 200
    assert "尺寸不对" in page.text
    assert "没有别人的任务会被取消" in page.text
    assert people.steps(world) == ["look", "pay"]


def test_returns_work_with_a_reason_that_everybody_sees(world: World, sign_in: SignIn) -> None:
    prepared(world, drawn.THREE, ("write", "clerk"), ("check", "assistant"))
    task, browser = world.task("sign"), sign_in("supervisor")
    answer = browser.post(f"/tasks/{task.key}", data={"do": "return", "_opinion": "先记一笔"})
    assert answer.location == f"/tasks/{task.key}/return"
    browser.post(
        f"/tasks/{task.key}/return", data={"to": "write", "straight": "1", "reason": "面积写错"}
    )
    told = browser.get("/").text
    assert "“sign”已退回到“write”" in told
    again = world.task("write")
    page = sign_in("clerk").get(f"/tasks/{again.key}").text
    for words in (
        "Supervisor从“sign”退回，办完直接回到那里",
        "面积写错",
        "退回到“write”，办完直接回来",
    ):
        assert words in page, words


def test_somebody_without_the_task_can_neither_preview_nor_return_it(
    world: World, sign_in: SignIn
) -> None:
    prepared(world, drawn.THREE, ("write", "clerk"), ("check", "assistant"))
    task = world.task("sign")
    for who, status in (("assistant", 403), ("stranger", 404)):
        browser = sign_in(who)
        assert browser.get(f"/tasks/{task.key}/return").status_code == status
        assert browser.get(f"/tasks/{task.key}/return.json?to=write").status_code == status
        assert (
            browser.post(
                f"/tasks/{task.key}/return", data={"to": "write", "reason": "x"}
            ).status_code
            == status
        )


def test_a_completion_is_undone_from_the_note_that_tells_of_it(
    world: World, sign_in: SignIn
) -> None:
    prepared(world, drawn.THREE, ("write", "clerk"))
    task, browser = world.task("check"), sign_in("assistant")
    browser.post(f"/tasks/{task.key}", data={})
    told = browser.get("/").text
    assert f'action="/tasks/{task.key}/undo/withdraw"' in told
    answer = browser.post(f"/tasks/{task.key}/undo/withdraw")
    again = world.task("check")
    assert answer.location == f"/tasks/{again.key}"
    assert "已撤回，“check”又在你手里" in browser.get(answer.location).text


def test_the_done_box_takes_back_what_nobody_has_touched(world: World, sign_in: SignIn) -> None:
    prepared(world, drawn.THREE, ("write", "clerk"), ("check", "assistant"))
    browser = sign_in("assistant")
    done = next(key for key in _keys(browser.get("/?box=done").text))
    assert done
    with world.engine.begin(world.actor("supervisor")) as command:
        tasks.claim(command, world.task("sign").key)
    assert "undo/withdraw" not in browser.get("/?box=done").text
    late = browser.post(f"/tasks/{done}/undo/withdraw")
    assert "不能撤回了" in browser.get(late.location).text


def _keys(page: str) -> list[int]:
    parts = page.split('action="/tasks/')[1:]
    return [int(part.split("/")[0]) for part in parts if "undo/withdraw" in part[:60]]


def test_a_countersign_shows_its_rule_and_who_has_said_what(world: World, sign_in: SignIn) -> None:
    diagram = drawn.voting(
        vote="ratio", passRatio="60%", veto="finance_clerk", outcomes="approve,reject"
    )
    signers = ["assistant", "colleague", "cashier"]
    prepared(world, diagram, ("write", "clerk"), signers=signers)
    people.say(world, "colleague", "approve", opinion="没有意见")
    mine = next(
        one for one in world.open_tasks() if one.assignee_id == world.actor("assistant").user_id
    )
    page = sign_in("assistant").get(f"/tasks/{mine.key}").text
    for words in (
        "会签",
        "已签 1 人，共 3 人",
        "同意 1，不同意 0",
        "60% 的人同意即通过",
        "可一票否决",
        "没有意见",
    ):
        assert words in page, words
    assert "加入会签" not in page


def test_those_above_add_and_remove_voters_with_a_reason(world: World, sign_in: SignIn) -> None:
    diagram = drawn.voting(vote="all", outcomes="approve,reject")
    prepared(world, diagram, ("write", "clerk"), signers=["assistant", "cashier"])
    mine = next(
        one for one in world.open_tasks() if one.assignee_id == world.actor("cashier").user_id
    )
    browser = sign_in("owner")
    assert "加入会签" in browser.get(f"/tasks/{mine.key}").text
    back = browser.post(f"/tasks/{mine.key}/signers/add", data={"username": "colleague"})
    assert "加人要写明原因" in browser.get(back.location).text
    browser.post(
        f"/tasks/{mine.key}/signers/add", data={"username": "colleague", "reason": "她管这片"}
    )
    assert len(world.open_tasks()) == 3
    back = browser.post(f"/tasks/{mine.key}/signers/remove", data={"reason": "休假"})
    assert "已减签：Cashier" in browser.get(back.location).text
    assert len(world.open_tasks()) == 2


def test_many_tasks_are_done_at_once_with_a_result_each(world: World, sign_in: SignIn) -> None:
    prepared(world, drawn.THREE, ("write", "clerk"))
    for _ in range(2):
        world.start("p")
    for one in world.open_tasks():
        if one.element_id == "write":
            world.complete_key(one.key, by="clerk")
    browser = sign_in("assistant")
    found = [one for one in world.open_tasks() if one.element_id == "check"]
    ticked = [f"{one.key}.{one.version}" for one in found]
    page = browser.post("/inbox/many", data={"do": "claim", "task": [*ticked, "1.1", "x"]}).text
    assert "已领取 3 项" in page
    with world.engine.begin(world.actor("assistant")) as command:
        row = command.session.get(type(found[0]), found[2].key)
        assert row is not None
        row.priority = 100
    listed = browser.get("/").text
    assert "data-odd" in listed
    ticked = [f"{one.key}.{one.version + 1}" for one in found[:1]]
    ticked += [f"{found[1].key}.1", f"{found[2].key}.2"]
    page = browser.post("/inbox/many", data={"do": "complete", "task": ticked}).text
    for words in ("已办完 1 项", "没有办成 1 项", "留着没办 1 项", "与众不同，请打开看过再办"):
        assert words in page, words
    with world.engine.read() as session:
        done = session.get(type(found[0]), found[0].key)
        assert done is not None
        assert done.state == COMPLETED


def test_nothing_ticked_says_so(world: World, sign_in: SignIn) -> None:
    browser = sign_in("assistant")
    browser.post("/inbox/many", data={"do": "claim"})
    assert "先勾选任务" in browser.get("/").text
