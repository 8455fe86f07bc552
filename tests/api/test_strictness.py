"""What is refused before anybody thinks about it: other JSON than ours, unknown fields, too much of it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.world import PASSWORD, World

CLERK = ("clerk", PASSWORD)
SEARCH = "/v2/user-tasks/search"


def post(http: FlaskClient, body: bytes, path: str = SEARCH) -> tuple[int, str]:
    answer = http.post(path, data=body, content_type="application/json", auth=CLERK)
    assert answer.content_type in ("application/json", "application/problem+json")
    return answer.status_code, answer.get_json().get("detail", "")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[" * 100_000, "nested deeper"),
        (b'{"filter":' * 70 + b"1" + b"}" * 70, "nested deeper"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nested deeper"),
        (b"{", "not valid JSON"),
        (b"[]", "Invalid input"),
        (b"null", "Invalid input"),
        (b'"x"', "Invalid input"),
        (b'{"page": {"limit": NaN}}', "NaN"),
        (b'{"page": {"limit": -Infinity}}', "Infinity"),
        (b'{"page": {"limit": 1e999}}', "too large"),
        (b'{"page": {"limit": ' + b"9" * 5000 + b"}}", "too large"),
        (b'{"page": {}, "page": {}}', "twice"),
        (b'{"filter": {"name": "\\u0000"}}', "NUL"),
        (b'{"filter": {"name": "\\ud800"}}', "surrogate"),
        (b'{"filter": {"\\udfff": 1}}', "surrogate"),
        (b"\xff\xfe{}", "not valid JSON"),
        (b'{"nonsense": 1}', "nonsense"),
        (b'{"filter": {"nonsense": 1}}', "filter.nonsense"),
        (b'{"filter": {"state": "OPEN"}}', "filter.state"),
        (b'{"filter": {"userTaskKey": "x"}}', "filter.userTaskKey"),
        (b'{"filter": {"userTaskKey": 12}}', "filter.userTaskKey"),
        (b'{"filter": {"name": {"$regex": "x"}}}', "operator"),
        (b'{"filter": {"name": {"$in": []}}}', "filter.name"),
        (b'{"filter": {"name": {"$like": "*a*a*a*a*a*a"}}}', "wildcards"),
        (b'{"filter": {"dueDate": "2026-11-20T10:00:00"}}', "time zone"),
        (b'{"filter": {"dueDate": {"$gt": "yesterday"}}}', "filter.dueDate"),
        (b'{"page": {"limit": 1001}}', "page.limit"),
        (b'{"page": {"limit": -1}}', "page.limit"),
        (b'{"page": {"limit": "10"}}', "page.limit"),
        (b'{"page": {"from": 1, "after": "MQ=="}}', "Only one"),
        (b'{"page": {"after": "MQ=="}}', "another search"),
        (b'{"page": {"after": "W10="}}', "another search"),
        (b'{"page": {"before": "WyJ4Il0="}}', "another search"),
        (b'{"page": {"after": "WzFlOTk5XQ=="}}', "another search"),
        (b'{"sort": [{"field": "nonsense"}]}', "sort.0.field"),
        (b'{"sort": [{"field": "name", "order": "UP"}]}', "sort.0.order"),
    ],
)
def test_refuses_what_is_not_understood(http: FlaskClient, body: bytes, reason: str) -> None:
    status, detail = post(http, body)
    assert status == 400
    assert reason in detail


def test_an_empty_body_asks_for_everything(http: FlaskClient) -> None:
    assert post(http, b"") == (200, "")


def test_another_kind_of_body_is_refused(http: FlaskClient) -> None:
    answer = http.post(SEARCH, data=b"{}", content_type="text/plain", auth=CLERK)
    assert answer.status_code == 415


def test_a_body_that_is_too_large_is_refused(http: FlaskClient) -> None:
    answer = http.post(SEARCH, data=b" " * 4_000_001, content_type="application/json", auth=CLERK)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("awaitCompletion", True),
        ("startInstructions", [{"elementId": "check"}]),
        ("runtimeInstructions", [{"afterElementId": "check"}]),
        ("tags", ["a"]),
    ],
)
def test_what_is_not_supported_is_refused_by_name(
    http: FlaskClient, field: str, value: object
) -> None:
    body = {"processDefinitionId": "p", field: value}
    answer = http.post("/v2/process-instances", json=body, auth=CLERK)
    assert answer.status_code == 400
    assert answer.json["detail"].startswith(field)


def test_variables_that_cannot_be_kept_are_refused_by_name(http: FlaskClient, world: World) -> None:
    from tests.api import bundles

    world.deploy({"l.bpmn": bundles.LOCAL})
    deep: object = 1
    for _ in range(50):
        deep = [deep]
    body = {"processDefinitionId": "local", "variables": {"a": 1, "big": 2**60, "deep": deep}}
    answer = http.post("/v2/process-instances", json=body, auth=CLERK)
    assert answer.status_code == 400
    assert set(answer.json["errors"]) == {"big", "deep"}


@pytest.mark.parametrize("name", ["../x.bpmn", "/x.bpmn", "a\\b.bpmn", "", "x" * 256, "a//b"])
def test_a_file_that_is_not_named_plainly_is_refused(http: FlaskClient, name: str) -> None:
    from io import BytesIO

    answer = http.post(
        "/v2/deployments",
        data={"resources": (BytesIO(b"x"), name)},
        auth=("owner", PASSWORD),
        content_type="multipart/form-data",
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/v2/nonsense", "/v2/user-tasks/abc", "/v2/user-tasks/-1", "/v2/user-tasks/99999999999999999999"])  # fmt: skip
def test_a_path_that_is_not_ours_is_a_problem_too(http: FlaskClient, path: str) -> None:
    answer = http.get(path, auth=CLERK)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


def test_pages_keep_their_own_errors(http: FlaskClient) -> None:
    answer = http.get("/static/nonsense")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
