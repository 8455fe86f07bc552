"""Document checklists, photographs and signatures."""

import pytest

LIST = [
    {
        "id": "notice",
        "name": "入伙通知书",
        "clause": "001 入伙 8.2(1)",
        "original": True,
        "copy": False,
    },
    {"id": "contract", "name": "购房合同", "original": True, "copy": True},
]
DOCS = {"type": "documents", "key": "docs", "valuesExpression": "=required_documents"}
CONTEXT = {"required_documents": LIST}


def row(identity, original=False, copy=False, photos=()):
    return {"id": identity, "original": original, "copy": copy, "photos": list(photos)}


def test_every_document_must_be_seen_and_copied(form, refusals):
    missing = ("document_original_missing", {"name": "入伙通知书"})
    assert refusals(form(DOCS), {"docs": [row("contract", original=True)]}, CONTEXT) == {
        "docs.0.original": missing,
        "docs.1.copy": ("document_copy_missing", {"name": "购房合同"}),
    }
    assert "docs.0.original" in refusals(form(DOCS), {}, CONTEXT)


def test_a_photograph_stands_for_original_and_copy(form, submit):
    raw = {
        "docs": [
            row("contract", photos=["mine-1"]),
            row("notice", original=True),
            row("forged", original=True),
        ]
    }
    assert submit(form(DOCS), raw, CONTEXT) == {
        "docs": [row("notice", original=True), row("contract", photos=["mine-1"])]
    }


def test_a_photograph_must_be_ones_own_or_there_already(form, submit, refusals):
    raw = {"docs": [row("notice", True), row("contract", photos=["theirs-1"])]}
    assert refusals(form(DOCS), raw, CONTEXT) == {"docs.1.photos": "unknown_attachment"}
    before = {**CONTEXT, "docs": [row("contract", photos=["theirs-1"])]}
    assert submit(form(DOCS), raw, before) == raw


@pytest.mark.parametrize("place", ["component", "form"])
def test_documents_may_be_optional(form, submit, refusals, place):
    rule = {"properties": {"documentsOptionalWhen": "=identity_consistent = false"}}
    box = {"type": "checkbox", "key": "identity_consistent"}
    lenient = form({**DOCS, **rule}, box) if place == "component" else form(DOCS, box, **rule)
    assert submit(lenient, {"identity_consistent": False}, CONTEXT)["docs"] == [
        row("notice"),
        row("contract"),
    ]
    assert refusals(lenient, {"identity_consistent": True}, CONTEXT) != {}


def test_nothing_to_collect_is_nothing_to_refuse(form, submit):
    assert submit(form(DOCS), {}, {"required_documents": []}) == {"docs": []}
    assert submit(form(DOCS), {}, {"required_documents": "broken"}) == {"docs": []}


@pytest.mark.parametrize("raw", ["x", {"id": 1}, [3], [{"id": {}, "original": "perhaps"}]])
def test_refuses_rows_of_another_shape(form, refusals, raw):
    assert set(refusals(form(DOCS), {"docs": raw}, CONTEXT).values()) >= {"malformed"}


def test_photographs_of_an_earlier_round_stay_but_a_signature_never_does(form, submit, refusals):
    sign = {"type": "signature", "key": "sign", "validate": {"required": True}}
    both = form({"type": "photo", "key": "photos"}, {"type": "group", "components": [sign]})
    before = {"photos": ["theirs-1"], "sign": "theirs-2"}
    assert both.initial(before) == {"photos": ["theirs-1"]}
    assert refusals(both, {"photos": ["theirs-1"], "sign": "theirs-2"}, before) == {
        "sign": "unknown_attachment"
    }
    assert refusals(both, {}, before) == {"sign": "required"}
    assert submit(both, {"photos": ["theirs-1"], "sign": "mine-1"}, before) == {
        "photos": ["theirs-1"],
        "sign": "mine-1",
    }


def test_nobody_signs_with_a_signature_of_an_earlier_step(form, submit, refusals):
    sign = form({"type": "signature", "key": "sign"})
    earlier = {"owners": [{"name": "李", "signature": "mine-1"}]}
    assert refusals(sign, {"sign": "mine-1"}, earlier) == {"sign": "unknown_attachment"}
    assert submit(sign, {"sign": "mine-2"}, earlier) == {"sign": "mine-2"}
