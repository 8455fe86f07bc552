"""Where instances stand and how they came there, with the official client: elements, flows, counts, waiting."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from camunda_orchestration_sdk import CamundaClient, errors
from camunda_orchestration_sdk import models as m
from camunda_orchestration_sdk import semantic_types as t

from engine.models.instance import ProcessInstance
from tests.api import bundles
from tests.api.conftest import Client
from tests.diagrams import HEAD, chain, flow, process, user_task
from tests.engine.test_signals import WAITS
from tests.world import World

Work = Callable[[], int]
TIMER = (
    '<intermediateCatchEvent id="wait"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
    "</timerEventDefinition></intermediateCatchEvent>"
)
CALLED = process(user_task("inner") + chain("s", "inner", "e"), "called")
CALLING = process(
    '<callActivity id="call"><extensionElements><zeebe:calledElement processId="called"/>'
    "</extensionElements></callActivity>" + chain("s", "call", "e"),
    "calling",
)


def element(key: int) -> t.ElementInstanceKey:
    return t.ElementInstanceKey(str(key))


def instance_key(instance: ProcessInstance) -> t.ProcessInstanceKey:
    return t.ProcessInstanceKey(str(instance.key))


def test_an_element_instance_is_found_alive_and_ended(client: Client, world: World) -> None:
    world.deploy(bundles.FILES)
    world.start("p", {"unit_no": "1"})
    key = element(world.task("check").key)
    found = client("clerk").get_element_instance(key)
    assert (found.element_id, found.type_, found.state) == ("check", "USER_TASK", "ACTIVE")
    world.complete("check", {"who": "梁"})
    assert client("clerk").get_element_instance(key).state == "COMPLETED"


def test_what_waits_for_a_time_is_found_by_its_key(client: Client, world: World) -> None:
    world.deploy({"p.bpmn": process(TIMER + chain("s", "wait", "e"))})
    started = world.start("p")
    (entry,) = world.instance(started.key).active
    found = client("clerk").get_element_instance(element(entry["key"]))
    assert (found.element_id, found.type_) == ("wait", "INTERMEDIATE_CATCH_EVENT")
    with pytest.raises(errors.NotFoundError):
        client("stranger").get_element_instance(element(entry["key"]))


def test_the_key_of_a_process_instance_gives_the_process(client: Client, world: World) -> None:
    world.deploy(bundles.FILES)
    started = world.start("p", {"unit_no": "1"})
    found = client("clerk").get_element_instance(element(started.key))
    assert (found.element_id, found.type_, found.state) == ("p", "PROCESS", "ACTIVE")


def test_element_instances_are_found_by_definition(client: Client, world: World) -> None:
    world.deploy({"c.bpmn": CALLED, "p.bpmn": CALLING})
    started = world.start("calling")
    world.start("called")

    def found(**wanted: str) -> list[str]:
        query = m.ElementInstanceSearchQuery(filter_=m.ElementInstanceFilter.from_dict(wanted))
        return [
            one.element_id for one in client("clerk").search_element_instances(data=query).items
        ]

    assert found(processDefinitionId="calling") == ["calling", "s", "call"]
    inside = found(processInstanceKey=str(started.key), processDefinitionId="called")
    assert inside == ["s", "inner"]
    assert found(processDefinitionId="called") == ["called", "s", "inner"]
    with pytest.raises(errors.BadRequestError):
        found(elementId="inner")


def put(client: CamundaClient, key: int, *, local: bool = False, **values: object) -> None:
    data = m.SetVariableRequest(
        variables=m.SetVariableRequestVariables.from_dict(values), local=local
    )
    client.create_element_instance_variables(element(key), data=data)


def test_operators_set_variables_of_the_process(client: Client, world: World) -> None:
    world.deploy({"l.bpmn": bundles.LOCAL})
    started = world.start("local", {"a": 1})
    put(client("owner"), started.key, a=5, c=[1])
    assert world.instance(started.key).variables == {"a": 5, "c": [1]}
    with pytest.raises(errors.ApiError) as refused:
        put(client("clerk"), started.key, a=6)
    assert refused.value.status_code == 403


def test_variables_go_to_the_nearest_scope_that_has_them(client: Client, world: World) -> None:
    world.deploy({"l.bpmn": bundles.LOCAL})
    started = world.start("local", {"a": 1})
    task = world.task("see")
    put(client("owner"), task.key, a=5, b=7, d=1)
    put(client("owner"), task.key, local=True, e=9)
    assert world.instance(started.key).variables == {"a": 5, "d": 1}
    key = t.UserTaskKey(str(task.key))
    seen = client("assistant").search_user_task_effective_variables(key).items
    assert {one.name: one.value for one in seen} == {"a": "5", "b": "7", "d": "1", "e": "9"}


def test_sequence_flows_and_counts_tell_the_way(client: Client, world: World) -> None:
    world.deploy(bundles.FILES)
    started = world.start("p", {"unit_no": "1"})
    key = instance_key(started)
    world.complete("check", {"who": "梁"})
    flows = client("clerk").get_process_instance_sequence_flows(key).items
    assert [one.element_id for one in flows] == ["check_e", "s_check"]
    counted = client("clerk").get_process_instance_statistics(key).items
    assert {one.element_id: (one.active, one.completed) for one in counted} == {
        "s": (0, 1), "check": (0, 1), "e": (0, 1),
    }  # fmt: skip


def test_the_counts_of_a_definition_follow_a_filter(client: Client, world: World) -> None:
    world.deploy({"f.bpmn": bundles.FAILING, **bundles.FILES})
    for unit in "12":
        started = world.start("p", {"unit_no": unit})
    world.start("failing")
    key = t.ProcessDefinitionKey(str(started.definition_key))

    def counted(**wanted: str) -> dict[str, int]:
        query = m.ProcessDefinitionElementStatisticsQuery.from_dict({"filter": wanted})
        found = client("clerk").get_process_definition_statistics(key, data=query).items
        return {one.element_id: one.active for one in found}

    assert counted() == {"s": 0, "check": 2}
    assert counted(businessId="2") == {"s": 0, "check": 1}
    running = client("clerk").get_process_definition_instance_statistics().items
    assert {
        one.process_definition_id: (
            one.active_instances_without_incident_count,
            one.active_instances_with_incident_count,
        )
        for one in running
    } == {"p": (2, 0), "failing": (0, 1)}


def test_the_incidents_of_an_element_are_found(client: Client, world: World) -> None:
    world.deploy({"f.bpmn": bundles.FAILING})
    started = world.start("failing")
    (entry,) = [one for one in world.instance(started.key).active if one["id"] == "pay"]
    for key in (entry["key"], started.key):
        found = client("owner").search_element_instance_incidents(
            element(key), data=m.IncidentSearchQuery()
        )
        assert [one.element_id for one in found.items] == ["pay"]


def test_the_call_hierarchy_leads_from_the_first_to_this_one(client: Client, world: World) -> None:
    inputs = '<zeebe:input source="=&quot;p&quot;" target="processId"/><zeebe:input source="={unit_no: &quot;1&quot;}" target="variables"/>'
    starts = (
        f'{HEAD}<process id="parent" name="Parent" isExecutable="true"><startEvent id="s"><extensionElements>'
        '<zeebe:properties><zeebe:property name="startGroups" value="all_staff"/></zeebe:properties></extensionElements>'
        '</startEvent><endEvent id="e"/><serviceTask id="go"><extensionElements><zeebe:taskDefinition type="guicheng.start-process"/>'
        f"<zeebe:ioMapping>{inputs}</zeebe:ioMapping></extensionElements></serviceTask>"
        f"{flow('s', 'go')}{flow('go', 'e')}</process></definitions>"
    ).encode()
    world.deploy(bundles.FILES | {"parent.bpmn": starts})
    above = world.start("parent")
    from engine.worker import run_due

    run_due(world.engine)
    below = world.task("check").instance_key
    told = client("clerk").get_process_instance_call_hierarchy(t.ProcessInstanceKey(str(below)))
    keys = [one["processInstanceKey"] if isinstance(one, dict) else one.process_instance_key for one in told]  # fmt: skip
    assert keys == [str(above.key), str(below)]


def test_who_waits_for_a_message_is_found(client: Client, world: World) -> None:
    world.deploy({"w.bpmn": bundles.WAIT})
    started = world.start("waits", {"k": "7"})
    (found,) = client("clerk").search_message_subscriptions().items
    assert (found.message_name, found.correlation_key, found.element_id) == ("go", "7", "wait")
    assert found.process_instance_key == str(started.key)
    told = client("clerk").get_process_definition_message_subscription_statistics().items
    assert [one.active_subscriptions for one in told] == [1]


def test_a_signal_is_broadcast_by_operators(client: Client, world: World, work: Work) -> None:
    world.deploy({"p.bpmn": WAITS})
    started = world.start("p")
    request = m.SignalBroadcastRequest(
        signal_name="alarm",
        tenant_id=t.TenantId("north"),
        variables=m.SignalBroadcastRequestVariables.from_dict({"floor": 3}),
    )
    assert client("owner").broadcast_signal(data=request).tenant_id == "north"
    work()
    assert [one.element_id for one in world.open_tasks(started)] == ["after"]
    with pytest.raises(errors.ApiError) as refused:
        client("clerk").broadcast_signal(data=request)
    assert refused.value.status_code == 403


def test_version_tags_are_told(client: Client, world: World) -> None:
    tagged = bundles.LOCAL.replace(
        b'isExecutable="true">',
        b'isExecutable="true"><extensionElements><zeebe:versionTag value="v1"/></extensionElements>',
    )
    world.deploy({"l.bpmn": tagged})
    started = world.start("local", {"a": 1})
    assert client("clerk").get_process_instance(
        instance_key(started)
    ).process_definition_version_tag == "v1"  # fmt: skip
    wanted = m.ProcessDefinitionFilter(version_tag="v1")
    query = m.ProcessDefinitionSearchQuery(filter_=wanted)
    (definition,) = client("clerk").search_process_definitions(data=query).items
    assert definition.version_tag == "v1"
