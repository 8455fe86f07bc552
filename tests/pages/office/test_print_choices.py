"""What is chosen is printed by its label, and people by their names."""

from __future__ import annotations

import json

from tests.diagrams import chain, process, user_task
from tests.pages.conftest import SignIn
from tests.world import World

FIELD = {
    "type": "select",
    "id": "kind",
    "key": "kind",
    "label": "种类",
    "valuesExpression": "=offered",
}
FORM = {"id": "p.ask", "type": "default", "schemaVersion": 19, "components": [FIELD]}
SLIP = '<article class="gc-slip" aria-label="收据"><p>{{kind}}</p></article>'


def test_prints_and_shows_the_label_of_a_computed_choice(world: World, sign_in: SignIn) -> None:
    drawn = process(
        user_task("ask", form="p.ask") + user_task("stay") + chain("s", "ask", "stay", "e")
    )
    files = {"p.bpmn": drawn, "forms/p.ask.form": json.dumps(FORM).encode(), "prints/slip.html": SLIP.encode()}  # fmt: skip
    world.deploy(files)
    offered = [{"value": "bank", "label": "银行转账"}, {"value": "cash", "label": "现金"}]
    instance = world.start("p", {"offered": offered})
    world.complete("ask", {"kind": "bank"})
    browser = sign_in("assistant")
    assert "银行转账" in browser.get(f"/records/{instance.key}/slip").text
    assert "银行转账" in browser.get(f"/instances/{instance.key}").text


def test_prints_people_by_their_names_and_names_the_record(world: World, sign_in: SignIn) -> None:
    field = {"type": "person", "id": "who", "key": "kind", "label": "谁"}
    drawn = process(user_task("ask", form="p.ask", print="slip") + chain("s", "ask", "e"))
    world.deploy(
        {
            "p.bpmn": drawn,
            "forms/p.ask.form": json.dumps(FORM | {"components": [field]}).encode(),
            "prints/slip.html": SLIP.encode(),
            "texts/zh.json": json.dumps({"record.slip.name": "《收据》"}).encode(),
        }
    )
    instance = world.start("p")
    world.complete("ask", {"kind": "assistant"})
    browser = sign_in("assistant")
    paper = browser.get(f"/records/{instance.key}/slip").text
    assert "<p>Assistant</p>" in paper
    assert ">收据</h1>" in paper
    assert "《收据》" in browser.get(f"/instances/{instance.key}").text
