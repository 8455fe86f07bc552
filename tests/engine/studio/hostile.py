"""Bundles nobody means well with, and what they are refused for: file, element and code."""

from __future__ import annotations

from typing import NamedTuple

from tests.diagrams import chain, flow, process, script, user_task
from tests.engine.studio.bundle import FILES, FORM, written

BODY = user_task("check", form="checking.check") + chain("s", "check", "e")
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"&a;" * 10) for n in range(9)
    )
    + b"]><definitions>&a8;</definitions>"
)


class Hostile(NamedTuple):
    """A bundle, and the file, element and code of what refuses it."""

    files: dict[str, bytes]
    file: str
    element: str | None
    code: str
    kept: bool  # whether a draft may hold it, refused only when it is to be deployed


def drawn(body: str = BODY, **more: str) -> dict[str, bytes]:
    """The small bundle with another diagram."""
    return FILES | {"checking.bpmn": process(body, "checking", **more)}


def calls(process_id: str, other: str) -> bytes:
    """A process that calls another."""
    called = f'<callActivity id="c"><extensionElements><zeebe:calledElement processId="{other}"/></extensionElements></callActivity>'
    return process(called + chain("s", "c", "e"), process_id)


def many(collection: str) -> str:
    """A task for each of a collection."""
    loop = f'<multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="{collection}" inputElement="one"/></extensionElements></multiInstanceLoopCharacteristics>'
    return user_task("check", form="checking.check", inner=loop) + chain("s", "check", "e")


def form(**more: object) -> dict[str, bytes]:
    """The small bundle with another field."""
    changed = FORM | {"components": [{**FORM["components"][0], **more}]}
    return FILES | {"forms/checking.check.form": written(changed)}


def decision(text: str, kind: str = "") -> dict[str, bytes]:
    """The small bundle with a decision."""
    dmn = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">'
        f'<decision id="fee" name="fee"><literalExpression{kind}><text>{text}</text></literalExpression></decision></definitions>'
    )
    return FILES | {"decisions/fee.dmn": dmn.encode()}


BPMN, FORM_FILE = "checking.bpmn", "forms/checking.check.form"
LOOP = (
    script("spin", "=1", "n") + script("turn", "=2", "n") + user_task("check", form="checking.check")
    + chain("s", "spin", "turn") + flow("turn", "spin") + chain("check", "e")
)  # fmt: skip

EVERY = {
    "oversized": Hostile({**FILES, BPMN: b"<a>" + b" " * 1_000_001 + b"</a>"}, BPMN, None, "file_size", kept=False),
    "entities": Hostile({**FILES, BPMN: ENTITIES}, BPMN, None, "doctype", kept=False),
    "deep": Hostile({**FILES, BPMN: b"<a>" * 5000 + b"</a>" * 5000}, BPMN, None, "depth", kept=False),
    "wide": Hostile({**FILES, BPMN: b"<a>" + b"<b/>" * 50_000 + b"</a>"}, BPMN, None, "element_count", kept=False),
    "deep form": Hostile({**FILES, FORM_FILE: b'{"a":' * 5000 + b"1" + b"}" * 5000}, FORM_FILE, None, "depth_json", kept=False),
    "entities in a decision": Hostile({**FILES, "decisions/a.dmn": ENTITIES}, "decisions/a.dmn", None, "doctype", kept=False),
    "endless loop": Hostile(drawn(LOOP), BPMN, "spin", "endless_loop", kept=True),
    "a million instances": Hostile(drawn(many("=for i in 1..1000000 return i")), BPMN, "check", "cardinality", kept=True),
    "cyclic calls": Hostile(
        {"a.bpmn": calls("a", "b"), "b.bpmn": calls("b", "a")}, "a.bpmn", "c", "call_cycle", kept=True
    ),
    "markup in a name": Hostile(
        drawn(BODY.replace('name="check"', 'name="&lt;img src=x onerror=alert(1)&gt;"')), BPMN, "check", "markup", kept=True
    ),
    "script in a record": Hostile(
        {**FILES, "prints/check.html": b"<article><script>alert(1)</script></article>"}, "prints/check.html", None, "active_markup", kept=True,
    ),
    "handler in a record": Hostile(
        {**FILES, "prints/check.html": b'<article><p onclick="alert(1)">x</p></article>'}, "prints/check.html", None, "active_markup", kept=True,
    ),
    "nested expression": Hostile(
        drawn(script("x", "=" + "(" * 20_000 + "1" + ")" * 20_000, "n") + chain("s", "x", "e")), BPMN, "x", "expression", kept=True
    ),
    "unknown extension": Hostile(
        drawn(BODY.replace("<zeebe:userTask/>", "<zeebe:userTask/><zeebe:linkedResources/>")), BPMN, "check", "unsupported", kept=True
    ),
    "form with a runaway pattern": Hostile(form(validate={"pattern": "(a+)+$("}), FORM_FILE, "who", "form_bad_pattern", kept=True),
    "form of another kind": Hostile(form(type="iframe-script"), FORM_FILE, "#a", "form_unknown_type", kept=True),
    "form with too many fields": Hostile(
        {**FILES, FORM_FILE: written(FORM | {"components": [{**FORM["components"][0], "key": f"k{n}"} for n in range(400)]})},
        FORM_FILE, None, "form_too_many_components", kept=True,
    ),
    "decision in another language": Hostile(
        decision("1", ' expressionLanguage="http://groovy"'), "decisions/fee.dmn", "fee", "unsupported", kept=True
    ),
    "decision that is no expression": Hostile(decision("if then else"), "decisions/fee.dmn", "fee", "expression", kept=True),
}  # fmt: skip
