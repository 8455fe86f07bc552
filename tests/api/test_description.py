"""The published description is complete, and the server does what it says, whatever it is sent."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api import bundles
from tests.world import PASSWORD, World

AUTHORIZATION = "Basic " + base64.b64encode(f"owner:{PASSWORD}".encode()).decode()
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]  # fmt: skip


@pytest.fixture
def described(app: Flask, world: World) -> schemathesis.BaseSchema:
    world.deploy(bundles.FILES | {"j.bpmn": bundles.JOB, "w.bpmn": bundles.WAIT})
    world.start("p", {"unit_no": "1"})
    world.start("with_job", {"sum": 1})
    return schemathesis.openapi.from_wsgi("/v2/openapi.json", app)


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_does_what_is_described(case: schemathesis.Case) -> None:
    case.call_and_validate(headers={"Authorization": AUTHORIZATION}, checks=CHECKS)
