"""What does not fit together is said at the field, in the reader's language, and stays said while one goes on typing."""

from engine.forms.errors import RuleViolated

FROM = {"type": "datetime", "key": "start", "label": "开工"}
UNTIL = {
    "type": "datetime",
    "key": "end",
    "label": "完工",
    "properties": {
        "validWhen": "=date(end) >= date(start)",
        "validMessage": "完工不能早于开工",
    },
    "validate": {"min": "=today()", "max": '=today() + duration("P30D")'},
}
WRONG = {"start": "2026-12-02", "end": "2026-12-01"}
ENGLISH = {"f.end.valid": "Works cannot end before they begin"}


def test_a_refusal_says_the_forms_own_words_at_the_field(shown):
    errors = {"end": [RuleViolated(hint="完工不能早于开工")]}
    page = shown(FROM, UNTIL, values=WRONG, errors=errors)
    assert page.one("input", name="end")["aria-invalid"] == "true"
    assert page.says("完工不能早于开工")


def test_it_is_said_in_the_readers_language(shown):
    errors = {"end": [RuleViolated(hint="完工不能早于开工")]}
    page = shown(FROM, UNTIL, values=WRONG, errors=errors, texts=ENGLISH, locale="en")
    assert page.says("Works cannot end before they begin")
    assert not page.says("完工不能早于开工")


def test_it_stays_said_when_the_form_is_drawn_anew(shown):
    assert shown(FROM, UNTIL, values=WRONG).says("完工不能早于开工")
    assert not shown(FROM, UNTIL, values={"end": "2026-12-01"}).says("完工不能早于开工")


def test_a_form_with_such_a_rule_is_drawn_anew_when_its_fields_change(shown):
    page = shown(FROM, UNTIL)
    assert len([one for one in page.all("div") if "data-refresh" in one.attributes]) == 2


def test_the_browser_knows_the_earliest_and_latest_day(shown):
    field = shown(FROM, UNTIL).one("input", name="end")
    assert (field["min"], field["max"]) == ("2026-11-20", "2026-12-20")
