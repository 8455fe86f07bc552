"""Handing tasks over, asking others, copies, urging, pauses: each in its small form."""

from __future__ import annotations

from typing import Any

import pytest

from engine import tasks
from engine.models.task import CREATED
from tests.diagrams import chain, process, user_task
from tests.engine.tasks.office import Office
from tests.pages.conftest import SignIn
from tests.pages.work.conftest import CHECK, form
from tests.world import World

FORMED = {
    "p.bpmn": process(
        user_task("check", form="p.check", limit="move_in_owner.t_verify")
        + user_task("sign")
        + chain("s", "check", "sign", "e")
    ),
    "forms/p.check.form": form("p.check", *CHECK),
}


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def test_transfers_a_task_to_a_colleague_who_could_have_claimed_it(
    office: Office, sign_in: SignIn
) -> None:
    task, browser = office.claim(), sign_in("assistant")
    page = browser.get(f"/tasks/{task.key}/transfer").text
    assert 'value="colleague"' in page
    assert 'value="cashier"' not in page
    answer = browser.post(
        f"/tasks/{task.key}/transfer", data={"people": "colleague", "reason": "休假"}
    )
    assert answer.location == "/"
    assert "已转办给Colleague" in browser.get("/").text
    assert office.assignee(task.key) == "colleague"
    assert "转办给 Colleague" in sign_in("colleague").get(f"/tasks/{task.key}").text


def test_names_the_field_when_nobody_is_chosen(office: Office, sign_in: SignIn) -> None:
    task = office.claim()
    for chosen in ("", "stranger"):
        answer = sign_in("assistant").post(
            f"/tasks/{task.key}/transfer", data={"people": chosen, "reason": "忙"}
        )
        assert answer.status_code == 422
        assert 'id="e-people"' in answer.text
        assert "忙" in answer.text
    assert office.assignee(task.key) == "assistant"


@pytest.mark.parametrize(
    "name", ["transfer", "delegate", "sign", "pause", "plan", "urge", "return"]
)
def test_offers_and_allows_nothing_to_bystanders(
    office: Office, sign_in: SignIn, name: str
) -> None:
    task, browser = office.claim(), sign_in("cashier")
    assert f"/{name}" not in browser.get(f"/tasks/{task.key}").text
    assert browser.get(f"/tasks/{task.key}/{name}").status_code == 403


def test_what_was_typed_is_kept_as_draft_before_another_form_opens(
    world: World, sign_in: SignIn
) -> None:
    world.deploy(FORMED)
    world.start("p")
    task = world.task("check")
    browser = sign_in("assistant")
    browser.post(f"/tasks/{task.key}", data={"do": "claim"})
    answer = browser.post(
        f"/tasks/{task.key}", data={"do": "delegate", "result": "bad", "note": "裂缝"}
    )
    assert answer.location == f"/tasks/{task.key}/delegate"
    assert "裂缝" in browser.get(f"/tasks/{task.key}").text


def test_a_helper_answers_and_the_owner_completes(office: Office, sign_in: SignIn) -> None:
    task, owner = office.claim(), sign_in("assistant")
    owner.post(f"/tasks/{task.key}/delegate", data={"people": "clerk", "reason": "看看尺寸"})
    assert "收回委派" in owner.get(f"/tasks/{task.key}").text
    helper = sign_in("clerk")
    page = helper.get(f"/tasks/{task.key}").text
    for words in ("Assistant请你就这一步提意见", "看看尺寸", "答复", "谢绝"):
        assert words in page, words
    refused = helper.post(f"/tasks/{task.key}", data={"do": "answer"})
    assert refused.status_code == 422
    assert 'id="e-opinion"' in refused.text
    helper.post(f"/tasks/{task.key}", data={"do": "answer", "_opinion": "合格，可以收"})
    assert office.assignee(task.key) == "assistant"
    page = owner.get(f"/tasks/{task.key}").text
    assert "合格，可以收" in page
    assert "答复委派" in page


def test_an_owner_recalls_what_was_delegated(office: Office, sign_in: SignIn) -> None:
    task, owner = office.claim(), sign_in("assistant")
    owner.post(f"/tasks/{task.key}/delegate", data={"people": "clerk"})
    answer = owner.post(f"/tasks/{task.key}/undo/recall")
    assert answer.location == f"/tasks/{task.key}"
    assert "已收回委派" in owner.get(answer.location).text
    assert office.assignee(task.key) == "assistant"


def test_a_helper_declines_with_a_reason(office: Office, sign_in: SignIn) -> None:
    task = office.claim()
    office.act(tasks.delegate, task.key, "clerk", by="assistant")
    sign_in("clerk").post(f"/tasks/{task.key}", data={"do": "decline", "_opinion": "不懂"})
    assert "谢绝委派" in sign_in("assistant").get(f"/tasks/{task.key}").text


def test_signers_after_a_task_hold_it_and_are_shown_nested_with_their_opinions(
    office: Office, sign_in: SignIn, world: World
) -> None:
    task, owner = office.claim(), sign_in("assistant")
    owner.post(
        f"/tasks/{task.key}/sign",
        data={"people": ["clerk", "cashier"], "position": "after", "reason": "请核"},
    )
    page = owner.get(f"/tasks/{task.key}").text
    assert page.count("还没轮到") >= 2
    assert "减签" in page
    version = office.task(task.key).version
    owner.post(f"/tasks/{task.key}", data={"version": version})
    told = owner.get("/").text
    assert "已提交，等加签人办完后继续" in told
    assert "收回提交" in owner.get(f"/tasks/{task.key}").text
    signer = next(one for one in world.open_tasks() if office.assignee(one.key) == "clerk")
    browser = sign_in("clerk")
    page = browser.get(f"/tasks/{signer.key}").text
    for words in ("Assistant请你加签", "请核", "不同意", "同意"):
        assert words in page, words
    refused = browser.post(f"/tasks/{signer.key}", data={"_outcome": "reject"})
    assert refused.status_code == 422
    assert 'id="e-opinion"' in refused.text
    browser.post(f"/tasks/{signer.key}", data={"_outcome": "approve", "_opinion": "数目对"})
    page = owner.get(f"/instances/{office.instance.key}").text
    assert "gc-signers" in page
    assert "数目对" in page


def test_a_signer_is_taken_away_again(office: Office, sign_in: SignIn, world: World) -> None:
    task, owner = office.claim(), sign_in("assistant")
    office.add(task.key, ["clerk"], tasks.BEFORE)
    signer = next(one for one in world.open_tasks() if one.parent_key == task.key)
    waits = owner.post(f"/tasks/{task.key}", data={})
    assert "还要等加签人先办：Clerk" in owner.get(waits.location).text
    answer = owner.post(f"/tasks/{signer.key}/signers/remove", data={"task": task.key})
    assert "已减签：Clerk" in owner.get(answer.location).text
    assert office.task(task.key).signers == 0


def test_sends_copies_which_are_marked_unread_until_opened(office: Office, sign_in: SignIn) -> None:
    task = office.claim()
    sign_in("assistant").post(
        f"/tasks/{task.key}/copy", data={"people": ["cashier", "supervisor"], "reason": "供参考"}
    )
    reader = sign_in("cashier")
    page = reader.get("/?box=copied").text
    for words in ("抄送我", "未读", "供参考", "Assistant 抄送"):
        assert words in page, words
    reader.get(f"/instances/{office.instance.key}")
    assert ">未读<" not in reader.get("/?box=copied").text


def test_urges_but_not_twice_at_once(office: Office, sign_in: SignIn) -> None:
    task, starter = office.claim(), sign_in("clerk")
    assert "催办…" in starter.get(f"/tasks/{task.key}").text
    starter.post(f"/tasks/{task.key}/urge", data={"reason": "客户在等"})
    again = starter.post(f"/tasks/{task.key}/urge", data={})
    assert again.status_code == 422
    assert "刚催办过" in again.text
    assert "客户在等" in sign_in("assistant").get(f"/tasks/{task.key}").text


def test_a_follow_up_date_hides_the_task_and_a_supervisor_sets_the_priority(
    office: Office, sign_in: SignIn
) -> None:
    task, browser = office.claim(), sign_in("assistant")
    assert 'name="priority"' not in browser.get(f"/tasks/{task.key}/plan").text
    wrong = browser.post(f"/tasks/{task.key}/plan", data={"follow_up": "2020-01-01T09:00"})
    assert wrong.status_code == 422
    assert 'id="e-follow_up"' in wrong.text
    browser.post(f"/tasks/{task.key}/plan", data={"follow_up": "2026-11-25T09:00"})
    assert f"/tasks/{task.key}" not in browser.get("/").text
    assert f"/tasks/{task.key}" in browser.get("/?show=later").text
    sign_in("supervisor").post(f"/tasks/{task.key}/plan", data={"follow_up": "", "priority": "100"})
    assert "紧急" in browser.get("/").text


def test_pauses_and_resumes_a_clock_with_a_reason(world: World, sign_in: SignIn) -> None:
    world.deploy(FORMED)
    world.start("p")
    task = world.task("check")
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.claim(command, task.key)
        row: Any = command.session.get(type(task), task.key)
        row.limit = {**(row.limit or {}), "pausable": True}
    browser = sign_in("assistant")
    refused = browser.post(f"/tasks/{task.key}/pause", data={})
    assert 'id="e-reason"' in refused.text
    browser.post(f"/tasks/{task.key}/pause", data={"reason": "等业主补件"})
    page = browser.get(f"/tasks/{task.key}").text
    for words in ("暂停计时", "等业主补件", "恢复计时…", "停在"):
        assert words in page, words
    browser.post(f"/tasks/{task.key}/resume")
    assert world.task("check").paused_at is None
    assert world.task("check").state == CREATED
