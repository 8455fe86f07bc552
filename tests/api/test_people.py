"""What people do with tasks beyond Camunda, over plain HTTP; task updates with the official client."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from camunda_orchestration_sdk import errors
from camunda_orchestration_sdk import models as m
from camunda_orchestration_sdk import semantic_types as t
from flask.testing import FlaskClient

from engine.models.task import UserTask
from engine.policy import limits
from tests.api import bundles
from tests.api.conftest import Client
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.world import PASSWORD, World

STEPS = process(
    user_task("first") + user_task("second", returnTo="any") + chain("s", "first", "second", "e")
)


class Caller:
    """Calls the API for a person about one task."""

    def __init__(self, http: FlaskClient) -> None:
        self._http = http

    def __call__(
        self, method: str, path: str, by: str, body: dict[str, Any] | None = None, expect: int = 204
    ) -> Any:
        sent = {"json": body} if body is not None else {}
        answer = self._http.open(f"/v2/{path}", method=method, auth=(by, PASSWORD), **sent)
        assert answer.status_code == expect, answer.get_data(as_text=True)
        return answer.get_json(silent=True)


@pytest.fixture
def call(http: FlaskClient) -> Caller:
    return Caller(http)


@pytest.fixture
def task(world: World) -> UserTask:
    """A task nobody has claimed."""
    world.deploy({"p.bpmn": STEPS})
    world.start("p")
    return world.task("first")


def at(task: UserTask, what: str = "") -> str:
    return f"user-tasks/{task.key}{what}"


def held(call: Caller, task: UserTask) -> tuple[str | None, str | None]:
    found = call("GET", at(task), "clerk", expect=200)
    return found["assignee"], found["owner"]


def test_a_task_is_transferred_to_a_colleague(call: Caller, task: UserTask) -> None:
    call("POST", at(task, "/claim"), "assistant", {})
    call("POST", at(task, "/transfer"), "assistant", {"assignee": "colleague", "reason": "休假"})
    assert held(call, task) == ("colleague", None)
    refused = call("POST", at(task, "/transfer"), "assistant", {"assignee": "clerk"}, 403)
    assert refused["title"] == "FORBIDDEN"


def test_a_stale_version_is_a_conflict(call: Caller, task: UserTask) -> None:
    call("POST", at(task, "/claim"), "assistant", {"version": 1})
    body = {"assignee": "colleague", "version": 1}
    assert call("POST", at(task, "/transfer"), "assistant", body, 409)["code"] == "task_changed"


def test_a_delegated_task_comes_back_with_an_answer(call: Caller, task: UserTask) -> None:
    path = at(task, "/delegation")
    call("POST", path, "assistant", {"assignee": "clerk", "note": "你看看"})
    assert held(call, task) == ("clerk", "assistant")
    call("POST", path + "/answer", "clerk", {"opinion": "可以", "variables": {"a": 1}})
    assert held(call, task) == ("assistant", None)
    call("POST", path, "assistant", {"assignee": "clerk"})
    call("DELETE", path, "assistant")
    call("POST", path, "assistant", {"assignee": "clerk"})
    call("POST", path + "/refusal", "clerk", {"reason": "不懂"})
    assert held(call, task) == ("assistant", None)


def test_signers_sign_before_the_task_is_completed(call: Caller, task: UserTask) -> None:
    # given
    asked = {"assignees": ["colleague", "clerk"], "position": "before", "note": "请签"}
    first, second = call("POST", at(task, "/signers"), "assistant", asked, 200)["items"]
    assert (first["assignee"], first["position"]) == ("colleague", "before")
    assert first["parentUserTaskKey"] == str(task.key)
    call("POST", at(task, "/completion"), "assistant", {}, 409)
    # when
    sign = {"outcome": "approve", "opinion": "同意"}
    call("POST", f"user-tasks/{first['userTaskKey']}/completion", "colleague", sign)
    call("POST", f"user-tasks/{second['userTaskKey']}/signer-removal", "assistant", {})
    # then
    seen = call("GET", at(task, "/signers"), "assistant", expect=200)["items"]
    assert [(one["state"], one["outcome"], one["opinion"]) for one in seen] == [
        ("COMPLETED", "approve", "同意"),
        ("CANCELED", None, None),
    ]
    call("POST", at(task, "/completion"), "assistant", {})


def test_what_waits_for_signers_is_taken_back(call: Caller, task: UserTask) -> None:
    after = {"assignees": ["colleague"], "position": "after"}
    call("POST", at(task, "/signers"), "assistant", after, 200)
    call("POST", at(task, "/completion"), "assistant", {})
    assert call("GET", at(task), "clerk", expect=200)["state"] == "COMPLETING"
    call("DELETE", at(task, "/submission"), "assistant")
    assert call("GET", at(task), "clerk", expect=200)["state"] == "CREATED"


def test_a_task_is_returned_after_a_preview(call: Caller, task: UserTask, world: World) -> None:
    # given
    call("POST", at(task, "/completion"), "assistant", {})
    second = world.task("second")
    targets = call("GET", at(second, "/return-targets"), "colleague", expect=200)["items"]
    assert [(one["elementId"], one["completedBy"], one["previous"]) for one in targets] == [
        ("first", ["assistant"], True),
        ("s", ["clerk"], False),
    ]
    plan = call("POST", at(second, "/return/preview"), "colleague", {"to": "previous"}, 200)
    assert (plan["elementId"], plan["ended"]) == ("first", [])
    # when
    body = {"to": "first", "reason": "缺资料"}
    (opened,) = call("POST", at(second, "/return"), "colleague", body, 200)["items"]
    # then
    assert (opened["elementId"], opened["assignee"]) == ("first", "assistant")
    assert call("GET", at(second), "clerk", expect=200)["outcome"] == "return"
    nowhere = {"to": "nowhere", "reason": "x"}
    call("POST", f"user-tasks/{opened['userTaskKey']}/return", "assistant", nowhere, 403)


def test_a_completion_is_withdrawn(call: Caller, task: UserTask, world: World) -> None:
    call("POST", at(task, "/completion"), "assistant", {})
    ended = call("GET", at(task, "/withdrawal"), "assistant", expect=200)["ended"]
    assert [(one["elementId"], one["userTaskKey"]) for one in ended] == [
        ("second", str(world.task("second").key))
    ]
    call("POST", at(task, "/withdrawal"), "colleague", {}, 403)
    (again,) = call("POST", at(task, "/withdrawal"), "assistant", {}, 200)["items"]
    assert (again["elementId"], again["assignee"]) == ("first", "assistant")


def test_an_instance_is_sent_to_be_read_at_another_site(call: Caller, task: UserTask) -> None:
    # given
    instance = f"process-instances/{task.instance_key}"
    call("GET", instance, "stranger", expect=404)
    # when
    call("POST", at(task, "/copies"), "assistant", {"usernames": ["stranger"], "note": "请阅"})
    # then
    (copy,) = call("POST", "copies/search", "stranger", {}, 200)["items"]
    assert (copy["sender"], copy["note"], copy["readDate"]) == ("assistant", "请阅", None)
    call("GET", instance, "stranger", expect=200)
    call("POST", f"{instance}/copies/reading", "stranger", {})
    (copy,) = call("POST", f"{instance}/copies/search", "clerk", {}, 200)["items"]
    assert (copy["username"], copy["readDate"] is None) == ("stranger", False)
    assert call("POST", "copies/search", "clerk", {}, 200)["items"] == []


def test_urging_twice_is_a_conflict(call: Caller, task: UserTask) -> None:
    call("POST", at(task, "/urging"), "clerk", {"text": "请快一点"})
    assert call("POST", at(task, "/urging"), "clerk", {}, 409)["code"] == "urged_already"
    call("POST", at(task, "/urging"), "colleague", {}, 403)


def test_a_clock_is_read_stopped_and_let_go_on(call: Caller, world: World, clock: Clock) -> None:
    # given
    pausable = next(
        key for key, row in limits.catalogue().items()
        if row.get("pausable") and limits.is_time(key) and row.get("calendar") == "working"
    )  # fmt: skip
    world.deploy({"p.bpmn": process(user_task("work", limit=pausable) + chain("s", "work", "e"))})
    instance = world.start("p")
    work = world.task("work")
    call("POST", at(work, "/claim"), "assistant", {})
    before = call("GET", at(work, "/clock"), "clerk", expect=200)
    assert (before["limit"]["limitKey"], before["state"]) == (pausable, "RUNNING")
    # when
    call("POST", at(work, "/clock/pause"), "assistant", {"reason": "等业主"})
    call("POST", at(work, "/clock/pause"), "assistant", {"reason": "等业主"}, 400)
    clock.forward(hours=1)
    call("POST", at(work, "/clock/resumption"), "assistant", {})
    # then
    (after,) = call("GET", f"process-instances/{instance.key}/clocks", "clerk", expect=200)["items"]
    assert (after["pausedSeconds"], after["state"]) == (3600, "RUNNING")
    assert after["dueDate"] > before["dueDate"]
    assert [(one["reason"], one["username"]) for one in after["pauses"]] == [
        ("等业主", "assistant")
    ]


def test_a_task_without_a_limit_has_no_clock(call: Caller, task: UserTask) -> None:
    call("GET", at(task, "/clock"), "clerk", expect=204)


def test_somebody_else_does_ones_tasks_for_a_week(
    call: Caller, task: UserTask, clock: Clock
) -> None:
    # given
    until = (clock.now + dt.timedelta(days=7)).isoformat()
    body = {"substitute": "clerk", "startDate": clock.now.isoformat(), "endDate": until}
    call("POST", at(task, "/claim"), "assistant", {})
    call("POST", at(task, "/completion"), "clerk", {}, 403)
    # when
    made = call("POST", "substitutions", "assistant", body, 201)
    # then
    (listed,) = call("POST", "substitutions/search", "clerk", {}, 200)["items"]
    assert (listed, made["principal"]) == (made, "assistant")
    call("POST", at(task, "/completion"), "clerk", {})
    call("DELETE", f"substitutions/{made['substitutionKey']}", "stranger", expect=404)
    call("DELETE", f"substitutions/{made['substitutionKey']}", "clerk")


def test_a_step_that_decides_takes_its_outcome(call: Caller, world: World) -> None:
    drawn = process(user_task("decide", outcomes="approve,reject") + chain("s", "decide", "e"))
    world.deploy({"p.bpmn": drawn})
    world.start("p")
    decide = world.task("decide")
    missing = call("POST", at(decide, "/completion"), "assistant", {}, 400)
    assert set(missing["errors"]) == {"outcome"}
    said = {"outcome": "reject", "opinion": "不齐"}
    call("POST", at(decide, "/completion"), "assistant", said)
    found = call("GET", at(decide), "clerk", expect=200)
    assert (found["outcome"], found["opinion"]) == ("reject", "不齐")


def test_money_in_variables_is_integer_fen(call: Caller, world: World) -> None:
    form = bundles.CHECK_FORM | {
        "components": [{"type": "money", "id": "m", "key": "fee", "label": "费用"}]
    }
    world.deploy(bundles.form_files(form))
    instance = world.start("p", {"unit_no": "1"})
    check = world.task("check", instance)
    call("POST", at(check, "/completion"), "assistant", {"variables": {"fee": 137_280}})
    assert world.instance(instance.key).variables["fee"] == 137_280


def changed(**values: Any) -> m.UserTaskUpdateRequest:
    return m.UserTaskUpdateRequest(changeset=m.Changeset.from_dict(values))


def test_a_task_is_put_off_and_made_urgent(client: Client, task: UserTask, clock: Clock) -> None:
    key = t.UserTaskKey(str(task.key))
    later = clock.now + dt.timedelta(days=2)
    client("supervisor").update_user_task(
        key, data=changed(followUpDate=later.isoformat(), priority=90)
    )
    found = client("clerk").get_user_task(key)
    assert (found.follow_up_date, found.priority) == (later, 90)
    client("supervisor").update_user_task(key, data=changed(priority=None))
    client("supervisor").update_user_task(key, data=changed(followUpDate=""))
    found = client("clerk").get_user_task(key)
    assert (found.follow_up_date, found.priority) == (None, 90)


def test_an_update_has_its_rights_and_limits(client: Client, task: UserTask, clock: Clock) -> None:
    key = t.UserTaskKey(str(task.key))
    with pytest.raises(errors.ApiError) as refused:
        client("assistant").update_user_task(key, data=changed(priority=1))
    assert refused.value.status_code == 403
    for wrong in ({"priority": 101}, {"candidateGroups": []}, {"dueDate": clock.now.isoformat()}):
        with pytest.raises(errors.BadRequestError):
            client("supervisor").update_user_task(key, data=changed(**wrong))


def test_the_audit_of_a_task_tells_who_did_what(client: Client, task: UserTask) -> None:
    key = t.UserTaskKey(str(task.key))
    client("assistant").assign_user_task(
        key, data=m.UserTaskAssignmentRequest(assignee="assistant")
    )
    client("assistant").complete_user_task(key, data=m.UserTaskCompletionRequest())
    told = client("clerk").search_user_task_audit_logs(
        key, data=m.UserTaskAuditLogSearchQueryRequest()
    )
    assert [(one.operation_type, one.actor_id) for one in told.items] == [
        ("ASSIGN", "assistant"),
        ("COMPLETE", "assistant"),
    ]


def test_a_clock_says_no_limit_where_the_diagram_gives_the_date(call: Caller, world: World) -> None:
    step = user_task("work", limit="move_in_owner.t_conflict").replace(
        "<zeebe:userTask/>", '<zeebe:userTask/><zeebe:taskSchedule dueDate="=until"/>'
    )
    world.deploy({"p.bpmn": process(step + chain("s", "work", "e"))})
    world.start("p", {"until": "2026-11-25T18:00:00+08:00"})
    found = call("GET", at(world.task("work"), "/clock"), "clerk", expect=200)
    assert found["limit"] is None
    assert found["dueDate"].startswith("2026-11-25T10:00:00")
