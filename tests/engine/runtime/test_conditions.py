"""Conditional events: asked when they begin to wait and when a variable that they see changes."""

import pytest

from engine.errors import BudgetExceeded
from engine.runtime import Budget, check

from .bpmn import (
    boundary,
    catch,
    diagram,
    end,
    event_subprocess,
    flow,
    gateway,
    on_condition,
    path,
    script,
    start,
    subprocess,
    timer,
    user,
)
from .world import world


def beside(*triggers, interrupting=True, more=""):
    """A user task `a`, a parallel one `b`, and a boundary event on `a` per trigger, leading to `told`."""
    events = [
        boundary(f"x{n}", "a", trigger, interrupting=interrupting) + flow(f"x{n}", f"told{n}")
        + user(f"told{n}") + flow(f"told{n}", "e")
        for n, trigger in enumerate(triggers)
    ]  # fmt: skip
    return diagram(
        start(),
        gateway("parallel", "g"),
        user("a"),
        user("b"),
        end(),
        path("s", "g", "a", "e"),
        path("g", "b", "e"),
        *events,
        more,
    )


def test_a_condition_that_begins_to_hold_interrupts():
    w = world(beside(on_condition("=x > 10"))).start(x=1)
    assert w.waiting == ["a", "b"]
    assert w.complete("b", x=11).waiting == ["told0"]


def test_a_condition_that_holds_from_the_beginning_happens_at_once():
    assert world(beside(on_condition("=x > 10"))).start(x=11).waiting == ["b", "told0"]


def test_a_condition_over_a_variable_that_is_not_there_does_not_happen():
    w = world(beside(on_condition("=x > 10"))).start()
    assert w.waiting == ["a", "b"]
    assert w.do("set_variables", None, {"x": 12}).waiting == ["b", "told0"]


def test_a_condition_that_does_not_interrupt_happens_at_every_change_while_it_holds():
    w = world(beside(on_condition("=x > 10"), interrupting=False)).start(x=1)
    w.do("set_variables", None, {"x": 11}).do("set_variables", None, {"x": 12})
    assert w.waiting == ["a", "b", "told0", "told0"]
    w.do("set_variables", None, {"x": 12})
    assert w.waiting.count("told0") == 2


def test_a_filter_limits_the_changes_that_count():
    limited = on_condition("=x > 10", variableNames="x", variableEvents="update")
    w = world(beside(limited, interrupting=False)).start()
    w.do("set_variables", None, {"x": 11}).do("set_variables", None, {"y": 1})
    assert "told0" not in w.waiting
    assert "told0" in w.do("set_variables", None, {"x": 12}).waiting


def test_a_change_that_the_event_does_not_see_does_not_count():
    inner = subprocess(
        "sp", start("i"), user("u"), end("j"), path("i", "u", "j"), inputs=[("=1", "x")]
    )
    source = diagram(
        start(), gateway("parallel", "g"), user("a"), inner, end(), path("s", "g", "a", "e"),
        path("g", "sp", "e"), boundary("b", "a", on_condition("=x != null"), interrupting=False),
        user("told"), path("b", "told", "e"),
    )  # fmt: skip
    w = world(source).start()
    w.complete("u", x=2)
    assert w.waiting == ["a"]


def test_a_catch_event_waits_until_its_condition_holds():
    source = diagram(
        start(), catch("c", on_condition("=x")), user("u"), end(), path("s", "c", "u", "e")
    )
    w = world(source).start(x=False)
    assert w.waiting == []
    assert w.do("set_variables", None, {"x": True}).waiting == ["u"]
    assert world(source).start(x=True).waiting == ["u"]


def test_an_event_subprocess_begins_when_its_condition_holds():
    handler = event_subprocess(
        "h", on_condition("=stop"), user("u"), end("f"), path("h_s", "u", "f"), interrupting=True
    )
    w = world(diagram(start(), user("work"), end(), path("s", "work", "e"), handler)).start()
    assert w.do("set_variables", None, {"stop": True}).waiting == ["u"]


def test_a_gateway_waits_for_a_condition_or_a_time():
    source = diagram(
        start(), gateway("eventBased", "g"), catch("c", on_condition("=x")),
        catch("t", timer("timeDuration", "P1D")), user("u"), user("v"), end(),
        path("s", "g", "c", "u", "e"), path("g", "t", "v", "e"),
    )  # fmt: skip
    assert world(source).start(x=True).waiting == ["u"]
    assert world(source).start().pass_time(days=2).waiting == ["v"]


def test_a_condition_that_makes_itself_hold_again_exceeds_the_budget():
    handler = event_subprocess(
        "h", on_condition("=x > 0"), script("more", "=x + 1", "x"), end("f"),
        path("h_s", "more", "f"),
    )  # fmt: skip
    w = world(
        diagram(start(), user("work"), end(), path("s", "work", "e"), handler),
        budget=Budget(steps=200),
    ).start(x=0)
    with pytest.raises(BudgetExceeded) as failure:
        w.do("set_variables", None, {"x": 1})
    assert "more" in failure.value.params["element_ids"]


@pytest.mark.parametrize(
    ("trigger", "code"),
    [
        ("<conditionalEventDefinition/>", "missing"),
        (on_condition("x > 1"), "expression_needed"),
        (on_condition("=x >"), "expression"),
    ],
)
def test_refuses_a_condition_that_is_none(trigger, code):
    assert [f.code for f in check(beside(trigger)) if f.severity == "error"] == [code]
