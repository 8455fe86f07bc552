"""Rules over several fields, limits of dates, and how much a list must and may hold."""

import pytest

from engine.forms import InvalidForm

FROM = {"type": "datetime", "key": "start"}
UNTIL = {
    "type": "datetime",
    "key": "end",
    "properties": {"validWhen": "=end >= start", "validMessage": "完工日不能早于开工日"},
}
CHECKS = {
    "type": "checklist",
    "key": "seen",
    "values": [{"value": one, "label": one} for one in ("a", "b", "c")],
}


@pytest.fixture
def codes(refusals):
    """Give what a form refuses: code by path."""

    def run(*args):
        found = refusals(*args)
        return {path: one[0] if isinstance(one, tuple) else one for path, one in found.items()}

    return run


def test_refuses_what_does_not_fit_another_field(form, codes):
    sent = {"start": "2026-12-02", "end": "2026-12-01"}
    assert codes(form(FROM, UNTIL), sent) == {"end": "rule_violated"}


def test_takes_what_fits(form, submit):
    sent = {"start": "2026-12-01", "end": "2026-12-02"}
    assert submit(form(FROM, UNTIL), sent) == sent


def test_says_the_cause_in_the_words_of_the_form(form, feel):
    from engine.errors import InvalidVariables
    from tests.engine.forms.conftest import NOW, Site

    with pytest.raises(InvalidVariables) as refused:
        form(FROM, UNTIL).validate(
            {"start": "2026-12-02", "end": "2026-12-01"}, {}, resolver=Site(), feel=feel, now=NOW
        )
    assert "完工日不能早于开工日" in refused.value.errors["end"][0].message


def test_a_rule_sees_the_variables_of_the_process(form, codes, submit):
    late = {**UNTIL, "properties": {**UNTIL["properties"], "validWhen": "=end <= permit_until"}}
    assert submit(form(late), {"end": "2026-12-01"}, {"permit_until": "2026-12-31"})
    refused = codes(form(late), {"end": "2027-01-01"}, {"permit_until": "2026-12-31"})
    assert refused == {"end": "rule_violated"}


def test_refuses_when_a_rule_cannot_be_judged(form, codes):
    assert codes(form(UNTIL), {"end": "2026-12-01"}) == {"end": "rule_violated"}


def test_does_not_judge_what_is_blank_or_hidden(form, submit):
    hidden = {**UNTIL, "conditional": {"hide": "=true"}}
    assert submit(form(FROM, UNTIL), {"start": "2026-12-02"}) == {"start": "2026-12-02"}
    assert "errors" not in submit(form(FROM, hidden), {"start": "2026-12-02", "end": "2026-12-01"})


def test_judges_every_row_by_its_own_fields(form, codes):
    rows = {"type": "dynamiclist", "path": "rows", "components": [FROM, UNTIL]}
    sent = {
        "rows": [
            {"start": "2026-12-01", "end": "2026-12-02"},
            {"start": "2026-12-03", "end": "2026-12-02"},
        ]
    }
    assert codes(form(rows), sent) == {"rows.1.end": "rule_violated"}


@pytest.mark.parametrize(
    ("validate", "value", "code"),
    [
        pytest.param({"min": "=today()"}, "2026-11-19", "too_early", id="before today"),
        pytest.param({"max": '=today() + duration("P3D")'}, "2026-11-24", "too_late", id="later"),
        pytest.param({"min": "2026-12-01"}, "2026-11-30", "too_early", id="a written day"),
        pytest.param({"max": "=until"}, "2026-11-26", "too_late", id="a variable"),
    ],
)
def test_refuses_a_date_outside_its_limits(form, codes, validate, value, code):
    component = {**FROM, "validate": validate}
    assert codes(form(component), {"start": value}, {"until": "2026-11-25"}) == {"start": code}


@pytest.mark.parametrize(
    ("subtype", "validate", "value"),
    [
        pytest.param("date", {"min": "=today()"}, "2026-11-20", id="the first day"),
        pytest.param("datetime", {"max": "=today()"}, "2026-11-20T23:59", id="to the day's end"),
        pytest.param("datetime", {"min": "=now()"}, "2026-11-20T10:43", id="a minute later"),
        pytest.param("time", {"min": "08:00", "max": "18:00"}, "18:00", id="office hours"),
        pytest.param("date", {"min": "=unknown"}, "2026-11-20", id="a limit that is not known"),
    ],
)
def test_takes_a_date_within_its_limits(form, submit, subtype, validate, value):
    component = {**FROM, "subtype": subtype, "validate": validate}
    assert "errors" not in submit(form(component), {"start": value})


def test_refuses_a_time_outside_its_limits(form, codes):
    component = {**FROM, "subtype": "time", "validate": {"min": "08:00", "max": "18:00"}}
    assert codes(form(component), {"start": "18:01"}) == {"start": "too_late"}


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        pytest.param([], "too_few_items", id="none"),
        pytest.param(["a"], "too_few_items", id="one"),
        pytest.param(["a", "b", "c"], "too_many_items", id="three"),
    ],
)
@pytest.mark.parametrize("kind", ["checklist", "taglist"])
def test_refuses_too_few_and_too_many_choices(form, codes, kind, chosen, code):
    component = {**CHECKS, "type": kind, "validate": {"minLength": 2, "maxLength": "=most"}}
    assert codes(form(component), {"seen": chosen}, {"most": 2}) == {"seen": code}


def test_refuses_a_list_without_the_rows_it_must_have(form, codes):
    rows = {
        "type": "dynamiclist",
        "path": "rows",
        "components": [{"type": "textfield", "key": "a"}],
        "validate": {"minLength": 1},
    }
    assert codes(form(rows), {"rows": []}) == {"rows": "too_few_items"}


@pytest.mark.parametrize(
    "component",
    [
        pytest.param({**UNTIL, "properties": {"validWhen": "=true"}}, id="no message"),
        pytest.param({**UNTIL, "properties": {"validMessage": "x"}}, id="no rule"),
        pytest.param({**UNTIL, "properties": {"validWhen": 1, "validMessage": "x"}}, id="no FEEL"),
        pytest.param({**UNTIL, "properties": {"validWhen": "=a b (", "validMessage": "x"}}, id="x"),
        pytest.param({**FROM, "validate": {"min": "tomorrow"}}, id="a limit that is no date"),
    ],
)
def test_the_gate_refuses_rules_that_say_nothing(form, component):
    with pytest.raises(InvalidForm) as refused:
        form(component)
    assert refused.value.findings[0].component in ("end", "start")
