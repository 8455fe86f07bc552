"""What is refused in DMN documents, and where the findings point."""

import pytest

from engine import decisions
from engine.errors import InvalidDiagram
from tests.engine.dmn import document, table

RULES = [("< 10", "1")]
LITERAL = "<literalExpression><text>{}</text></literalExpression>"


def findings(xml):
    with pytest.raises(InvalidDiagram) as caught:
        decisions.parse(xml)
    return caught.value.findings


@pytest.mark.parametrize("year", ["20151101", "20180521", "20191111", "20211108", "20230324"])
def test_reads_every_version_of_the_standard(year):
    xml = document(table("UNIQUE", RULES), namespace=f"https://www.omg.org/spec/DMN/{year}/MODEL/")

    assert decisions.parse(xml).decision_ids == ("decision",)


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"<definitions", "xml"),
        (b"\xff\xfe<\x00a\x00", "encoding"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "doctype"),
        (b"<?php ?><a/>", "processing_instruction"),
        (b"<a>" * 5_000 + b"</a>" * 5_000, "depth"),
        (b"<a/>" + b" " * 3_000_000, "size"),
        (b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', "unsupported"),
        (document(namespace="http://example.org/20191111/MODEL/"), "unsupported"),
    ],
)
def test_refuses_what_is_no_safe_dmn_document(xml, code):
    assert [finding.code for finding in findings(xml)] == [code]


@pytest.mark.parametrize(
    ("elements", "element_id", "message"),
    [
        (table("MOST", RULES), "table", "The hit policy MOST"),
        (table("COLLECT", RULES, aggregation="MEAN"), "table", "The hit policy COLLECT MEAN"),
        (table("UNIQUE", [("< ", "1")]), "rule_1", "the expression ends too early"),
        (table("UNIQUE", [("-", "1 +")]), "rule_1", "the expression ends too early"),
        (table("UNIQUE", RULES, source="frobnicate(1)"), "table", "no function frobnicate"),
        ('<decision id="a" name="a"/>', "a", "The decision's logic is missing"),
        (
            f'<decision name="a">{LITERAL.format(1)}</decision>',
            "d",
            "The id of a decision is missing",
        ),
        (
            (
                '<decision id="a" name="a"><literalExpression expressionLanguage="juel"><text>1</text>'
                "</literalExpression></decision>"
            ),
            "a",
            "The expression language juel",
        ),
        (
            '<decision id="a" name="a"><functionDefinition kind="Java"/></decision>',
            "a",
            "A function of kind Java",
        ),
        (
            (
                '<decision id="a" name="a"><informationRequirement><requiredDecision href="#b"/>'
                f"</informationRequirement>{LITERAL.format(1)}</decision>"
            ),
            "a",
            "b is not in the file",
        ),
        (
            '<import id="i" namespace="x" locationURI="y" importType="z"/>',
            "i",
            "import is not supported",
        ),
        (
            f'<decision id="a" name="a">{LITERAL.format(1)}</decision>' * 2,
            "a",
            "used more than once",
        ),
        (
            (
                '<decision id="a" name="a"><decisionTable id="t"><input><inputExpression><text>x</text>'
                '</inputExpression></input><output/><rule id="r"><outputEntry><text>1</text></outputEntry>'
                "</rule></decisionTable></decision>"
            ),
            "r",
            "An entry of the rule is missing",
        ),
        (f'<decision id="a" name="a">{LITERAL.format("(" * 100_000)}</decision>', "a", "too long"),
    ],
)
def test_names_the_element_that_is_not_supported_or_wrong(elements, element_id, message):
    (finding,) = findings(document(elements))

    assert finding.element_id == element_id
    assert finding.line == 1
    assert message in finding.message


def test_lists_all_findings_at_once():
    xml = document(table("MOST", [("<", "1 +")]))

    assert len(findings(xml)) == 3


def test_accepts_functions_and_names_with_spaces_that_the_document_defines():
    xml = document(
        '<inputData id="i" name="monthly-fee"/>'
        '<businessKnowledgeModel id="k" name="own rate"><encapsulatedLogic><formalParameter name="x"/>'
        f"{LITERAL.format('x * 2')}</encapsulatedLogic></businessKnowledgeModel>"
        '<decision id="a" name="a"><informationRequirement><requiredInput href="#i"/></informationRequirement>'
        '<knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement>'
        f"{LITERAL.format('own rate(monthly-fee)')}</decision>"
    )

    model = decisions.parse(xml)

    assert decisions.evaluate(model, "a", {"monthly-fee": 4}).value == 8


def test_compiles_large_tables():
    rules = [(f"[{number}..{number + 1}]", str(number)) for number in range(400)]

    model = decisions.parse(document(table("COLLECT", rules)))

    assert decisions.evaluate(model, "decision", {"amount": 5}).value == [4, 5]
