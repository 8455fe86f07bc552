"""What is visible, required, read-only or computed follows from variables and from what is entered."""


def text(key, **more):
    return {"type": "textfield", "key": key, **more}


REQUIRED = {"validate": {"required": True}}


def hidden_when(source):
    return {"conditional": {"hide": f"={source}"}}


def test_asks_only_for_what_is_visible(form, refusals):
    both = form(
        text("agent", **REQUIRED, **hidden_when("not(is_agent)")), text("owner", **REQUIRED)
    )
    assert refusals(both, {}, {"is_agent": True}) == {"agent": "required", "owner": "required"}
    assert refusals(both, {}, {"is_agent": False}) == {"owner": "required"}


def test_leaves_out_what_is_hidden_whatever_it_is(form, submit):
    both = form(text("agent", **hidden_when('kind = "self"')), text("kind"))
    assert submit(both, {"agent": "\x00", "kind": "self"}) == {"kind": "self"}


def test_clears_an_answer_whose_question_is_not_asked_any_more(form, submit):
    both = form(text("agent", **hidden_when('kind = "self"')), text("kind"))
    context = {"agent": "曾女士", "kind": "agent"}
    assert submit(both, {"agent": "曾女士", "kind": "self"}, context) == {
        "agent": None,
        "kind": "self",
    }


def test_a_hidden_group_hides_everything_in_it(form, submit, refusals):
    group = form(
        {
            "type": "group",
            **hidden_when("not(is_agent)"),
            "components": [
                text("a", **REQUIRED),
                {"type": "group", "path": "g", "components": [text("b", **REQUIRED)]},
            ],
        }
    )
    assert refusals(group, {}, {"is_agent": True}) == {"a": "required", "g.b": "required"}
    assert submit(group, {"a": "x", "g": {"b": "y"}}, {"is_agent": False, "g": {"b": "z"}}) == {
        "g": {"b": None}
    }


def test_hiding_is_settled_when_hidden_fields_decide(form, submit):
    # c is hidden while b is given, but b itself is hidden.
    chain = form(
        text("a"), text("b", **hidden_when('a = "x"')), text("c", **hidden_when('b = "y"'))
    )
    assert submit(chain, {"a": "x", "b": "y", "c": "z"}) == {"a": "x", "c": "z"}
    assert submit(chain, {"a": "-", "b": "y", "c": "z"}) == {"a": "-", "b": "y"}


def test_fields_that_hide_each_other_in_a_circle_come_to_rest(form, submit):
    circle = form(text("a", **hidden_when("b = null")), text("b", **hidden_when("a != null")))
    assert submit(circle, {"a": "x", "b": "y"}) in ({}, {"a": "x"}, {"b": "y"})


def test_a_condition_that_fails_hides_nothing(form, refusals):
    assert refusals(form(text("a", **REQUIRED, **hidden_when("unknown.thing > 3"))), {}) == {
        "a": "required"
    }


def test_required_when_an_expression_says_so(form, refusals, submit):
    reason = form(text("same"), text("reason", properties={"requiredWhen": '=same = "no"'}))
    assert refusals(reason, {"same": "no"}) == {"reason": "required"}
    assert submit(reason, {"same": "yes"}) == {"same": "yes"}


def test_never_takes_a_read_only_value_from_the_client(form, submit):
    area = form(
        {"type": "number", "key": "area", "readonly": True},
        {"type": "number", "key": "rate", "disabled": True},
        {"type": "number", "key": "price", "readonly": "=locked"},
        {"type": "expression", "key": "fee", "expression": "=area * rate"},
    )
    context = {"area": 102, "rate": 2, "price": 1, "locked": True}
    assert submit(area, {"area": 1, "rate": 1, "price": 9, "fee": 1}, context) == {"fee": 204}


def test_a_read_only_group_locks_what_is_in_it(form, submit):
    locked = form(
        {"type": "group", "path": "g", "readonly": True, "components": [text("a", **REQUIRED)]}
    )
    assert submit(locked, {"g": {"a": "new"}}, {"g": {"a": "old"}}) == {}


def test_computes_expressions_from_one_another(form, submit):
    chain = form(
        {"type": "expression", "key": "b", "expression": "=a + 1"},
        {"type": "number", "key": "n"},
        {"type": "expression", "key": "a", "expression": "=n * 2"},
    )
    assert submit(chain, {"n": "20"}) == {"b": 41, "n": 20, "a": 40}


def test_bounds_may_depend_on_other_fields(form, refusals):
    pair = form(
        {"type": "number", "key": "least"},
        {"type": "number", "key": "n", "validate": {"min": "=least"}},
    )
    assert refusals(pair, {"least": 3, "n": 2}) == {"n": ("too_small", {"limit": 3})}


def test_keeps_of_an_object_what_the_form_does_not_name(form, submit):
    group = form(
        {
            "type": "group",
            "path": "unit",
            "components": [text("label"), text("area", readonly=True)],
        }
    )
    context = {"unit": {"label": "a", "area": "102", "id": 7}}
    assert submit(group, {"unit": {"label": "b", "area": "1", "id": 8, "x": 1}}, context) == {
        "unit": {"label": "b", "area": "102", "id": 7}
    }


def test_drops_keys_the_form_does_not_name(form, submit):
    assert submit(form(text("a")), {"a": "x", "fees_paid": True}) == {"a": "x"}


def test_what_is_not_sent_is_left_alone(form, submit):
    assert submit(form(text("a"), text("b")), {"a": ""}, {"a": "x", "b": "y"}) == {"a": None}


def test_refuses_a_submission_that_is_no_object(form, refusals):
    assert refusals(form(text("a")), ["a"]) == {"": "malformed"}
    assert refusals(form({"type": "group", "path": "g", "components": [text("a")]}), {"g": 5}) == {
        "g": "malformed"
    }


def test_expressions_see_units_as_the_registry_writes_them(form, submit):
    unit = form(
        {"type": "unit", "key": "unit"},
        {"type": "expression", "key": "same", "expression": '=unit = "A-101"'},
    )
    assert submit(unit, {"unit": "A座101"}) == {"unit": "A-101", "same": True}


def test_a_required_field_that_has_a_value_need_not_be_sent(form, submit, refusals):
    name = form(text("name", **REQUIRED))
    assert submit(name, {}, {"name": "曾某某"}) == {}
    assert refusals(name, {"name": ""}, {"name": "曾某某"}) == {"name": "required"}
