"""Searches: filters, orders, pages and what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.api import bundles
from tests.conftest import Clock
from tests.world import PASSWORD, World
from web.extensions import db

CLERK = ("clerk", PASSWORD)
INSTANCES = "/v2/process-instances/search"
TASKS = "/v2/user-tasks/search"


def search(http: FlaskClient, path: str, **body: Any) -> dict[str, Any]:
    answer = http.post(path, json=body, auth=CLERK)
    assert answer.status_code == 200, answer.json
    found: dict[str, Any] = answer.json
    return found


def business_ids(found: dict[str, Any]) -> list[str | None]:
    return [item["businessId"] for item in found["items"]]


@pytest.fixture
def seven(world: World, clock: Clock) -> list[str]:
    """Seven instances, an hour between them; the third and the last are completed."""
    world.deploy(bundles.FILES)
    keys = []
    for n in range(7):
        started = world.start("p", {"unit_no": f"U{n}"})
        if n in (2, 6):
            world.complete("check", {"who": "x"}, of=started)
        clock.forward(hours=1)
        keys.append(str(started.key))
    return keys


def test_filters_narrow_what_is_found(http: FlaskClient, seven: list[str]) -> None:
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"state": "COMPLETED"}, ["U2", "U6"]),
        ({"state": {"$neq": "COMPLETED"}}, ["U0", "U1", "U3", "U4", "U5"]),
        ({"businessId": {"$in": ["U1", "U5", "nothing"]}}, ["U1", "U5"]),
        ({"businessId": {"$notIn": ["U1", "U5"], "$neq": "U0"}}, ["U2", "U3", "U4", "U6"]),
        ({"businessId": {"$like": "u?"}, "processInstanceKey": seven[3]}, ["U3"]),
        ({"businessId": {"$like": "*\\?"}}, []),
        ({"businessId": {"$like": "%"}}, []),
        ({"endDate": {"$exists": True}}, ["U2", "U6"]),
        ({"endDate": {"$exists": False}, "businessId": "U2"}, []),
        ({"startDate": {"$gte": "2026-11-20T10:30:00+08:00", "$lt": "2026-11-20T04:30:00Z"}}, ["U1", "U2"]),
        ({"tenantId": "north", "processDefinitionId": "p", "processDefinitionVersion": 1, "state": {"$in": ["ACTIVE"]}, "hasIncident": False}, ["U0", "U1", "U3", "U4", "U5"]),
        ({"tenantId": "south"}, []),
        ({"parentProcessInstanceKey": {"$exists": True}}, []),
    ]  # fmt: skip
    for asked, expected in cases:
        assert business_ids(search(http, INSTANCES, filter=asked)) == expected, asked


@pytest.mark.parametrize(
    "sort",
    [
        [{"field": "startDate", "order": "DESC"}],
        [{"field": "endDate"}, {"field": "businessId", "order": "DESC"}],
        [{"field": "endDate", "order": "DESC"}, {"field": "state"}],
        [{"field": "state"}, {"field": "endDate"}],
        [],
    ],
)
@pytest.mark.usefixtures("seven")
def test_cursors_walk_forth_and_back_over_the_same_rows(
    http: FlaskClient, sort: list[dict[str, str]]
) -> None:
    # given
    whole = search(http, INSTANCES, sort=sort)
    forth, cursor = [], None
    # when
    while True:
        page = {"limit": 3} | ({"after": cursor} if cursor else {})
        found = search(http, INSTANCES, sort=sort, page=page)
        assert found["page"]["totalItems"] == 7
        if not found["items"]:
            break
        forth += found["items"]
        cursor = found["page"]["endCursor"]
    back = search(
        http, INSTANCES, sort=sort, page={"limit": 6, "before": whole["page"]["endCursor"]}
    )
    skipped = search(http, INSTANCES, sort=sort, page={"from": 5, "limit": 5})
    # then
    assert forth == whole["items"]
    assert back["items"] == whole["items"][:6]
    assert skipped["items"] == whole["items"][5:]
    assert whole["page"]["hasMoreTotalItems"] is False


@pytest.mark.usefixtures("seven")
def test_rows_without_a_value_come_last_in_either_order(http: FlaskClient) -> None:
    rising = search(http, INSTANCES, sort=[{"field": "endDate"}])
    falling = search(http, INSTANCES, sort=[{"field": "endDate", "order": "DESC"}])
    assert business_ids(rising)[:2] == ["U2", "U6"]
    assert business_ids(falling)[:2] == ["U6", "U2"]


@pytest.mark.usefixtures("seven")
def test_tasks_are_found_by_candidates_and_assignee(http: FlaskClient) -> None:
    for asked, count in [
        ({"candidateGroup": "service_assistant", "state": "CREATED"}, 5),
        ({"candidateGroup": {"$in": ["finance_clerk", "service_assistant"]}}, 7),
        ({"candidateGroup": "finance_clerk"}, 0),
        ({"candidateUser": "clerk"}, 0),
        ({"assignee": "assistant"}, 2),
        ({"assignee": {"$exists": False}}, 5),
        ({"elementId": "check", "priority": {"$gte": 50}}, 7),
        ({"candidateGroup": {"$eq": "a", "$in": ["b"]}}, 0),
    ]:
        assert search(http, TASKS, filter=asked)["page"]["totalItems"] == count, asked


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    with app.app_context():
        bind = db.engine
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(bind, "before_cursor_execute", note)
    yield sent
    event.remove(bind, "before_cursor_execute", note)


@pytest.mark.usefixtures("seven")
def test_a_page_costs_the_same_few_statements_however_long_it_is(
    http: FlaskClient, statements: list[str]
) -> None:
    search(http, TASKS)
    for path in (TASKS, INSTANCES):
        counts = []
        for limit in (1, 7):
            statements.clear()
            search(http, path, page={"limit": limit})
            counts.append(len(statements))
        assert counts[0] == counts[1] <= 7, "\n".join(statements)


def test_variables_need_a_place_to_be_looked_up(http: FlaskClient) -> None:
    answer = http.post("/v2/variables/search", json={"filter": {"name": "who"}}, auth=CLERK)
    assert answer.status_code == 400
    assert "processInstanceKey" in answer.json["detail"]


def test_long_values_are_cut_off_unless_the_whole_is_asked_for(
    http: FlaskClient, world: World
) -> None:
    world.deploy({"l.bpmn": bundles.LOCAL})
    key = str(world.start("local", {"a": 1, "text": "x" * 9000}).key)
    path = "/v2/variables/search"
    wanted = {"processInstanceKey": key, "name": {"$like": "te?t"}}
    (cut,) = search(http, path, filter=wanted)["items"]
    (whole,) = search(http, path + "?truncateValues=false", filter=wanted)["items"]
    assert (len(cut["value"]), cut["isTruncated"]) == (8191, True)
    assert (len(whole["value"]), whole["isTruncated"]) == (9002, False)
    answer = http.get(f"/v2/variables/{cut['variableKey']}", auth=CLERK)
    assert len(answer.json["value"]) == 9002


def test_personal_data_is_masked_for_those_who_may_not_see_it(
    http: FlaskClient, world: World
) -> None:
    import json

    form = json.loads(bundles.FILES["forms/check.form"])
    form["components"][0]["properties"] = {"personal": "phone"}
    world.deploy(bundles.FILES | {"forms/check.form": json.dumps(form).encode()})
    started = world.start("p", {"unit_no": "1", "who": "13800000001"})
    task = world.task("check", started)
    body = {"filter": {"processInstanceKey": str(started.key), "name": "who"}}

    def shown(path: str, by: str) -> str:
        (item,) = http.post(path, json=body if "tasks" not in path else {"filter": {"name": "who"}}, auth=(by, PASSWORD)).json["items"]  # fmt: skip
        return str(json.loads(item["value"]))

    of_task = f"/v2/user-tasks/{task.key}/variables/search"
    assert shown("/v2/variables/search", "owner") == "138****0001"
    assert shown(of_task, "owner") == "138****0001"
    assert shown(of_task, "assistant") == "13800000001"
