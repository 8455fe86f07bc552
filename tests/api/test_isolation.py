"""Nothing of another site is reachable: every path that takes a key answers as if there were no such thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine import incidents, jobs
from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.job import Incident, Job, Message
from engine.models.task import UserTask
from tests.api import bundles
from tests.world import PASSWORD, World

STRANGER = ("stranger", PASSWORD)
COMPANY_WIDE = {"process_definition_key", "form_key"}


@dataclass
class North:
    """What runs at the other site."""

    keys: dict[str, Any]


@pytest.fixture
def north(world: World) -> North:
    world.deploy(bundles.FILES | {"j.bpmn": bundles.JOB})
    instance = world.start("p", {"unit_no": "3-2-1201", "phone": "13800000001"})
    world.start("with_job", {"sum": 1})
    with world.engine.begin(world.actor("owner")) as command:
        job = command.session.scalars(select(Job)).one()
        jobs.fail(command, job.key, "no connection", retries=0)
        command.session.flush()
        incident = command.session.scalars(incidents.visible_to(command.actor)).one()
    task = world.task("check", instance)
    return North(
        {
            "process_instance_key": instance.key,
            "user_task_key": task.key,
            "job_key": job.key,
            "incident_key": incident.key,
            "variable_key": f"{instance.key}000000000",
        }
    )


def paths_with_keys(app: Flask) -> list[tuple[str, str, str]]:
    return [
        (method, rule.rule, next(iter(rule.arguments)))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/v2/") and rule.arguments and not rule.arguments & COMPANY_WIDE
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


BODIES = {
    "assignment": {"assignee": "stranger"},
    "completion": {"variables": {"who": "x"}},
    "error": {"errorCode": "E"},
}


def snapshot(world: World) -> list[Any]:
    with world.engine.read() as session:
        return [
            [tuple(row) for row in session.execute(select(*model.__table__.columns))]
            for model in (ProcessInstance, UserTask, Job, Incident, Message, ElementInstance)
        ]


def test_no_key_of_another_site_is_found(
    app: Flask, http: FlaskClient, world: World, north: North
) -> None:
    # given
    before = snapshot(world)
    tried = paths_with_keys(app)
    assert {argument for _, _, argument in tried} == set(north.keys)
    answers = {}
    # when
    for method, rule, argument in tried:
        path = rule[: rule.index("<")] + str(north.keys[argument]) + rule[rule.index(">") + 1 :]
        body = None if method == "GET" else BODIES.get(path.rsplit("/", 1)[-1], {})
        answers[method, rule] = http.open(path, method=method, json=body, auth=STRANGER)
    # then
    # An operator's paths refuse the stranger before looking for the key.
    statuses = {call: answer.status_code for call, answer in answers.items()}
    assert {call: 403 if "/jobs/" in call[1] else 404 for call in statuses} == statuses
    assert snapshot(world) == before


def test_an_operator_of_one_site_finds_no_job_of_another(
    http: FlaskClient, world: World, north: North
) -> None:
    from engine import identity
    from engine.access import SYSTEM
    from engine.models.identity import User

    with world.engine.begin(SYSTEM) as command:
        user = command.session.scalars(select(User).where(User.username == "stranger")).one()
        south = command.session.merge(world.site("south"), load=False)
        identity.grant(command, user, south, "admin")
    for verb in ("completion", "failure", "error"):
        path = f"/v2/jobs/{north.keys['job_key']}/{verb}"
        assert http.post(path, json=BODIES.get(verb, {}) if verb == "error" else {}, auth=STRANGER).status_code == 404  # fmt: skip
    request = {"type": "bank.pay", "timeout": 1000, "maxJobsToActivate": 10}
    answer = http.post("/v2/jobs/activation", json=request, auth=STRANGER)
    assert answer.json == {"jobs": []}
    named = http.post("/v2/jobs/activation", json=request | {"tenantIds": ["north"]}, auth=STRANGER)
    assert named.status_code == 404
    assert http.post("/v2/jobs/search", json={}, auth=STRANGER).json["items"] == []


@pytest.mark.usefixtures("north")
def test_searches_find_nothing_of_another_site(app: Flask, http: FlaskClient, north: North) -> None:
    key = str(north.keys["process_instance_key"])
    needed = {"filter": {"processInstanceKey": key}}
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/v2/") or not rule.rule.endswith("/search"):
            continue
        if rule.arguments or rule.rule in ("/v2/process-definitions/search", "/v2/jobs/search"):
            continue
        for body in ({}, needed):
            answer = http.post(rule.rule, json=body, auth=STRANGER)
            assert answer.status_code == 400 or answer.json["items"] == [], rule.rule
        assert answer.status_code == 200, rule.rule
        assert answer.json["page"]["totalItems"] == 0


def test_a_tenant_of_others_is_no_tenant(http: FlaskClient, world: World) -> None:
    world.deploy(bundles.FILES)
    body = {"processDefinitionId": "p", "variables": {"unit_no": "1"}, "tenantId": "north"}
    assert http.post("/v2/process-instances", json=body, auth=STRANGER).status_code == 404
    own = http.post("/v2/process-instances", json=body | {"tenantId": "south"}, auth=STRANGER)
    assert own.json["tenantId"] == "south"


def test_who_works_at_several_sites_names_one(http: FlaskClient, world: World) -> None:
    world.deploy(bundles.FILES)
    body = {"processDefinitionId": "p", "variables": {"unit_no": "1"}}
    answer = http.post("/v2/process-instances", json=body, auth=("owner", PASSWORD))
    assert answer.status_code == 400
    assert "tenantId" in answer.json["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v2/jobs/activation", {"type": "bank.pay", "timeout": 1, "maxJobsToActivate": 1}),
        ("/v2/jobs/search", {}),
        ("/v2/messages/publication", {"name": "go"}),
    ],
)
def test_only_operators_drive_processes_past_their_people(
    http: FlaskClient, path: str, body: dict[str, Any]
) -> None:
    assert http.post(path, json=body, auth=("clerk", PASSWORD)).status_code == 403


def test_built_in_jobs_stay_with_the_server(http: FlaskClient) -> None:
    body = {"type": "guicheng.notify", "timeout": 1, "maxJobsToActivate": 1}
    answer = http.post("/v2/jobs/activation", json=body, auth=("owner", PASSWORD))
    assert answer.status_code == 400
