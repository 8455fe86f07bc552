from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from engine import attachments
from tests.diagrams import chain, process, user_task
from tests.world import World

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"
)


def form(form_id: str, *components: dict[str, Any]) -> bytes:
    """A form-js file."""
    rows = [{"id": one.get("key", f"c{n}"), **one} for n, one in enumerate(components)]
    return json.dumps(
        {"id": form_id, "type": "default", "schemaVersion": 19, "components": rows}
    ).encode()


ASK = [
    {"type": "textfield", "key": "unit_no", "label": "房号", "validate": {"required": True}},
    {
        "type": "textfield",
        "key": "owner",
        "label": "业主",
        "properties": {"personal": "name"},
        "validate": {"required": True},
    },
    {"type": "textfield", "key": "phone", "label": "电话", "properties": {"personal": "phone"}},
]
CHECK = [
    {"type": "radio", "key": "result", "label": "结果", "validate": {"required": True},
     "values": [{"value": "ok", "label": "合格"}, {"value": "bad", "label": "不合格"}]},
    {"type": "textarea", "key": "note", "label": "说明", "conditional": {"hide": '=result != "bad"'}},
    {"type": "number", "key": "count", "label": "件数"},
]  # fmt: skip
SIGN = [{"type": "textarea", "key": "opinion", "label": "意见", "validate": {"required": True}}]


def bundle() -> dict[str, bytes]:
    """A procedure of three steps: ask at the counter, check by an assistant, sign by the supervisor, file by the clerk."""
    start = {
        "businessKey": "=unit_no",
        "numberPrefix": "YS",
        "startGroups": "front_desk",
        "clause": "001 入伙 8.2",
    }
    diagram = process(
        user_task("check", "service_assistant", form="p.check", limit="move_in_owner.t_verify",
                  clause="001 入伙 8.3(1)", print="handover_letter")
        + user_task("sign", "service_supervisor", form="p.sign")
        + user_task("file", "front_desk")
        + chain("s", "check", "sign", "file", "e"),
        start=start,
        summary='=[unit_no, owner, "到场"]',
    )  # fmt: skip
    diagram = diagram.replace(
        b'<startEvent id="s"><extensionElements>',
        b'<startEvent id="s" name="ask"><documentation>leak water</documentation><extensionElements>'
        b'<zeebe:formDefinition formId="p.s"/>',
    )
    texts = {
        "p.name": "Hand over",
        "p.check.name": "Check papers",
        "p.check.quote": "The assistant checks every paper.",
    }
    return {
        "p.bpmn": diagram,
        "forms/p.s.form": form("p.s", *ASK),
        "forms/p.check.form": form("p.check", *CHECK),
        "forms/p.sign.form": form("p.sign", *SIGN),
        "texts/en.json": json.dumps(texts).encode(),
        "texts/zh.json": json.dumps(
            {"p.check.quote": "逐项验看原件。", "record.handover_letter.name": "《收楼书》"}
        ).encode(),
    }


@pytest.fixture
def deployed(world: World) -> World:
    """The small company with the procedure."""
    world.deploy(bundle(), family="move_in")
    world.add_unit("3-2-1201")
    return world


@pytest.fixture
def started(deployed: World) -> Any:
    """An instance that waits for its papers to be checked."""
    return deployed.start("p", {"unit_no": "3-2-1201", "owner": "陈大文", "phone": "13800001201"})


@pytest.fixture
def upload(world: World) -> Callable[..., int]:
    def keep(by: str = "assistant", site: str = "north", content: bytes = PNG, **of: Any) -> int:
        with world.engine.begin(world.actor(by)) as command:
            name = of.pop("filename", "photo.png")
            return attachments.store(command, world.site(site).id, content, name, **of).key

    return keep
