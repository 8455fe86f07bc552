"""Diagrams whose parts do not fit together are refused."""

import pytest

from engine.runtime import check

from .bpmn import (
    boundary,
    call,
    catch,
    definitions,
    diagram,
    end,
    error,
    flow,
    gateway,
    job,
    loop,
    message,
    node,
    on_error,
    on_message,
    path,
    process,
    script,
    start,
    subprocess,
    throw,
    timer,
    user,
)


def simple(*parts, **options):
    return diagram(start(), end(), *parts, **options)


def codes(source):
    return [finding.code for finding in check(source)]


def errors(source):
    return [finding.code for finding in check(source) if finding.severity == "error"]


def in_path(part, **options):
    return simple(part, path("s", "x", "e"), **options)


@pytest.mark.parametrize(
    ("code", "source"),
    [
        (
            "expression_needed",
            simple(
                gateway("exclusive", "x", default="x_e"),
                user("u"),
                path("s", "x", "e"),
                flow("x", "u", "a > 1"),
                flow("u", "e"),
            ),
        ),
        ("expression_needed", in_path(catch("x", on_message()), root=message(key="k"))),
        ("expression_needed", in_path(job("x", loop(inputCollection="xs")))),
        ("timer", in_path(catch("x", timer("timeDuration", "1 hour")))),
        ("timer", in_path(catch("x", timer("timeDuration", "P200Y")))),
        ("timer", in_path(catch("x", timer("timeDate", "tomorrow")))),
        (
            "timer",
            simple(
                user("x"),
                boundary("b", "x", timer("timeCycle", "R/PT0S"), interrupting=False),
                path("s", "x", "e"),
                flow("b", "e"),
            ),
        ),
        (
            "timer",
            simple(
                user("x"),
                boundary("b", "x", timer("timeCycle", "0 9 * * *")),
                path("s", "x", "e"),
                flow("b", "e"),
            ),
        ),
        ("cardinality", in_path(user("x", loop(cardinality="501")))),
        ("cardinality", in_path(user("x", loop(cardinality="many")))),
        ("missing", in_path(user("x", loop(condition="=true")))),
        ("missing", in_path(node("serviceTask", "x"))),
        ("missing", in_path(node("scriptTask", "x"))),
        ("missing", in_path(node("businessRuleTask", "x"))),
        ("missing", in_path(node("callActivity", "x"))),
        ("missing", in_path(node("receiveTask", "x"))),
        ("missing", in_path(catch("x", on_message()), root=message(key=""))),
        ("missing", in_path(throw("x", on_message()), root=message())),
        ("missing", in_path(user("x", inputs=[("=1", "not a name")]))),
        ("missing", in_path(catch("x", "<timerEventDefinition/>"))),
        ("reference", in_path(catch("x", on_message("nowhere")))),
        (
            "reference",
            simple(
                user("x"),
                boundary("b", "x", on_error("nowhere")),
                path("s", "x", "e"),
                flow("b", "e"),
            ),
        ),
        ("reference", simple(gateway("exclusive", "x", default="nowhere"), path("s", "x", "e"))),
        ("unsupported", in_path(catch("x", on_error()), root=error())),
        ("unsupported", in_path(throw("x", on_error()), root=error())),
        ("unsupported", in_path(node("intermediateCatchEvent", "x"))),
        (
            "unsupported",
            simple(
                subprocess(
                    "x", start("i", timer("timeDuration", "PT1H")), end("j"), path("i", "j")
                ),
                path("s", "x", "e"),
            ),
        ),
        ("unsupported", simple(user("x"), boundary("b", "x"), path("s", "x", "e"), flow("b", "e"))),
        (
            "unsupported",
            simple(
                user("x"),
                boundary("b", "x", on_error(), interrupting=False),
                path("s", "x", "e"),
                flow("b", "e"),
                root=error(),
            ),
        ),
        (
            "unsupported",
            simple(
                gateway("parallel", "x"),
                user("u"),
                path("s", "x", "e"),
                flow("x", "u", "=true"),
                flow("u", "e"),
            ),
        ),
        ("start_count", simple(subprocess("x", end("j")), path("s", "x", "e"))),
        ("empty_process", diagram(end())),
        ("end_outgoing", simple(user("x"), path("s", "e", "x"))),
        ("start_incoming", simple(user("x"), path("s", "x", "s"))),
        ("nothing_follows", simple(gateway("exclusive", "x"), path("s", "x"))),
        (
            "condition_missing",
            simple(gateway("exclusive", "x"), user("u"), path("s", "x", "e"), path("x", "u", "e")),
        ),
        (
            "event_gateway_target",
            simple(gateway("eventBased", "x"), user("u"), path("s", "x", "u", "e")),
        ),
        (
            "boundary_host",
            simple(
                user("x"),
                boundary("b", "nowhere", on_error()),
                path("s", "x", "e"),
                flow("b", "e"),
                root=error(),
            ),
        ),
        (
            "boundary_host",
            simple(
                gateway("parallel", "x"),
                boundary("b", "x", on_error()),
                path("s", "x", "e"),
                flow("b", "e"),
                root=error(),
            ),
        ),
        ("duplicate_id", definitions(process(start(), end(), path("s", "e")), process(id="p"))),
        ("duplicate_id", simple(user("x"), user("x"), path("s", "x", "e"))),
        ("duplicate_id", simple(user("x"), path("s", "x", "e"), flow("s", "e", id="x"))),
        ("flow_end", simple(user("x"), path("s", "x", "e"), flow("x", "nowhere"))),
        (
            "flow_end",
            simple(
                user("x"),
                path("s", "x", "e"),
                subprocess("sp", start("i"), end("j"), path("i", "j")),
                flow("x", "j"),
            ),
        ),
        ("id", simple(user("../x"), path("s", "../x", "e"))),
        ("id", simple(user("x y"), path("s", "x y", "e"))),
        ("id", diagram(start(), end(), path("s", "e"), id="1p")),
        (
            "endless_loop",
            simple(script("x", "=1", "y"), gateway("exclusive", "m"), path("s", "m", "x", "m")),
        ),
        (
            "call_cycle",
            definitions(
                process(start(), end(), call("c", "q"), path("s", "c", "e")),
                process(start("s2"), end("e2"), call("c2", "p"), path("s2", "c2", "e2"), id="q"),
            ),
        ),
        ("call_cycle", in_path(call("x", "p"))),
    ],
)
def test_refuses_broken_structure(code, source):
    assert code in errors(source)
    assert all(f.line for f in check(source) if f.code == code)


def test_refuses_too_many_elements_and_too_long_sequences():
    many = [user(f"u{n}") for n in range(501)]
    assert "element_count" in errors(simple(*many))
    long = [f"u{n}" for n in range(450)]
    assert errors(simple(*map(user, long), path("s", *long, "e"))) == ["path_length"]
