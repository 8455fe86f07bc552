"""Every scenario of every shipped procedure holds, and together they visit every element and every sequence flow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.deployment import library, scenarios
from engine.engine import Engine
from engine.runtime import parse
from tests.conftest import Clock


def cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{name[10:-10]}-{case['name']}")
        for family in library.families()
        for name, content in library.files(family).items()
        if name.startswith("scenarios/")
        for case in json.loads(content)["testCases"]
    ]


@pytest.mark.parametrize("case", cases())
def test_scenario_holds(case: dict[str, Any], demo_engine: Engine, clock: Clock) -> None:
    coverage = scenarios.run(demo_engine, clock, case)
    claimed = {node["flowNodeId"] for node in case["metadata"]["coveredFlowNodes"]}
    missed = claimed - {element for _, element in coverage.elements}
    assert not missed
    assert not set(case["metadata"]["coveredSequenceFlows"]) - {flow for _, flow in coverage.flows}


@pytest.mark.parametrize("family", library.families())
def test_scenarios_together_claim_every_element_and_flow(family: str) -> None:
    files = library.files(family)
    claimed: set[str] = set()
    for name, content in files.items():
        if name.startswith("scenarios/"):
            for case in json.loads(content)["testCases"]:
                claimed |= {node["flowNodeId"] for node in case["metadata"]["coveredFlowNodes"]}
                claimed |= set(case["metadata"]["coveredSequenceFlows"])
    for name, content in files.items():
        if name.endswith(".bpmn"):
            diagram = parse(content)
            missing = (diagram.elements.keys() | diagram.flows.keys()) - claimed
            assert not missing, f"{name}: {sorted(missing)}"
