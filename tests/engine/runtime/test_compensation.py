"""Compensation: which handlers an event invokes, when, how often, and what they see."""

import pytest

from engine.errors import Rejected
from engine.runtime import check, migration
from engine.runtime.execution import Execution

from .bpmn import (
    OVER_XS,
    ad_hoc,
    boundary,
    call,
    diagram,
    end,
    error,
    event_subprocess,
    flow,
    gateway,
    job,
    loop,
    node,
    on_compensation,
    on_error,
    path,
    script,
    start,
    subprocess,
    throw,
    timer,
    undone,
    user,
)
from .world import world


def handled(name):
    """A job with a job that undoes it."""
    return job(name) + undone(name, job(f"undo_{name}"))


def simple(*parts, **options):
    return diagram(start(), end(), *parts, **options)


def passed(source, *done, **variables):
    there = world(source).start(**variables)
    for one in done:
        there.complete(one)
    return there


UNSTORABLE = '=if ok = true then 1 else "\\ud800"'
TWO = simple(
    handled("a"), handled("b"), throw("t", on_compensation()), user("u"), path("s", "a", "b", "t", "u", "e")
)  # fmt: skip


def test_handlers_of_completed_activities_run_at_once_and_the_event_waits_for_all():
    there = passed(TWO, "a", "b")
    assert there.waiting == ["undo_a", "undo_b"]
    there.complete("undo_b")
    assert there.waiting == ["undo_a"]
    there.complete("undo_a")
    assert there.waiting == ["u"]
    assert there.trace == ["s", "a", "b", "c_b", "c_a", "undo_b", "undo_a", "t"]


def test_history_shows_the_boundary_event_and_the_handler_behind_the_event_that_compensates():
    there = passed(TWO, "a", "b")
    made = {e.element_id: e for e in there.of("ElementActivated")}
    assert made["c_a"].came_from == (made["t"].key,)
    assert made["undo_a"].came_from == (made["c_a"].key,)
    assert made["undo_a"].scope_key is made["t"].scope_key is None


def test_an_activity_that_is_active_or_not_reached_is_not_undone():
    there = passed(
        simple(
            gateway("parallel", "f"), handled("a"), handled("b"), handled("c"), throw("t", on_compensation()),
            user("u"), path("s", "f", "a", "t", "u"), path("f", "b", "c"),
        ),
        "a",
    )  # fmt: skip
    assert there.waiting == ["b", "undo_a"]


def test_an_activity_that_was_terminated_is_not_undone():
    source = simple(
        handled("a"), boundary("late", "a", timer("timeDuration", "PT1H")), throw("t", on_compensation()),
        user("u"), path("s", "a", "e"), path("late", "t", "u", "e"),
    )  # fmt: skip
    there = world(source).start().pass_time(hours=2)
    assert there.waiting == ["u"]


def test_without_anything_to_undo_the_event_passes():
    source = simple(throw("t", on_compensation()), handled("a"), path("s", "t", "a", "e"))
    assert world(source).start().waiting == ["a"]


def test_a_loop_invokes_the_handler_once_for_each_pass():
    source = simple(
        handled("a"), gateway("exclusive", "g", default="g_t"), throw("t", on_compensation()),
        path("s", "a", "g", "t", "e"), flow("g", "a", "=again"),
    )  # fmt: skip
    there = world(source).start()
    for again in (True, True, False):
        there.complete("a", again=again)
    assert there.waiting == ["undo_a"] * 3
    for _ in range(3):
        there.complete("undo_a")
    assert there.done


def test_each_completion_is_undone_only_once():
    source = simple(
        handled("a"), throw("t", on_compensation()), throw("v", on_compensation()), user("u"),
        path("s", "a", "t", "v", "u", "e"),
    )  # fmt: skip
    there = passed(source, "a", "undo_a")
    assert there.waiting == ["u"]
    assert there.trace.count("undo_a") == 1


def test_one_activity_is_undone_by_name_and_the_others_by_a_later_event():
    source = simple(
        handled("a"), handled("b"), throw("t", on_compensation("a")), end("x", on_compensation()),
        path("s", "a", "b", "t", "x"),
    )  # fmt: skip
    there = passed(source, "a", "b")
    assert there.waiting == ["undo_a"]
    assert there.complete("undo_a").waiting == ["undo_b"]
    assert there.complete("undo_b").done


@pytest.mark.parametrize("named", ["", "sub"])
def test_what_completed_in_completed_subprocesses_is_undone(named):
    inner = subprocess("inner", start("i2"), handled("a"), end("j2"), path("i2", "a", "j2"))
    source = simple(
        subprocess("sub", start("i"), inner, end("j"), path("i", "inner", "j")),
        throw("t", on_compensation(named)), user("u"), path("s", "sub", "t", "u", "e"),
    )  # fmt: skip
    there = passed(source, "a")
    assert there.waiting == ["undo_a"]
    assert there.complete("undo_a").waiting == ["u"]


def test_an_event_in_a_subprocess_undoes_only_what_completed_inside():
    source = simple(
        handled("a"), path("s", "a", "sub", "e"),
        subprocess("sub", start("i"), handled("b"), throw("t", on_compensation()), user("u"), end("j"),
                   path("i", "b", "t", "u", "j")),
    )  # fmt: skip
    there = passed(source, "a", "b")
    assert there.waiting == ["undo_b"]
    there.complete("undo_b")
    assert there.complete("u").done


def test_an_event_subprocess_undoes_what_the_scope_around_it_did():
    source = simple(
        handled("a"), job("b"), path("s", "a", "b", "e"),
        event_subprocess("h", on_error(), end("x", on_compensation()), path("h_s", "x"), interrupting=True), root=error(),
    )  # fmt: skip
    there = passed(source, "a")
    there.do("throw_error", there.key("b"), "BAD")
    assert there.waiting == ["undo_a"]
    assert there.complete("undo_a").done


def test_what_completed_in_a_subprocess_that_was_terminated_is_forgotten():
    source = simple(
        subprocess("sub", start("i"), handled("a"), user("b"), end("j"), path("i", "a", "b", "j")),
        boundary("late", "sub", timer("timeDuration", "PT1H")), throw("t", on_compensation()), user("u"),
        path("s", "sub", "e"), path("late", "t", "u", "e"),
    )  # fmt: skip
    there = passed(source, "a").pass_time(hours=2)
    assert there.waiting == ["u"]


def test_what_a_called_process_did_is_undone_only_by_a_handler_of_the_call():
    called = diagram(start(), handled("a"), end(), path("s", "a", "e"), id="other")
    source = simple(
        call("c", "other"),
        undone("c", call("undo_c", "back")),
        throw("t", on_compensation()),
        path("s", "c", "t", "e"),
    )
    back = diagram(start("s3"), user("w"), end("e3"), path("s3", "w", "e3"), id="back")
    there = world(source, called, back).start().complete("a")
    assert there.waiting == ["w"]
    assert there.complete("w").done


def test_a_multi_instance_activity_is_undone_once_when_all_its_instances_have_completed():
    activity = job("a", loop(**OVER_XS)) + undone("a", job("undo_a", loop(**OVER_XS)))
    source = simple(activity, throw("t", on_compensation()), path("s", "a", "t", "e"))
    there = world(source).start(xs=[1, 2])
    there.complete("a", r=1).complete("a", r=2)
    # then: the handler is a multi-instance activity itself
    assert there.waiting == ["undo_a", "undo_a"]
    assert there.complete("undo_a").complete("undo_a").done


def test_handlers_inside_the_instances_of_a_subprocess_run_for_each_of_them():
    each = node(
        "subProcess",
        "sub",
        loop(**OVER_XS),
        start("i"),
        handled("a"),
        end("j"),
        path("i", "a", "j"),
    )
    source = simple(each, throw("t", on_compensation()), path("s", "sub", "t", "e"))
    there = world(source).start(xs=["one", "two"])
    there.complete("a").complete("a")
    assert there.waiting == ["undo_a", "undo_a"]
    seen = [there.run.variables_of(key)["x"] for key in there.keys_of("undo_a")]
    assert sorted(seen) == ["one", "two"]


def test_a_handler_sees_the_variables_of_the_subprocess_that_has_completed():
    source = simple(
        subprocess("sub", start("i"), handled("a"), end("j"), path("i", "a", "j"), inputs=[("=k + 1", "mine")]),
        throw("t", on_compensation()), path("s", "sub", "t", "e"),
    )  # fmt: skip
    there = passed(source, "a", k=1)
    there.do("set_variables", None, {"k": 5})
    assert there.run.variables_of(there.key("undo_a")) == {"k": 5, "mine": 2}
    there.complete("undo_a", mine=7, k=6)
    assert there.variables == {"k": 6}


def test_handlers_may_be_any_task_or_a_subprocess():
    source = simple(
        user("a"), undone("a", script("undo_a", "=n + 1", "n")),
        user("b"), undone("b", user("undo_b")),
        user("c"), undone("c", subprocess("undo_c", start("i"), user("w"), end("j"), path("i", "w", "j"))),
        throw("t", on_compensation()), path("s", "a", "b", "c", "t", "e"),
    )  # fmt: skip
    there = passed(source, "a", "b", "c", n=1)
    assert (there.waiting, there.variables) == (["undo_b", "w"], {"n": 2})
    assert there.complete("w").complete("undo_b").done


def test_a_handler_may_be_an_ad_hoc_subprocess():
    handler = ad_hoc("undo_a", user("v"), user("w"), activeElementsCollection='=["v", "w"]')
    source = simple(user("a"), undone("a", handler), throw("t", on_compensation()), path("s", "a", "t", "e"))  # fmt: skip
    there = passed(source, "a", "v")
    assert there.waiting == ["w"]
    assert there.complete("w").done


def test_a_handler_that_fails_is_an_incident_and_goes_on_when_it_is_mended():
    source = simple(
        user("a"), undone("a", script("undo_a", UNSTORABLE, "n")), throw("t", on_compensation()), user("u"),
        path("s", "a", "t", "u", "e"),
    )  # fmt: skip
    there = passed(source, "a")
    assert [at for at, _ in there.incidents] == ["undo_a"]
    there.do("set_variables", None, {"ok": True})
    there.do("retry", there.key("undo_a"))
    assert there.waiting == ["u"]


def test_an_error_of_a_handler_is_caught_around_the_event():
    source = simple(
        handled("a"), throw("t", on_compensation()), user("v"), path("s", "a", "t", "e"),
        event_subprocess("h", on_error(), user("u"), end("x"), path("h_s", "u", "x"), interrupting=True), root=error(),
    )  # fmt: skip
    there = passed(source, "a")
    there.do("throw_error", there.key("undo_a"), "BAD")
    assert there.waiting == ["u"]


def test_canceling_ends_the_handlers():
    there = passed(TWO, "a", "b")
    there.do("cancel")
    ended = {e.element_id for e in there.of("ElementTerminated")}
    assert ended == {"t", "undo_a", "undo_b"}


@pytest.mark.parametrize("end_it", [lambda there: there.do("cancel"), lambda there: there.complete("u")])  # fmt: skip
def test_an_instance_that_is_over_forgets_what_could_be_undone(end_it):
    there = passed(simple(handled("a"), user("u"), path("s", "a", "u", "e")), "a")
    assert b"undoable" in there.run.save()
    end_it(there)
    assert there.done
    assert b"undoable" not in there.run.save()


def test_nothing_is_kept_in_diagrams_without_compensation():
    plain = simple(user("a"), gateway("exclusive", "g", default="g_e"), path("s", "a", "g", "e"), flow("g", "a", "=again"))  # fmt: skip
    there = world(plain).start()
    sizes = []
    for _ in range(5):
        there.complete("a", again=True)
        sizes.append(len(there.run.save()))
    assert max(sizes) - min(sizes) <= 2


def test_an_operator_who_ends_a_handler_lets_the_event_go_on():
    there = passed(TWO, "a", "b")
    there.do("terminate", there.key("undo_a"))
    assert there.waiting == ["undo_b"]
    there.do("terminate", there.key("undo_b"))
    assert there.waiting == ["u"]


def test_an_operator_moves_a_handler_only_together_with_the_event():
    there = passed(TWO, "a", "b")
    there.do("move", there.key("undo_a"), "u")
    assert there.waiting == ["u"]


def test_no_token_is_put_on_a_handler():
    there = passed(TWO)
    with pytest.raises(Rejected):
        there.do("activate", "undo_a")


def route(there, target, **mapping):
    return migration.Route(there.diagram, world(target).diagram, mapping)


def migrated(there, target, **mapping):
    run = Execution.migrate(
        route(there, target, **mapping), 1, there.context, there.run.save(), there.run.variables
    )
    there.diagrams[1] = world(target).diagram
    there.run = run
    return there._settle()


def test_what_can_be_undone_and_its_handlers_go_along_to_another_version():
    other = TWO.replace(b'"a"', b'"first"').replace(b"undo_a", b"undo_first")
    there = migrated(passed(TWO, "a"), other, a="first")
    assert there.complete("b").waiting == ["undo_b", "undo_first"]


def test_handlers_at_work_go_along_to_another_version():
    there = migrated(passed(TWO, "a", "b"), TWO.replace(b"undo_a", b"erase"), undo_a="erase")
    assert there.waiting == ["erase", "undo_b"]
    assert there.complete("erase").complete("undo_b").waiting == ["u"]


def test_a_version_that_cannot_undo_what_was_done_does_not_take_the_instance():
    without = simple(
        job("a"),
        handled("b"),
        throw("t", on_compensation()),
        user("u"),
        path("s", "a", "b", "t", "u", "e"),
    )
    there = passed(TWO, "a")
    with pytest.raises(migration.Unmigratable) as refused:
        migrated(there, without)
    assert [(one.element_id, one.reason) for one in refused.value.misfits] == [("a", "handler")]


def codes(source):
    return [(f.code, f.element_id) for f in check(source) if f.severity == "error"]


@pytest.mark.parametrize(
    "source",
    [
        simple(handled("a"), path("s", "a", "e"), flow("undo_a", "e")),
        simple(handled("a"), path("s", "a", "e"), flow("a", "undo_a")),
        simple(handled("a"), path("s", "a", "e"), boundary("z", "undo_a", timer("timeDuration", "PT1H"))),
        simple(user("a"), undone("a", user("undo_a", more='<zeebe:properties><zeebe:property name="returnTo" value="previous"/></zeebe:properties>')), path("s", "a", "e")),
    ],
)  # fmt: skip
def test_a_handler_stands_alone(source):
    assert codes(source) == [("unsupported", "undo_a")]


def test_the_boundary_event_needs_one_handler_and_no_flow():
    host = user("a") + path("s", "a", "e")
    event = boundary("z", "a", on_compensation())
    assert codes(simple(host, event)) == [("missing", "z")]
    assert codes(simple(host, undone("a", user("undo_a")), flow("c_a", "e"))) == [("unsupported", "c_a")]  # fmt: skip
    twice = undone("a", user("undo_a")) + event + node("association", "y", sourceRef="z", targetRef="undo_a")  # fmt: skip
    assert codes(simple(host, twice)) == [("unsupported", "c_a"), ("unsupported", "z")]


def test_an_event_names_an_activity_of_its_scope_that_can_be_undone():
    inside = subprocess("sub", start("i"), handled("a"), end("j"), path("i", "a", "j"))
    for named, expected in (
        ("gone", [("reference", "t")]),
        ("a", [("unsupported", "t")]),
        ("u", [("unsupported", "t")]),
        ("sub", []),
    ):
        source = simple(inside, user("u"), throw("t", on_compensation(named)), path("s", "sub", "u", "t", "e"))  # fmt: skip
        assert codes(source) == expected, named


def test_an_event_subprocess_or_a_process_does_not_begin_with_compensation():
    handler = event_subprocess("h", on_compensation(), end("x"), path("h_s", "x"))
    assert codes(simple(user("u"), path("s", "u", "e"), handler)) == [("unsupported", "h_s")]
    assert codes(diagram(start("s", on_compensation()), end(), path("s", "e"))) == [("unsupported", "s")]  # fmt: skip


def test_an_event_that_does_not_wait_is_refused():
    event = throw("t", on_compensation(waitForCompletion="false"))
    assert codes(simple(event, path("s", "t", "e"))) == [("unsupported", "t")]
