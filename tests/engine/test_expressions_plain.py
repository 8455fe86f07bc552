"""Plain expressions are answered without the interpreter, and never otherwise than it would."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.expressions import Feel, plain

NAMES = st.sampled_from(["a", "b", "outcome", "a.b", "c.d.e", "if", "null", "true_", "now", "a b"])
LITERALS = st.sampled_from(
    [
        "3",
        "-2",
        "0",
        "2.5",
        "3.0",
        "1e3",
        '"x"',
        '""',
        "true",
        "false",
        "null",
        '"a and b"',
        "b",
        '"\\""',
    ]
)
SIGNS = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "=="])
TERMS = st.one_of(
    NAMES,
    st.builds("{} {} {}".format, NAMES, SIGNS, LITERALS),
    st.builds("{}{}{}".format, NAMES, SIGNS, LITERALS),
)
JOINED = st.builds(
    lambda terms, join: join.join(terms),
    st.lists(TERMS, min_size=1, max_size=3),
    st.sampled_from([" and ", " or ", ",", " "]),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-4, 4),
    st.sampled_from([2.5, 3.0, -0.0, 0.1, 2**53, 2**53 + 2]),
    st.sampled_from(["x", "", "3", "2026-11-22", "词"]),
)
VALUES = st.one_of(
    SCALARS,
    st.dictionaries(
        st.sampled_from(["b", "d"]), st.one_of(SCALARS, st.dictionaries(st.just("e"), SCALARS))
    ),
)
VARIABLES = st.dictionaries(st.sampled_from(["a", "b", "c", "outcome", "a.b", "a b", "true_", "now"]), VALUES)  # fmt: skip


class Interpreter(Feel):
    """Asks V8 for everything."""

    def map(self, mappings, variables, *, now=None):
        return self._isolate.call("map", mappings=list(mappings), variables=variables)["value"]

    def batch(self, sources, variables, *, now=None):
        return self._results("batch", list(sources), variables, now)


@pytest.fixture(scope="module")
def interpreter():
    interpreter = Interpreter()
    yield interpreter
    interpreter.close()


@given(source=JOINED, variables=VARIABLES)
@example(source="a = 3", variables={"a": True})
@example(source="a and b", variables={"a": True, "b": 1})
@example(source="a.b > 2", variables={"a": {"b": 3}, "a.b": 1})
def test_what_is_plain_has_the_interpreters_answer(interpreter, source, variables):
    quick = plain.results([source], variables)
    if quick is not None:
        assert quick == interpreter.batch([source], variables)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("amount > 3", True),
        ('outcome = "approve"', True),
        ('outcome="reject" or amount <= 5', True),
        ("paid = false and amount = 5", False),
        ("customer.tier", "gold"),
    ],
)
def test_conditions_of_diagrams_are_plain(source, value):
    variables = {"amount": 5, "outcome": "approve", "paid": True, "customer": {"tier": "gold"}}
    (found,) = plain.results([source], variables) or [None]
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize(
    "source",
    [
        "amount + 1",
        "missing",
        "count(list) > 1",
        "a > 1 and b > 2 or c",
        "not(a)",
        "a in (1, 2)",
        "",
    ],
)
def test_everything_else_is_left_to_the_interpreter(source):
    assert plain.results([source], {"amount": 5, "a": 1, "b": 2, "c": True, "list": [1]}) is None  # fmt: skip


@given(
    mappings=st.lists(
        st.tuples(
            st.one_of(TERMS.map("={}".format), st.just("text")), st.sampled_from(["a", "b", "e"])
        ),
        max_size=3,
    ),
    variables=VARIABLES,
)
def test_plain_mappings_assign_what_the_interpreter_would(interpreter, mappings, variables):
    quick = plain.assigned(mappings, variables)
    if quick is not None:
        assert quick == interpreter.map(mappings, variables)


def test_a_plain_mapping_sees_what_the_one_before_it_assigned():
    assert plain.assigned([("=a", "b"), ("=b", "c")], {"a": 1}) == {"b": 1, "c": 1}
