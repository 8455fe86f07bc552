"""What every expression sees beside the variables: the site, the unit, the instance; a variable of that name wins."""

from __future__ import annotations

from tests.diagrams import chain, process, script, user_task
from tests.engine import dmn
from tests.world import World

RULE = (
    '<businessRuleTask id="rule"><extensionElements><zeebe:calledDecision decisionId="where" '
    'resultVariable="decided"/></extensionElements></businessRuleTask>'
)
WHERE = dmn.document(dmn.table("UNIQUE", [('"mine"', '"variable"')], id_="where", source="site"))
WAITS = user_task("t") + script("x", "=site", "told") + RULE + chain("s", "x", "rule", "t", "e")


def test_a_variable_wins_over_a_name_of_the_environment_wherever_it_is_asked(world: World) -> None:
    # given
    source = process(WAITS, start={"businessKey": "=site"}, summary="=[site]")
    world.deploy({"p.bpmn": source, "decisions/where.dmn": WHERE})
    # when
    started = world.start("p", {"site": "mine"})
    # then
    instance = world.instance(started.key)
    assert instance.business_key == "mine"
    assert (instance.variables["told"], instance.variables["decided"]) == ("mine", "variable")
    assert world.task("t").summary == ["mine"]


def test_the_instance_is_called_process_instance_and_instance_is_free(world: World) -> None:
    body = user_task("t") + script("x", "=process_instance.number", "number")
    world.deploy({"p.bpmn": process(body + chain("s", "x", "t", "e"), numberPrefix="RH")})
    started = world.start("p", {"instance": 3})
    assert world.instance(started.key).variables == {"instance": 3, "number": started.number}


def test_a_process_called_by_a_variable_has_its_time_limits_and_settings(world: World) -> None:
    # given
    limit, setting = "move_in_owner.a_override", "camunda.vars.tenant.move_in_owner.w_pay"
    body = script("x", f"={setting}", "told") + user_task("t", limit=limit)
    called = process(body + chain("s", "x", "t", "e"), "q")
    calls = (
        '<callActivity id="call"><extensionElements><zeebe:calledElement processId="=which"/>'
        f"</extensionElements></callActivity>{chain('s', 'call', 'e')}"
    )
    world.deploy({"p.bpmn": process(calls), "q.bpmn": called})
    # when
    started = world.start("p", {"which": "q"})
    # then
    task = world.task("t")
    assert task.due_at is not None
    assert (task.limit or {})["key"] == limit
    world.complete("t")
    assert world.instance(started.key).variables["told"] == "P7D"
