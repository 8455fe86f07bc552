import json
import time

import pytest

from engine.forms import Form, InvalidForm


def findings(form):
    read = Form.from_bytes if isinstance(form, bytes) else Form.from_json
    with pytest.raises(InvalidForm) as refused:
        read(form)
    return [(finding.code, finding.component) for finding in refused.value.findings]


def schema(*components, **more):
    return {
        "type": "default",
        "id": "f",
        "schemaVersion": 19,
        "components": list(components),
        **more,
    }


@pytest.mark.parametrize("kind", ["iframe", "html", "button", "image", "documentPreview", "applet"])
def test_refuses_components_that_are_no_fields(kind):
    assert findings(schema({"type": kind, "id": "a"})) == [("unknown_type", "#a")]


def test_lists_every_finding_at_once():
    found = findings(
        schema(
            {"type": "textfield", "key": "a"},
            {"type": "number", "key": "a"},
            {"type": "textfield", "id": "Field_1"},
            {"type": "textfield", "key": "not a name"},
            {"type": "number", "key": "n", "validate": {"min": "many"}},
        )
    )
    assert found == [
        ("duplicate_key", "a"),
        ("missing_key", "#Field_1"),
        ("bad_key", "not a name"),
        ("bad_number", "n"),
    ]


def test_the_same_key_may_stand_in_different_objects():
    Form.from_json(
        schema(
            {"type": "textfield", "key": "name"},
            {
                "type": "group",
                "path": "agent",
                "components": [{"type": "textfield", "key": "name"}],
            },
            {
                "type": "dynamiclist",
                "path": "rows",
                "components": [{"type": "textfield", "key": "name"}],
            },
        )
    )


def test_two_groups_may_fill_one_object():
    form = Form.from_json(
        schema(
            {"type": "group", "path": "check", "components": [{"type": "checkbox", "key": "a"}]},
            {"type": "group", "path": "check", "components": [{"type": "checkbox", "key": "b"}]},
        )
    )
    assert [field.path for field in form.fields()] == ["check.a", "check.b"]


@pytest.mark.parametrize(
    "component",
    [
        {"type": "textfield", "key": "a", "conditional": {"hide": "=1 +"}},
        {"type": "select", "key": "a", "valuesExpression": "=for x in"},
        {"type": "expression", "key": "a", "expression": '=import("os")'},
        {"type": "number", "key": "a", "validate": {"min": "=)("}},
        {"type": "text", "id": "a", "text": "共 {{1 +}} 元"},
        {"type": "textfield", "key": "a", "properties": {"requiredWhen": "=if"}},
    ],
)
def test_refuses_feel_that_does_not_compile(component):
    assert findings(schema(component))[0][0] == "bad_expression"


def test_refuses_a_pattern_that_is_no_regular_expression():
    assert findings(schema({"type": "textfield", "key": "a", "validate": {"pattern": "(["}})) == [
        ("bad_pattern", "a")
    ]


@pytest.mark.parametrize(
    ("component", "place"),
    [
        ({"type": "textfield", "key": "a", "label": {"x": 1}}, "components.0.label"),
        ({"type": "textfield", "key": "a", "validate": []}, "components.0.validate"),
        ({"type": "select", "key": "a", "values": [{"value": {}}]}, "components.0.values.0.value"),
        ({"type": "group", "components": [{"key": "a"}]}, "components.0.components.0.type"),
        ({"type": "textfield", "key": 5}, "components.0.key"),
        ({"type": "number", "key": "a", "decimalDigits": 400}, "components.0.decimalDigits"),
        (
            {"type": "textfield", "key": "a", "properties": {"x": []}},
            "components.0.properties.x.value",
        ),
        ("no component", "components.0"),
    ],
)
def test_refuses_json_of_another_shape(component, place):
    assert ("malformed", place) in findings(schema(component))


def test_refuses_a_form_without_id_or_components():
    assert ("malformed", "id") in findings({"components": []})
    assert ("malformed", "components") in findings({"id": "f", "components": {}})


def test_refuses_too_many_components():
    assert findings(schema(*({"type": "separator"} for _ in range(301)))) == [
        ("too_many_components", "")
    ]


def test_refuses_components_nested_too_deeply():
    group = {"type": "textfield", "key": "a"}
    for _ in range(40):
        group = {"type": "group", "components": [group]}
    assert findings(schema(group)) == [("too_deep", "")]


def test_refuses_a_list_inside_a_list():
    inner = {"type": "dynamiclist", "path": "b", "components": [{"type": "textfield", "key": "c"}]}
    assert findings(schema({"type": "dynamiclist", "path": "a", "components": [inner]})) == [
        ("list_in_list", "a.*.b")
    ]


@pytest.mark.parametrize(
    "text",
    [
        b'{"id": "f", "id": "g", "components": []}',
        b'{"id": "f", "components": [], "x": NaN}',
        b'{"id": "f", "components": [], "x": -Infinity}',
        b"\xff\xfe{}",
        b"[]",
        b"{",
        b"[" * 100_000,
    ],
)
def test_refuses_files_that_are_not_plain_json(text):
    assert findings(text) == [("not_json", "")]


def test_refuses_large_files_before_reading_them():
    text = json.dumps(schema({"type": "text", "text": "x" * 300_000})).encode()
    assert findings(text) == [("too_large", "")]
    assert findings(json.loads(text)) == [("too_large", "")]


@pytest.mark.parametrize("value", [float("nan"), "\ud800", {1, 2}])
def test_refuses_values_that_json_cannot_hold(value):
    assert findings(schema({"type": "number", "key": "a", "defaultValue": value})) == [
        ("not_json", "")
    ]


def test_says_in_english_what_is_wrong():
    with pytest.raises(InvalidForm) as refused:
        Form.from_json(schema({"type": "iframe", "id": "frame"}))
    assert refused.value.message == "The form cannot be used: #frame: unknown type: type iframe."


def test_reads_a_form_of_the_form_editor():
    form = Form.from_bytes(
        json.dumps(
            schema(
                {
                    "type": "textfield",
                    "id": "Field_0",
                    "key": "name",
                    "label": "姓名",
                    "layout": {"row": "Row_1", "columns": None},
                    "validate": {"required": True, "maxLength": 20},
                    "properties": {"record": "customer_profile", "personal": "name"},
                },
                executionPlatform="Camunda Cloud",
                exporter={"name": "form-js", "version": "1.23.0"},
            )
        ).encode()
    )
    (field,) = form.fields()
    assert (field.path, field.type, field.label) == ("name", "textfield", "姓名")
    assert (field.record, field.personal) == ("customer_profile", "name")
    assert dict(form.personal_paths) == {"name": "name"}


def test_counts_components_before_it_looks_at_them():
    crowd = json.dumps(schema(*({"type": "a"} for _ in range(15_000)))).encode()
    worked = time.process_time()
    assert findings(crowd) == [("too_many_components", "")]
    assert time.process_time() - worked < 1


def test_every_component_has_a_name_of_its_own():
    form = Form.from_json(
        schema(
            {"type": "group", "components": []}, {"type": "group"}, {"type": "text", "id": "a b"}
        )
    )
    assert [each.path for each in form.components] == ["#group", "#group-2", "#a_b"]
