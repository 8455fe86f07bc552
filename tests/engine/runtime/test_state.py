"""Saving, loading, incidents, budgets, moving and changing variables."""

import json
import random
import zlib

import pytest

from engine.errors import BudgetExceeded, InvalidVariables, NotFound, Rejected
from engine.runtime import Budget, Execution, StateUnfit

from .bpmn import (
    OVER_XS,
    boundary,
    call,
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
    saved = w.run.save().decode()
    assert "secret" not in saved
    assert json.loads(saved)[0] == 1


def test_a_long_state_is_compressed_and_comes_back():
    many = user("u", loop(**OVER_XS))
    w = world(simple(many, path("s", "u", "e"))).start(xs=list(range(40)))
    saved = w.run.save()
    assert len(saved) < len(zlib.decompress(saved)) / 2
    w.do("set_variables", None, {"seen": True})
    assert len(w.waiting) == 40


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
