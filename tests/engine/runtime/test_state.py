"""Saving, loading, incidents, budgets, moving and changing variables."""

import json
import random
import zlib

import pytest

from engine.errors import BudgetExceeded, InvalidVariables, NotFound, Rejected
from engine.runtime import Budget, Execution, StateUnfit, check_variables

from .bpmn import (
    OVER_XS,
    boundary,
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
    subprocess,
    timer,
    user,
)
from .world import World, world


def simple(*parts, **options):
    return diagram(start(), end(), *parts, **options)


def everything():
    """One of nearly every element, in a loop of three rounds."""
    sub = subprocess(
        "sp", start("ss"), user("in1"), job("in2"), end("se"), path("ss", "in1", "in2", "se")
    )
    over = loop(
        inputCollection="=[1,2]", inputElement="x", outputCollection="rs", outputElement="=x*10"
    )
    each = subprocess(
        "each",
        over,
        start("es"),
        user("one"),
        end("ee"),
        path("es", "one", "ee"),
        inputs=[("=x", "copy")],
    )
    beside = event_subprocess(
        "beside", on_message(), user("heard"), end("be"), path("beside_s", "heard", "be")
    )
    parts = [
        gateway("exclusive", "m"),
        gateway("inclusive", "g"),
        gateway("inclusive", "j"),
        user("a", loop(sequential=True, **OVER_XS)),
        user("b"),
        boundary("t", "b", timer("timeCycle", "R2/PT1H"), interrupting=False),
        user("late"),
        call("c", "kid"),
        script("count", "=n+1", "n"),
        gateway("exclusive", "x", default="again"),
    ]
    paths = [
        path("s", "m", "sp", "each", "g"),
        flow("g", "a", "=true"),
        flow("g", "b", "=n < 2"),
        path("a", "j"),
        path("b", "c", "j"),
        path("t", "late", "e"),
        path("j", "count", "x"),
        flow("x", "e", "=n >= 3"),
        flow("x", "m", id="again"),
    ]
    kid = diagram(start("ks"), user("k"), end("ke"), path("ks", "k", "ke"), id="kid")
    return simple(sub, each, beside, *parts, *paths, root=message()), kid


def wander(reload, seed):
    """Complete what is open in random order; the trace of a run that is saved and loaded at each wait, or never."""
    chance = random.Random(seed)
    w = World(*everything(), reload=reload).start(n=0, k=1, xs=["p", "q"])
    for _ in range(400):
        if not w.waiting:
            break
        if chance.random() < 0.15:
            w.pass_time(minutes=61)
        elif chance.random() < 0.1:
            w.correlate("beside_s")
        else:
            element = chance.choice(w.waiting)
            w.do("complete", chance.choice(w.keys_of(element)), {"r": element})
    return w


@pytest.mark.parametrize("seed", range(12))
def test_saving_and_loading_at_every_wait_changes_nothing(seed):
    kept, reloaded = wander(reload=False, seed=seed), wander(reload=True, seed=seed)
    assert kept.done
    assert kept.happened == reloaded.happened
    assert kept.variables == reloaded.variables


def test_a_finished_instance_keeps_nothing():
    w = wander(reload=True, seed=1)
    assert w.run.active == []
    assert len(w.run.save()) < 100
    opened = [e.key for e in w.of("SubscriptionOpened")]
    assert sorted(opened) == sorted(e.key for e in w.of("SubscriptionClosed"))


def test_every_activated_element_completes_or_is_terminated_once():
    w = wander(reload=True, seed=2)
    activated = [e.key for e in w.of("ElementActivated")]
    ended = [e.key for e in w.of("ElementCompleted") + w.of("ElementTerminated")]
    assert len(set(activated)) == len(activated)
    assert sorted(activated) == sorted(ended)


def test_the_state_holds_neither_the_diagram_nor_the_variables():
    w = world(simple(user("u"), path("s", "u", "e"))).start(secret="x" * 50)
    saved = zlib.decompress(w.run.save()).decode()
    assert "secret" not in saved
    assert json.loads(saved)[0] == 1


def test_a_called_process_stays_on_the_definition_it_began_with():
    old = diagram(start("ks"), user("k"), end("ke"), path("ks", "k", "ke"), id="kid")
    new = diagram(start("ks"), user("other"), end("ke"), path("ks", "other", "ke"), id="kid")
    w = world(simple(call("c", "kid"), call("d", "kid"), path("s", "c", "d", "e")), old).start()
    assert w.of("UserTaskOpened")[0].process_id == "kid"
    assert [e.definition_key for e in w.of("ElementActivated") if e.element_id == "k"] == [2]
    w.diagrams[3] = world(new).diagram
    assert w.complete("k").waiting == ["other"]


def test_a_running_instance_moves_to_another_version_of_its_diagram():
    w = world(simple(user("u"), path("s", "u", "e"))).start()
    longer = world(simple(user("u"), user("v"), path("s", "u", "v", "e"))).diagram
    run = Execution.load(longer, 2, w.context, w.run.save(), w.variables)
    run.complete(run.active[0].key, {})
    assert [a.element_id for a in run.active] == ["v"]
    other = world(simple(user("x"), path("s", "x", "e"))).diagram
    with pytest.raises(StateUnfit):
        Execution.load(other, 3, w.context, w.run.save(), w.variables)


def test_a_token_can_be_moved_within_its_scope_only():
    sub = subprocess("sp", start("ss"), user("in"), end("se"), path("ss", "in", "se"))
    w = (
        world(simple(sub, user("u"), user("v"), path("s", "u", "v", "sp", "e")))
        .start()
        .complete("u")
    )
    key = w.key("v")
    w.do("move", key, "u")
    assert w.waiting == ["u"]
    assert {e.key for e in w.of("ElementTerminated")} == {key}
    with pytest.raises(Rejected):
        w.do("move", w.key("u"), "in")


def test_a_token_can_be_moved_out_of_a_subprocess_and_out_of_a_multi_instance():
    sub = subprocess(
        "sp", start("ss"), user("in", loop(**OVER_XS)), end("se"), path("ss", "in", "se")
    )
    w = world(simple(user("u"), sub, path("s", "u", "sp", "e"))).start(xs=[1, 2]).complete("u")
    w.do("move", w.key("in"), "u", {"why": "incomplete"})
    assert w.waiting == ["u"]
    assert w.variables == {"xs": [1, 2], "why": "incomplete"}
    w.complete("u").complete("in")
    assert w.complete("in").done


def test_moving_one_instance_of_a_multi_instance_moves_the_whole():
    w = (
        world(simple(user("u"), user("a", loop(**OVER_XS)), path("s", "u", "a", "e")))
        .start(xs=[1, 2])
        .complete("u")
    )
    w.do("move", w.key("a"), "u")
    assert w.waiting == ["u"]


def test_the_size_of_variables_is_counted_in_bytes():
    w = world(simple(user("u"), path("s", "u", "e")), budget=Budget(bytes=3000)).start()
    with pytest.raises(InvalidVariables):
        w.complete("u", text="规" * 1001)
    w.do("set_variables", None, {"a": "规" * 600})
    with pytest.raises(BudgetExceeded):
        w.complete("u", b="规" * 600)


def test_cancelling_terminates_everything_from_inside_outwards():
    w = world(*everything()).start(n=0, k=1, xs=[1])
    w.do("cancel")
    assert w.done
    assert [e.element_id for e in w.recent if type(e).__name__ == "ElementTerminated"] == [
        "in1",
        "sp",
    ]
    assert [type(e).__name__ for e in w.recent].count("SubscriptionClosed") == 1
    assert w.run.active == []


def test_a_start_event_can_be_chosen():
    parts = [
        start("other", on_message()),
        user("a"),
        user("b"),
        path("s", "a", "e"),
        path("other", "b", "e"),
    ]
    w = world(simple(*parts, root=message()))
    assert w.start().waiting == ["a"]
    w.happened.clear()
    assert w.start("other", v=1).waiting == ["b"]
    with pytest.raises(Rejected):
        w.start("nowhere")


def test_a_key_that_does_not_wait_is_not_found():
    w = world(simple(user("u"), path("s", "u", "e"))).start()
    key = w.key("u")
    w.complete("u")
    for command in ("complete", "throw_error", "correlate"):
        with pytest.raises(NotFound):
            w.do(command, key, {} if command != "throw_error" else "BAD")
    with pytest.raises(NotFound):
        w.do("retry", key)


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
