"""What validate returns is returned again unchanged, whatever was sent; nothing but a refusal is ever raised."""

import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InvalidVariables
from engine.forms import Form, InvalidForm
from tests.engine.forms.conftest import NOW, Site

SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

FORM = {
    "id": "f",
    "components": [
        {"type": "textfield", "key": "t", "validate": {"maxLength": 10}},
        {"type": "textarea", "key": "lines"},
        {"type": "textfield", "key": "phone", "validate": {"validationType": "phone"}},
        {"type": "textfield", "key": "identity", "properties": {"personal": "id_number"}},
        {"type": "number", "key": "n", "decimalDigits": 2},
        {"type": "number", "key": "s", "serializeToString": True},
        {"type": "money", "key": "fee"},
        {"type": "checkbox", "key": "ok"},
        {"type": "datetime", "key": "day"},
        {"type": "datetime", "key": "at", "subtype": "datetime"},
        {"type": "datetime", "key": "clock", "subtype": "time"},
        {"type": "select", "key": "one", "values": [{"value": "a"}, {"value": "1"}]},
        {"type": "checklist", "key": "some", "valuesExpression": '=if ok then ["a", "1"] else ["a"]'},
        {"type": "unit", "key": "unit"},
        {"type": "photo", "key": "photos", "conditional": {"hide": '=t = "a"'}},
        {"type": "documents", "key": "docs", "valuesExpression": "=listed",
         "properties": {"documentsOptionalWhen": "=ok != true"}},
        {"type": "group", "path": "g", "conditional": {"hide": "=n > 1"}, "components": [
            {"type": "textfield", "key": "t"}, {"type": "number", "key": "locked", "readonly": True}]},
        {"type": "dynamiclist", "path": "rows", "components": [
            {"type": "textfield", "key": "t", "conditional": {"hide": "=n = 1"}},
            {"type": "number", "key": "n"},
            {"type": "expression", "key": "double", "expression": "=n * 2"}]},
        {"type": "dynamiclist", "path": "given", "allowAddRemove": False, "components": [
            {"type": "textfield", "key": "name", "readonly": True}, {"type": "checkbox", "key": "ok"}]},
        {"type": "expression", "key": "count", "expression": "=count(rows)"},
    ],
}  # fmt: skip
CONTEXT = {
    "listed": [{"id": "a", "name": "甲", "original": True}, {"id": 1, "copy": True}],
    "g": {"locked": 5, "more": "x", "t": "old"},
    "rows": [{"id": 1, "t": "x"}, {"id": 2, "n": 7}],
    "given": [{"name": "门", "id": 1}, {"name": "窗", "id": 2}],
    "photos": ["theirs-1"],
}

words = st.sampled_from(
    ["", "a", "1", "true", "on", "2026-11-20", "2026-11-20T10:42", "10:42", "1,234.50", "0.1", "-3", "mine-1", "theirs-1",
     "138 0000 1201", "11010519491231002X", "A座101", "A-101", "x\ny", "\x00", "12"]
)  # fmt: skip
scalars = st.one_of(
    words,
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(0, 3),
    st.floats(),
    st.text(max_size=12),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["t", "n", "id", "ok", "original", "copy", "photos", "_row", "name", "locked"]
            ),
            inner,
        ),
    ),
    max_leaves=12,
)
names = st.sampled_from([each.get("key") or each["path"] for each in FORM["components"]])


@pytest.fixture(scope="module")
def form(feel):
    return Form.from_json(FORM, feel=feel)


def validate(form: Form, raw: Any, feel: Any, **more: Any) -> dict[str, Any] | None:
    try:
        return form.validate(raw, CONTEXT, feel=feel, resolver=Site(), now=NOW, **more)
    except InvalidVariables:
        return None


@SETTINGS
@given(raw=st.dictionaries(names, values, max_size=6))
def test_what_validate_returns_it_returns_again(form, feel, raw):
    clean = validate(form, raw, feel)
    if clean is not None:
        assert validate(form, clean, feel) == clean
        assert validate(form, clean, feel, typed=True) == clean


@SETTINGS
@given(raw=st.fixed_dictionaries({}, optional={
    "t": words, "fee": words, "n": words, "ok": st.booleans(), "day": words, "at": words, "unit": words,
    "identity": words, "phone": words, "s": words, "photos": st.lists(words, max_size=2),
    "rows": st.lists(st.fixed_dictionaries({}, optional={"t": words, "n": words, "_row": st.sampled_from(["0", "1", "9"])}), max_size=4),
    "docs": st.lists(st.fixed_dictionaries({"id": st.sampled_from(["a", "1"])}, optional={"original": st.booleans()}), max_size=2),
}))  # fmt: skip
def test_so_it_does_with_what_people_type(form, feel, raw):
    clean = validate(form, raw, feel)
    if clean is not None:
        assert validate(form, clean, feel, typed=True) == clean


@SETTINGS
@given(raw=st.dictionaries(names, values, max_size=6))
def test_an_open_form_can_always_be_shown(form, feel, raw):
    facts = form.facts(raw, CONTEXT, feel=feel, now=NOW)
    assert len({cell.path for cell in facts.cells()}) == len(list(facts.cells()))


@SETTINGS
@given(schema=st.dictionaries(st.sampled_from(["id", "components", "properties"]), values))
def test_the_gate_answers_anything_with_findings(feel, schema):
    with contextlib.suppress(InvalidForm):
        Form.from_json(schema, feel=feel)


@SETTINGS
@given(component=st.dictionaries(
    st.sampled_from(["type", "id", "key", "path", "label", "validate", "values", "conditional", "properties", "components",
                     "columns", "layout", "readonly", "valuesExpression", "text", "subtype", "appearance"]),
    st.one_of(values, st.sampled_from(["textfield", "dynamiclist", "group", "select", "date", "table", "documents"])),
))  # fmt: skip
def test_so_it_does_with_any_component(feel, component):
    try:
        form = Form.from_json({"id": "f", "components": [component]}, feel=feel)
    except InvalidForm:
        pass
    else:
        form.facts(form.initial({}), {}, feel=feel, now=NOW)
