"""Tables: rows people add, and rows that are given."""

from typing import ClassVar

import pytest

NAME = {"type": "textfield", "key": "name", "validate": {"required": True}}
COUNT = {"type": "number", "key": "count", "decimalDigits": 0}


def keys(*components, **more):
    return {
        "type": "dynamiclist",
        "path": "keys",
        "components": list(components or (NAME, COUNT)),
        **more,
    }


def test_reads_rows(form, submit):
    assert submit(form(keys()), {"keys": [{"name": "入户门", "count": "6", "x": 1}]}) == {
        "keys": [{"name": "入户门", "count": 6}]
    }


def test_says_in_which_row_something_is_wrong(form, refusals):
    assert refusals(form(keys()), {"keys": [{"name": "a"}, {"count": "1.5"}, 3]}) == {
        "keys.1.name": "required",
        "keys.1.count": ("too_many_decimals", {"limit": 0}),
        "keys.2": "malformed",
        "keys.2.name": "required",
    }


def test_drops_rows_nobody_filled_in(form, submit):
    tick = {"type": "checkbox", "key": "ok"}
    result = {
        "type": "select",
        "key": "result",
        "defaultValue": "ok",
        "values": [{"value": "ok"}, {"value": "bad"}],
    }
    rows = [
        {"name": " ", "ok": False, "result": "ok"},
        {"name": "a", "ok": False, "result": "ok"},
        {},
    ]
    assert submit(form(keys(NAME, tick, result)), {"keys": rows}) == {
        "keys": [{"name": "a", "ok": False, "result": "ok"}]
    }


def test_a_required_table_needs_a_row(form, refusals):
    assert refusals(form(keys(validate={"required": True})), {"keys": [{}]}) == {"keys": "required"}


def test_counts_rows(form, refusals):
    few = form(keys(validate={"minLength": 2, "maxLength": 3}))
    assert refusals(few, {"keys": [{"name": "a"}]}) == {
        "keys": ("too_few_items", {"limit": 2, "length": 1})
    }
    assert refusals(few, {"keys": [{"name": "a"}] * 4}) == {
        "keys": ("too_many_items", {"limit": 3, "length": 4})
    }


def test_refuses_more_rows_than_anybody_reads(form, refusals):
    assert refusals(form(keys()), {"keys": [{"name": "a"}] * 201}) == {
        "keys": ("too_many_items", {"limit": 200})
    }


def test_conditions_see_their_own_row(form, submit, refusals):
    row = keys(
        {"type": "select", "key": "result", "values": [{"value": "ok"}, {"value": "defect"}]},
        {
            "type": "textfield",
            "key": "damage",
            "validate": {"required": True},
            "conditional": {"hide": '=result != "defect"'},
        },
        {"type": "expression", "key": "line", "expression": "=i"},
    )
    rows = [{"result": "ok", "damage": "?"}, {"result": "defect", "damage": "裂缝"}]
    assert submit(form(row), {"keys": rows}) == {
        "keys": [{"result": "ok", "line": 1}, {"result": "defect", "damage": "裂缝", "line": 2}]
    }
    assert refusals(form(row), {"keys": [{"result": "ok"}, {"result": "defect"}]}) == {
        "keys.1.damage": "required"
    }


def test_expressions_count_over_rows(form, submit):
    total = form(
        keys(),
        {"type": "expression", "key": "total", "expression": "=sum(for k in keys return k.count)"},
    )
    assert (
        submit(total, {"keys": [{"name": "a", "count": 2}, {}, {"name": "b", "count": 3}]})["total"]
        == 5
    )


class TestGivenRows:
    """`allowAddRemove` is false: the process says which rows there are."""

    locked: ClassVar = {"type": "textfield", "key": "name", "readonly": True}
    context: ClassVar = {"keys": [{"name": "入户门", "id": 7}, {"name": "信箱", "id": 8}]}

    @pytest.fixture
    def given(self, form):
        count = {**COUNT, "validate": {"required": True}}
        return form(keys(self.locked, count, allowAddRemove=False))

    def test_are_filled_in_by_their_place(self, given, submit):
        raw = {"keys": [{"name": "地库", "count": 6}, {"count": 2, "id": 1}, {"count": 3}]}
        assert submit(given, raw, self.context) == {
            "keys": [{"name": "入户门", "id": 7, "count": 6}, {"name": "信箱", "id": 8, "count": 2}]
        }

    def test_cannot_be_evaded_by_leaving_them_out(self, given, refusals):
        assert refusals(given, {}, self.context) == {
            "keys.0.count": "required",
            "keys.1.count": "required",
        }
        assert refusals(given, {"keys": [{"count": 1}]}, self.context) == {
            "keys.1.count": "required"
        }


class TestRowsThatStandForExistingOnes:
    context: ClassVar = {"keys": [{"name": "入户门", "id": 7}, {"name": "信箱", "id": 8}]}
    table: ClassVar = keys({"type": "textfield", "key": "name", "readonly": True}, COUNT)

    def test_keep_what_no_client_may_write(self, form, submit):
        raw = {
            "keys": [
                {"_row": "1", "count": 2},
                {"_row": "1", "count": 9},
                {"count": 4, "name": "伪造"},
            ]
        }
        assert submit(form(self.table), raw, self.context) == {
            "keys": [{"name": "信箱", "id": 8, "count": 2}, {"count": 9}, {"count": 4}]
        }

    def test_are_recognised_by_what_they_keep(self, form, submit):
        raw = {"keys": [{"name": "信箱", "id": 8, "count": 2}]}
        assert submit(form(self.table), raw, self.context) == raw

    @pytest.mark.parametrize("mark", ["99", "-1", "x", "9" * 5000, None, {}, 1.5])
    def test_need_a_number_that_exists(self, form, submit, mark):
        assert submit(form(self.table), {"keys": [{"_row": mark, "count": 2}]}, self.context) == {
            "keys": [{"count": 2}]
        }


def test_opens_with_the_rows_of_the_variable_or_blank_ones(form):
    assert form(keys()).initial({"keys": [{"name": "a", "x": 1}]}) == {
        "keys": [{"_row": 0, "name": "a"}]
    }
    assert form(keys(defaultRepetitions=2)).initial({}) == {"keys": [{}, {}]}


def test_rows_that_are_not_sent_are_left_alone(form, submit):
    table = {
        "type": "group",
        "components": [keys({"type": "textfield", "key": "name", "readonly": True}, COUNT)],
    }
    assert submit(form(table), {}, {"keys": [{"name": "a", "id": 7}]}) == {}


def test_a_row_can_be_claimed_once_and_only_if_it_exists(form, submit):
    raw = {"keys": [{"_row": 0}, {"_row": 0}, {"_row": 5}]}
    assert submit(form(keys(COUNT)), raw, {"keys": [{"id": 7}]}) == {"keys": [{"id": 7}]}
