"""Moments of what has happened: a date with the property `moment: past` cannot lie ahead."""

import pytest

from engine.forms import InvalidForm

DAY = {"type": "datetime", "key": "a", "properties": {"moment": "past"}}
MINUTE = {**DAY, "subtype": "datetime"}


@pytest.mark.parametrize(
    ("component", "value"),
    [
        pytest.param(DAY, "2026-11-21", id="tomorrow"),
        pytest.param(MINUTE, "2026-11-20T10:43", id="a minute ahead"),
        pytest.param(MINUTE, "2026-11-20T02:43:00Z", id="a minute ahead in another zone"),
    ],
)
def test_refuses_a_moment_that_has_not_come(form, refusals, component, value):
    assert refusals(form(component), {"a": value}) == {"a": "date_ahead"}


@pytest.mark.parametrize(
    ("component", "value"),
    [
        pytest.param(DAY, "2026-11-20", id="today"),
        pytest.param(DAY, "2019-01-01", id="long ago"),
        pytest.param(MINUTE, "2026-11-20T10:42", id="this minute"),
    ],
)
def test_takes_what_has_happened(form, submit, component, value):
    assert "errors" not in submit(form(component), {"a": value})


def test_an_appointment_may_lie_ahead(form, submit):
    plan = {"type": "datetime", "key": "a"}
    assert submit(form(plan), {"a": "2027-11-21"}) == {"a": "2027-11-21"}


def test_rows_are_judged_too(form, refusals):
    rows = {"type": "dynamiclist", "path": "rows", "components": [DAY]}
    assert refusals(form(rows), {"rows": [{"a": "2026-11-20"}, {"a": "2026-12-01"}]}) == {
        "rows.1.a": "date_ahead"
    }


@pytest.mark.parametrize(
    "component",
    [
        pytest.param({**DAY, "properties": {"moment": "future"}}, id="another word"),
        pytest.param({**DAY, "subtype": "time"}, id="a time of day"),
        pytest.param({**DAY, "type": "textfield"}, id="not a date"),
    ],
)
def test_the_gate_refuses_a_moment_that_means_nothing(form, component):
    with pytest.raises(InvalidForm) as refused:
        form(component)
    assert [finding.code for finding in refused.value.findings] == ["bad_moment"]
