"""What is only read: deployed files, sites, units, limits, people and roles."""

from __future__ import annotations

from typing import Any

import pytest
from camunda_orchestration_sdk import errors
from camunda_orchestration_sdk import models as m
from camunda_orchestration_sdk import semantic_types as t
from flask.testing import FlaskClient

from engine.policy import limits
from tests.api import bundles
from tests.api.conftest import Client
from tests.world import PASSWORD, World

CLERK = ("clerk", PASSWORD)


def post(http: FlaskClient, path: str, body: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    answer = http.post(f"/v2/{path}", json=body or {}, auth=CLERK)
    assert answer.status_code == 200, answer.json
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def test_a_deployed_file_comes_back_byte_for_byte(client: Client, world: World) -> None:
    world.deploy(bundles.FILES)
    wanted = m.ResourceSearchQuery(filter_=m.ResourceFilter(resource_name="p.bpmn"))
    (found,) = client("clerk").search_resources(data=wanted).items
    assert (found.resource_id, found.version) == ("p", 1)
    key = found.resource_key
    assert client("clerk").get_resource(key).resource_name == "p.bpmn"
    assert client("clerk").get_resource_content_binary(key).payload.read() == bundles.CHECK


def test_only_json_files_are_given_as_json(http: FlaskClient, world: World) -> None:
    world.deploy(bundles.FILES)
    keys = {one["resourceName"]: one["resourceKey"] for one in post(http, "resources/search")}
    form = http.get(f"/v2/resources/{keys['forms/check.form']}/content", auth=CLERK)
    assert form.json["id"] == "p.check"
    drawn = http.get(f"/v2/resources/{keys['p.bpmn']}/content", auth=CLERK)
    assert (drawn.status_code, drawn.json["title"]) == (406, "NOT_ACCEPTABLE")


def test_decision_requirements_are_the_files(client: Client, world: World) -> None:
    world.deploy({"decisions/fees.dmn": bundles.FEES_DMN, "p.bpmn": bundles.LOCAL})
    (found,) = client("clerk").search_decision_requirements().items
    assert (found.decision_requirements_id, found.version) == ("fees", 1)
    key = found.decision_requirements_key
    assert client("clerk").get_decision_requirements(key).resource_name == "decisions/fees.dmn"
    assert client("clerk").get_decision_requirements_xml(key).encode() == bundles.FEES_DMN
    with pytest.raises(errors.NotFoundError):
        client("clerk").get_decision_requirements(t.DecisionRequirementsKey("1"))


def test_sites_are_tenants(client: Client, http: FlaskClient) -> None:
    (found,) = client("clerk").search_tenants().items
    assert (found.tenant_id, found.name) == ("north", "北苑")
    assert client("clerk").get_tenant(t.TenantId("north")).name == "北苑"
    with pytest.raises(errors.NotFoundError):
        client("clerk").get_tenant(t.TenantId("south"))
    (site,) = post(http, "sites/search")
    assert (site["siteKey"], site["timezone"]) == ("north", "Asia/Shanghai")


def test_colleagues_and_roles_are_read(client: Client) -> None:
    assert client("clerk").get_user(t.Username("assistant")).name == "Assistant"
    wanted = m.UserFilter(username="assistant")
    (found,) = client("clerk").search_users(data=m.UserSearchQueryRequest(filter_=wanted)).items
    assert found.username == "assistant"
    with pytest.raises(errors.ApiError) as refused:
        client("clerk").get_user(t.Username("stranger"))
    assert refused.value.status_code == 404
    assert client("clerk").get_role("front_desk").role_id == "front_desk"
    held = client("clerk").search_users_for_role(
        "service_assistant", data=m.RoleUserSearchQueryRequest()
    )
    assert [one.username for one in held.items] == ["assistant", "colleague"]


def test_units_are_found_without_their_people(http: FlaskClient, world: World) -> None:
    world.add_unit("3-2-1201")
    world.add_unit("3-2-1202", site="south")
    (unit,) = post(http, "units/search", {"filter": {"label": {"$like": "3-2-*"}}})
    assert (unit["label"], unit["floor"], unit["tenantId"]) == ("3-2-1201", 12, "north")
    assert http.get(f"/v2/units/{unit['unitKey']}", auth=CLERK).json == unit


def test_limits_hold_as_a_site_changed_them(http: FlaskClient, world: World) -> None:
    # given
    key = next(one for one, row in limits.catalogue().items() if row["kind"] == "amount")
    with world.engine.begin(world.actor("owner")) as command:
        limits.change(command, key, world.site("north"), 12_345)
    # then
    path = f"/v2/limits/{key}"
    shipped = limits.catalogue()[key]["value"]
    assert http.get(path, auth=CLERK).json["value"] == shipped
    own = http.get(path + "?tenantId=north", auth=CLERK).json
    assert (own["value"], own["shippedValue"], own["isChanged"]) == (12_345, shipped, True)
    assert http.get(path + "?tenantId=south", auth=CLERK).status_code == 404
    assert http.get("/v2/limits/nothing", auth=CLERK).status_code == 404
    changed = post(http, "limits/search?tenantId=north", {"filter": {"isChanged": True}})
    assert [one["limitKey"] for one in changed] == [key]
