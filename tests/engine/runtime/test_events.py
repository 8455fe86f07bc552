"""Errors, escalations, termination and inclusive gateways."""

import pytest

from .bpmn import (
    OVER_XS,
    boundary,
    call,
    diagram,
    end,
    error,
    escalation,
    event_subprocess,
    flow,
    gateway,
    job,
    loop,
    message,
    node,
    on_error,
    on_escalation,
    on_message,
    path,
    script,
    start,
    subprocess,
    terminate,
    throw,
    user,
)
from .world import world


def simple(*parts, **options):
    return diagram(start(), end(), *parts, **options)


def test_an_error_end_event_goes_to_the_boundary_of_its_subprocess():
    sub = subprocess("sp", start("i"), end("j", on_error()), user("u"), path("i", "u", "j"))
    w = world(
        simple(
            sub,
            boundary("b", "sp", on_error()),
            user("h"),
            path("s", "sp", "e"),
            path("b", "h", "e"),
            root=error(),
        )
    )
    assert w.start().complete("u").waiting == ["h"]


def test_the_exact_code_is_preferred_to_catching_all():
    parts = [
        job("a"),
        boundary("any", "a", on_error(None)),
        boundary("bad", "a", on_error()),
        user("h1"),
        user("h2"),
    ]
    source = simple(
        *parts, path("s", "a", "e"), path("any", "h1", "e"), path("bad", "h2", "e"), root=error()
    )
    w = world(source).start()
    assert w.do("throw_error", w.key("a"), "BAD").waiting == ["h2"]
    w = world(source).start()
    assert w.do("throw_error", w.key("a"), "OTHER").waiting == ["h1"]


def test_an_error_passes_outwards_through_a_call_activity():
    kid = diagram(start("ks"), end("ke"), job("k"), path("ks", "k", "ke"), id="kid")
    parts = [
        call("c", "kid"),
        boundary("b", "c", on_error()),
        user("h"),
        path("s", "c", "e"),
        path("b", "h", "e"),
    ]
    w = world(simple(*parts, root=error()), kid).start()
    w.do("throw_error", w.key("k"), "BAD", "", {"why": "x"})
    assert w.waiting == ["h"]
    assert w.variables == {"why": "x"}


def test_an_error_nobody_catches_is_an_incident_that_can_be_retried():
    w = world(simple(job("a"), path("s", "a", "e"))).start()
    w.do("throw_error", w.key("a"), "BAD", "printer on fire")
    assert w.incidents == [("a", "no event catches the error BAD: printer on fire")]
    assert w.of("IncidentOpened")[0].error_type == "UNHANDLED_ERROR_EVENT"
    w.do("retry", w.key("a"))
    assert len(w.of("JobOpened")) == 2
    assert w.complete("a").done


def test_an_error_end_event_nobody_catches_is_an_incident():
    w = world(diagram(start(), end("e", on_error()), path("s", "e"), root=error())).start()
    assert w.incidents == [("e", "no event catches the error BAD")]


def test_an_error_can_begin_an_event_subprocess():
    instead = event_subprocess(
        "es", on_error(), end("ee"), user("h"), path("es_s", "h", "ee"), interrupting=True
    )
    w = world(
        simple(job("a"), user("b"), path("s", "a", "e"), path("s", "b", "e"), instead, root=error())
    ).start()
    assert w.waiting == ["a", "b"]
    w.do("throw_error", w.key("a"), "BAD", "", {"v": 1})
    assert w.waiting == ["h"]
    assert w.run.variables_of(w.key("h")) == {"v": 1}
    assert w.complete("h").done


def test_a_non_interrupting_escalation_goes_on_inside_and_outside():
    sub = subprocess(
        "sp", start("i"), throw("t", on_escalation()), user("u"), end("j"), path("i", "t", "u", "j")
    )
    parts = [sub, boundary("b", "sp", on_escalation(), interrupting=False), user("boss")]
    w = world(
        simple(*parts, path("s", "sp", "e"), path("b", "boss", "e"), root=escalation())
    ).start()
    assert w.waiting == ["boss", "u"]
    assert w.complete("u").waiting == ["boss"]


def test_an_escalation_nobody_catches_changes_nothing():
    w = world(
        simple(throw("t", on_escalation()), user("u"), path("s", "t", "u", "e"), root=escalation())
    ).start()
    assert w.waiting == ["u"]
    assert w.incidents == []


def test_a_terminate_end_event_ends_its_scope_only():
    inner = [
        start("i"),
        gateway("parallel", "g"),
        user("a"),
        user("b"),
        end("j", terminate()),
        end("k"),
    ]
    sub = subprocess("sp", *inner, path("i", "g", "a", "j"), path("g", "b", "k"))
    w = world(simple(sub, user("z"), path("s", "sp", "z", "e"))).start()
    assert w.complete("a").waiting == ["z"]
    assert "b" in {e.element_id for e in w.of("ElementTerminated")}


def test_an_interrupting_boundary_event_ends_all_instances_of_a_multi_instance():
    parts = [job("a", loop(**OVER_XS)), boundary("b", "a", on_message()), user("h")]
    w = world(simple(*parts, path("s", "a", "e"), path("b", "h", "e"), root=message())).start(
        xs=[1, 2, 3], k=1
    )
    w.complete("a", r=1).correlate("b")
    assert w.waiting == ["h"]
    assert len([e for e in w.of("ElementTerminated") if e.element_id == "a"]) == 3
    assert "rs" not in w.variables


def test_a_boundary_event_on_a_receive_task():
    receive = node("receiveTask", "r", messageRef="M")
    parts = [
        receive,
        boundary("b", "r", on_message("N")),
        user("h"),
        path("s", "r", "e"),
        path("b", "h", "e"),
    ]
    source = simple(*parts, root=message() + message("N", "stop"))
    assert world(source).start(k=1).correlate("r").done
    assert world(source).start(k=1).correlate("b").waiting == ["h"]


def test_a_message_end_event_with_a_task_definition_is_a_job():
    w = world(
        diagram(
            start(),
            job("e", on_message(), kind="endEvent", type="publish"),
            path("s", "e"),
            root=message(),
        )
    )
    assert w.start().of("JobOpened")[0].type == "publish"
    assert w.complete("e").done


INCLUSIVE = simple(
    gateway("inclusive", "g", default="d"),
    gateway("inclusive", "j"),
    *map(user, "abcz"),
    flow("s", "g"),
    flow("g", "a", "=x > 1"),
    flow("g", "b", "=x > 2"),
    flow("g", "c", id="d"),
    *(flow(i, "j") for i in "abc"),
    path("j", "z", "e"),
)


@pytest.mark.parametrize(("x", "taken"), [(0, ["c"]), (2, ["a"]), (3, ["a", "b"])])
@pytest.mark.parametrize("backwards", [True, False])
def test_an_inclusive_join_waits_for_what_was_split(x, taken, backwards):
    w = world(INCLUSIVE).start(x=x)
    assert w.waiting == taken
    for element in reversed(taken) if backwards else taken:
        assert "z" not in w.waiting
        w.complete(element)
    assert w.waiting == ["z"]
    assert w.complete("z").done


def test_an_inclusive_join_goes_on_when_the_other_branch_ends_elsewhere():
    parts = [
        gateway("inclusive", "g"),
        gateway("inclusive", "j"),
        gateway("exclusive", "x", default="x_j"),
        *map(user, "abz"),
    ]
    paths = [
        flow("s", "g"),
        flow("g", "a", "=true"),
        flow("g", "b", "=true"),
        path("a", "x", "j", "z", "e"),
        flow("b", "j"),
    ]
    w = world(simple(*parts, *paths, end("gone"), flow("x", "gone", "=stop"))).start(stop=True)
    assert w.complete("b").waiting == ["a"]
    assert w.complete("a").waiting == ["z"]


def test_a_parallel_join_that_can_never_be_complete_is_an_incident_and_not_silence():
    parts = [gateway("exclusive", "x", default="x_b"), gateway("parallel", "j"), *map(user, "abz")]
    source = simple(
        *parts,
        flow("s", "x"),
        flow("x", "a", "=left"),
        path("x", "b", "j", "z", "e"),
        flow("a", "j"),
    )
    w = world(source).start(left=False).complete("b")
    assert w.incidents == [("j", "no token can come any more by a_j")]
    w.do("retry", w.key("j"))
    assert len(w.incidents) == 1
    w.do("move", w.key("j"), "z")
    assert w.incidents == []
    assert w.complete("z").done


def test_a_second_token_on_the_same_flow_waits_for_the_next_round():
    parts = [
        gateway("parallel", "g"),
        gateway("exclusive", "m"),
        gateway("parallel", "j"),
        *map(user, "abcz"),
    ]
    paths = [path("s", "g", "a", "m", "j", "z", "e"), path("g", "b", "m"), path("g", "c", "j")]
    w = world(simple(*parts, *paths)).start().complete("a").complete("b")
    assert w.waiting == ["c"]
    assert w.complete("c").waiting == ["z"]
    assert not w.complete("z").done
    assert w.incidents == [("j", "no token can come any more by c_j")]


def test_activations_say_by_which_flow_the_token_came():
    w = world(simple(script("x", "=1", "y"), user("u"), path("s", "x", "u", "e"))).start()
    assert [(e.element_id, e.type, e.flow_id) for e in w.of("ElementActivated")] == [
        ("s", "startEvent", None),
        ("x", "scriptTask", "s_x"),
        ("u", "userTask", "x_u"),
    ]
    assert w.trace == ["s", "x"]
