from __future__ import annotations

from typing import Any

import pytest

from engine import audit
from engine.models.task import UserTask
from tests.pages.conftest import SignIn
from tests.world import World


@pytest.fixture
def done(started: Any, world: World) -> UserTask:
    """A completed check."""
    task = world.task("check")
    world.complete("check", {"result": "bad", "note": "缺件", "count": 3})
    return task


def submitted(world: World, task: UserTask) -> dict[str, Any]:
    with world.engine.read() as session:
        return dict(session.get_one(UserTask, task.key).submitted or {})


def test_corrects_the_record_the_process_and_keeps_the_old_values(
    done: UserTask, started: Any, world: World, sign_in: SignIn
) -> None:
    client = sign_in("assistant")
    page = client.get(f"/tasks/{done.key}/correct").text
    assert "缺件" in page
    sent = {"result": "bad", "note": "缺购房合同", "count": "3", "reason": "写错了", "version": 2}
    assert client.post(f"/tasks/{done.key}/correct", data=sent).status_code == 302
    assert submitted(world, done)["note"] == "缺购房合同"
    assert world.instance(started.key).variables["note"] == "缺购房合同"
    with world.engine.read() as session:
        entry = audit.entries(session, started.key)[-1]
        assert entry.action == "task.corrected"
        assert entry.detail["changes"] == {"note": {"before": "缺件", "after": "缺购房合同"}}
        assert entry.detail["reason"] == "写错了"
        assert audit.first_break(session, world.engine.secret, started.key) is None
    assert "改动 1 处" in client.get(f"/instances/{started.key}").text
    assert "写错了" in client.get(f"/tasks/{done.key}").text


def test_leaves_what_a_later_step_has_set(
    done: UserTask, started: Any, world: World, sign_in: SignIn
) -> None:
    from engine import instances

    with world.engine.begin(world.actor("owner")) as command:
        instance = instances.lock(command, started.key)
        instances.advance(
            command, instance, lambda run: run.set_variables(None, {"note": "后来写的"})
        )
    sent = {"result": "bad", "note": "更正", "count": "3", "reason": "写错了"}
    sign_in("assistant").post(f"/tasks/{done.key}/correct", data=sent)
    assert submitted(world, done)["note"] == "更正"
    assert world.instance(started.key).variables["note"] == "后来写的"


def test_needs_a_reason_and_keeps_what_was_typed(
    done: UserTask, world: World, sign_in: SignIn
) -> None:
    sent = {"result": "bad", "note": "更正", "count": "3", "reason": " "}
    answer = sign_in("assistant").post(f"/tasks/{done.key}/correct", data=sent)
    assert answer.status_code == 422
    assert "请写明更正的原因" in answer.text
    assert "更正</textarea>" in answer.text
    assert submitted(world, done)["note"] == "缺件"


def test_checks_the_record_by_its_form(done: UserTask, world: World, sign_in: SignIn) -> None:
    sent = {"result": "evil", "reason": "写错了"}
    answer = sign_in("assistant").post(f"/tasks/{done.key}/correct", data=sent)
    assert answer.status_code == 422
    assert submitted(world, done)["result"] == "bad"


def test_refuses_a_correction_that_changes_nothing(done: UserTask, sign_in: SignIn) -> None:
    sent = {"result": "bad", "note": "缺件", "count": "3", "reason": "写错了"}
    answer = sign_in("assistant").post(f"/tasks/{done.key}/correct", data=sent)
    assert answer.status_code == 422
    assert "没有要更正的" in answer.text


def test_supervisors_correct_others_do_not(done: UserTask, sign_in: SignIn) -> None:
    assert sign_in("supervisor").get(f"/tasks/{done.key}/correct").status_code == 200
    assert sign_in("colleague").get(f"/tasks/{done.key}/correct").status_code == 403
    assert sign_in("stranger").get(f"/tasks/{done.key}/correct").status_code == 404


def test_two_corrections_at_once_conflict(done: UserTask, world: World, sign_in: SignIn) -> None:
    sent = {"result": "bad", "note": "一", "count": "3", "reason": "写错了", "version": "2"}
    sign_in("assistant").post(f"/tasks/{done.key}/correct", data=sent)
    answer = sign_in("supervisor").post(f"/tasks/{done.key}/correct", data=sent | {"note": "二"})
    assert answer.status_code == 409
    assert submitted(world, done)["note"] == "一"


def test_corrects_the_record_of_an_ended_instance(
    done: UserTask, started: Any, world: World, sign_in: SignIn
) -> None:
    world.complete("sign", {"opinion": "同意"}, by="supervisor")
    world.complete("file", by="clerk")
    sent = {"result": "bad", "note": "更正", "count": "3", "reason": "写错了"}
    sign_in("assistant").post(f"/tasks/{done.key}/correct", data=sent)
    assert world.instance(started.key).variables["note"] == "更正"
    assert world.instance(started.key).status == "completed"


def test_an_open_task_cannot_be_corrected(started: Any, world: World, sign_in: SignIn) -> None:
    key = world.task("check").key
    assert sign_in("assistant").get(f"/tasks/{key}/correct").status_code == 403
