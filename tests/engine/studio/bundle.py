"""A small bundle for tests of the studio: one check with a form, its texts and a scenario."""

from __future__ import annotations

import json
from typing import Any

from tests.diagrams import chain, process, user_task

FORM = {
    "type": "default",
    "schemaVersion": 19,
    "id": "checking.check",
    "components": [
        {
            "type": "textfield",
            "id": "a",
            "key": "who",
            "label": "谁",
            "validate": {"required": True},
        },
    ],
}
DRAWN = process(user_task("check", form="checking.check") + chain("s", "check", "e"), "checking")
TEXTS = {
    "checking.name": "Checking",
    "checking.check.name": "Check",
    "checking.check.who.label": "Who",
}


def steps(*instructions: dict[str, Any], name: str = "办一次") -> dict[str, Any]:
    """A scenario."""
    return {"name": name, "instructions": list(instructions)}


START = {
    "type": "CREATE_PROCESS_INSTANCE",
    "processDefinitionSelector": {"processDefinitionId": "checking"},
    "variables": {},
    "metadata": {"actor": "clerk"},
}
CHECK = {
    "type": "COMPLETE_USER_TASK",
    "userTaskSelector": {"elementId": "check", "processDefinitionId": "checking"},
    "variables": {"who": "陈"},
    "metadata": {"actor": "assistant"},
}
ENDED = {
    "type": "ASSERT_PROCESS_INSTANCE",
    "processInstanceSelector": {"processDefinitionId": "checking"},
    "state": "IS_COMPLETED",
}


def scenarios(*cases: dict[str, Any]) -> bytes:
    """A file of scenarios."""
    return json.dumps({"testCases": list(cases)}, ensure_ascii=False).encode()


def written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


FILES = {
    "checking.bpmn": DRAWN,
    "forms/checking.check.form": written(FORM),
    "texts/en.json": written(TEXTS),
    "scenarios/checking.test.json": scenarios(steps(START, CHECK, ENDED)),
}
