from __future__ import annotations

import io
import re
from typing import Any

import pytest

from engine import course, tasks
from engine.models.task import COMPLETED, CREATED
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.pages.conftest import SignIn
from tests.pages.work.conftest import PNG
from tests.world import World


def version_of(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


def test_shows_form_clause_passage_and_what_comes_next(
    started: Any, world: World, sign_in: SignIn
) -> None:
    answer = sign_in("assistant").get(f"/tasks/{world.task('check').key}")
    assert answer.status_code == 200
    for words in (
        "结果",
        "001 入伙 8.3(1)",
        "逐项验看原件。",
        "可领取",
        "sign",
        "3-2-1201",
        "步骤清单",
    ):
        assert words in answer.text, words


def test_completing_leads_to_the_inbox_and_says_what_is_next(
    started: Any, world: World, sign_in: SignIn
) -> None:
    client, task = sign_in("assistant"), world.task("check")
    page = client.get(f"/tasks/{task.key}").text
    answer = client.post(f"/tasks/{task.key}", data={"version": version_of(page), "result": "ok"})
    assert answer.status_code == 302
    assert answer.location == "/"
    told = client.get("/").text
    assert "“check”已办完。" in told
    assert "下一步：“sign”" in told
    assert world.task("sign").name == "sign"


def test_refuses_a_form_with_errors_and_keeps_what_was_typed(
    started: Any, world: World, sign_in: SignIn
) -> None:
    client, task = sign_in("assistant"), world.task("check")
    answer = client.post(f"/tasks/{task.key}", data={"version": 1, "count": "不知道"})
    assert answer.status_code == 422
    assert 'value="不知道"' in answer.text
    assert "还有 2 处要改" in answer.text
    assert world.task("check").state == CREATED
    assert 'value="不知道"' in client.get(f"/tasks/{task.key}").text


def test_tells_who_was_faster_and_compares_when_two_people_complete_the_same_task(
    started: Any, world: World, sign_in: SignIn, clock: Clock
) -> None:
    task = world.task("check")
    first, second = sign_in("assistant"), sign_in("colleague")
    first.post(f"/tasks/{task.key}", data={"version": 1, "result": "ok", "count": "1"})
    clock.forward(minutes=3)
    answer = second.post(f"/tasks/{task.key}", data={"version": 1, "result": "bad", "count": "7"})
    assert answer.status_code == 409
    assert "Assistant 09:30 已办完这一步" in answer.text
    assert "不合格" in answer.text
    assert "合格" in answer.text
    assert "7" in answer.text
    with world.engine.read() as session:
        kept = tasks.draft_of(session, world.actor("colleague"), f"task:{task.key}")
        assert kept is not None
        assert kept.data["result"] == "bad"
        assert session.get_one(type(task), task.key).submitted["result"] == "ok"


def test_tells_that_the_task_was_claimed_meanwhile(
    started: Any, world: World, sign_in: SignIn
) -> None:
    task = world.task("check")
    sign_in("colleague").post(f"/tasks/{task.key}", data={"do": "claim"})
    answer = sign_in("assistant").post(f"/tasks/{task.key}", data={"version": 1, "result": "ok"})
    assert answer.status_code == 409
    assert "Colleague" in answer.text
    assert world.task("check").state == CREATED


def test_an_old_version_of_the_page_conflicts_and_can_be_opened_again(
    started: Any, world: World, sign_in: SignIn
) -> None:
    task, client = world.task("check"), sign_in("assistant")
    client.post(f"/tasks/{task.key}", data={"do": "claim"})
    answer = client.post(f"/tasks/{task.key}", data={"version": 1, "result": "ok"})
    assert answer.status_code == 409
    assert "重新打开，接着办" in answer.text


def test_hides_tasks_of_other_sites(started: Any, world: World, sign_in: SignIn) -> None:
    client, key = sign_in("stranger"), world.task("check").key
    assert client.get(f"/tasks/{key}").status_code == 404
    assert client.post(f"/tasks/{key}", data={"result": "ok"}).status_code == 404
    for path in ("draft", "refresh", "uploads", "assign"):
        assert client.post(f"/tasks/{key}/{path}", data={}).status_code == 404, path


def test_shows_a_task_without_form_fields_to_those_who_may_not_do_it(
    started: Any, world: World, sign_in: SignIn
) -> None:
    page = sign_in("cashier").get(f"/tasks/{world.task('check').key}").text
    assert "现在不由你办理" in page
    assert 'name="version"' not in page


def test_refuses_a_submission_by_somebody_who_is_no_candidate(
    started: Any, world: World, sign_in: SignIn
) -> None:
    answer = sign_in("cashier").post(f"/tasks/{world.task('check').key}", data={"result": "ok"})
    assert answer.status_code == 403


def test_saves_a_draft_while_typing_and_opens_with_it(
    started: Any, world: World, sign_in: SignIn
) -> None:
    client, key = sign_in("assistant"), world.task("check").key
    answer = client.post(f"/tasks/{key}/draft", data={"count": "12"})
    assert answer.json == {"saved": "09:30"}
    assert 'value="12"' in client.get(f"/tasks/{key}").text


def test_draws_conditional_fields_anew(started: Any, world: World, sign_in: SignIn) -> None:
    client, key = sign_in("assistant"), world.task("check").key
    assert "说明" in client.post(f"/tasks/{key}/refresh", data={"result": "bad"}).text
    assert "说明" not in client.post(f"/tasks/{key}/refresh", data={"result": "ok"}).text


def test_keeps_an_uploaded_photo_and_gives_its_address(
    started: Any, world: World, sign_in: SignIn
) -> None:
    client, key = sign_in("assistant"), world.task("check").key
    answer = client.post(f"/tasks/{key}/uploads", data={"file": (io.BytesIO(PNG), "a.png")})
    assert answer.status_code == 201
    with client.get(answer.json["url"]) as shown:
        assert shown.data == PNG


def test_refuses_an_upload_that_is_no_picture(started: Any, world: World, sign_in: SignIn) -> None:
    client, key = sign_in("assistant"), world.task("check").key
    evil = io.BytesIO(b"<script>alert(1)</script>")
    answer = client.post(f"/tasks/{key}/uploads", data={"file": (evil, "a.png")})
    assert answer.status_code == 422


def test_claims_and_puts_back(started: Any, world: World, sign_in: SignIn) -> None:
    client, key = sign_in("assistant"), world.task("check").key
    client.post(f"/tasks/{key}", data={"do": "claim"})
    assert world.task("check").assignee_id == world.actor("assistant").user_id
    assert "放回" in client.get(f"/tasks/{key}").text
    client.post(f"/tasks/{key}", data={"do": "unclaim"})
    assert world.task("check").assignee_id is None


def test_supervisors_assign_from_a_list_of_candidates(
    started: Any, world: World, sign_in: SignIn
) -> None:
    client, key = sign_in("supervisor"), world.task("check").key
    page = client.get(f"/tasks/{key}").text
    assert '<option value="assistant">' in page
    assert '<option value="cashier">' not in page
    client.post(f"/tasks/{key}/assign", data={"username": "colleague", "reason": "片区"})
    assert world.task("check").assignee_id == world.actor("colleague").user_id
    assert "已指派给Colleague" in client.get("/").text


@pytest.mark.parametrize("username", ["cashier", "nobody", "stranger"])
def test_refuses_to_assign_to_somebody_who_may_not_do_it(
    started: Any, world: World, sign_in: SignIn, username: str
) -> None:
    client, key = sign_in("supervisor"), world.task("check").key
    client.post(f"/tasks/{key}/assign", data={"username": username})
    assert world.task("check").assignee_id is None


def test_others_cannot_assign(started: Any, world: World, sign_in: SignIn) -> None:
    client, key = sign_in("assistant"), world.task("check").key
    assert client.post(f"/tasks/{key}/assign", data={"username": "colleague"}).status_code == 403


def test_the_next_own_task_of_the_instance_follows(
    started: Any, world: World, sign_in: SignIn
) -> None:
    world.complete("check", {"result": "ok"})
    task = world.task("sign")
    with world.engine.begin(world.actor("supervisor")) as command:
        tasks.claim(command, task.key)
    client = sign_in("supervisor")
    answer = client.post(f"/tasks/{task.key}", data={"opinion": "同意"})
    assert answer.location == "/"  # filing is the front desk's

    filing = world.task("file")
    answer = sign_in("clerk").post(f"/tasks/{filing.key}", data={"version": filing.version})
    assert answer.status_code == 302
    assert world.instance(started.key).status == "completed"


def test_shows_what_was_submitted_once_it_is_done(
    started: Any, world: World, sign_in: SignIn
) -> None:
    task = world.task("check")
    world.complete("check", {"result": "bad", "note": "缺件", "count": 3})
    page = sign_in("colleague").get(f"/tasks/{task.key}").text
    assert "不合格" in page
    assert "缺件" in page
    assert "更正…" not in page
    assert "更正…" in sign_in("assistant").get(f"/tasks/{task.key}").text


def test_speaks_english_with_the_texts_of_the_bundle(
    started: Any, world: World, sign_in: SignIn
) -> None:
    client = sign_in("assistant")
    client.post("/account/language", data={"locale": "en", "next": "/"})
    page = client.get(f"/tasks/{world.task('check').key}").text
    assert "Check papers" in page
    assert "The assistant checks every paper." in page


def test_the_course_of_a_long_loop_stays_short(started: Any, world: World) -> None:
    with world.engine.read() as session:
        told = course.load(world.engine, session, session.merge(world.instance(started.key)))
        assert len(told.passed) < course.LATEST
        assert [task.state for task in told.tasks] == [CREATED]
        assert COMPLETED not in {task.state for task in told.tasks}


def test_offers_a_step_to_nobody_whom_an_earlier_one_excludes(
    world: World, sign_in: SignIn
) -> None:
    steps = user_task("check") + user_task("sign", distinctFrom="check")
    world.deploy({"p.bpmn": process(steps + chain("s", "check", "sign", "e"))})
    world.start("p")
    world.complete("check", by="assistant")
    address = f"/tasks/{world.task('sign').key}"
    page = sign_in("assistant").get(address).text
    assert "你经手过前面的步骤，这一步要由别人办" in page
    for verb in ("claim", "delegate", "sign"):
        assert f'value="{verb}"' not in page
    assert 'value="claim"' in sign_in("colleague").get(address).text
