"""Decisions through the official client: found, read, evaluated outside of any process."""

from __future__ import annotations

import json

import pytest
from camunda_orchestration_sdk import CamundaClient, errors
from camunda_orchestration_sdk import models as m
from camunda_orchestration_sdk import semantic_types as t

from tests.api import bundles
from tests.api.conftest import Client
from tests.world import World


@pytest.fixture
def owner(client: Client, world: World) -> CamundaClient:
    world.deploy({"decisions/fees.dmn": bundles.FEES_DMN})
    return client("owner")


def evaluation(**variables: str) -> m.DecisionEvaluationByID:
    return m.DecisionEvaluationByID(
        decision_definition_id=t.DecisionDefinitionId("fee"),
        variables=m.DecisionEvaluationByIdVariables.from_dict(variables),
    )


def test_a_decision_is_found_with_its_dmn(owner: CamundaClient) -> None:
    (found,) = owner.search_decision_definitions(data=m.DecisionDefinitionSearchQuery()).items
    assert (found.decision_definition_id, found.name, found.version) == ("fee", "fee", 1)
    key = found.decision_definition_key
    assert owner.get_decision_definition(key).decision_requirements_id == "fees"
    assert "decisionTable" in owner.get_decision_definition_xml(key)


def test_an_evaluation_tells_its_value_and_why(owner: CamundaClient) -> None:
    # when
    told = owner.evaluate_decision(data=evaluation(kind="office"))
    # then
    assert json.loads(told.output) == 1800
    (step,) = told.evaluated_decisions
    assert (step.decision_definition_type, json.loads(step.output)) == ("DECISION_TABLE", 1800)
    assert [(one.input_name, json.loads(one.input_value)) for one in step.evaluated_inputs] == [
        ("kind", "office")
    ]
    (rule,) = step.matched_rules
    assert (rule.rule_id, rule.rule_index) == ("r2", 2)
    assert [(o.output_name, o.output_value) for o in rule.evaluated_outputs] == [("fee", "1800")]


def test_a_key_names_one_version(owner: CamundaClient, world: World) -> None:
    # given
    (first,) = owner.search_decision_definitions(data=m.DecisionDefinitionSearchQuery()).items
    world.deploy({"decisions/fees.dmn": bundles.FEES_DMN.replace(b"1800", b"1900")})
    # when
    data = m.DecisionEvaluationByKey(
        decision_definition_key=first.decision_definition_key,
        variables=m.DecisionEvaluationByIdVariables.from_dict({"kind": "office"}),
    )
    # then
    assert owner.evaluate_decision(data=data).output == "1800"
    latest = owner.evaluate_decision(data=evaluation(kind="office"))
    assert (latest.output, latest.decision_definition_version) == ("1900", 2)


def test_nobody_but_operators_evaluates(client: Client, owner: CamundaClient) -> None:
    with pytest.raises(errors.ApiError):
        client("clerk").evaluate_decision(data=evaluation(kind="home"))


def test_an_unknown_decision_is_not_found(owner: CamundaClient) -> None:
    data = m.DecisionEvaluationByID(decision_definition_id=t.DecisionDefinitionId("nothing"))
    with pytest.raises(errors.NotFoundError):
        owner.evaluate_decision(data=data)
