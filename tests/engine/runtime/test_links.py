"""Link events: a sequence flow that is not drawn."""

import pytest

from engine.runtime import check, parse

from .bpmn import (
    catch,
    diagram,
    end,
    flow,
    gateway,
    link,
    path,
    script,
    start,
    subprocess,
    throw,
    user,
)
from .world import world


def linked(*parts):
    return diagram(
        start(), user("a"), throw("t", link()), catch("c", link()), user("b"), end(),
        path("s", "a", "t"), path("c", "b", "e"), *parts,
    )  # fmt: skip


def test_a_token_goes_on_where_its_link_leads():
    assert check(linked()) == []
    w = world(linked()).start().complete("a")
    assert w.waiting == ["b"]
    assert w.complete("b").trace == ["s", "a", "t", "c", "b", "e"]


def test_several_events_may_throw_one_link():
    more = user("a2") + throw("t2", link()) + path("s", "a2", "t2")
    w = world(linked(more)).start().complete("a").complete("a2")
    assert w.waiting == ["b", "b"]


def test_what_comes_next_is_seen_through_a_link():
    assert parse(linked()).ahead("a") == ("b",)


def test_an_inclusive_join_waits_for_a_token_that_can_come_by_a_link():
    source = diagram(
        start(), gateway("inclusive", "g"), user("a"), user("b"), throw("t", link()),
        catch("c", link()), gateway("inclusive", "j"), user("after"), end(),
        flow("s", "g"), flow("g", "a", "=true"), flow("g", "b", "=true"), path("a", "t"),
        path("c", "j"), path("b", "j", "after", "e"),
    )  # fmt: skip
    w = world(source).start().complete("b")
    assert w.waiting == ["a"]
    assert w.complete("a").waiting == ["after"]


def test_a_link_ends_at_the_border_of_its_subprocess():
    inside = subprocess("sp", start("i"), throw("u", link()), path("i", "u"))
    found = [f for f in check(linked(inside)) if f.severity == "error"]
    assert [(f.code, f.element_id) for f in found] == [("reference", "u")]


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("missing", throw("x", "<linkEventDefinition/>") + path("s", "x")),
        ("link_twice", catch("c2", link()) + path("c2", "e")),
        ("unsupported", flow("t", "e")),
        ("unsupported", flow("s", "c")),
        ("endless_loop", script("r", "=1", "x") + throw("t3", link("round")) + catch("c3", link("round"))
         + path("c3", "r", "t3") + flow("s", "r")),
    ],
)  # fmt: skip
def test_refuses_a_link_that_leads_nowhere_or_nobody_knows_where(code, parts):
    found = {f.code for f in check(linked(parts)) if f.severity == "error"}
    assert found == {code}
