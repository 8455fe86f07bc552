"""The words of a form in another language: what decisions give, and texts that are filled in."""

from engine.forms.errors import DocumentCopyMissing
from web.phrases import Phrasebook

BOOK = Phrasebook(
    {"documents.deed.name": "房产证", "phrases.rate": "{area} 平方米 × {rate} 元"},
    {"documents.deed.name": "Title deed", "phrases.rate": "{area} m² × {rate} yuan"},
)

TEXTS = {"documents.deed.name": "Title deed", "fees.water.name": "Water"}


def test_documents_a_decision_asks_for_are_called_as_the_bundle_says(shown):
    papers = {"type": "documents", "key": "papers", "label": "资料", "valuesExpression": "=asked"}
    asked = [
        {"id": "deed", "name": "房产证", "original": True, "copy": True},
        {"id": "other", "name": "其他资料", "original": True, "copy": False},
    ]
    errors = {"papers.0.copy": [DocumentCopyMissing(name="房产证")]}
    page = shown(papers, context={"asked": asked}, texts=TEXTS, errors=errors, locale="en")
    assert [name.text for name in page.all("strong")][-2:] == ["Title deed", "其他资料"]
    assert "房产证" not in page.html


def test_choices_and_rows_a_decision_gives_are_called_as_the_bundle_says(shown):
    choice = {"type": "select", "key": "one", "label": "一项", "valuesExpression": "=asked"}
    table = {
        "type": "table",
        "dataSource": "=asked",
        "columns": [{"key": "name", "label": "名称"}],
    }
    asked = [
        {"id": "water", "value": "water", "name": "水费", "label": "水费"},
        {"value": "gas", "name": "气费", "label": "气费"},
    ]
    page = shown(choice, table, context={"asked": asked}, texts=TEXTS, locale="en")
    assert page.one("option", value="water").text == "Water"
    assert page.one("option", value="gas").text == "气费"
    assert [cell.text for cell in page.all("td")] == ["Water", "气费"]


def test_a_translation_fills_in_what_the_form_fills_in_wherever_it_stands(shown):
    note = {"type": "text", "id": "note", "text": "{{name}} 应缴 {{fee}} 元"}
    texts = {"f.note.text": "CNY {{ fee }} is due from {{=name}}{{secret}}"}
    page = shown(note, context={"name": "曾", "fee": 12, "secret": "!"}, texts=texts, locale="en")
    assert page.says("CNY 12 is due from 曾")
    assert not page.says("!")


def test_what_the_process_wrote_in_chinese_is_said_where_it_is_only_read(shown):
    table = {
        "type": "table",
        "dataSource": "=rows",
        "columns": [{"key": "name", "label": "名称"}, {"key": "clause", "label": "依据"}],
    }
    locked = {"type": "textfield", "key": "paper", "label": "资料", "readonly": True}
    typed = {"type": "textfield", "key": "typed", "label": "备注"}
    context = {
        "rows": [{"name": "80 平方米 × 3.2 元", "clause": "001 入伙 8.2"}],
        "paper": "房产证",
        "typed": "房产证",
    }
    page = shown(table, locked, typed, context=context, locale="en", say=BOOK.say)
    assert [cell.text for cell in page.all("td")] == ["80 m² × 3.2 yuan", "001 入伙 8.2"]
    assert page.one("span", class_="gc-clause").text == "001 入伙 8.2"
    assert page.one("input", id="f-paper")["value"] == "Title deed"
    assert page.one("input", name="typed")["value"] == "房产证"
