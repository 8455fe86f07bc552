"""Indicators: what their file may say, and what history makes of them."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import update

from engine import kpis
from engine.engine import Engine
from engine.errors import InvalidDiagram, NotAllowed, NotFound
from engine.kpis import gate, indicator
from engine.models.registry import Unit
from engine.operations import retention
from engine.runtime import parse
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.world import World

STEP = "complaint.verify_within"  # the same day
SPAN = "complaint.reply_within"  # four working days
BASE = {
    "key": "care.answered",
    "zh": "答复率",
    "en": "Answered",
    "text": {"zh": "按时 ÷ 到期", "en": "in time ÷ due"},
    "source": "000 制度9 §8",
    "period": "month",
    "of": {"tasks": ["care.t_answer"]},
    "met": "in_time",
    "target": {"at_least": 1},
}


def diagram() -> bytes:
    return process(
        user_task("t_ask", limit=STEP, clockStart=SPAN)
        + user_task("t_answer", limit=STEP, clockStop=SPAN)
        + chain("s", "t_ask", "t_answer", "e"),
        "care",
    )


def entry(**changes: Any) -> dict[str, Any]:
    """An indicator with other members than the base; None takes one away."""
    return {name: value for name, value in (BASE | changes).items() if value is not None}


def reasons(*entries: Any) -> list[str]:
    files = {
        "care.bpmn": diagram(),
        "forms/a.form": b'{"components": [{"key": "mood"}, {"key": "size"}]}',
    }
    around = gate.surroundings([parse(files["care.bpmn"])], files)
    return [reason for _, reason in gate.mistakes(json.dumps(entries).encode(), around)]


# -- the file


def test_takes_an_indicator_that_fits() -> None:
    assert reasons(BASE, entry(key="care.moods", where='mood = "good" and passed.t_ask > 0')) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"zh": None}, "zh is missing"),
        ({"formula": "count(x)"}, "formula is unknown"),
        ({"key": "Care"}, "key is words"),
        ({"period": "week"}, "period is one of"),
        ({"of": {"jobs": ["x"]}}, "of has one member"),
        ({"of": {"tasks": ["care.t_gone"]}}, "no user task care.t_gone"),
        ({"of": {"instances": ["gone"]}, "met": "true"}, "no process gone"),
        ({"of": {"limits": ["complaint.analysis_cycle"]}}, "no element starts the clock"),
        ({"met": "in_time and"}, "not valid FEEL"),
        ({"met": 'nowhere = "x"'}, "nothing in the bundle is called nowhere"),
        ({"met": "passed.t_gone > 0"}, "no step t_gone"),
        ({"of": {"instances": ["care"]}}, "instances have no in_time"),
        ({"per": "units"}, "exclude each other"),
        ({"met": None, "per": "people"}, "per is one of"),
        ({"met": None, "sum": {"part": "mood"}}, "sum has part and whole"),
        ({"target": {"over": 1}}, "target has one member"),
        ({"target": {"at_least": "no.such.key"}}, "no number of the policy tables"),
        ({"target": {"at_least": True}}, "a target is a number"),
        ({"text": "x"}, "text has zh and en"),
    ],
)  # fmt: skip
def test_refuses_what_does_not_fit(changes: dict[str, Any], told: str) -> None:
    found = reasons(entry(**changes))
    assert any(told in one for one in found), found


def test_refuses_a_key_used_twice_and_a_file_that_is_no_list() -> None:
    assert reasons(BASE, BASE) == ["the key is used more than once"]
    around = gate.surroundings([parse(diagram())], {})
    assert gate.mistakes(b"{}", around) == [("", "indicators are a list of objects")]
    assert gate.mistakes(b"[[]]", around) == [("", "indicators are a list of objects")]


# -- what history makes of it


@pytest.fixture
def care(world: World) -> World:
    world.deploy({"care.bpmn": diagram()})
    return world


def month(engine: Engine, first: str = "2026-11-01") -> kpis.Period:
    return kpis.period_of(dt.date.fromisoformat(first), "month", "Asia/Shanghai")


def value(world: World, found: indicator.Indicator, period: kpis.Period | None = None) -> Any:
    engine = world.engine
    with engine.read() as session:
        site = world.site()
        periods = [period or month(engine)]
        return kpis.compute(engine, session, found, site, periods, engine.clock())[0]


def run(world: World, clock: Clock, *, hours: float, **submitted: Any) -> Any:
    """Walk one instance; the answer comes so many hours after the question."""
    instance = world.start("care", submitted.pop("variables", None))
    world.complete("t_ask", of=instance)
    clock.forward(hours=hours)
    world.complete("t_answer", submitted, of=instance)
    clock.forward(hours=-hours)
    return instance


def test_counts_tasks_by_when_they_fell_due(care: World, clock: Clock) -> None:
    run(care, clock, hours=1)
    run(care, clock, hours=30)
    answered = indicator.parse(entry())
    assert value(care, answered).whole == 2
    assert value(care, answered).part == 1
    assert value(care, answered).reached is False
    assert value(care, answered, month(care.engine, "2026-10-01")).value is None


def test_an_open_task_counts_only_once_it_is_overdue(care: World, clock: Clock) -> None:
    instance = care.start("care")
    care.complete("t_ask", of=instance)
    answered = indicator.parse(entry())
    assert value(care, answered).whole == 0
    clock.forward(hours=24)
    assert (value(care, answered).part, value(care, answered).whole) == (0, 1)


def test_a_clock_over_several_steps_is_counted_when_it_is_due(care: World, clock: Clock) -> None:
    run(care, clock, hours=1)
    run(care, clock, hours=24 * 9)
    replied = indicator.parse(entry(of={"limits": [SPAN]}))
    found = value(care, replied)
    assert (found.part, found.whole) == (1, 2)


def test_reads_variables_and_what_was_submitted_at_the_step(care: World, clock: Clock) -> None:
    run(care, clock, hours=1, mood="good", variables={"mood": "bad", "size": 3})
    run(care, clock, hours=1, mood="bad", variables={"size": 5})
    happy = indicator.parse(entry(met='mood = "good"'))
    assert (value(care, happy).part, value(care, happy).whole) == (1, 2)
    big = indicator.parse(entry(of={"instances": ["care"]}, met="size > 4"))
    assert (value(care, big).part, value(care, big).whole) == (1, 2)


def test_counts_passages_and_leaves_cancelled_instances_out(care: World, clock: Clock) -> None:
    from engine import instances

    run(care, clock, hours=1)
    gone = care.start("care")
    with care.engine.begin(care.actor("root")) as command:
        instances.cancel(command, gone.key, "by mistake")
    care.start("care")
    asked = indicator.parse(entry(of={"instances": ["care"]}, met="passed.t_ask > 0"))
    assert (value(care, asked).part, value(care, asked).whole) == (1, 2)
    ended = indicator.parse(
        entry(
            of={"instances": ["care"]},
            met=None,
            where='status = "completed"',
            target={"at_most": 0},
        )
    )
    assert value(care, ended).value == 1
    assert value(care, ended).reached is False


def test_adds_numbers_up(care: World, clock: Clock) -> None:
    run(care, clock, hours=1, variables={"came": 3, "expected": 4})
    run(care, clock, hours=1, variables={"came": 4, "expected": 4})
    run(care, clock, hours=1, variables={"came": "many", "expected": None})
    arrived = indicator.parse(
        entry(of={"instances": ["care"]}, met=None, sum={"part": "came", "whole": "expected"})
    )
    assert value(care, arrived).value == 7 / 8


def test_divides_by_the_units_of_the_site(care: World, clock: Clock) -> None:
    run(care, clock, hours=1)
    per_unit = indicator.parse(
        entry(of={"instances": ["care"]}, met=None, per="units", target={"below": 0.5})
    )
    assert value(care, per_unit).value is None
    care.add_unit("3-2-1201")
    care.add_unit("4-2-1202")
    assert value(care, per_unit).value == 0.5
    assert value(care, per_unit).reached is False
    with care.engine.begin(care.actor("root")) as command:
        command.session.execute(update(Unit).where(Unit.label == "4-2-1202").values(kind="parking"))
    assert value(care, per_unit).value == 1


def test_periods_follow_the_zone_of_the_site(care: World, clock: Clock) -> None:
    clock.now = dt.datetime(2026, 11, 30, 16, 30, tzinfo=dt.UTC)  # half past midnight in December
    care.start("care")
    found = indicator.parse(entry(of={"instances": ["care"]}, met=None, target=None))
    assert value(care, found).value == 0
    assert value(care, found, month(care.engine, "2026-12-01")).value == 1
    quarter = kpis.period_of(dt.date(2026, 12, 24), "quarter", "Asia/Shanghai")
    assert [one.first for one in quarter.until_here(3)] == [
        dt.date(2026, 4, 1), dt.date(2026, 7, 1), dt.date(2026, 10, 1)
    ]  # fmt: skip
    assert value(care, found, quarter).value == 1


def test_another_site_is_another_number(care: World, clock: Clock) -> None:
    care.start("care", by="stranger", site="south")
    found = indicator.parse(entry(of={"instances": ["care"]}, met=None, target=None))
    assert value(care, found).value == 0


def test_several_periods_are_computed_at_once_and_what_is_over_is_remembered(
    care: World, clock: Clock
) -> None:
    for at in ("2026-09-10", "2026-10-10", "2026-10-20"):
        clock.now = dt.datetime.fromisoformat(f"{at}T02:00:00+00:00")
        care.start("care")
    clock.now = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)
    found = indicator.parse(entry(of={"instances": ["care"]}, met=None, target=None))
    with care.engine.read() as session:
        periods = month(care.engine).until_here(3)
        numbers = [
            kpis.compute(care.engine, session, found, care.site(), periods, clock()) for _ in (1, 2)
        ]
    assert [[one.value for one in row] for row in numbers] == [[1, 2, 0], [1, 2, 0]]


def test_says_which_items_stand_behind_a_value(care: World, clock: Clock) -> None:
    late = run(care, clock, hours=30, mood="bad")
    good = run(care, clock, hours=1, mood="good")
    run(care, clock, hours=1, mood="neither")
    found = indicator.parse(entry(where='mood != "neither"'))
    with care.engine.read() as session:
        rows = kpis.chosen(session, found, care.site(), month(care.engine), clock())
    assert {(item.instance_key, met) for item, met in rows} == {(late.key, False), (good.key, True)}
    assert all(item.task_key for item, _ in rows)


def test_what_was_deleted_is_not_counted(care: World, clock: Clock) -> None:
    run(care, clock, hours=1)
    with care.engine.begin(care.actor("root")) as command:
        retention.change(command, "care", 183)
    found = indicator.parse(entry(of={"instances": ["care"]}, met=None, target=None))
    assert value(care, found).value == 1
    clock.forward(days=200)
    with care.engine.begin(care.actor("root")) as command:
        from sqlalchemy import select

        from engine.models.instance import ProcessInstance

        key = command.session.scalar(select(ProcessInstance.key))
        retention.delete_instance(command, key)
    assert value(care, found).value == 0


def test_the_latest_deployment_of_each_family_says_what_is_measured(care: World) -> None:
    files = {"care.bpmn": diagram(), "kpis.json": json.dumps([BASE]).encode()}
    care.deploy(files)
    with care.engine.read() as session:
        assert [one.key for one in kpis.indicators(care.engine, session)] == ["care.answered"]
        assert kpis.find(care.engine, session, "care.answered").family == "test"
        with pytest.raises(NotFound):
            kpis.find(care.engine, session, "care.nothing")


def test_a_target_may_be_a_row_of_the_policy_tables(care: World, clock: Clock) -> None:
    run(care, clock, hours=1)
    found = indicator.parse(entry(target={"at_least": "followup.complaint.rate"}))
    assert value(care, found).wanted == 0.5
    assert value(care, found).reached is True


def test_only_superiors_of_the_site_watch(world: World) -> None:
    north, south = world.site("north").id, world.site("south").id
    kpis.require_watcher(world.actor("supervisor"), north)
    kpis.require_watcher(world.actor("owner"), south)
    with pytest.raises(NotAllowed):
        kpis.require_watcher(world.actor("clerk"), north)
    with pytest.raises(NotFound):
        kpis.require_watcher(world.actor("supervisor"), south)


def test_a_deployment_with_an_indicator_that_does_not_fit_is_refused(care: World) -> None:
    files = {"care.bpmn": diagram(), "kpis.json": json.dumps([entry(met="gone = 1")]).encode()}
    with pytest.raises(InvalidDiagram) as refused:
        care.deploy(files)
    assert [(one.file, one.code) for one in refused.value.findings] == [("kpis.json", "invalid_indicator")]  # fmt: skip
