"""Nothing of an instance that is kept from a person reaches him by the API, whatever his roles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from engine.models.hiding import Hiding
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.staff import identity
from engine.staff.access import SYSTEM
from tests.api.test_isolation import BODIES, JOB, North, north, paths_with_keys, snapshot
from tests.world import PASSWORD, World

__all__ = ["north"]
ACCUSED = ("colleague", PASSWORD)
OTHERS = {
    "batch_operation_key",
    "substitution_key",
    "unit_key",
    "tenant_id",
    "site_key",
    "username",
}


@pytest.fixture
def hidden(world: World, north: North) -> North:
    """An administrator from whom everything that runs is kept."""
    with world.engine.begin(SYSTEM) as command:
        user = command.session.scalars(select(User).where(User.username == "colleague")).one()
        identity.grant(command, user, command.session.merge(world.site(), load=False), "admin")
        keys = command.session.scalars(select(ProcessInstance.key)).all()
        rows = [{"instance_key": key, "user_id": user.id, "process_id": "p"} for key in keys]
        command.session.execute(insert(Hiding), rows)
        command.session.execute(update(ProcessInstance).values(private=True))
    return north


def test_no_key_of_what_is_hidden_is_found(
    app: Flask, http: FlaskClient, world: World, hidden: North
) -> None:
    before = snapshot(world)
    statuses = {}
    for method, rule, argument in paths_with_keys(app):
        if argument in OTHERS:
            continue
        path = rule[: rule.index("<")] + str(hidden.keys[argument]) + rule[rule.index(">") + 1 :]
        body: Any = None if method == "GET" else BODIES.get(path.rsplit("/", 1)[-1], {})
        body = JOB if (method, argument) == ("PATCH", "job_key") else body
        body = {"errorCode": "E"} if rule.endswith("/error") else body
        statuses[method, rule] = http.open(path, method=method, json=body, auth=ACCUSED).status_code
    assert dict.fromkeys(statuses, 404) == statuses
    assert snapshot(world) == before


def test_no_search_and_no_statistic_knows_of_what_is_hidden(
    app: Flask, http: FlaskClient, hidden: North
) -> None:
    keys = [str(hidden.keys[name]) for name in ("process_instance_key", "user_task_key", "job_key")]
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/v2/") or not rule.rule.endswith("/search") or rule.arguments:
            continue
        for body in ({}, {"filter": {"processInstanceKey": keys[0]}}):
            answer = http.post(rule.rule, json=body, auth=ACCUSED)
            said = json.dumps(answer.json) if answer.status_code == 200 else ""
            assert not [key for key in keys if key in said], rule.rule
    path = f"/v2/process-definitions/{hidden.keys['definition_key']}/statistics/element-instances"
    assert http.post(path, json={}, auth=ACCUSED).json == {"items": []}
    job = {"type": "bank.pay", "timeout": 1000, "maxJobsToActivate": 10}
    assert http.post("/v2/jobs/activation", json=job, auth=ACCUSED).json == {"jobs": []}
