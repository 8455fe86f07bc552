"""Signals: who waits for them, and what throwing one reports."""

from engine.runtime import check

from .bpmn import (
    boundary,
    catch,
    diagram,
    end,
    event_subprocess,
    extension,
    flow,
    gateway,
    mapping,
    message,
    node,
    on_message,
    on_signal,
    path,
    signal,
    start,
    throw,
    user,
)
from .world import world


def waiting(w):
    """The subscriptions to signals: element and key."""
    closed = {e.key for e in w.of("SubscriptionClosed")}
    return [(e.element_id, e.key) for e in w.of("SignalAwaited") if e.key not in closed]


def test_a_catch_event_waits_until_its_signal_comes_and_takes_its_variables():
    source = diagram(
        start(),
        catch("c", on_signal()),
        user("u"),
        end(),
        path("s", "c", "u", "e"),
        root=signal(name='="al" + k'),
    )
    w = world(source).start(k="arm")
    [awaited] = w.of("SignalAwaited")
    assert (awaited.element_id, awaited.signal_name) == ("c", "alarm")
    w.do("correlate", awaited.key, {"floor": 3})
    assert (w.waiting, w.variables["floor"]) == (["u"], 3)
    assert [e.is_signal for e in w.of("SubscriptionClosed")] == [True]


def test_throwing_reports_the_signal_with_the_variables_of_its_input_mappings():
    thrown = node(
        "intermediateThrowEvent", "t", extension(mapping([("=floor + 1", "at")])), on_signal()
    )
    over = end("e", on_signal())
    w = world(diagram(start(), thrown, over, path("s", "t", "e"), root=signal())).start(floor=2)
    assert [(e.element_id, e.signal_name, e.variables) for e in w.of("SignalThrown")] == [
        ("t", "alarm", {"at": 3}),
        ("e", "alarm", {}),
    ]
    assert w.done
    assert "at" not in w.variables


def test_a_boundary_event_interrupts_and_one_that_does_not_hears_every_signal():
    source = diagram(
        start(),
        user("work"),
        boundary("stop", "work", on_signal()),
        boundary("hear", "work", on_signal("H"), interrupting=False),
        user("told"),
        user("stopped"),
        end(),
        path("s", "work", "e"),
        path("hear", "told", "e"),
        path("stop", "stopped", "e"),
        root=signal() + signal("H", "news"),
    )
    w = world(source).start()
    keys = dict(waiting(w))
    w.do("correlate", keys["hear"], {}).do("correlate", keys["hear"], {})
    assert w.waiting == ["told", "told", "work"]
    w.do("correlate", keys["stop"], {})
    assert w.waiting == ["stopped", "told", "told"]
    assert waiting(w) == []


def test_a_signal_starts_an_event_subprocess():
    handler = event_subprocess(
        "h", on_signal(), user("u"), end("f"), path("h_s", "u", "f"), interrupting=True
    )
    w = world(
        diagram(start(), user("work"), end(), path("s", "work", "e"), handler, root=signal())
    ).start()
    [(element, key)] = waiting(w)
    assert element == "h_s"
    assert w.do("correlate", key, {}).waiting == ["u"]


def test_a_gateway_takes_the_first_of_signal_and_message():
    source = diagram(
        start(),
        gateway("eventBased", "g"),
        catch("c", on_signal()),
        catch("m", on_message()),
        user("u"),
        end(),
        path("s", "g", "c", "u", "e"),
        path("g", "m", "e"),
        root=signal() + message(),
    )
    w = world(source).start(k="1")
    w.do("correlate", dict(waiting(w))["c"], {"floor": 1})
    assert (w.waiting, w.variables["floor"]) == (["u"], 1)
    assert len(w.of("SubscriptionClosed")) == 2


def test_a_signal_name_that_is_no_text_is_an_incident():
    source = diagram(
        start(), catch("c", on_signal()), end(), path("s", "c", "e"), root=signal(name="=k")
    )
    w = world(source).start(k=1)
    assert w.incidents == [("c", "the signal name =k is 1, not a text")]
    w.do("set_variables", None, {"k": "alarm"}).do("retry", w.key("c"))
    assert [e.signal_name for e in w.of("SignalAwaited")] == ["alarm"]


def test_a_signal_start_event_passes_on_what_the_signal_brought():
    begin = node("startEvent", "m", extension(mapping((), [("=floor", "at")])), on_signal())
    source = diagram(start(), begin, user("u"), end(), path("s", "u", "e"), flow("m", "u"),
                     root=signal())  # fmt: skip
    assert check(source) == []
    w = world(source).start(_event="m", floor=3, noise=1)
    assert (w.waiting, w.variables) == (["u"], {"at": 3})


def test_a_signal_needs_a_name():
    source = diagram(start(), catch("c", on_signal("")), end(), path("s", "c", "e"))
    assert [f.code for f in check(source)] == ["reference"]
    nameless = diagram(start(), throw("c", "<signalEventDefinition/>"), end(), path("s", "c", "e"))
    assert [f.params["what"] for f in check(nameless)] == ["The name of the signal"]
