"""The report on coverage is true, and says what it says about things that exist."""

from __future__ import annotations

from tests.coverage import catalogue, findings, report


def test_the_committed_report_is_the_present_one() -> None:
    committed = report.PAGE.read_text("utf-8") if report.PAGE.exists() else ""
    assert committed == report.page(), "run `make coverage-report`"


def test_reasons_are_about_items_of_the_catalogue_and_name_what_exists() -> None:
    assert findings.dangling() == []


def test_whatever_is_not_covered_gives_its_reason() -> None:
    assert [one.name for one in findings.all_of() if one.fate == findings.MISSING] == []


def test_the_catalogue_has_every_procedure_and_step_of_the_five_families() -> None:
    steps = dict.fromkeys(("move_in", "renovation", "complaint", "emergency", "goods_release"), 0)
    for procedure in catalogue.procedures():
        steps[procedure.family] += len(procedure.steps)
    assert steps == {"move_in": 109, "renovation": 59, "complaint": 47, "emergency": 268, "goods_release": 40}  # fmt: skip


def test_every_step_has_a_name_of_its_own() -> None:
    for procedure in catalogue.procedures():
        ids = [step.id for step in procedure.steps]
        assert len(ids) == len(set(ids)), procedure.key
