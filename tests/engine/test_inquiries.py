"""What expressions ask of the world beyond their instance: the unit's other instances, the site's working days."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from engine import instances
from engine.errors import InvalidDiagram, InvalidVariables
from engine.expressions import Asked, feel
from engine.timing import workdays
from engine.timing.calendars import Calendar
from tests.diagrams import chain, flow, process, script, user_task
from tests.world import World

UNIT = {"unit_no": "3-2-1201"}
OTHER = process(
    script("x", "=1", "one") + user_task("look") + chain("s", "x", "look", "e"), "violation"
)


def asking(expression: str) -> bytes:
    return process(
        user_task("ask") + script("x", expression, "found") + user_task("stay")
        + chain("s", "ask", "x", "stay", "e")
    )  # fmt: skip


def answer(world: World, expression: str, variables: dict[str, Any] | None = None) -> Any:
    world.deploy({"p.bpmn": asking(expression), "v.bpmn": OTHER})
    started = world.start("p", UNIT if variables is None else variables)
    world.complete("ask", of=started)
    return world.instance(started.key).variables["found"]


@pytest.fixture
def unit(world: World) -> World:
    world.add_unit()
    world.add_unit("4-2-1202")
    world.deploy({"v.bpmn": OTHER})
    return world


def test_counts_what_runs_for_the_same_unit(unit: World) -> None:
    world = unit
    for where in ("3-2-1201", "3-2-1201", "4-2-1202"):
        world.start("violation", {"unit_no": where})
    assert answer(world, "=unit_open.violation") == 2


def test_counts_at_the_moment_the_expression_is_evaluated(unit: World) -> None:
    world = unit
    world.deploy({"p.bpmn": asking("=unit_open.violation = 0"), "v.bpmn": OTHER})
    other = world.start("violation", UNIT)
    started = world.start("p", UNIT)
    world.complete("look", of=other)
    world.complete("ask", of=started)
    assert world.instance(started.key).variables["found"] is True


def test_does_not_count_the_instance_itself(unit: World) -> None:
    assert answer(unit, "=unit_open.p") == 0


def test_gives_the_variables_of_the_latest_instance(unit: World) -> None:
    world = unit
    for deposit in (100, 250):
        first = world.start("violation", UNIT | {"deposit": deposit})
    canceled = world.start("violation", UNIT | {"deposit": 999})
    world.complete("look", of=first)
    with world.engine.begin(world.actor("root")) as command:
        instances.cancel(command, canceled.key, "a mistake")
    assert answer(world, "=unit_latest.violation.deposit") == 250


def test_knows_nothing_without_a_unit(unit: World) -> None:
    unit.start("violation", UNIT)
    assert answer(unit, "=unit_open.violation", {}) is None


def test_a_variable_of_that_name_goes_first(unit: World) -> None:
    assert answer(unit, "=unit_open.violation", UNIT | {"unit_open": {"violation": 7}}) == 7


def test_a_form_may_refuse_by_it(unit: World) -> None:
    world = unit
    rule = {"validWhen": "=unit_open.violation = 0", "validMessage": "还有违章未关闭"}
    field = {"type": "textfield", "id": "result", "key": "result", "properties": rule}
    form = {"id": "f", "type": "default", "schemaVersion": 19, "components": [field]}
    drawn = process(user_task("pass", form="f") + chain("s", "pass", "e"))
    world.deploy({"p.bpmn": drawn, "forms/f.form": json.dumps(form).encode(), "v.bpmn": OTHER})
    open_one = world.start("violation", UNIT)
    started = world.start("p", UNIT)
    with pytest.raises(InvalidVariables) as refused:
        world.complete("pass", {"result": "ok"}, of=started)
    assert refused.value.errors["result"][0].code == "rule_violated"
    world.complete("look", of=open_one)
    assert world.complete("pass", {"result": "ok"}, of=started).ran


def test_a_diagram_that_asks_nothing_asks_nothing() -> None:
    def never() -> Any:
        raise AssertionError

    (result,) = feel().batch(["=[a, 1]"], {"a": 1, "unit_open": Asked(never)})
    assert result.value == [1, 1]


def test_a_gateway_decides_by_it(unit: World) -> None:
    world = unit
    drawn = process(
        user_task("desk") + '<exclusiveGateway id="g" default="g_ok"/>' + user_task("back")
        + user_task("ok") + chain("s", "desk", "g") + flow("g", "back", "=unit_open.violation &gt; 0")
        + chain("g", "ok", "e") + chain("back", "e")
    )  # fmt: skip
    world.deploy({"p.bpmn": drawn, "v.bpmn": OTHER})
    world.start("violation", UNIT)
    started = world.start("p", UNIT)
    world.complete("desk", of=started)
    assert world.task("back", started)


def test_refuses_a_process_that_is_not_there(world: World) -> None:
    with pytest.raises(InvalidDiagram) as refused:
        world.deploy({"p.bpmn": asking("=unit_open.nowhere")})
    (found,) = [one for one in refused.value.findings if one.severity == "error"]
    assert (found.code, found.element_id) == ("unknown_process", "x")


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ('=add working days(date("2026-09-30"), 1)', "2026-10-08"),
        ('=add working days("2026-10-08", -1)', "2026-09-30"),
        ('=count working days(date("2026-09-30"), date("2026-10-09"))', 2),
        ('=is working day(date("2026-10-10"))', True),
        ("=add working days(nothing, 1)", None),
    ],
)
def test_counts_in_the_working_days_of_the_site(
    world: World, expression: str, found: object
) -> None:
    with world.engine.begin(world.actor("root")) as command:
        for day in ("2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"):
            workdays.change(command, None, dt.date.fromisoformat(day), False)
        workdays.change(command, None, dt.date(2026, 10, 10), True)
    assert answer(world, expression, {}) == found


def test_counts_as_the_clocks_do() -> None:
    calendar = Calendar(days={dt.date(2027, 3, 8): (False, ""), dt.date(2027, 3, 13): (True, "")})
    names = {"working day": calendar.facts}
    for day in (dt.date(2027, 3, 4) + dt.timedelta(n) for n in range(12)):
        for count in (-3, 1, 2, 5):
            morning = dt.datetime.combine(day, dt.time(9), calendar.zone)
            due = calendar.add(morning, f"{'-' if count < 0 else ''}P{abs(count)}D", "working")
            source = f'add working days(date("{day}"), {count})'
            (result,) = feel().batch([source], names)
            assert result.value == calendar.date_of(due).isoformat(), source
