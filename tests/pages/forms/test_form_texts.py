"""The words of a form in another language: what decisions give, and texts that are filled in."""

from engine.forms.errors import DocumentCopyMissing

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
