import pytest

from engine.forms.numbers import check_character


def text(**more):
    return {"type": "textfield", "key": "a", **more}


def kind(name):
    return text(validate={"validationType": name})


def identity(digits):
    return digits + check_character(digits)


ID = identity("44030119900101001")


@pytest.mark.parametrize(
    ("component", "raw", "clean"),
    [
        (text(), "  曾某某 ", "曾某某"),
        (text(), "", None),
        (text(), 5, "5"),
        ({"type": "textarea", "key": "a"}, "一\r\n二", "一\n二"),
        (kind("email"), "a@example.com", "a@example.com"),
        (kind("phone"), "138 0000 1201", "13800001201"),
        (kind("phone"), "+86 138-0000-1201", "+8613800001201"),
        (kind("phone"), "0755-83456789", "0755-83456789"),
        (kind("phone"), "83456789-801", "83456789-801"),
        (kind("phone"), "400-800-1234", "400-800-1234"),
        (kind("phone"), "95588", "95588"),
        (kind("phone"), "+49 89 1234567", "+49891234567"),
        (kind("id_number"), f" {ID[:6]} {ID[6:]}", ID),
        (kind("id_number"), "11010519491231002x", "11010519491231002X"),
        (kind("identity_document"), "e12345678", "E12345678"),
        (text(properties={"personal": "id_number"}), ID, ID),
        (text(validate={"pattern": "^[A-Z]{2}-\\d+$"}), "WT-2026", "WT-2026"),
        ({"type": "number", "key": "a"}, "1,234.5", 1234.5),
        ({"type": "number", "key": "a"}, "12", 12),
        ({"type": "number", "key": "a"}, 3.0, 3),
        ({"type": "number", "key": "a"}, 0, 0),
        ({"type": "number", "key": "a", "serializeToString": True}, "1.50", "1.5"),
        ({"type": "money", "key": "a"}, "1,234.50", 123450),
        ({"type": "money", "key": "a"}, "¥ 979.2 元", 97920),
        ({"type": "money", "key": "a"}, 123450, 123450),
        ({"type": "money", "key": "a"}, "-0.05", -5),
        ({"type": "checkbox", "key": "a"}, "on", True),
        ({"type": "checkbox", "key": "a"}, "false", False),
        ({"type": "datetime", "key": "a"}, "2026-11-20", "2026-11-20"),
        ({"type": "datetime", "key": "a", "subtype": "time"}, "10:42:30", "10:42"),
        (
            {"type": "datetime", "key": "a", "subtype": "datetime"},
            "2026-11-20T10:42",
            "2026-11-20T02:42:00Z",
        ),
        (
            {"type": "datetime", "key": "a", "subtype": "datetime"},
            "2026-11-20T10:42+09:00",
            "2026-11-20T01:42:00Z",
        ),
        ({"type": "unit", "key": "a"}, "3栋2单元1201", "3-2-1201"),
        ({"type": "person", "key": "a"}, "huang", "huang"),
        ({"type": "signature", "key": "a"}, "mine-1", "mine-1"),
        ({"type": "photo", "key": "a"}, ["mine-1", "", "mine-1", "mine-2"], ["mine-1", "mine-2"]),
        ({"type": "photo", "key": "a"}, "mine-1", ["mine-1"]),
    ],
)
def test_cleans_what_was_entered(form, submit, component, raw, clean):
    result = submit(form(component), {"a": raw})
    assert result == {"a": clean}
    assert submit(form(component), result) == result


@pytest.mark.parametrize(
    ("component", "raw", "refusal"),
    [
        (text(), "a\x00b", "bad_characters"),
        (text(), "a\ud800", "bad_characters"),
        (text(), "a\nb", "bad_characters"),
        (text(), ["a"], "malformed"),
        (text(), {"a": 1}, "malformed"),
        (text(), True, "malformed"),
        (text(validate={"maxLength": 3}), "四个汉字", ("too_long", {"limit": 3, "length": 4})),
        (text(validate={"minLength": "3"}), "字", ("too_short", {"limit": 3, "length": 1})),
        (text(), "x" * 501, ("too_long", {"limit": 500, "length": 501})),
        (kind("email"), "nobody", "not_an_email"),
        (kind("phone"), "1380000120", ("mobile_length", {"expected": 11, "length": 10})),
        (kind("phone"), "12", "not_a_phone"),
        (kind("phone"), "电话", "not_a_phone"),
        (
            kind("id_number"),
            "44000019900000000",
            ("id_number_length", {"expected": 18, "length": 17}),
        ),
        (kind("id_number"), ID[:-1] + ("1" if ID[-1] != "1" else "2"), "id_number_invalid"),
        (kind("id_number"), identity("44030119900231001"), "id_number_invalid"),
        (
            kind("identity_document"),
            "44000019900000000",
            ("id_number_length", {"expected": 18, "length": 17}),
        ),
        (kind("identity_document"), "护照", "not_a_document_number"),
        (
            text(validate={"pattern": "^A$", "patternErrorMessage": "应为 A"}),
            "B",
            ("pattern_mismatch", {"hint": "应为 A"}),
        ),
        ({"type": "number", "key": "a"}, "many", "not_a_number"),
        ({"type": "number", "key": "a"}, "NaN", "not_a_number"),
        ({"type": "number", "key": "a"}, float("inf"), "not_a_number"),
        ({"type": "number", "key": "a"}, True, "not_a_number"),
        ({"type": "number", "key": "a"}, "1e99", ("too_large", {"limit": 10**15})),
        (
            {"type": "number", "key": "a", "decimalDigits": 1},
            "1.25",
            ("too_many_decimals", {"limit": 1}),
        ),
        ({"type": "number", "key": "a", "validate": {"min": 1}}, 0, ("too_small", {"limit": 1})),
        (
            {"type": "number", "key": "a", "validate": {"max": "=2.5"}},
            3,
            ("too_large", {"limit": "2.5"}),
        ),
        ({"type": "money", "key": "a"}, "1,23.50", "not_an_amount"),
        ({"type": "money", "key": "a"}, "1.234", "not_an_amount"),
        ({"type": "money", "key": "a"}, 12.5, "not_an_amount"),
        (
            {"type": "money", "key": "a", "validate": {"min": 0}},
            "-1",
            ("too_small", {"limit": "0.00"}),
        ),
        ({"type": "money", "key": "a"}, 10**14, ("too_large", {"limit": "999,999,999,999.99"})),
        ({"type": "checkbox", "key": "a"}, "maybe", "malformed"),
        ({"type": "datetime", "key": "a"}, "2026-02-30", "not_a_date"),
        ({"type": "datetime", "key": "a"}, "0206-11-20", "not_a_date"),
        ({"type": "datetime", "key": "a", "subtype": "time"}, "25:00", "not_a_time"),
        ({"type": "datetime", "key": "a", "subtype": "datetime"}, "yesterday", "not_a_datetime"),
        (
            {"type": "datetime", "key": "a", "disallowPassedDates": True},
            "2026-11-19",
            "date_passed",
        ),
        ({"type": "unit", "key": "a"}, "9-9-9", ("unknown_unit", {"value": "9-9-9"})),
        ({"type": "person", "key": "a"}, "nobody", ("unknown_person", {"value": "nobody"})),
        ({"type": "signature", "key": "a"}, "theirs-1", "unknown_attachment"),
        ({"type": "photo", "key": "a"}, ["mine-1", "theirs-1"], "unknown_attachment"),
        ({"type": "photo", "key": "a"}, ["mine-1"] * 31, ("too_many_items", {"limit": 30})),
        ({"type": "photo", "key": "a"}, {"x": 1}, "malformed"),
    ],
)
def test_refuses_what_cannot_be_meant(form, refusals, component, raw, refusal):
    assert refusals(form(component), {"a": raw}) == {"a": refusal}


def test_an_amount_among_typed_values_is_fen(form, submit, refusals):
    fee = form({"type": "money", "key": "fee"})
    assert submit(fee, {"fee": 1234}, typed=True) == {"fee": 1234}
    assert refusals(fee, {"fee": "12.34"}, typed=True) == {"fee": "not_an_amount"}


def test_a_hostile_pattern_cannot_hold_up_the_server(form, refusals):
    slow = form(text(validate={"pattern": "^(a+)+$"}))
    assert refusals(slow, {"a": "a" * 60 + "!"}) == {"a": ("pattern_mismatch", {"hint": ""})}


@pytest.mark.parametrize("kind", ["select", "radio"])
def test_takes_one_of_the_choices(form, submit, refusals, kind):
    one = form(
        {
            "type": kind,
            "key": "a",
            "values": [{"label": "一致", "value": "yes"}, {"label": "不一致", "value": "no"}],
        }
    )
    assert submit(one, {"a": "no"}) == {"a": "no"}
    assert refusals(one, {"a": "maybe"}) == {"a": "not_an_option"}


def test_takes_some_of_the_choices_of_a_variable(form, submit, refusals):
    some = form(
        {
            "type": "checklist",
            "key": "a",
            "valuesKey": "site.services",
            "validate": {"required": True},
        }
    )
    context = {
        "site": {"services": ["water", {"label": "电", "value": "electricity"}, 3, None, {}]}
    }
    assert submit(some, {"a": ["electricity", 3, "electricity"]}, context) == {
        "a": ["electricity", "3"]
    }
    assert refusals(some, {"a": ["gas"]}, context) == {"a": "not_an_option"}
    assert refusals(some, {"a": []}, context) == {"a": "required"}


def test_takes_one_of_the_choices_that_an_expression_computes(form, submit, refusals):
    one = form(
        {"type": "checkbox", "key": "big"},
        {"type": "select", "key": "a", "valuesExpression": '=if big then ["x", "y"] else ["x"]'},
    )
    assert submit(one, {"big": True, "a": "y"}) == {"big": True, "a": "y"}
    assert refusals(one, {"big": False, "a": "y"}) == {"a": "not_an_option"}


def test_a_required_box_must_be_ticked_and_zero_is_an_answer(form, refusals):
    both = form(
        {"type": "checkbox", "key": "a", "validate": {"required": True}},
        {"type": "number", "key": "n", "validate": {"required": True}},
    )
    assert refusals(both, {"a": False, "n": 0}) == {"a": "required"}
