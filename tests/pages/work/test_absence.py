"""Substitution, a leaver's hand-over, and instances that stand still, as people do it on pages."""

from __future__ import annotations

import pytest

from engine.models.instance import SUSPENDED
from tests.conftest import Clock
from tests.engine.tasks.office import Office
from tests.pages.conftest import SignIn
from tests.world import World


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def test_a_substitute_is_set_from_one_day_to_another_and_ended(
    office: Office, sign_in: SignIn, clock: Clock
) -> None:
    office.claim()
    browser, day = sign_in("assistant"), clock().date().isoformat()
    browser.post(
        "/account/substitutions/",
        data={"substitute": "colleague", "from": day, "to": day, "procedures": ["p"]},
    )
    page = browser.get("/account/substitutions/").text
    for words in ("代理已设好", "Colleague 代 Assistant", "生效中"):
        assert words in page, words
    mine = sign_in("colleague")
    assert "代 Assistant" in mine.get("/").text
    assert (
        "你代 Assistant 办理这项任务" in mine.get(f"/tasks/{office.world.task('check').key}").text
    )
    number = page.split("/account/substitutions/")[-2].split("/")[0] if "/end" in page else ""
    ended = [
        part
        for part in page.split('action="')
        if part.startswith("/account/substitutions/") and "/end" in part[:60]
    ]
    browser.post(ended[0].split('"')[0])
    assert "已结束" in browser.get("/account/substitutions/").text
    assert "代 Assistant" not in mine.get("/").text
    assert number is not None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"substitute": ""}, "substitute"),
        ({"from": "bald"}, "from"),
        ({"to": "2020-01-01"}, "to"),
        ({"substitute": "assistant"}, "substitute"),
    ],
)
def test_names_the_field_that_is_wrong(
    world: World, sign_in: SignIn, clock: Clock, given: dict[str, str], field: str
) -> None:
    day = clock().date().isoformat()
    data = {"substitute": "colleague", "from": day, "to": day} | given
    answer = sign_in("assistant").post("/account/substitutions/", data=data)
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text


def test_only_those_above_see_and_set_anothers_substitutes(world: World, sign_in: SignIn) -> None:
    assert sign_in("colleague").get("/account/substitutions/?for=assistant").status_code == 404
    assert sign_in("stranger").get("/account/substitutions/?for=assistant").status_code == 404
    page = sign_in("root").get("/account/substitutions/?for=assistant")
    assert "Assistant的代理" in page.text


def test_a_leavers_tasks_are_handed_over_with_a_result_each(
    office: Office, sign_in: SignIn
) -> None:
    task, browser = office.claim(), sign_in("root")
    assert "check" in browser.get("/handover?leaver=assistant").text
    refused = browser.post("/handover", data={"leaver": "assistant", "successor": "assistant"})
    assert refused.status_code == 422
    page = browser.post("/handover", data={"leaver": "assistant", "successor": "colleague"}).text
    assert "已转办 1 项" in page
    assert office.assignee(task.key) == "colleague"


def test_a_task_the_successor_may_not_have_stays_and_says_why(
    office: Office, sign_in: SignIn
) -> None:
    task = office.claim()
    page = (
        sign_in("root")
        .post("/handover", data={"leaver": "assistant", "successor": "stranger"})
        .text
    )
    assert "没有转成 1 项" in page
    assert office.assignee(task.key) == "assistant"


def test_others_hand_nothing_over(world: World, sign_in: SignIn) -> None:
    assert sign_in("cashier").get("/handover").status_code == 403
    data = {"leaver": "assistant", "successor": "colleague"}
    assert sign_in("cashier").post("/handover", data=data).status_code == 403


def test_an_instance_stands_still_with_a_reason_and_goes_on(
    office: Office, sign_in: SignIn
) -> None:
    browser, here = sign_in("owner"), f"/instances/{office.instance.key}"
    assert "暂停…" in browser.get(here).text
    browser.post(f"{here}/suspend", data={"reason": " "})
    assert "暂停要写明原因" in browser.get(here).text
    browser.post(f"{here}/suspend", data={"reason": "等法院"})
    assert office.world.instance(office.instance.key).status == SUSPENDED
    page = browser.get(here).text
    for words in ("等法院", "恢复流程", "已暂停"):
        assert words in page, words
    assert "转办…" not in sign_in("assistant").get(f"/tasks/{office.world.task('check').key}").text
    browser.post(f"{here}/resume")
    assert "流程已恢复" in browser.get(here).text


def test_others_neither_suspend_nor_see_the_button(office: Office, sign_in: SignIn) -> None:
    browser, here = sign_in("cashier"), f"/instances/{office.instance.key}"
    assert "暂停…" not in browser.get(here).text
    assert browser.post(f"{here}/suspend", data={"reason": "x"}).status_code == 403
