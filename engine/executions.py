"""Executions: a process instance brought to life in memory, with what it may ask of the world around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from engine import inquiries
from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.engine import Command, Engine
from engine.errors import DecisionFailed
from engine.expressions import feel
from engine.models.instance import ProcessInstance
from engine.runtime import Binding, Budget, Context, Execution
from engine.staff.access import Actor
from engine.timing import clocks


def load(command: Command, instance: ProcessInstance) -> Execution:
    """Bring a locked instance back to life in memory."""
    definition = definitions.get(command.engine, command.session, instance.definition_key)
    return Execution.load(
        definition.diagram,
        definition.key,
        context(command, instance, definition),
        instance.state,
        dict(instance.variables),
    )


def peek(engine: Engine, session: Session, instance: ProcessInstance) -> Execution:
    """Load an instance only to look at it; what is done to the execution is never saved."""
    definition = definitions.get(engine, session, instance.definition_key)
    reader = Command(engine, session, Actor(user_id=None, username="", name=""))
    return Execution.load(
        definition.diagram,
        definition.key,
        context(reader, instance, definition),
        instance.state,
        dict(instance.variables),
    )


def context(command: Command, instance: ProcessInstance, definition: Definition) -> Context:
    """What the runtime may ask of the world outside while it runs this instance."""
    zone = ZoneInfo(instance.policy["zone"])
    local_now = command.now.astimezone(zone)
    seen = names(command, instance)

    def diagram_for(process: str | int) -> tuple[int, Any]:
        if isinstance(process, int):
            called = definitions.get(command.engine, command.session, process)
            return called.key, called.diagram
        return begun(definitions.called(command.engine, command.session, process))

    def bound(process_id: str, binding: Binding) -> tuple[int, Any]:
        return begun(definitions.bound(command.engine, command.session, process_id, binding))

    def begun(called: Definition) -> tuple[int, Any]:
        if clocks.widen(command, instance, called.diagram):
            seen.update(environment(instance))
        return called.key, called.diagram

    def decide(decision_id: str, variables: Mapping[str, Any], tag: str = "") -> Any:
        scope = {**names(command, instance), **variables}
        decided = definitions.decide(
            command.engine,
            command.session,
            definition.deployment_key,
            decision_id,
            scope,
            local_now,
            tag,
        )
        if decided.errors:
            raise DecisionFailed(decision_id=decision_id, reason="; ".join(decided.errors))
        return decided.value

    return Context(
        now=command.now,
        feel=feel(),
        decide=decide,
        diagram_for=diagram_for,
        bound=bound,
        new_key=command.new_key,
        environment=seen,
        budget=Budget(),
        zone=zone,
    )


def names(command: Command, instance: ProcessInstance) -> dict[str, Any]:
    """The same names, and those that are asked for only when an expression has them (`inquiries`)."""
    return {**inquiries.of_instance(command, instance), **environment(instance)}


def environment(instance: ProcessInstance) -> dict[str, Any]:
    """The names every expression sees beside the variables, which win over them (decision 9)."""
    return {
        "camunda": {"vars": {"tenant": instance.policy.get("settings", {})}},
        **instance.policy.get("names", {}),
        "process_instance": {"key": str(instance.key), "number": instance.number},
    }
