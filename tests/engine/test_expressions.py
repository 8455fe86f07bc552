"""FEEL as diagrams and forms use it: conditions, mappings, unary tests, compilation, names."""

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine.errors import ExpressionFailed
from engine.expressions import Feel, Result, feel


@pytest.fixture(scope="module")
def interpreter():
    interpreter = Feel()
    yield interpreter
    interpreter.close()


def value(interpreter, source, variables=None, **more):
    return interpreter.batch([source], variables or {}, **more)[0].required(source)


def test_evaluates_several_expressions_in_one_call(interpreter):
    variables = {"amount": 1200, "customer": {"tier": "gold"}, "unused": object()}

    results = interpreter.batch(
        ["amount > 1000", '= customer.tier = "gold"', "amount * 2", "1 +"], variables
    )

    assert [result.value for result in results] == [True, True, 2400, None]
    assert [result.error for result in results] == [
        None,
        None,
        None,
        "the expression ends too early",
    ]


def test_answers_nothing_to_no_expression(interpreter):
    assert interpreter.batch([], {}) == []


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        ('date("2026-11-22")', "date", "2026-11-22"),
        ('time("08:30:00")', "time", "08:30:00"),
        ('date and time("2026-11-22T08:30:00+08:00")', "date-time", "2026-11-22T08:30:00+08:00"),
        (
            'date and time("2026-11-22T08:30:00@Asia/Shanghai")',
            "date-time",
            "2026-11-22T08:30:00+08:00",
        ),
        ('duration("PT48H")', "duration", "P2D"),
        ('duration("P1Y2M")', "duration", "P1Y2M"),
    ],
)
def test_gives_dates_times_and_durations_as_text_and_tells_their_kind(
    interpreter, source, kind, text
):
    assert interpreter.batch([source], {}) == [Result(text, kind)]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("null", "null"),
        ("true", "boolean"),
        ("1.5", "number"),
        ('"a"', "string"),
        ("[1]", "list"),
        ("{a: 1}", "context"),
    ],
)
def test_tells_the_kind_of_plain_values(interpreter, source, kind):
    assert interpreter.batch([source], {})[0].kind == kind


def test_gives_null_and_a_warning_for_an_unknown_variable(interpreter):
    assert interpreter.batch(["missing"], {}) == [
        Result(None, "null", None, ("Variable 'missing' not found",))
    ]


def test_reads_names_and_keys_in_chinese(interpreter):
    variables = {"金额": 2000, "业主": {"姓名": "张三", "单元 号": "3-2-1201"}}

    assert value(interpreter, '金额 > 1000 and 业主.姓名 = "张三"', variables) is True
    assert value(interpreter, "业主.单元 号", variables) == "3-2-1201"


def test_reads_names_with_spaces_however_they_are_spaced(interpreter):
    assert value(interpreter, "monthly   fee + 1", {"monthly fee": 2}) == 3


def test_reads_nested_names_of_the_environment(interpreter):
    variables = {"camunda": {"vars": {"tenant": {"limits": {"reply": "PT48H"}}}}}

    assert value(interpreter, "duration(camunda.vars.tenant.limits.reply)", variables) == "P2D"


def test_reads_the_clock_that_it_is_given(interpreter):
    shanghai = timezone(timedelta(hours=8))
    now = datetime(2026, 11, 21, 23, 30, tzinfo=UTC).astimezone(shanghai)

    assert value(interpreter, "now()", now=now) == "2026-11-22T07:30:00+08:00"
    assert value(interpreter, "today()", now=now) == "2026-11-22"


def test_keeps_functions_apart_from_variables_of_the_same_name(interpreter):
    variables = {"date": "2026-01-01", "count": 3, "list": [1, 2], "trim": " a "}

    assert value(interpreter, 'date("2026-02-01") > date(date)', variables) is True
    assert value(interpreter, "count(list) + count", variables) == 5
    assert value(interpreter, "trim(trim)", variables) == "a"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('last day of month(date("2028-02-03"))', "2028-02-29"),
        ('last day of month(date and time("2026-11-03T10:00:00Z"))', "2026-11-30"),
        ("partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("partition([1], 0)", None),
        ("random number() < 1", True),
        ('fromAi({city: "Xi"}.city, "Where to", "string")', "Xi"),
        ("fromAi(1)", 1),
        ('to base64("物业")', "54mp5Lia"),
        ('from base64("54mp5Lia")', "物业"),
        ("get or else(null, 5)", 5),
        ("is empty([])", True),
        ("is defined(null)", False),
        ('is blank("  ")', True),
        ('trim(" a ")', "a"),
        ("duplicate values([1, 2, 1, 2, 3])", [1, 2]),
        ('extract("A1 B2", "[A-Z]")', ["A", "B"]),
        ('to json({a: [1, "x"]})', '{"a":[1,"x"]}'),
        ('from json("{\\"a\\": 1}").a', 1),
        ('from json("{")', None),
        ("string length(uuid())", 36),
        ("assert(5, true)", 5),
        ('cycle(3, duration("PT1H"))', "R3/PT1H"),
        ('cycle(duration("P2D"))', "R/P2D"),
        ('get value({a: {b: 1}}, ["a", "b"])', 1),
        ('get value({a: {b: 1}}, ["a", "c", "d"])', None),
        ('get value({a: 1}, "a")', 1),
        ('get value(null, "a")', None),
        ('duration("P1D") / duration("PT6H")', 4),
        ('(date("1970-01-03") - date("1970-01-01")) / duration("PT1S")', 172800),
    ],
)
def test_has_the_functions_of_camunda_that_the_interpreter_lacks(interpreter, source, expected):
    assert value(interpreter, source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('duration("P1D") * 5', "P5D"),
        ('1.5 * duration("PT1H")', "PT1H30M"),
        ('duration("P1D") / 3', "PT8H"),
        ('duration("P1Y6M") * 2', "P3Y"),
        ('duration("P1Y") / 5', "P2M"),
        ('duration("P2Y") / duration("P6M")', 4),
        ('duration("P1Y") * -1', "-P1Y"),
        ('date("2026-01-01") + duration("P1D") * 2', "2026-01-03"),
    ],
)
def test_multiplies_and_divides_durations(interpreter, source, expected):
    assert value(interpreter, source) == expected


@pytest.mark.parametrize(
    "source",
    [
        'duration("P1D") * duration("P1D")',
        'duration("P1D") ** 2',
        'duration("P1D") ** duration("P1D")',
        'duration("P1Y") / duration("P1D")',
        'duration("P1D") / duration("PT0S")',
        'duration("P1D") / 0',
        '2 / duration("P1D")',
        'duration("P1D") * "a"',
        'date("2026-01-01") * date("2026-01-01")',
        'date("2026-01-01") / duration("P1D")',
    ],
)
def test_what_durations_have_no_value_for_is_null_with_a_warning(interpreter, source):
    result = interpreter.batch([source], {})[0]
    assert (result.value, result.error) == (None, None)
    assert result.warnings


def test_fails_with_the_cause_that_assert_names(interpreter):
    assert interpreter.batch(['assert(x, x > 1, "too small")'], {"x": 1})[0].error == "too small"


def test_raises_for_a_required_value_that_failed(interpreter):
    with pytest.raises(ExpressionFailed) as caught:
        interpreter.batch(["1 +"], {})[0].required("1 +")

    assert caught.value.params == {"expression": "1 +", "reason": "the expression ends too early"}


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_refuses_variables_that_are_no_numbers(interpreter, number):
    assert "no JSON data" in interpreter.batch(["x"], {"x": number})[0].error


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("2 ** 5000", "the result is not a number"),
        ("-(2 ** 5000)", "the result is not a number"),
        ('from json("[\\"a\\\\u0000\\"]")', "the text holds characters that cannot be stored"),
        ('"\\uD83D"', "the text holds characters that cannot be stored"),
        (f'for i in 1..20000 return "{"x" * 60}"', "the result is too large"),
        (
            "{f: function(n) if n = 0 then 1 else [f(n - 1)], r: f(60)}.r",
            "the result is nested too deeply",
        ),
    ],
)
def test_refuses_results_that_cannot_be_stored(interpreter, source, error):
    assert interpreter.batch([source], {}) == [Result(error=error)]


def test_gives_functions_and_ranges_as_null(interpreter):
    results = interpreter.batch(["function(x) x", "[1..2]", "{a: 1, f: function(x) x}"], {})

    assert [result.value for result in results] == [None, None, {"a": 1, "f": None}]


def test_maps_in_order_so_that_later_sources_see_earlier_targets(interpreter):
    mappings = [("=base + 1", "first"), ("=first * 2", "second"), ("static text", "third")]

    assert interpreter.map(mappings, {"base": 1}) == {
        "first": 2,
        "second": 4,
        "third": "static text",
    }


def test_maps_into_nested_targets_and_keeps_what_else_is_there(interpreter):
    unit = {"unit": {"number": "3-2-1201", "owner": {"phone": "1"}}}

    values = interpreter.map([('="李四"', "unit.owner.name"), ("=unit.owner", "copy")], unit)

    assert values["unit"] == {"number": "3-2-1201", "owner": {"phone": "1", "name": "李四"}}
    assert values["copy"] == {"phone": "1", "name": "李四"}
    assert unit == {"unit": {"number": "3-2-1201", "owner": {"phone": "1"}}}


def test_names_the_mapping_that_fails(interpreter):
    with pytest.raises(ExpressionFailed) as caught:
        interpreter.map([("=1", "a"), ("=1 +", "b")], {})

    assert caught.value.params["expression"] == "=1 +"


def test_maps_a_target_named_like_a_prototype_as_any_other(interpreter):
    assert interpreter.map([("=1", "__proto__.a")], {}) == {"__proto__": {"a": 1}}
    assert value(interpreter, "{}.a") is None


def test_applies_unary_tests_to_a_value(interpreter):
    tests = ["< 5", "[5..8]", '"a", 5', "not(5)", "? > least", "> missing"]

    results = interpreter.test(tests, 5, {"least": 4})

    assert [result.value for result in results] == [False, True, True, False, True, False]


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("amount > 1000", None),
        ('=date("2026-01-01") + duration("P1D")', None),
        ("some x in list satisfies x.f > 1", None),
        ("{double: function(x) x * 2, r: double(2)}.r", None),
        ("last day of month(today())", None),
        ("", "the expression is empty"),
        ("=", "the expression is empty"),
        ("1 +", "the expression ends too early"),
        ("a > 1 )", "not understood from character 7: )"),
        ("frobnicate(1)", "there is no function frobnicate"),
        ("(" * 100_000, "the expression is too long"),
    ],
)
def test_compiles_to_the_reason_why_a_text_is_no_expression(interpreter, source, fault):
    assert interpreter.compile(source) == fault


def test_compiles_many_texts_with_the_names_they_may_use(interpreter):
    sources = ["a-b + 1", "own function(1)", *["1"] * 150, "1 +"]

    faults = interpreter.compile_many(sources, names=["a-b", "own function"])

    assert faults == [None] * 152 + ["the expression ends too early"]
    assert interpreter.compile_many(["< 5, 7", "<"], unary=True) == [
        None,
        "the expression ends too early",
    ]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a + b.c", {"a", "b"}),
        ("= string length(名称) > limit", {"名称", "limit"}),
        ("for x in list, y in x.items return x + y + z", {"list", "z"}),
        ("some x in list satisfies x > least", {"list", "least"}),
        ("function(x, y) x + y + z", {"z"}),
        ("{a: b, c: a + d}", {"b", "d"}),
        ('items[status = "open" and item.sum > 1].sum', {"items"}),
        ("x instance of number", {"x"}),
        ("context put(value: v, key: k, context: c)", {"v", "k", "c"}),
        ("1 +", set()),
        ("(" * 100_000, set()),
    ],
)
def test_lists_the_free_variables_of_an_expression(interpreter, source, names):
    assert interpreter.names(source) == names


def test_lists_dotted_paths_wherever_they_stand(interpreter):
    source = "items[sum > camunda.vars.tenant.fees.least] + camunda.vars.tenant.reply + f(a.b)"

    assert interpreter.paths(source) >= {
        "camunda.vars.tenant.fees.least",
        "camunda.vars.tenant.reply",
        "a.b",
    }


def test_is_one_interpreter_for_the_whole_process():
    assert feel() is feel()
