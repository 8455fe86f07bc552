"""The published description is complete, and the server does what it says, whatever it is sent."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api import bundles
from tests.world import PASSWORD, World

HEADERS = {"Authorization": "Basic " + base64.b64encode(f"owner:{PASSWORD}".encode()).decode()}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def document(http: FlaskClient) -> dict[str, Any]:
    answer: dict[str, Any] = http.get("/v2/openapi.json").json
    return answer


@pytest.fixture
def operations(app: Flask, world: World) -> Iterator[Any]:
    """What the description describes, on a server where something runs."""
    world.deploy(bundles.FILES | {"j.bpmn": bundles.JOB, "w.bpmn": bundles.WAIT})
    world.start("p", {"unit_no": "1"})
    world.start("with_job", {"sum": 1})
    described = schemathesis.openapi.from_wsgi("/v2/openapi.json", app)
    return (result.ok() for result in described.get_all_operations())


def send(strategy: Any) -> None:
    @BOUNDED
    @given(case=strategy)
    def each(case: Case) -> None:
        case.call_and_validate(headers=HEADERS, checks=CHECKS)

    each()


def test_every_operation_does_what_is_described(operations: Iterator[Any]) -> None:
    tried = 0
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                send(operation.as_strategy(generation_mode=mode))
            except Unsatisfiable:  # an operation without arguments cannot be called wrongly
                continue
            tried += 1
    assert tried > 40


def test_every_path_of_the_api_is_described(app: Flask, document: dict[str, Any]) -> None:
    served = [
        method
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/v2/") and "openapi" not in rule.endpoint
        for method in rule.methods - {"HEAD", "OPTIONS"}
    ]
    described = [
        operation
        for methods in document["paths"].values()
        for method, operation in methods.items()
        if method.upper() in METHODS
    ]
    assert len(described) == len(served)
    assert all(operation["summary"] and operation["responses"] for operation in described)


def test_every_operation_says_how_to_sign_in_or_that_nobody_needs_to(
    document: dict[str, Any],
) -> None:
    assert document["security"] == [{"basic": []}, {"bearer": []}]
    assert set(document["components"]["securitySchemes"]) == {"basic", "bearer"}
    public = {
        path
        for path, methods in document["paths"].items()
        for operation in methods.values()
        if isinstance(operation, dict) and operation.get("security") == []
    }
    assert public == {"/v2/license", "/v2/status"}
