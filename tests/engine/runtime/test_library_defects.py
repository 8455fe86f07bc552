"""What SpiffWorkflow 3.2.0 gets wrong by itself: each of these fails on the plain library."""

import itertools
import logging
import threading

import pytest

from engine.errors import NotFound
from engine.runtime import Execution, check

from .bpmn import (
    boundary,
    catch,
    diagram,
    end,
    error,
    escalation,
    event_subprocess,
    flow,
    gateway,
    job,
    message,
    on_error,
    on_escalation,
    on_message,
    path,
    script,
    start,
    subprocess,
    throw,
    timer,
    user,
)
from .world import world


def counting_loop(*inside, passes, last):
    """Runs what is inside again until `n` reaches `passes`; `last` is the element before the counter."""
    return diagram(
        start(),
        end(),
        gateway("exclusive", "m"),
        *inside,
        script("count", "=n+1", "n"),
        gateway("exclusive", "x", default="again"),
        flow("s", "m"),
        path(last, "count", "x"),
        flow("x", "e", f"=n >= {passes}"),
        flow("x", "m", id="again"),
    )


def test_a_loop_goes_on_beyond_a_thousand_elements():
    w = world(counting_loop(user("a"), flow("m", "a"), passes=1100, last="a"), reload=False).start(
        n=0
    )
    for _ in range(1100):
        assert not w.done
        w.complete("a")
    assert w.done
    assert w.variables["n"] == 1100


def test_a_thousandth_pass_costs_no_more_tokens_than_the_first():
    w = world(counting_loop(user("a"), flow("m", "a"), passes=500, last="a")).start(n=0)
    sizes = {len(w.complete("a").run.save()) for _ in range(400)}
    assert max(sizes) - min(sizes) < 20


@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
@pytest.mark.parametrize("order", list(itertools.product("ab", repeat=3)))
@pytest.mark.parametrize("reload", [True, False])
def test_a_join_in_a_loop_waits_for_both_branches_in_any_order(kind, order, reload):
    condition = "=true" if kind == "inclusive" else None
    inside = [gateway(kind, "g"), user("a"), user("b"), gateway(kind, "j"), flow("m", "g")]
    inside += [flow("g", "a", condition), flow("g", "b", condition), flow("a", "j"), flow("b", "j")]
    w = world(counting_loop(*inside, passes=3, last="j"), reload=reload).start(n=0)
    for first in order:
        assert w.waiting == ["a", "b"]
        w.complete(first)
        assert w.waiting == [{"a": "b", "b": "a"}[first]]
        w.complete(w.waiting[0])
    assert w.done
    assert next(e.joined for e in w.of("ElementActivated") if e.element_id == "j")


@pytest.mark.parametrize(
    ("throws", "root", "event"),
    [("escalation", escalation(), on_escalation()), ("error", error(), on_error())],
)
def test_an_interrupting_boundary_event_stops_what_throws_inside_at_once(throws, root, event):
    thrower = throw("t", event) if throws == "escalation" else end("t", event)
    following = (
        [script("after", "=true", "ran"), path("t", "after", "ie")]
        if throws == "escalation"
        else []
    )
    split = [
        gateway("parallel", "both"),
        user("other"),
        path("is", "both", "other", "ie"),
        flow("both", "t"),
    ]
    sub = subprocess("sp", start("is"), end("ie"), thrower, *split, *following)
    parts = [
        sub,
        boundary("b", "sp", event),
        user("caught"),
        path("s", "sp", "e"),
        path("b", "caught", "e"),
    ]
    w = world(diagram(start(), end(), *parts, root=root)).start()
    assert w.waiting == ["caught"]
    assert "ran" not in w.variables
    assert {e.element_id for e in w.of("ElementTerminated")} >= {"sp"}
    assert w.complete("caught").done


def test_an_event_subprocess_that_ran_in_one_instance_does_not_begin_in_another():
    beside = event_subprocess("es", on_message(), end("ese"), user("h"), path("es_s", "h", "ese"))
    w = world(diagram(start(), end(), beside, user("u"), path("s", "u", "e"), root=message()))
    assert w.start(k=1).correlate("es_s").waiting == ["h", "u"]
    w.happened.clear()
    assert w.start(k=2).waiting == ["u"]


def test_going_back_inside_a_subprocess_leaves_the_subprocess_open():
    sub = subprocess("sp", start("is"), user("a"), user("b"), end("ie"), path("is", "a", "b", "ie"))
    w = (
        world(diagram(start(), end(), sub, user("z"), path("s", "sp", "z", "e")))
        .start()
        .complete("a")
    )
    w.do("move", w.key("b"), "a", {"why": "again"})
    assert w.waiting == ["a"]
    assert w.complete("a").waiting == ["b"]
    assert w.complete("b").waiting == ["z"]
    assert w.variables == {"why": "again"}


def test_variables_do_not_depend_on_the_order_of_their_keys():
    w = world(diagram(start(), end(), user("u"), user("v"), path("s", "u", "v", "e"))).start(a=1)
    w.complete("u", b=2, amount=5)
    shuffled = dict(sorted(w.variables.items(), reverse=True))
    run = Execution.load(w.diagram, 1, w.context, w.run.save(), shuffled)
    assert run.variables_of(run.active[0].key) == {"a": 1, "b": 2, "amount": 5}


@pytest.mark.parametrize(
    "document", [{"typename": "UUID", "value": "0" * 32}, {"typename": "invoice"}]
)
def test_a_variable_named_typename_is_data_like_any_other(document):
    inner = user("u", inputs=[("=doc", "typename")])
    w = world(diagram(start(), end(), inner, path("s", "u", "e"))).start(doc=document)
    assert w.run.variables_of(w.key("u")) == {"doc": document, "typename": document}


def test_two_timers_on_one_event_gateway_keep_their_own_times():
    parts = [gateway("eventBased", "g"), flow("s", "g")]
    for name, time in (("c1", "PT2H"), ("c2", "PT1H")):
        parts += [catch(name, timer("timeDuration", time)), user(f"u_{name}"), path("g", name, f"u_{name}", "e")]  # fmt: skip
    w = world(diagram(start(), end(), *parts)).start().pass_time(minutes=90)
    assert w.waiting == ["u_c2"]
    assert w.run.next_due is None


def test_a_join_neither_brings_back_what_a_branch_removed_nor_loses_equal_items():
    branches = [
        gateway("parallel", "g"),
        gateway("parallel", "j"),
        script("u1", "=[1,1,2,3]", "rows"),
    ]
    branches += [script("u2", "=1", "z"), script("u3", "={}", "d"), user("v")]
    paths = [path("s", "g", "u1", "u3", "j", "v", "e"), path("g", "u2", "j")]
    w = world(diagram(start(), end(), *branches, *paths)).start(rows=[1, 1, 2], d={"k": 1})
    assert w.variables == {"rows": [1, 1, 2, 3], "d": {}, "z": 1}


def test_what_was_reported_and_what_the_caller_holds_is_not_rewritten_later():
    entered = {"rows": [{"k": 1}]}
    w = world(
        diagram(
            start(),
            end(),
            job("a"),
            script("x", "=[{k: 99}]", "rows"),
            job("b"),
            path("s", "a", "x", "b", "e"),
        )
    )
    w.start()
    w.do("complete", w.key("a"), entered)
    entered["rows"][0]["k"] = 7
    assert entered["rows"] == [{"k": 7}]
    assert w.variables["rows"] == [{"k": 99}]


def test_a_condition_on_a_tasks_flow_is_honoured():
    parts = [
        user("u"),
        user("v"),
        user("w"),
        flow("s", "u"),
        flow("u", "v", "=n > 1"),
        flow("u", "w", "=n > 5"),
    ]
    w = (
        world(diagram(start(), end(), *parts, flow("v", "e"), flow("w", "e")))
        .start()
        .complete("u", n=3)
    )
    assert w.waiting == ["v"]


def test_two_flows_from_a_task_are_a_parallel_split():
    parts = [user("u"), user("v"), user("w"), path("s", "u", "v", "e"), path("u", "w", "e")]
    w = world(diagram(start(), end(), *parts)).start().complete("u")
    assert w.waiting == ["v", "w"]
    assert not w.complete("v").done
    assert w.complete("w").done


def test_a_non_interrupting_boundary_event_happens_more_than_once():
    parts = [
        user("u"),
        boundary("b", "u", on_message(), interrupting=False),
        user("n"),
        path("s", "u", "e"),
    ]
    w = world(diagram(start(), end(), *parts, path("b", "n", "e"), root=message())).start(k=1)
    assert w.correlate("b").correlate("b").waiting == ["n", "n", "u"]
    w.complete("u")
    assert w.waiting == ["n", "n"]
    assert len(w.of("SubscriptionClosed")) == 1


def test_a_message_nobody_waits_for_is_told_to_the_caller():
    w = world(diagram(start(), end(), user("u"), path("s", "u", "e"))).start()
    with pytest.raises(NotFound):
        w.do("correlate", 5, {})


def test_no_python_runs_from_a_script():
    source = diagram(
        start(), end(), script("x", "=__import__('os').getpid()", "r"), path("s", "x", "e")
    )
    assert [f.code for f in check(source)] == ["expression"]


def test_variables_are_not_logged(caplog):
    with caplog.at_level(logging.INFO):
        world(diagram(start(), end(), user("u"), path("s", "u", "e"))).start(
            secret="s3cret"
        ).complete("u")
    assert not [record for record in caplog.records if record.name.startswith("spiff")]


def test_threads_save_and_load_instances_of_one_diagram_at_once():
    w = world(diagram(start(), end(), user("u"), user("v"), path("s", "u", "v", "e")))
    failures = []

    def work(number):
        for _ in range(40):
            run = Execution.start(w.diagram, 1, w.context, {"number": number})
            run = Execution.load(w.diagram, 1, w.context, run.save(), run.variables)
            run.complete(run.active[0].key, {"v": number})
            if [a.element_id for a in run.active] != ["v"] or run.variables != {
                "number": number,
                "v": number,
            }:
                failures.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
