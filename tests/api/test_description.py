"""The published description is complete, and the server does what it says, whatever it is sent."""

from __future__ import annotations

import base64
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
from sqlalchemy import select

from engine import jobs
from engine.models.definition import Resource
from engine.models.job import Incident, Job
from engine.staff import identity
from engine.staff.access import SYSTEM
from tests.api import bundles
from tests.world import PASSWORD, World

HEADERS = {"Authorization": "Basic " + base64.b64encode(f"robot:{PASSWORD}".encode()).decode()}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=4,
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
def keys(world: World) -> dict[str, str]:
    """Keys of what runs at the site of somebody who may do everything there."""
    world.deploy(bundles.FILES | {"j.bpmn": bundles.JOB, "w.bpmn": bundles.WAIT})
    instance = world.start("p", {"unit_no": "1"})
    world.start("with_job", {"sum": 1})
    with world.engine.begin(SYSTEM) as command:
        site = command.session.merge(world.site(), load=False)
        robot = identity.create_user(command, username="robot", name="Robot", password=PASSWORD)
        for role in ("admin", "process_owner", "service_assistant", "service_supervisor"):
            identity.grant(command, robot, site, role)
    with world.engine.begin(world.actor("robot")) as command:
        job = command.session.scalars(select(Job)).one()
        jobs.fail(command, job.key, "no connection", retries=0)
        command.session.flush()
        incident = command.session.scalars(select(Incident)).one()
        resource = str(
            command.session.scalars(select(Resource.key).order_by(Resource.name)).first()
        )
    return {
        "process_definition_key": str(instance.definition_key),
        "process_instance_key": str(instance.key),
        "user_task_key": str(world.task("check").key),
        "variable_key": f"{instance.key}000000000",
        "job_key": str(job.key),
        "incident_key": str(incident.key),
        "form_key": "1",
        "element_instance_key": str(instance.key),
        "tenant_id": "north",
        "site_key": "north",
        "username": "clerk",
        "role_id": "front_desk",
        "limit_key": "move_in.plan_lead",
        "resource_key": resource,
    }


@pytest.fixture
def operations(app: Flask, keys: dict[str, str]) -> list[Any]:
    """What the description describes, the closing of things last."""
    described = schemathesis.openapi.from_wsgi("/v2/openapi.json", app)
    found = [result.ok() for result in described.get_all_operations()]
    return sorted(found, key=lambda one: one.path.endswith(("completion", "error", "cancellation")))


def send(strategy: Any) -> None:
    @BOUNDED
    @given(case=strategy)
    def each(case: Case) -> None:
        case.call_and_validate(headers=HEADERS, checks=CHECKS)

    each()


def test_every_operation_does_what_is_described(
    operations: list[Any], keys: dict[str, str]
) -> None:
    tried = 0
    for operation in operations:
        known = {name: key for name, key in keys.items() if f"{{{name}}}" in operation.path}
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                send(operation.as_strategy(generation_mode=mode, path_parameters=known or None))
            except Unsatisfiable:  # an operation without arguments cannot be called wrongly
                continue
            tried += 1
    assert tried > 120


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
