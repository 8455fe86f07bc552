"""Ad-hoc subprocesses: what is activated, when they complete, what they collect, and what the gate refuses."""

import pytest

from engine.errors import NotFound, Rejected
from engine.runtime import Direction, check, migration
from engine.runtime.execution import Execution

from .bpmn import (
    OVER_XS,
    ad_hoc,
    boundary,
    diagram,
    end,
    error,
    event_subprocess,
    flow,
    job,
    loop,
    on_compensation,
    on_error,
    path,
    script,
    start,
    throw,
    timer,
    undone,
    user,
)
from .world import world

STEPS = user("a") + user("b") + user("c") + path("a", "c")


def simple(*parts, **options):
    return diagram(start(), end(), *parts, **options)


def listed(*more, steps=STEPS, collection="=wanted", **options):
    """An ad-hoc subprocess `x` with the steps a → c and b, and a task behind it."""
    inside = ad_hoc("x", steps, *more, activeElementsCollection=collection, **options)
    return simple(inside, user("u"), path("s", "x", "u", "e"))


OPEN = simple(ad_hoc("x", STEPS), user("u"), path("s", "x", "u", "e"))


def test_what_the_list_names_runs_side_by_side_with_what_follows_it():
    there = world(listed()).start(wanted=["a", "b"])
    assert there.waiting == ["a", "b"]
    there.complete("b")
    there.complete("a")
    assert there.waiting == ["c"]
    assert there.complete("c").waiting == ["u"]
    assert there.complete("u").done


def test_an_element_may_be_activated_several_times():
    there = world(listed()).start(wanted=["b", "b"])
    assert there.waiting == ["b", "b"]
    assert there.complete("b").complete("b").waiting == ["u"]


def test_each_activation_is_an_inner_instance_of_the_subprocess():
    there = world(listed()).start(wanted=["b"])
    made = {(e.element_id, e.type): e for e in there.of("ElementActivated")}
    inner = made["x", "adHocSubProcessInnerInstance"]
    assert inner.scope_key == made["x", "adHocSubProcess"].key
    assert made["b", "userTask"].scope_key == inner.key


@pytest.mark.parametrize("source", [OPEN, listed(collection="=[]")])
def test_without_anything_to_activate_it_stays_open(source):
    there = world(source).start()
    assert (there.waiting, there.incidents, there.done) == ([], [], False)
    there.do("activate_ad_hoc", there.key("x"), [("b", {"mine": 1})])
    assert there.run.variables_of(there.key("b"))["mine"] == 1
    assert there.complete("b").waiting == ["u"]


@pytest.mark.parametrize(
    ("wanted", "why"), [(["b", "gone"], "gone"), (["c"], "c"), ("b", "not a list"), ([1], "not a list")]
)  # fmt: skip
def test_what_cannot_be_activated_is_an_incident_that_names_it(wanted, why):
    there = world(listed()).start(wanted=wanted)
    ((where, message),) = there.incidents
    assert (where, why in message) == ("x", True)
    there.do("set_variables", None, {"wanted": ["b"]})
    assert there.do("retry", there.key("x")).waiting == ["b"]


def test_the_list_may_be_made_of_what_the_subprocess_says_of_its_elements():
    there = world(listed(collection="=adHocSubProcessElements.elementId")).start()
    assert there.waiting == ["a", "b"]
    (first, _) = there.run.variables_of(there.key("x"))["adHocSubProcessElements"]
    assert first == {
        "elementId": "a", "elementName": "", "documentation": "", "properties": {}, "parameters": [],
    }  # fmt: skip


def test_input_mappings_come_before_the_list():
    there = world(listed(collection="=mine", inputs=[('=["b"]', "mine")])).start()
    assert there.waiting == ["b"]
    assert there.complete("b").variables == {}


def test_a_condition_that_holds_ends_what_is_still_active():
    there = world(listed(condition="=ok")).start(wanted=["a", "b"], ok=False)
    there.complete("b", ok=True)
    assert there.waiting == ["u"]
    assert "a" in {e.element_id for e in there.of("ElementTerminated")}


def test_without_canceling_it_waits_for_what_is_active():
    there = world(listed(condition="=ok", cancels=False)).start(wanted=["a", "b"], ok=False)
    assert there.complete("b", ok=True).waiting == ["a"]
    assert there.complete("a", ok=False).waiting == ["c"]
    assert there.complete("c").waiting == ["u"]


def test_while_its_condition_does_not_hold_it_stays_open():
    there = world(listed(condition="=ok")).start(wanted=["b"], ok=False)
    assert there.complete("b").waiting == []
    there.do("activate_ad_hoc", there.key("x"), [("b", {})])
    assert there.complete("b", ok=True).waiting == ["u"]


def test_a_condition_that_is_neither_true_nor_false_is_an_incident_and_can_be_repaired():
    there = world(listed(condition="=ok")).start(wanted=["b"]).complete("b")
    ((where, _),) = there.incidents
    assert where == "x"
    there.do("set_variables", None, {"ok": True})
    stuck = next(one.key for one in there.run.active if one.incident)
    assert there.do("retry", stuck).waiting == ["u"]


def test_outputs_are_collected_in_the_order_in_which_activations_complete():
    source = listed(outputCollection="all", outputElement="=result")
    there = world(source).start(wanted=["a", "b"])
    there.complete("b", result=1).complete("a").complete("c", result=2)
    assert there.variables == {"wanted": ["a", "b"], "all": [1, 2]}


def test_automatic_elements_run_through():
    steps = script("a", "=1", "n") + script("b", "=2", "m") + throw("c") + path("a", "c")
    there = world(listed(steps=steps)).start(wanted=["a", "b"])
    assert (there.waiting, there.variables["n"], there.variables["m"]) == (["u"], 1, 2)


def test_a_boundary_event_interrupts_it():
    there = world(
        simple(
            ad_hoc("x", STEPS), boundary("late", "x", timer("timeDuration", "PT1H")), user("u"),
            path("s", "x", "e"), path("late", "u", "e"),
        )
    ).start()  # fmt: skip
    there.do("activate_ad_hoc", there.key("x"), [("a", {}), ("b", {})])
    assert there.pass_time(hours=2).waiting == ["u"]


def test_boundary_events_and_joins_work_inside():
    steps = user("a") + boundary("late", "a", timer("timeDuration", "PT1H"), interrupting=False) + user("r") + flow("late", "r")  # fmt: skip
    there = world(listed(steps=steps)).start(wanted=["a"]).pass_time(hours=2)
    assert there.waiting == ["a", "r"]
    assert there.complete("a").waiting == ["r"]
    assert there.complete("r").waiting == ["u"]


def test_it_may_be_a_multi_instance_activity():
    inside = ad_hoc("x", loop(**OVER_XS), STEPS, activeElementsCollection="=[x]", outputCollection="all", outputElement="=n")  # fmt: skip
    there = world(simple(inside, path("s", "x", "e"))).start(xs=["a", "b"])
    assert there.waiting == ["a", "b"]
    there.complete("a").complete("b", n=2, r=5)
    assert there.complete("c", n=1, r=4).done


def test_what_completed_inside_can_be_undone():
    steps = job("a") + undone("a", job("undo_a")) + user("b")
    inside = ad_hoc("x", steps, activeElementsCollection="=wanted")
    there = world(
        simple(inside, throw("t", on_compensation()), path("s", "x", "t", "e"))
    ).start(wanted=["a", "a", "b"])  # fmt: skip
    there.complete("a").complete("a").complete("b")
    assert there.waiting == ["undo_a", "undo_a"]


def test_activating_may_end_what_is_active():
    there = world(listed()).start(wanted=["a", "b"])
    there.do("activate_ad_hoc", there.key("x"), [("b", {})], alone=True)
    assert there.waiting == ["b"]


def test_only_elements_of_an_open_ad_hoc_subprocess_are_activated():
    there = world(OPEN).start()
    with pytest.raises(Rejected, match="gone, c"):
        there.do("activate_ad_hoc", there.key("x"), [("b", {}), ("gone", {}), ("c", {})])
    assert there.waiting == []
    with pytest.raises(NotFound):
        there.do("activate_ad_hoc", 1, [("b", {})])


def test_an_operator_activates_and_ends_what_is_inside():
    there = world(OPEN).start()
    there.do("activate", "c", {}, local={"mine": 1})
    there.do("activate", "b")
    assert there.waiting == ["b", "c"]
    there.do("terminate", there.key("c"))
    assert there.waiting == ["b"]
    assert there.complete("b").waiting == ["u"]


def test_an_operator_begins_it_at_one_element():
    there = world(simple(user("u"), ad_hoc("x", STEPS, activeElementsCollection='=["a"]'), path("s", "u", "x", "e")))  # fmt: skip
    there.start().do("activate", "b")
    assert there.waiting == ["b", "u"]


def test_it_goes_along_to_another_version():
    there = world(listed()).start(wanted=["a", "b"])
    target = listed().replace(b'"b"', b'"other"').replace(b'"x"', b'"y"').replace(b"s_x", b"s_y")
    route = migration.Route(there.diagram, world(target).diagram, {"b": "other", "x": "y"})
    there.run = Execution.migrate(route, 1, there.context, there.run.save(), there.run.variables)
    there.diagrams[1] = world(target).diagram
    assert there._settle().waiting == ["a", "other"]
    assert there.complete("other").complete("a").complete("c").waiting == ["u"]


def codes(source):
    return [(f.code, f.element_id) for f in check(source) if f.severity == "error"]


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        (start("z") + user("a"), [("unsupported", "z")]),
        (user("a") + end("z") + flow("a", "z"), [("unsupported", "z")]),
        (user("a") + event_subprocess("z", timer("timeDuration", "PT1H")), [("unsupported", "z")]),
        (throw("z"), [("missing", "x")]),
    ],
)
def test_it_holds_activities_and_no_start_or_end(inside, found):
    assert found[0] in codes(simple(ad_hoc("x", inside), path("s", "x", "e")))


def test_its_expressions_are_compiled():
    source = listed(collection="wanted", condition="=if", outputCollection="all", outputElement="r")
    assert sorted(codes(source)) == [
        ("expression", "x"), ("expression_needed", "x"), ("expression_needed", "x"),
    ]  # fmt: skip


def test_an_order_of_its_own_is_refused():
    ordered = ad_hoc("x", STEPS).replace(
        "<adHocSubProcess", '<adHocSubProcess ordering="Sequential"'
    )
    assert codes(simple(ordered, path("s", "x", "e"))) == [("unsupported", "x")]


AGENT = simple(
    ad_hoc("x", STEPS, more='<zeebe:taskDefinition type="agent"/>', outputs=[("=said", "said")], outputCollection="all", outputElement="=r"),
    user("u"), path("s", "x", "u", "e"),
)  # fmt: skip


def directed(there, *wanted, variables=None, **more):
    """The worker's open job is completed with a direction."""
    opened = [e.key for e in there.of("JobOpened") if e.element_id == "x"][-1]
    elements = tuple((one, {"mine": one}) for one in wanted)
    return there.do("direct", opened, variables or {}, Direction(elements=elements, **more))


def test_a_job_worker_decides_what_is_activated_and_when_it_is_enough():
    there = world(AGENT).start()
    (job,) = there.of("JobOpened")
    assert (job.type, job.headers) == ("agent", {"adHocSubProcess": str(there.key("x"))})
    directed(there, "a", "b", variables={"said": 1})
    assert there.waiting == ["a", "b"]
    assert there.run.variables_of(there.key("a"))["mine"] == "a"
    # when: one is done, the worker is asked anew
    there.complete("b", r=2)
    assert len(there.of("JobOpened")) == 2
    there.complete("a").complete("c")
    assert len(there.of("JobOpened")) == 3
    directed(there, fulfilled=True)
    assert there.waiting == ["u"]
    assert there.variables == {"said": 1, "all": [2, None]}


def test_only_one_job_of_it_is_open():
    there = directed(world(AGENT).start(), "b", "b")
    there.complete("b").complete("b")
    opened = [e.key for e in there.of("JobOpened")]
    ended = {e.key for e in there.of("ElementTerminated")}
    assert opened[1] in ended
    assert opened[2] not in ended


def test_a_worker_that_is_satisfied_ends_or_awaits_what_is_active():
    there = directed(world(AGENT).start(), "a", "b")
    there.complete("b")
    assert directed(there, fulfilled=True).waiting == ["a"]
    assert there.complete("a").complete("c").waiting == ["u"]
    there = directed(world(AGENT).start(), "a", "b")
    there.complete("b")
    assert directed(there, fulfilled=True, alone=True).waiting == ["u"]


def test_a_job_without_a_direction_waits_for_what_is_active():
    there = directed(world(AGENT).start(), "b", "b")
    there.complete("b")
    key = [e.key for e in there.of("JobOpened")][-1]
    there.do("complete", key, {})
    assert there.waiting == ["b"]
    there.complete("b")
    assert directed(there, fulfilled=True).waiting == ["u"]


def test_a_direction_that_cannot_be_followed_changes_nothing():
    there = world(AGENT).start()
    with pytest.raises(Rejected, match="gone"):
        directed(there, "b", "gone")
    with pytest.raises(Rejected):
        directed(there, "b", fulfilled=True)
    assert directed(there, "b").waiting == ["b"]


def test_beside_a_job_worker_neither_list_nor_condition_decides():
    for more in ({"activeElementsCollection": "=[]"}, {"condition": "=ok"}, {"cancels": False}):
        led = ad_hoc("x", STEPS, more='<zeebe:taskDefinition type="agent"/>', **more)
        assert codes(simple(led, path("s", "x", "e"))) == [("unsupported", "x")]


def test_a_directed_subprocess_goes_along_with_its_open_job():
    there = directed(world(AGENT).start(), "b", "b")
    there.complete("b")
    target = AGENT.replace(b'"x"', b'"y"').replace(b"s_x", b"s_y")
    route = migration.Route(there.diagram, world(target).diagram, {"x": "y"})
    there.run = Execution.migrate(route, 1, there.context, there.run.save(), there.run.variables)
    there.diagrams[1] = world(target).diagram
    opened = [one.key for one in there._settle().recent if type(one).__name__ == "JobOpened"]
    assert there.waiting == ["b", "y"]
    there.do("direct", opened[0], {}, Direction(fulfilled=True, alone=True))
    assert there.waiting == ["u"]


def test_an_error_inside_one_of_several_is_caught_at_the_border():
    inside = ad_hoc("x", loop(**OVER_XS), STEPS, activeElementsCollection="=[x]")
    source = simple(
        inside, boundary("bad", "x", on_error()), user("u"), path("s", "x", "e"), path("bad", "u", "e"), root=error(),
    )  # fmt: skip
    there = world(source).start(xs=["a", "b"])
    there.do("throw_error", there.key("a"), "BAD")
    assert (there.waiting, there.incidents) == (["u"], [])


def test_an_error_of_a_worker_is_caught_at_the_border():
    source = simple(
        ad_hoc("x", STEPS, more='<zeebe:taskDefinition type="agent"/>'), boundary("bad", "x", on_error()), user("u"),
        path("s", "x", "e"), path("bad", "u", "e"), root=error(),
    )  # fmt: skip
    there = world(source).start()
    there.do("throw_error", there.of("JobOpened")[0].key, "BAD")
    assert there.waiting == ["u"]
