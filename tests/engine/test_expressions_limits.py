"""Hostile expressions, threads and forks: everything is stopped within limits, and the next expression works."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from engine.expressions import Feel, isolate

# It needs no more memory as time goes by, so that only time ends it, however slow the machine.
ENDLESS = "{f: function(n) if n = 0 then 1 else f(n - 1) + f(n - 1)}.f(60)"
TIMEOUT = "it took longer than 0.5 s"
DOUBLING = "{{f: function(s, n) if n = 0 then s else f({}, n - 1)}}.f({}, {})"


@pytest.fixture(scope="module")
def interpreter():
    interpreter = Feel()
    interpreter.batch(["1"], {})
    yield interpreter
    interpreter.close()


@pytest.mark.parametrize(
    "source",
    [
        "for i in 1..1000000000 return i",
        "some x in 1..99999999 satisfies x < 0",
        'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(a+)+$")',
        ENDLESS,
        "count(for i in 1..3000, j in 1..3000 return i * j)",
    ],
)
def test_stops_endless_work_and_stays_usable(interpreter, source):
    worked = time.process_time()

    result = interpreter.batch([source], {})[0]

    assert result.error in (TIMEOUT, "it needed too much memory")
    assert time.process_time() - worked < 10
    assert interpreter.batch(["1 + 1"], {})[0].value == 2


@pytest.mark.parametrize(
    "source",
    [
        "(" * 100_000 + "1" + ")" * 100_000,
        "[" * 9_000,
        "1" + "+1" * 9_000,
        "{f: function(n) f(n + 1)}.f(1)",
        '"' + "x" * 100_000 + '"',
    ],
)
def test_fails_for_texts_that_are_too_long_or_deep(interpreter, source):
    result = interpreter.batch([source], {})[0]

    assert result.error
    assert interpreter.batch(["1 + 1"], {})[0].value == 2


def test_replaces_the_isolate_after_it_ran_out_of_memory():
    interpreter = Feel(seconds=10)

    result = interpreter.batch([DOUBLING.format("concatenate(s, s)", "[1, 2, 3]", 24)], {})[0]

    assert result.error == "it needed too much memory"
    assert interpreter.batch(["x + 1"], {"x": 1})[0].value == 2
    interpreter.close()


def test_refuses_huge_strings(interpreter):
    source = DOUBLING.format("s + s", '"xxxxxxxxxxxxxxxxxxxx"', 18)

    assert interpreter.batch([source], {})[0].error == "the result is too large"


@pytest.mark.parametrize(
    "source",
    [
        "globalThis",
        "guicheng",
        "constructor",
        "__proto__",
        "{a: 1}.constructor",
        '"x".constructor.constructor("return 1")()',
        'get value({a: 1}, "constructor")',
        'get value({a: 1}, "__proto__")',
        "trim.fn.constructor",
        'date("2026-01-01").value.constructor',
        "count.constructor",
        'function(x) external {java: {class: "java.lang.Math", "method signature": "x"}}',
    ],
)
def test_reaches_nothing_of_javascript(interpreter, source):
    assert interpreter.batch([source], {})[0].value is None


@pytest.mark.parametrize(
    "source",
    [
        'context put({}, "__proto__", {polluted: true})',
        'context put({}, ["__proto__", "polluted"], true)',
        'context put({}, ["constructor", "prototype", "polluted"], true)',
        'context merge([{}, {"__proto__": {polluted: true}}])',
    ],
)
def test_leaves_nothing_behind_for_later_expressions(interpreter, source):
    interpreter.batch([source], {})

    assert interpreter.batch(["{}.polluted"], {})[0].value is None


def test_takes_variables_named_like_prototypes_as_data(interpreter):
    variables = {"__proto__": {"polluted": True}, "x": {"__proto__": 1, "constructor": 2}}

    results = interpreter.batch(["__proto__.polluted", "x", "{}.polluted"], variables)

    assert [result.value for result in results] == [True, {"__proto__": 1, "constructor": 2}, None]


def test_fails_for_variables_nested_too_deeply(interpreter):
    nested = []
    for _ in range(100_000):
        nested = [nested]

    assert "no JSON data" in interpreter.batch(["nested"], {"nested": nested})[0].error


def test_answers_every_thread_with_its_own_results(interpreter):
    wrong = []

    def work(number):
        for step in range(30):
            result = interpreter.batch(["a * b"], {"a": number, "b": step})[0]
            if result.value != number * step:
                wrong.append(result)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def run(script):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
        check=False,
    )


def test_gives_a_forked_child_an_isolate_of_its_own():
    done = run(
        "import os, sys\n"
        "from engine.expressions import feel\n"
        "print(feel().batch(['1 + 1'], {})[0].value, flush=True)\n"
        "child = os.fork()\n"
        "print(feel().batch(['2 + 1'], {})[0].value, flush=True)\n"
        "if child == 0: sys.exit(0)\n"
        "sys.exit(os.waitpid(child, 0)[1])\n"
    )

    assert (done.returncode, sorted(done.stdout.split())) == (0, ["2", "3", "3"])
    assert done.stderr == ""


def test_survives_isolates_started_and_ended_in_different_threads():
    done = run(
        "import threading\n"
        "from engine.expressions import feel\n"
        "def work():\n"
        "    for _ in range(200): assert feel().batch(['a > 1'], {'a': 2})[0].value\n"
        "for _ in range(3):\n"
        "    thread = threading.Thread(target=work); thread.start(); thread.join()\n"
        "    feel().close()\n"
        "work()\n"
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_ends_quietly_after_a_timeout():
    done = run(
        f"from engine.expressions import feel\nprint(feel().batch(['{ENDLESS}'], {{}})[0].error)\n"
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, f"{TIMEOUT}\n", "")


def test_says_how_to_build_a_missing_bundle(monkeypatch, tmp_path):
    monkeypatch.setattr(isolate, "BUNDLE", tmp_path / "feel.bundle.js")

    with pytest.raises(FileNotFoundError, match="run `make`"):
        Feel().batch(["1"], {})


def test_does_not_take_the_garbage_of_earlier_calls_for_an_expression_s_own(interpreter):
    note = "x" * 100_000

    for number in range(500):
        result = interpreter.batch(
            [f"request.number + {number}"], {"request": {"number": 1, "note": note}}
        )[0]
        assert result.value == number + 1
