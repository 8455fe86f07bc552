from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import pytest

from engine import attachments
from engine.models.instance import ProcessInstance
from engine.printing import mustache, paper, records
from tests import diagrams
from tests.world import World

SLIP = """<article class="gc-slip" aria-label="收据">
<p>{{site.name}} {{unit.name}} No. {{process_instance.number}} {{payer}} {{kind}} {{paid}} {{missing}}</p>
<p>{{#money}}total{{/money}} {{#capitals}}total{{/capitals}} {{#date}}day{{/date}} {{#tick}}paid{{/tick}}</p>
<ul>{{#keys}}<li>{{name}}×{{count}}</li>{{/keys}}{{^keys}}<li>none</li>{{/keys}}</ul>
<ol>{{#steps}}<li>{{name}} {{actor}} {{#date}}completed_at{{/date}}</li>{{/steps}}</ol>
{{#signature}}ink{{/signature}}<img class="qr" src="{{process_instance.qr}}" alt="code">
</article>"""
HOSTILE = """<article class="gc-slip" onclick="x()"><script>alert(1)</script><style>p{}</style>
<img src="https://evil.test/x.png"><a href="javascript:x()">link</a></article>"""

FORM = {
    "type": "default",
    "id": "p.ask",
    "schemaVersion": 19,
    "components": [
        {
            "type": "radio",
            "key": "kind",
            "id": "kind",
            "label": "种类",
            "values": [{"label": "现金", "value": "cash"}, {"label": "转账", "value": "bank"}],
        }
    ],
}


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.fixture
def paid(world: World) -> ProcessInstance:
    world.deploy(
        {
            "p.bpmn": diagrams.process(
                diagrams.user_task("ask", form="p.ask") + diagrams.chain("s", "ask", "e")
            ),
            "forms/p.ask.form": json.dumps(FORM).encode(),
            "prints/receipt.html": SLIP.encode(),
        }
    )
    with world.engine.begin(world.actor("clerk")) as command:
        ink = attachments.store(command, world.site().id, png(), "ink.png", kind="signature")
    return world.start("p", {
        "payer": "<b>曾</b>", "total": 123450, "day": "2026-11-20", "paid": True, "kind": "bank",
        "keys": [{"name": "大门", "count": 2}], "ink": str(ink.key),
    })  # fmt: skip


def page(client: Any, instance: ProcessInstance, query: str = "") -> str:
    answer = client.get(f"/records/{instance.key}/receipt{query}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_prints_what_the_instance_gathered(sign_in, world: World, paid: ProcessInstance):
    world.complete("ask", {"kind": "bank"})
    text = page(sign_in("clerk"), paid)
    assert "北苑" in text
    assert "&lt;b&gt;曾&lt;/b&gt;" in text
    assert "转账" in text
    assert "1,234.50 壹仟贰佰叁拾肆元伍角整 2026年11月20日 ☑" in text
    assert "<li>大门×2</li>" in text
    assert "ask Assistant 2026年11月20日 09:30" in text
    assert 'src="data:image/png;base64,' in text
    assert 'src="data:image/svg+xml;base64,' in text


def test_prints_two_copies_to_cut_apart_or_one(sign_in, paid: ProcessInstance):
    client = sign_in("clerk")
    assert page(client, paid).count('<article class="gc-slip"') == 2
    assert page(client, paid, "?copies=1").count('<article class="gc-slip"') == 1
    assert "第二联：业户留存" in page(client, paid)


def test_lets_nothing_through_that_runs_or_loads():
    text = paper.write(paper.clean(HOSTILE))
    for hostile in ("<script", "<style", "onclick", "javascript:", "evil.test", '<a href="java'):
        assert hostile not in text
    assert "link" in text


def test_hides_records_of_another_site_and_unknown_ones(sign_in, paid: ProcessInstance):
    assert sign_in("stranger").get(f"/records/{paid.key}/receipt").status_code == 404
    assert sign_in("stranger").get(f"/q/{paid.key}").status_code == 404
    client = sign_in("clerk")
    for record in ("other", "..%2Freceipt", "Receipt", "receipt.html"):
        assert client.get(f"/records/{paid.key}/{record}").status_code == 404
    assert client.get("/records/99999999999999999999/receipt").status_code == 404


def test_leads_from_the_code_to_the_instance_after_signing_in(sign_in, client, paid):
    door = client.get(f"/q/{paid.key}")
    assert door.location == f"/login?next=/q/{paid.key}"
    assert sign_in("clerk").get(f"/q/{paid.key}").location == f"/instances/{paid.key}"


def test_prints_the_record_of_a_called_procedure_from_its_own_bundle(sign_in, world: World):
    # given: a procedure of one bundle that calls one of another, which prints
    form = json.dumps(FORM | {"id": "child.ask"}).encode()
    asked = diagrams.user_task("ask", form="child.ask", print="note")
    note = '<article class="gc-slip" aria-label="记录"><p>{{kind}} {{#date}}until{{/date}}</p></article>'
    world.deploy(
        {
            "c.bpmn": diagrams.process(asked + diagrams.chain("s", "ask", "e"), "child"),
            "forms/child.ask.form": form,
            "prints/note.html": note.encode(),
            "texts/zh.json": json.dumps({"record.note.name": "《值班记录》"}).encode(),
        },
        family="called",
    )
    call = '<callActivity id="c"><extensionElements><zeebe:calledElement processId="child"/></extensionElements></callActivity>'
    world.deploy({"p.bpmn": diagrams.process(call + diagrams.chain("s", "c", "e"))})
    started = world.start("p", {"until": "2026-11-24T23:59:00"})
    # when
    world.complete("ask", {"kind": "bank"})
    # then: the page names it, and a moment without a zone is the site's
    client = sign_in("clerk")
    assert "《值班记录》" in client.get(f"/instances/{started.key}").text
    answer = client.get(f"/records/{started.key}/note")
    assert answer.status_code == 200
    assert "转账 2026年11月24日 23:59" in answer.text


def test_lists_what_can_be_printed(world: World, paid: ProcessInstance):
    with world.engine.read() as session:
        assert records.available(session, session.get_one(ProcessInstance, paid.key)) == ["receipt"]


def plain(template: str, **context: Any) -> str:
    return mustache.render(mustache.parse(template), context, {}, lambda _name, value: str(value))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{a}}", "&lt;1&gt;"),
        ("{{! nothing }}x", "x"),
        ("{{#list}}{{.}},{{/list}}", "1,2,"),
        ("{{#deep}}{{b}}{{a}}{{/deep}}", "2&lt;1&gt;"),
        ("{{^empty}}none{{/empty}}{{#empty}}some{{/empty}}", "none"),
        ("{{deep.b}}", "2"),
        ("{{#zero}}x{{/zero}}{{^zero}}0{{/zero}}", "0"),
    ],
)
def test_fills_templates(template: str, expected: str):
    assert plain(template, a="<1>", list=[1, 2], deep={"b": 2}, empty=[], zero=0) == expected


@pytest.mark.parametrize(
    "template",
    ["{{{a}}}", "{{&a}}", "{{>other}}", "{{=<% %>=}}", "{{#a}}", "{{/a}}", "{{#a}}{{/b}}",
     "{{a b}}", "{{a.__class__.x()}}", "{{}}", "{{#a}}" * 30 + "{{/a}}" * 30],
)  # fmt: skip
def test_refuses_templates_with_mistakes(template: str):
    with pytest.raises(mustache.InvalidTemplate):
        records.check(template.encode())


def test_names_the_line_of_a_mistake():
    with pytest.raises(mustache.InvalidTemplate) as caught:
        mustache.parse("one\ntwo {{/three}}")
    assert caught.value.params["line"] == 2


def test_stops_a_template_that_multiplies():
    many = {"a": list(range(1000))}
    template = "{{#a}}{{#a}}{{#a}}xxxxxxxx{{/a}}{{/a}}{{/a}}"
    with pytest.raises(Exception, match="too long"):
        plain(template, **many)


@pytest.mark.parametrize(
    "hostile",
    [
        '<img src="data:text/html;base64,PHNjcmlwdD4=">',
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><script>1</script></svg>",
        '<p style="background:url(//evil)">x</p>',
        '<iframe srcdoc="<script>1</script>"></iframe>',
        '<form action="//evil"><input name=a></form>',
        "<!--[if IE]><script>1</script><![endif]-->",
        '<table background="//evil"><tr><td>x</td></tr></table>',
        "<math><mtext></mtext><script>1</script></math>",
    ],
)
def test_keeps_only_what_paper_can_carry(hostile: str):
    text = paper.write(paper.clean(hostile))
    for part in ("src=", "script", "style", "on", "action", "evil", "iframe", "input", "<!--"):
        assert part not in text.replace("</td>", "").replace("tbody", "")
