"""Decision tables and models: what they decide, and by which rules."""

from datetime import UTC, datetime

import pytest

from engine import decisions
from tests.engine.dmn import document, table

NUMBERS = [("< 10", '"low"'), ("[5..20]", '"middle"'), ("> 15", '"high"')]
FEES = [("< 10", "30"), ("[5..20]", "20"), ("> 0", "20")]


def decide(policy, rules, value, **more):
    model = decisions.parse(document(table(policy, rules, **more)))
    return decisions.evaluate(model, "decision", {"amount": value})


def test_unique_gives_the_output_of_the_one_rule_that_matches():
    decided = decide("UNIQUE", NUMBERS, 30)

    assert (decided.value, decided.errors) == ("high", ())
    assert decided.rules == {"decision": ("rule_3",)}


def test_unique_fails_when_several_rules_match():
    decided = decide("UNIQUE", NUMBERS, 7)

    assert decided.value is None
    assert decided.errors == ("2 rules match where only one may",)
    assert decided.rules == {"decision": ("rule_1", "rule_2")}


def test_any_gives_what_all_matching_rules_agree_on():
    assert decide("ANY", FEES, 12).value == 20


def test_any_fails_when_the_rules_disagree():
    assert decide("ANY", FEES, 7).errors == ("the rules that match do not agree",)


def test_first_gives_the_first_rule_that_matches():
    decided = decide("FIRST", NUMBERS, 7)

    assert (decided.value, decided.rules) == ("low", {"decision": ("rule_1",)})


def test_priority_gives_the_output_listed_first():
    assert decide("PRIORITY", NUMBERS, 7, allowed='"high", "middle", "low"').value == "middle"


def test_output_order_gives_all_outputs_as_listed():
    decided = decide("OUTPUT ORDER", NUMBERS, 7, allowed='"high", "middle", "low"')

    assert decided.value == ["middle", "low"]


def test_rule_order_gives_all_outputs_as_the_rules_stand():
    assert decide("RULE ORDER", NUMBERS, 7).value == ["low", "middle"]


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [(None, [30, 20, 20]), ("SUM", 70), ("MIN", 20), ("MAX", 30), ("COUNT", 3)],
)
def test_collect_gives_all_outputs_or_what_they_add_up_to(aggregation, expected):
    assert decide("COLLECT", FEES, 7, aggregation=aggregation).value == expected


def test_collect_fails_to_add_up_what_is_no_number():
    assert decide("COLLECT", NUMBERS, 7, aggregation="SUM").errors == (
        "SUM needs numbers in every output",
    )


@pytest.mark.parametrize(
    ("policy", "aggregation", "expected"),
    [
        ("UNIQUE", None, None),
        ("COLLECT", None, None),
        ("COLLECT", "COUNT", 0),
        ("RULE ORDER", None, None),
    ],
)
def test_gives_nothing_when_no_rule_matches(policy, aggregation, expected):
    decided = decide(policy, [("< 0", "1")], 7, aggregation=aggregation)

    assert (decided.value, decided.errors, decided.rules) == (expected, (), {})


def test_gives_the_default_when_no_rule_matches():
    assert decide("UNIQUE", [("< 0", "1")], 7, default='"none"').value == "none"


def test_fails_for_a_value_that_the_input_does_not_allow():
    decided = decide("UNIQUE", NUMBERS, 30, values="[0..20]")

    assert decided.errors == ("the value of amount is not one of [0..20]",)


def test_gives_a_context_for_several_outputs():
    xml = document(
        """
        <decision id="decision" name="decision"><decisionTable>
          <input><inputExpression><text>面积</text></inputExpression></input>
          <output name="fee"/><output name="unit"/>
          <rule id="small"><inputEntry><text>&lt; 90</text></inputEntry>
            <outputEntry><text>面积 * 280</text></outputEntry><outputEntry><text>"fen"</text></outputEntry></rule>
        </decisionTable></decision>
        """
    )

    decided = decisions.evaluate(decisions.parse(xml), "decision", {"面积": 80})

    assert decided.value == {"fee": 22400, "unit": "fen"}


def test_evaluates_what_a_decision_requires_and_traces_it():
    xml = document(
        table("UNIQUE", NUMBERS, id_="size"),
        """
        <decision id="decision" name="decision">
          <informationRequirement><requiredDecision href="#size"/></informationRequirement>
          <knowledgeRequirement><requiredKnowledge href="#shout"/></knowledgeRequirement>
          <literalExpression><text>shout(size) + string(extra)</text></literalExpression>
        </decision>
        <businessKnowledgeModel id="shout" name="shout"><encapsulatedLogic>
          <formalParameter name="word"/><literalExpression><text>upper case(word) + "!"</text></literalExpression>
        </encapsulatedLogic></businessKnowledgeModel>
        """,
    )

    decided = decisions.evaluate(decisions.parse(xml), "decision", {"amount": 3, "extra": 1})

    assert decided.value == "LOW!1"
    assert [(one.decision_id, one.value, one.rules) for one in decided.trace] == [
        ("size", "low", ("rule_1",)),
        ("decision", "LOW!1", ()),
    ]


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        (
            (
                '<context><contextEntry><variable name="a"/><literalExpression><text>1</text></literalExpression>'
                '</contextEntry><contextEntry><variable name="b"/><literalExpression><text>a + 1</text>'
                "</literalExpression></contextEntry></context>"
            ),
            {"a": 1, "b": 2},
        ),
        (
            (
                "<list><literalExpression><text>1</text></literalExpression>"
                "<literalExpression><text>amount</text></literalExpression></list>"
            ),
            [1, 7],
        ),
        (
            (
                '<relation><column name="x"/><column name="y"/><row><literalExpression><text>1</text>'
                "</literalExpression><literalExpression><text>2</text></literalExpression></row></relation>"
            ),
            [{"x": 1, "y": 2}],
        ),
        (
            (
                "<conditional><if><literalExpression><text>amount &gt; 5</text></literalExpression></if>"
                '<then><literalExpression><text>"yes"</text></literalExpression></then>'
                '<else><literalExpression><text>"no"</text></literalExpression></else></conditional>'
            ),
            "yes",
        ),
        (
            (
                '<for iteratorVariable="i"><in><literalExpression><text>[1, 2]</text></literalExpression></in>'
                "<return><literalExpression><text>i * amount</text></literalExpression></return></for>"
            ),
            [7, 14],
        ),
        (
            (
                "<filter><in><literalExpression><text>[1, 9]</text></literalExpression></in>"
                "<match><literalExpression><text>item &gt; amount</text></literalExpression></match></filter>"
            ),
            [9],
        ),
        (
            (
                '<every iteratorVariable="i"><in><literalExpression><text>[8, 9]</text></literalExpression></in>'
                "<satisfies><literalExpression><text>i &gt; amount</text></literalExpression></satisfies></every>"
            ),
            True,
        ),
    ],
)
def test_evaluates_boxed_expressions(logic, expected):
    model = decisions.parse(document(f'<decision id="decision" name="decision">{logic}</decision>'))

    assert decisions.evaluate(model, "decision", {"amount": 7}).value == expected


def test_reads_dates_of_declared_inputs_from_text():
    xml = document(
        """
        <inputData id="in" name="due"><variable name="due" typeRef="date"/></inputData>
        <decision id="decision" name="decision">
          <informationRequirement><requiredInput href="#in"/></informationRequirement>
          <literalExpression><text>due &lt; today()</text></literalExpression>
        </decision>
        """
    )
    now = datetime(2026, 11, 22, tzinfo=UTC)

    model = decisions.parse(xml)

    assert decisions.evaluate(model, "decision", {"due": "2026-11-21"}, now=now).value is True
    assert decisions.evaluate(model, "decision", {"due": "2026-11-23"}, now=now).value is False


def test_warns_of_variables_that_do_not_exist():
    model = decisions.parse(document(table("UNIQUE", NUMBERS)))

    decided = decisions.evaluate(model, "decision", {})

    assert (decided.value, decided.errors) == (None, ())
    assert decided.warnings == ("Variable 'amount' not found",)


def test_warns_of_values_of_another_type_than_declared():
    xml = document(
        """
        <decision id="decision" name="decision"><variable name="decision" typeRef="string"/><decisionTable>
          <input><inputExpression typeRef="number"><text>amount</text></inputExpression></input><output/>
          <rule><inputEntry><text>-</text></inputEntry><outputEntry><text>5</text></outputEntry></rule>
        </decisionTable></decision>
        """
    )

    decided = decisions.evaluate(decisions.parse(xml), "decision", {"amount": "many"})

    assert decided.value is None
    assert decided.warnings == (
        "the value of amount is no number",
        "the value of decision is no string",
    )
    assert decided.rules == {"decision": ("1",)}


def test_fails_for_a_decision_that_does_not_exist():
    model = decisions.parse(document(table("UNIQUE", NUMBERS)))

    assert decisions.evaluate(model, "other", {}).errors == ("there is no decision other",)


def test_fails_for_decisions_that_require_each_other():
    requires = '<informationRequirement><requiredDecision href="#{}"/></informationRequirement>'
    logic = "<literalExpression><text>1</text></literalExpression>"
    xml = document(
        f'<decision id="a" name="a">{requires.format("b")}{logic}</decision>'
        f'<decision id="b" name="b">{requires.format("a")}{logic}</decision>'
    )

    assert "requires itself" in decisions.evaluate(decisions.parse(xml), "a", {}).errors[0]


def test_stops_endless_decisions():
    # It needs no more memory as time goes by, however slow the machine.
    names = ("i", "j", "k", "l")
    endless = " satisfies some ".join(f"{name} in 1..1000" for name in names)
    logic = f"<literalExpression><text>some {endless} satisfies i = 0</text></literalExpression>"
    model = decisions.parse(document(f'<decision id="a" name="a">{logic}</decision>'))

    assert decisions.evaluate(model, "a", {}).errors == ("it took longer than 0.5 s",)


def test_lives_on_as_text_and_in_a_new_isolate():
    from engine.expressions import feel

    model = decisions.parse(document(table("UNIQUE", NUMBERS)))
    before = decisions.evaluate(model, "decision", {"amount": 3})

    feel().close()
    restored = decisions.DecisionModel(model.text)

    assert restored.key == model.key
    assert decisions.evaluate(restored, "decision", {"amount": 3}) == before


def test_knows_its_decisions_by_id_and_name():
    model = decisions.parse(document(table("UNIQUE", NUMBERS, id_="size", name="大小")))

    assert model.decision_ids == ("size",)
    assert model.name_of("size") == "大小"
