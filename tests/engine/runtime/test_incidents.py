"""Values that cannot be stored, budgets, incidents, and instances of multi-instances that come and go."""

import pytest

from engine.errors import BudgetExceeded, InvalidVariables, NotFound, Rejected
from engine.runtime import Budget, check_variables

from .bpmn import (
    OVER_XS,
    call,
    catch,
    decision,
    diagram,
    end,
    event_subprocess,
    flow,
    gateway,
    job,
    loop,
    message,
    on_message,
    path,
    script,
    start,
    timer,
    user,
)
from .world import world


def simple(*parts, **options):
    return diagram(start(), end(), *parts, **options)


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        "a\x00b",
        "\ud800",
        2**60,
        object(),
        {1: 2},
        {"a": {"b\x00": 1}},
        b"x",
        {1, 2},
    ],
)
def test_refuses_variables_that_are_not_plain_json(value):
    with pytest.raises(InvalidVariables) as refused:
        check_variables({"fine": 1, "bad": {"deep": [value]}})
    assert list(refused.value.errors) == ["bad"]


def test_refuses_variables_that_are_too_deep_or_too_large():
    deep = []
    for _ in range(100):
        deep = [deep]
    for variables in ({"deep": deep}, {"long": "x" * 1_000_001}, {"": 1}):
        with pytest.raises(InvalidVariables):
            check_variables(variables)


def test_refused_variables_leave_the_task_open():
    w = world(simple(user("u"), path("s", "u", "e"))).start()
    with pytest.raises(InvalidVariables):
        w.complete("u", x=float("nan"))
    assert w.waiting == ["u"]
    assert w.variables == {}


def test_an_expression_cannot_store_what_input_cannot():
    w = world(simple(script("x", '="\\ud800"', "r"), path("s", "x", "e"))).start()
    assert len(w.incidents) == 1
    assert "cannot be stored" in w.incidents[0][1]


def automatic_loop(expression="=n+1", until="=n < 0"):
    parts = [
        gateway("exclusive", "m"),
        script("count", expression, "n"),
        gateway("exclusive", "x", default="again"),
    ]
    return simple(
        *parts, path("s", "m", "count", "x"), flow("x", "e", until), flow("x", "m", id="again")
    )


def test_a_loop_without_a_wait_exceeds_its_budget_and_names_its_elements():
    with pytest.raises(BudgetExceeded) as exceeded:
        world(automatic_loop(), budget=Budget(steps=100)).start(n=0)
    assert set(exceeded.value.params["element_ids"]) >= {"m", "count", "x"}


def test_time_and_size_are_limited_too():
    with pytest.raises(BudgetExceeded):
        world(automatic_loop(), budget=Budget(seconds=0.05, steps=10**9)).start(n=0)
    with pytest.raises(BudgetExceeded):
        world(automatic_loop('="" + n + n', "=false"), budget=Budget(bytes=10_000)).start(n="xx")


def test_an_endless_call_is_stopped():
    endless = diagram(start(), end(), call("c", '="q"'), path("s", "c", "e"), id="p")
    back = diagram(start(), end(), call("c", '="p"'), path("s", "c", "e"), id="q")
    w = world(endless, back).start()
    assert "deep" in w.incidents[0][1]


@pytest.mark.parametrize(
    ("part", "variables", "told"),
    [
        (job("x", loop(inputCollection="=xs")), {"xs": 3}, "not a list"),
        (job("x", loop(inputCollection="=xs")), {"xs": [1] * 501}, "more than 500"),
        (job("x", loop(cardinality="=n")), {"n": "many"}, "not a number"),
        (job("x", loop(cardinality="=n")), {"n": 501}, "more than 500"),
        (user("x", inputs=[("=assert(missing, false)", "y")]), {}, "assert"),
        (job("x", type="=missing"), {}, "not a text"),
        (catch("x", on_message()), {}, "not a text or number"),
        (catch("x", timer("timeDuration", "=missing")), {}, "not a text"),
        (call("x", "=missing"), {}, "not a text"),
        (call("x", "nowhere"), {}, "nowhere"),
        (decision("x", "broken", "y"), {}, "no such decision"),
    ],
)
def test_what_fails_is_an_incident_that_can_be_retried_and_moved(part, variables, told):
    def broken(_):
        raise Rejected(reason="no such decision")

    source = simple(part, user("z"), path("s", "x", "z", "e"), root=message())
    w = world(source, decisions={"broken": broken}).start(**variables)
    ((element, reason),) = w.incidents
    assert element == "x"
    assert told in reason
    w.do("retry", w.run.active[0].key)
    assert len(w.of("IncidentOpened")) == 2
    assert len(w.of("IncidentClosed")) == 1
    w.do("move", w.run.active[0].key, "z")
    assert w.waiting == ["z"]
    assert len([e for e in w.of("ElementActivated") if e.element_id == "x"]) == 1


def test_an_output_mapping_that_fails_keeps_what_was_entered_for_the_retry():
    w = world(
        simple(user("u", outputs=[("=assert(a + b, a + b != null)", "sum")]), path("s", "u", "e"))
    ).start()
    w.complete("u", a=1)
    assert w.waiting == []
    assert [e for e, _ in w.incidents] == ["u"]
    with pytest.raises(NotFound):
        w.complete("u", a=1)
    w.do("set_variables", w.key("u"), {"b": 2}).do("retry", w.key("u"))
    assert w.done
    assert w.variables == {"sum": 3, "b": 2}


def test_a_completion_condition_that_fails_is_an_incident_of_its_instance():
    w = world(simple(job("a", loop(condition="=enough", **OVER_XS)), path("s", "a", "e"))).start(
        xs=[1, 2]
    )
    w.complete("a", r=1)
    assert [e for e, _ in w.incidents] == ["a"]
    stuck = next(a.key for a in w.run.active if a.incident)
    w.do("set_variables", None, {"enough": True}).do("retry", stuck)
    assert w.done
    assert w.variables["rs"] == [1, None]


def test_cardinality_counts_the_instances():
    w = world(simple(user("a", loop(cardinality="3")), path("s", "a", "e"))).start()
    assert [w.run.variables_of(key)["loopCounter"] for key in w.keys_of("a")] == [1, 2, 3]
    w.complete("a").complete("a").complete("a")
    assert w.done


@pytest.mark.parametrize("sequential", [False, True])
def test_an_instance_can_be_added_to_a_multi_instance(sequential):
    w = world(simple(user("a", loop(sequential, **OVER_XS)), path("s", "a", "e"))).start(
        xs=["p", "q"]
    )
    w.do("add_instance", w.key("a"), "r")
    while w.waiting:
        w.complete("a", r=w.run.variables_of(w.key("a"))["x"] + "!")
    assert w.done
    assert w.variables["rs"] == ["p!", "q!", "r!"]


def test_an_instance_can_be_removed_from_a_multi_instance():
    w = world(simple(user("a", loop(**OVER_XS)), path("s", "a", "e"))).start(xs=["p", "q"])
    first, second = w.keys_of("a")
    w.do("complete", second, {"r": 2})
    w.do("remove_instance", first)
    assert w.done
    assert w.variables["rs"] == [None, 2]


def test_a_task_outside_a_multi_instance_has_no_instances_to_add():
    w = world(simple(user("a"), path("s", "a", "e"))).start()
    for command in (("add_instance", w.key("a"), 1), ("remove_instance", w.key("a"))):
        with pytest.raises(NotFound):
            w.do(*command)


def test_variables_are_written_where_they_are_or_locally():
    w = world(simple(user("u", inputs=[("=x", "mine")]), path("s", "u", "e"))).start(x=1)
    key = w.key("u")
    w.do("set_variables", key, {"mine": 2, "x": 3, "new": 4})
    assert w.variables == {"x": 3, "new": 4}
    assert w.run.local_variables_of(key) == {"mine": 2}
    w.run.set_variables(key, {"x": 9}, local=True)
    assert w.run.variables_of(key) == {"mine": 2, "x": 9, "new": 4}
    assert w.variables["x"] == 3


def test_whatever_goes_wrong_in_an_element_is_an_incident(caplog):
    source = simple(decision("x", "odd", "y"), path("s", "x", "e"))
    w = world(source, decisions={"odd": lambda _: {}["missing"]}).start()
    assert w.incidents == [("x", "KeyError: 'missing'")]
    assert "element x failed" in caplog.text


def test_a_failing_trigger_of_an_event_subprocess_is_an_incident_of_its_process():
    beside = event_subprocess(
        "es", timer("timeDate", "=when"), user("h"), end("ee"), path("es_s", "h", "ee")
    )
    w = world(simple(beside, user("u"), path("s", "u", "e"))).start()
    (opened,) = w.of("IncidentOpened")
    assert opened.element_id == "p"
    assert w.waiting == []
    w.do("set_variables", None, {"when": "2026-03-02T10:00:00Z"}).do("retry", opened.key)
    assert w.waiting == ["u"]
    assert w.pass_time(hours=1).waiting == ["h", "u"]


def test_settings_of_the_site_are_seen_by_every_expression():
    environment = {"camunda": {"vars": {"tenant": {"fees": {"key": 50}}}}}
    source = simple(script("x", "=camunda.vars.tenant.fees.key * 2", "y"), path("s", "x", "e"))
    w = world(source, environment=environment).start()
    assert w.variables == {"y": 100}
