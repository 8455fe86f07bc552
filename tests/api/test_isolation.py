"""Nothing of another site is reachable: every path that takes a key answers as if there were no such thing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from engine import attachments, instances, jobs
from engine.models.audit import AuditEntry
from engine.models.batch import Batch
from engine.models.clock import ClockPause
from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.job import Incident, Job, Message
from engine.models.registry import Unit
from engine.models.substitution import Substitution
from engine.models.task import Copy, Notification, UserTask
from engine.operations import batches, incidents
from engine.staff import substitutions
from tests.api import bundles
from tests.api.test_documents import PDF
from tests.world import PASSWORD, World

STRANGER = ("stranger", PASSWORD)
COMPANY_WIDE = {
    "process_definition_key",
    "form_key",
    "decision_definition_key",
    "decision_requirements_key",
    "resource_key",
    "limit_key",
}
OF_PEOPLE = {"role_id"}


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
    world.add_unit()
    with world.engine.begin(world.actor("assistant")) as command:
        document = attachments.store(
            command, world.site().id, PDF, "a.pdf", kind="document", instance_key=instance.key
        ).key
        week = command.now + dt.timedelta(days=7)
        substitution = substitutions.appoint(
            command, "assistant", "colleague", command.now, week
        ).id
    with world.engine.begin(world.actor("owner")) as command:
        chosen = instances.visible_to(command.actor)
        batch = batches.begin(command, batches.SUSPEND, chosen, reason="test").key
        unit = command.session.scalars(select(Unit.id)).one()
    return North(
        {
            "process_instance_key": instance.key,
            "user_task_key": task.key,
            "element_instance_key": task.key,
            "ad_hoc_sub_process_instance_key": task.key,
            "document_key": document,
            "substitution_key": substitution,
            "batch_operation_key": batch,
            "unit_key": unit,
            "definition_key": instance.definition_key,
            "tenant_id": "north",
            "site_key": "north",
            "username": "clerk",
            "job_key": job.key,
            "incident_key": incident.key,
            "variable_key": f"{instance.key}000000000",
        }
    )


def paths_with_keys(app: Flask) -> list[tuple[str, str, str]]:
    return [
        (method, rule.rule, next(iter(rule.arguments)))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/v2/")
        and rule.arguments
        and not rule.arguments & (COMPANY_WIDE | OF_PEOPLE)
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


BODIES = {
    "assignment": {"assignee": "stranger"},
    "completion": {"variables": {"who": "x"}},
    "error": {"errorCode": "E"},
    "transfer": {"assignee": "stranger"},
    "delegation": {"assignee": "stranger"},
    "answer": {"opinion": "x"},
    "refusal": {"reason": "x"},
    "signers": {"assignees": ["stranger"], "position": "after"},
    "ballots": {"assignee": "stranger", "reason": "x"},
    "ballot-removal": {"reason": "x"},
    "return": {"to": "previous", "reason": "x"},
    "preview": {"to": "previous"},
    "copies": {"usernames": ["stranger"]},
    "pause": {"reason": "x"},
    "activation": {"elements": [{"elementId": "x"}]},
    "variables": {"variables": {"who": "x"}},
    "migration": {"targetProcessDefinitionKey": "1", "mappingInstructions": []},
}
JOB = {"changeset": {"retries": 1}}


def snapshot(world: World) -> list[Any]:
    with world.engine.read() as session:
        return [
            [tuple(row) for row in session.execute(select(*model.__table__.columns))]
            for model in (
                *(ProcessInstance, UserTask, Job, Incident, Message, ElementInstance),
                *(Copy, Batch, Substitution, ClockPause, AuditEntry, Notification),
            )
        ]


def test_no_key_of_another_site_is_found(
    app: Flask, http: FlaskClient, world: World, north: North
) -> None:
    # given
    before = snapshot(world)
    tried = paths_with_keys(app)
    assert {argument for _, _, argument in tried} == set(north.keys) - {"definition_key"}
    answers = {}
    # when
    for method, rule, argument in tried:
        path = rule[: rule.index("<")] + str(north.keys[argument]) + rule[rule.index(">") + 1 :]
        body = None if method == "GET" else BODIES.get(path.rsplit("/", 1)[-1], {})
        body = JOB if (method, argument) == ("PATCH", "job_key") else body
        answers[method, rule] = http.open(path, method=method, json=body, auth=STRANGER)
    # then
    # An operator's paths refuse the stranger before looking for the key.
    statuses = {call: answer.status_code for call, answer in answers.items()}
    assert {call: 403 if "/jobs/" in call[1] else 404 for call in statuses} == statuses
    assert snapshot(world) == before


def test_an_operator_of_one_site_finds_no_job_of_another(
    http: FlaskClient, world: World, north: North
) -> None:
    from engine.models.identity import User
    from engine.staff import identity
    from engine.staff.access import SYSTEM

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


# What is the company's, or the caller's own, or for operators only.
SHARED = {
    "process-definitions", "decision-definitions", "decision-requirements", "resources", "limits", "roles",
    "jobs", "users", "tenants", "sites",
}  # fmt: skip


@pytest.mark.usefixtures("north")
def test_people_and_sites_are_those_of_ones_own_sites(http: FlaskClient) -> None:
    def found(path: str, name: str, by: tuple[str, str] = STRANGER) -> set[str]:
        answer = http.post(f"/v2/{path}/search", json={}, auth=by)
        return {item[name] for item in answer.json["items"]}

    assert found("tenants", "tenantId") == found("sites", "siteKey") == {"south"}
    assert found("users", "username") == {"stranger", "owner", "root"}
    assert found("roles/service_assistant/users", "username") == {"stranger"}
    assert found("tenants/south/users", "username") == {"stranger", "owner", "root"}
    clerk = ("clerk", PASSWORD)
    assert found("roles/service_assistant/users", "username", clerk) == {"assistant", "colleague"}


def test_statistics_count_nothing_of_another_site(http: FlaskClient, north: North) -> None:
    key = north.keys["definition_key"]
    path = f"/v2/process-definitions/{key}/statistics/element-instances"
    assert http.post(path, json={}, auth=STRANGER).json == {"items": []}
    seen = http.post(path, json={}, auth=("clerk", PASSWORD)).json["items"]
    assert [(one["elementId"], one["active"], one["completed"]) for one in seen] == [
        ("check", 1, 0),
        ("s", 0, 1),
    ]
    for kind in ("process-instances", "process-instances-by-version"):
        answer = http.post(f"/v2/process-definitions/statistics/{kind}", json={}, auth=STRANGER)
        assert {one["activeInstancesWithoutIncidentCount"] for one in answer.json["items"]} == {0}


@pytest.mark.usefixtures("north")
def test_searches_find_nothing_of_another_site(app: Flask, http: FlaskClient, north: North) -> None:
    key = str(north.keys["process_instance_key"])
    needed = {"filter": {"processInstanceKey": key}}
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/v2/") or not rule.rule.endswith("/search"):
            continue
        if rule.arguments or rule.rule.split("/")[2] in SHARED:
            continue
        answers = [http.post(rule.rule, json=body, auth=STRANGER) for body in ({}, needed)]
        # Some need an instance in their filter, some know none.
        assert {200} <= {answer.status_code for answer in answers} <= {200, 400}, rule.rule
        for answer in answers:
            if answer.status_code == 200:
                assert (answer.json["items"], answer.json["page"]["totalItems"]) == ([], 0), (
                    rule.rule
                )


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
