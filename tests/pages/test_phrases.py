"""What processes write into their data in Chinese, said in English."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from engine.decisions import parse
from engine.deployment.library import families, files
from web.phrases import LONGEST, Phrasebook

CHINESE = {
    "phrases.agent": "{name}（委托代办）",
    "phrases.overdue": "单元 {unit} 缺件：{papers}",
    "phrases.anything": "{anything}",
    "documents.deed.name": "房产证",
    "documents.licence.name": "营业执照",
    "procedures.inquiry.name": "咨询",
    "p.t.name": "验楼",
}
ENGLISH = {
    "phrases.agent": "{name} (by agent)",
    "phrases.overdue": "{papers} of {unit} are missing",
    "phrases.anything": "anything",
    "documents.deed.name": "title deed",
    "procedures.inquiry.name": "Enquiry",
    "p.t.name": "Inspect",
}
SAID = [
    ("咨询", "Enquiry"),
    ("梁先生（委托代办）", "梁先生 (by agent)"),
    ("单元 3-2-1201 缺件：房产证、营业执照", "title deed, 营业执照 of 3-2-1201 are missing"),
    ("单元 3-2-1201 缺件：", "单元 3-2-1201 缺件："),
    ("梁、秦", "梁、秦"),
    ("验楼", "验楼"),
    ("营业执照", "营业执照"),
    ("", ""),
    ("{name}（委托代办）", "{name} (by agent)"),
    ("x" * LONGEST + "（委托代办）", "x" * LONGEST + "（委托代办）"),
]


@pytest.mark.parametrize(("text", "said"), SAID)
def test_a_text_is_recognised_whole_by_its_parts_or_not_at_all(text, said):
    assert Phrasebook(CHINESE, ENGLISH).say(text) == said


def test_the_text_that_says_most_itself_is_recognised_first():
    chinese = {"phrases.a": "{what}验收", "phrases.b": "第 {n} 次验收"}
    english = {"phrases.a": "{what} inspection", "phrases.b": "inspection no. {n}"}
    assert Phrasebook(chinese, english).say("第 2 次验收") == "inspection no. 2"


def texts(family: str, locale: str) -> dict[str, str]:
    return json.loads(files(family).get(f"texts/{locale}.json", b"{}"))


@pytest.mark.parametrize("family", families())
def test_every_text_in_data_has_both_languages(family):
    kinds = ("phrases.", "procedures.")
    chinese, english = (
        {key for key in texts(family, locale) if key.startswith(kinds)} for locale in ("zh", "en")
    )
    assert chinese == english


def named(content: bytes) -> Iterator[tuple[str, str]]:
    """Give the ids and names in the rows of the decision tables of a document."""
    for decision in json.loads(parse(content).text)["decisions"].values():
        table = decision["expression"]
        places = [column["name"] for column in table.get("outputs", [])]
        if not {"id", "name"} <= set(places):
            continue  # it decides, but names nothing that people read
        for rule in table["rules"]:
            row = dict(zip(places, rule["outputs"], strict=True))
            yield row["id"].strip('"'), row["name"].strip('"')


@pytest.mark.parametrize("family", families())
def test_what_decisions_name_is_named_alike_in_the_texts(family):
    chinese = texts(family, "zh")
    for name, content in files(family).items():
        if name.endswith(".dmn"):
            kind = name.removesuffix(".dmn").rpartition("_")[2]
            given = dict(named(content))
            assert given == {key: chinese.get(f"{kind}.{key}.name") for key in given}, name
