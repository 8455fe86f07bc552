"""Zeebe's semantics, case by case."""

import pytest

from .bpmn import (
    OVER_XS,
    boundary,
    call,
    catch,
    decision,
    definitions,
    diagram,
    end,
    error,
    event_subprocess,
    extension,
    flow,
    gateway,
    job,
    loop,
    message,
    on_error,
    on_message,
    path,
    process,
    property_list,
    script,
    start,
    subprocess,
    timer,
    user,
    zeebe,
)
from .world import MONDAY, world


def simple(*parts, **options):
    return diagram(start(), end(), *parts, **options)


def test_a_job_gives_its_variables_to_the_process():
    w = world(simple(job("a"), path("s", "a", "e"))).start(x=1)
    assert w.of("JobOpened")[0].retries == 5
    assert w.of("JobOpened")[0].variables == {"x": 1}
    w.complete("a", y=2)
    assert w.done
    assert w.variables == {"x": 1, "y": 2}


def test_mappings_make_local_variables_and_write_nested_targets():
    mapped = job(
        "a", inputs=[("=x+1", "l"), ("=l*2", "m")], outputs=[("=r.v", "y"), ("=r.w", "o.p")]
    )
    w = world(simple(mapped, job("b"), path("s", "a", "b", "e"))).start(x=1)
    assert w.of("JobOpened")[0].variables == {"x": 1, "l": 2, "m": 4}
    w.complete("a", r={"v": 7, "w": 8})
    assert w.variables == {"x": 1, "y": 7, "o": {"p": 8}}
    assert w.complete("b").done


def test_parallel_branches_share_the_scope():
    split = [gateway("parallel", "g"), gateway("parallel", "j"), flow("g", "b"), flow("b", "j")]
    w = world(simple(*split, job("a"), job("b"), path("s", "g", "a", "j", "e"))).start(x=1)
    w.complete("a", x=5)
    assert w.run.variables_of(w.key("b"))["x"] == 5
    w.complete("b", z=1)
    assert w.done
    assert w.variables == {"x": 5, "z": 1}


def test_an_exclusive_gateway_takes_the_first_true_condition_else_the_default():
    parts = [
        gateway("exclusive", "g", default="d"),
        *map(job, "abc"),
        flow("s", "g"),
        flow("g", "a", "=x > 10"),
    ]
    parts += [
        flow("g", "b", '=x > 1 and c.k="q"'),
        flow("g", "c", id="d"),
        *(flow(i, "e") for i in "abc"),
    ]
    w = world(simple(*parts))
    assert w.start(x=5, c={"k": "q"}).waiting == ["b"]
    assert world(simple(*parts)).start(x=0, c=None).waiting == ["c"]


def test_a_condition_that_is_null_is_an_incident_that_can_be_retried():
    parts = [
        gateway("parallel", "pg"),
        gateway("exclusive", "g"),
        job("a"),
        job("z"),
        path("s", "pg", "z", "e"),
    ]
    parts += [flow("pg", "g"), flow("g", "a", "=typo > 10"), flow("a", "e")]
    w = world(simple(*parts)).start(x=5)
    assert w.waiting == ["z"]
    assert [element for element, _ in w.incidents] == ["g"]
    assert "typo" in w.incidents[0][1]
    w.complete("z")
    assert not w.done
    w.do("set_variables", None, {"typo": 11}).do("retry", w.key("g"))
    assert w.waiting == ["a"]
    assert w.incidents == []
    assert w.complete("a").done


def test_an_input_mapping_that_fails_is_an_incident_and_not_the_callers_error():
    failing = job("b", inputs=[("=assert(missing, missing != null)", "q")])
    w = world(simple(job("a"), failing, path("s", "a", "b", "e"))).start()
    w.complete("a", k=1)
    assert w.waiting == []
    assert len(w.incidents) == 1
    assert w.variables == {"k": 1}


def test_a_parallel_multi_instance_collects_in_the_order_of_its_input():
    w = world(simple(job("a", loop(**OVER_XS)), path("s", "a", "e"))).start(
        xs=["p", "q", "r"], x="outer"
    )
    assert w.waiting == ["a", "a", "a"]
    for key in reversed(w.keys_of("a")):
        w.do("complete", key, {"r": w.run.variables_of(key)["x"] + "!"})
    assert w.done
    assert w.variables == {"xs": ["p", "q", "r"], "x": "outer", "rs": ["p!", "q!", "r!"]}


def test_a_sequential_multi_instance_runs_one_after_the_other():
    w = world(simple(job("a", loop(sequential=True, **OVER_XS)), path("s", "a", "e"))).start(
        xs=["p", "q"], x="outer"
    )
    for counter in (1, 2):
        assert w.waiting == ["a"]
        seen = w.run.variables_of(w.key("a"))
        assert seen["loopCounter"] == counter
        w.complete("a", r=seen["x"] + "!")
    assert w.done
    assert w.variables["rs"] == ["p!", "q!"]
    assert w.variables["x"] == "outer"


def test_a_completion_condition_ends_the_other_instances():
    enough = loop(condition="=numberOfCompletedInstances >= 2", **OVER_XS)
    w = world(simple(job("a", enough), path("s", "a", "e"))).start(xs=[1, 2, 3, 4])
    w.complete("a", r=1).complete("a", r=2)
    assert w.done
    assert w.variables["rs"] == [1, 2, None, None]
    assert len(w.of("ElementTerminated")) == 2


def test_a_multi_instance_over_nothing_passes_with_an_empty_collection():
    w = world(simple(job("a", loop(**OVER_XS)), path("s", "a", "e"))).start(xs=[])
    assert w.done
    assert w.variables["rs"] == []


def test_a_subprocess_has_its_own_variables():
    inner = [start("ss"), end("se"), job("a"), path("ss", "a", "se")]
    sub = subprocess("sp", *inner, inputs=[("=x", "loc")], outputs=[("=loc+1", "y")])
    w = world(simple(sub, path("s", "sp", "e"))).start(x=1)
    assert w.run.variables_of(w.key("a")) == {"x": 1, "loc": 1}
    w.complete("a", loc=9, z=3)
    assert w.done
    assert w.variables == {"x": 1, "z": 3, "y": 10}


def test_a_script_is_an_expression():
    w = world(simple(script("a", "=x+1", "y"), path("s", "a", "e"))).start(x=1)
    assert w.done
    assert w.variables == {"x": 1, "y": 2}


def test_a_business_rule_task_stores_what_is_decided():
    rule = {"base": lambda variables: "hi" if variables["x"] > 3 else "lo"}
    w = world(simple(decision("a", "base", "y"), path("s", "a", "e")), decisions=rule).start(x=7)
    assert w.done
    assert w.variables == {"x": 7, "y": "hi"}


def test_a_message_is_named_and_correlated_by_expressions():
    caught = catch("c", on_message(), outputs=[("=amount", "paid")])
    root = message(name='="pay-"+kind', key="=orderId")
    w = world(simple(caught, path("s", "c", "e"), root=root)).start(orderId=42, kind="x")
    (opened,) = w.of("SubscriptionOpened")
    assert (opened.message_name, opened.correlation_key) == ("pay-x", "42")
    w.correlate("c", amount=3, junk=1)
    assert w.done
    assert w.variables == {"orderId": 42, "kind": "x", "paid": 3}
    assert w.of("SubscriptionClosed")[0].key == opened.key


def test_an_error_is_caught_by_the_own_boundary_event_only():
    parts = [gateway("parallel", "g"), path("s", "g", "a", "e"), path("g", "b", "e")]
    for i in "ab":
        parts += [
            job(i),
            boundary(f"b{i}", i, on_error()),
            job(f"h{i}"),
            path(f"b{i}", f"h{i}", "e"),
        ]
    w = world(simple(*parts, root=error())).start()
    w.do("throw_error", w.key("a"), "BAD", "why", {"why": 1})
    assert w.waiting == ["b", "ha"]
    assert w.variables == {"why": 1}


def test_a_called_process_is_bound_at_run_time_and_gives_back_what_is_mapped():
    called = call("c", "=which", outputs=[("=y", "got")], propagateAllChildVariables="false")
    kid = diagram(start("ks"), end("ke"), job("k"), path("ks", "k", "ke"), id="kid")
    w = world(simple(called, path("s", "c", "e")), kid).start(which="kid", x=1)
    assert w.run.variables_of(w.key("k")) == {"which": "kid", "x": 1}
    w.complete("k", y=5, x=99)
    assert w.done
    assert w.variables == {"which": "kid", "x": 1, "got": 5}


def test_a_called_process_sees_only_what_is_mapped_if_so_drawn():
    called = call("c", "kid", inputs=[("=x", "mine")], propagateAllParentVariables="false")
    kid = diagram(start("ks"), end("ke"), job("k"), path("ks", "k", "ke"), id="kid")
    w = world(simple(called, path("s", "c", "e")), kid).start(x=1, secret=2)
    assert w.run.variables_of(w.key("k")) == {"mine": 1}
    w.complete("k", mine=5, new=6)
    assert w.variables == {"x": 1, "secret": 2, "new": 6}


@pytest.mark.parametrize(
    ("kind", "expression"),
    [
        ("timeDuration", "PT1H"),
        ("timeDuration", '=duration("PT1H")'),
        ("timeDate", '=now() + duration("PT1H")'),
        ("timeDate", "=due"),
        ("timeCycle", "R1/PT1H"),
        ("timeCycle", '="R" + string(n) + "/PT1H"'),
    ],
)
def test_timers_by_date_duration_and_cycle(kind, expression):
    w = world(simple(catch("c", timer(kind, expression)), path("s", "c", "e")))
    w.start(due="2026-03-02T18:00:00+08:00", n=1)
    assert (w.run.next_due - MONDAY).total_seconds() == 3600
    assert not w.pass_time(minutes=59).done
    assert w.pass_time(minutes=1).done


def test_user_task_attributes_are_expressions():
    drawn = extension(
        zeebe("userTask"),
        zeebe("formDefinition", formId="p.u"),
        zeebe(
            "assignmentDefinition", assignee="=who", candidateGroups="a, b", candidateUsers="=[who]"
        ),
        zeebe(
            "taskSchedule", dueDate='=now()+duration("P1D")', followUpDate="2026-03-02T12:00:00Z"
        ),
        zeebe("priorityDefinition", priority="=40+5"),
        property_list({"clause": "2.3"}),
    )
    task = f'<userTask id="u" name="Check">{drawn}</userTask>'
    source = simple(task, path("s", "u", "e"), properties={"summary": '=["for " + who, 3]'})
    (opened,) = world(source).start(who="ada").of("UserTaskOpened")
    assert (opened.name, opened.assignee, opened.priority) == ("Check", "ada", 45)
    assert (opened.candidate_groups, opened.candidate_users) == (("a", "b"), ("ada",))
    assert opened.form_id == "p.u"
    assert (opened.due_date - MONDAY).days == 1
    assert opened.follow_up_date.hour == 12
    assert opened.properties == {"clause": "2.3"}
    assert opened.summary == ("for ada", "3")


def test_instances_of_a_multi_instance_subprocess_keep_their_variables_apart():
    over = loop(inputCollection="=xs", inputElement="x", outputCollection="rs", outputElement="=y")
    sub = subprocess("sp", over, start("ss"), end("se"), job("a"), path("ss", "a", "se"))
    w = world(simple(sub, path("s", "sp", "e"))).start(xs=[1, 2])
    for key in w.keys_of("a"):
        w.do("complete", key, {"y": w.run.variables_of(key)["x"] * 10})
    assert w.done
    assert w.variables["rs"] == [10, 20]


def test_a_large_variable_is_in_no_saved_state():
    w = world(simple(job("a", loop(**OVER_XS)), job("b"), path("s", "a", "b", "e")))
    w.start(xs=["p", "q", "r"], big="x" * 10000)
    while w.waiting:
        assert len(w.run.save()) < 1000
        w.complete(w.waiting[0], r=1)
    assert w.done
    assert w.variables["rs"] == [1, 1, 1]


def test_a_message_starts_an_event_subprocess_each_time_beside_the_process():
    beside = event_subprocess("es", on_message(), end("ese"), job("h"), path("es_s", "h", "ese"))
    w = world(simple(beside, job("a"), path("s", "a", "e"), root=message())).start(k=1)
    w.correlate("es_s", v=2)
    w.correlate("es_s", v=3)
    assert w.waiting == ["a", "h", "h"]
    assert [w.run.variables_of(key)["v"] for key in w.keys_of("h")] == [2, 3]
    w.complete("a").complete("h").complete("h")
    assert w.done


def test_an_interrupting_event_subprocess_ends_everything_else():
    instead = event_subprocess(
        "es", on_message(), end("ese"), job("h"), path("es_s", "h", "ese"), interrupting=True
    )
    w = world(simple(instead, job("a"), path("s", "a", "e"), root=message())).start(k=1)
    w.correlate("es_s")
    assert w.waiting == ["h"]
    assert w.complete("h").done


def test_an_event_subprocess_that_never_began_does_not_hold_the_process():
    beside = event_subprocess(
        "es", timer("timeDuration", "P1D"), end("ese"), user("h"), path("es_s", "h", "ese")
    )
    w = world(simple(beside, job("a"), path("s", "a", "e"))).start()
    assert w.complete("a").done
    assert w.run.next_due is None


def test_processes_of_one_file_can_call_each_other():
    kid = process(start("ks"), end("ke"), job("k"), path("ks", "k", "ke"), id="kid")
    parent = process(start(), end(), call("c", "kid"), path("s", "c", "e"))
    w = world(definitions(parent, kid)).start()
    assert w.waiting == ["k"]
    assert w.complete("k").done
