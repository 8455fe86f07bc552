"""Pages while listeners decide about a task: what people see, and what they are told afterwards."""

from __future__ import annotations

import datetime as dt

import pytest

from engine import jobs
from engine.staff.access import SYSTEM
from engine.tasks.transitions import Answer
from tests.diagrams import chain, process, user_task
from tests.pages.conftest import SignIn
from tests.pages.work.conftest import CHECK, form
from tests.world import World

LISTENERS = "".join(
    f'<zeebe:taskListener eventType="{one}" type="{one}"/>' for one in ("assigning", "completing")
)
STEP = user_task("check", form="p.check").replace(
    "<zeebe:userTask/>", f"<zeebe:userTask/><zeebe:taskListeners>{LISTENERS}</zeebe:taskListeners>"
)
HEARD = {"p.bpmn": process(STEP + chain("s", "check", "e")), "forms/p.check.form": form("p.check", *CHECK)}  # fmt: skip
FILLED = {"version": "1", "result": "bad", "note": "墙面开裂", "count": "3"}


@pytest.fixture
def key(world: World) -> int:
    world.deploy(HEARD)
    world.start("p")
    return world.task("check").key


def answer(world: World, job_type: str, said: Answer) -> None:
    with world.engine.begin(SYSTEM) as command:
        (job,) = jobs.activate(command, [job_type], worker="w", lease=dt.timedelta(minutes=1), limit=1)  # fmt: skip
        jobs.complete(command, job.key, {}, said)


def test_a_submitted_task_is_being_checked_and_nobody_can_do_it(
    world: World, sign_in: SignIn, key: int
) -> None:
    browser = sign_in("assistant")
    answered = browser.post(f"/tasks/{key}", data=FILLED)
    assert answered.location == "/"
    assert "已提交，系统核对后继续。" in browser.get("/").text
    for who in ("assistant", "colleague"):
        page = sign_in(who).get(f"/tasks/{key}").text
        assert "系统核对中" in page
        assert "谁也办不了" in page
        assert "墙面开裂" in page
    again = sign_in("colleague").post(f"/tasks/{key}", data=FILLED)
    assert again.status_code == 409
    assert "这项任务系统正在核对，请稍后再试" in again.text


def test_who_was_denied_is_told_why_and_finds_what_he_submitted(
    world: World, sign_in: SignIn, key: int
) -> None:
    browser = sign_in("assistant")
    browser.post(f"/tasks/{key}", data=FILLED)
    answer(world, "completing", Answer(denied=True, reason="缺照片"))
    assert "系统核对没有通过：缺照片" in browser.get("/account/notifications").text
    page = browser.get(f"/tasks/{key}").text
    assert "墙面开裂" in page
    assert "系统核对没有通过" in page
    assert "缺照片" in page
    assert 'name="do"' in page


def test_what_listeners_let_pass_is_done_by_who_submitted_it(
    world: World, sign_in: SignIn, key: int
) -> None:
    browser = sign_in("assistant")
    browser.post(f"/tasks/{key}", data=FILLED)
    answer(world, "completing", Answer())
    page = browser.get(f"/tasks/{key}").text
    assert "已办结" in page
    assert "Assistant" in page


def test_a_claim_takes_effect_when_it_was_checked(world: World, sign_in: SignIn, key: int) -> None:
    browser = sign_in("assistant")
    browser.post("/inbox/claim", data={"claim": str(key)})
    assert "已提出，系统核对后生效" in browser.get("/").text
    assert "系统核对中" in browser.get(f"/tasks/{key}").text
    taken = sign_in("colleague").post("/inbox/claim", data={"claim": str(key)}, follow_redirects=True)  # fmt: skip
    assert "这项任务系统正在核对，请稍后再试" in taken.text
    answer(world, "assigning", Answer())
    assert world.task("check").assignee_id is not None


def test_english_readers_see_it_in_english(world: World, sign_in: SignIn, key: int) -> None:
    browser = sign_in("assistant")
    browser.post(f"/tasks/{key}", data=FILLED)
    browser.post("/account/language", data={"locale": "en"})
    page = browser.get(f"/tasks/{key}").text
    assert "Being checked by the system" in page
