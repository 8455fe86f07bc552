"""Modifications: moving a running instance past its diagram, by those who answer for the process, with reason and preview."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import executions, instances
from engine.deployment import definitions
from engine.engine import Command, Engine
from engine.errors import InstanceClosed, NotAllowed, Rejected
from engine.models.instance import ACTIVE, SUSPENDED, ProcessInstance
from engine.models.task import UNFINISHED, UserTask
from engine.runtime import Active, Execution
from engine.staff.access import Actor

OPERATORS = frozenset({"admin", "process_owner"})


@dataclass(frozen=True, kw_only=True)
class Activation:
    """A token to put on an element: `variables` for the process, `local` for the element's own scope.

    `scope_key` is the element instance around it, where several could be.
    """

    element_id: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    local: Mapping[str, Any] = field(default_factory=dict)
    scope_key: int | None = None


@dataclass(frozen=True, kw_only=True)
class Move:
    """A token to take from element instances to an element: those of `key`, or all of `source_id`."""

    element_id: str
    key: int | None = None
    source_id: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Modification:
    """What to change, in this order: variables, activations, moves, terminations.

    `seen` maps element instances to variables as seen from there: each goes to the nearest scope around that has it, else to
    the process. `local` maps them to variables of their own scopes; `terminate_ids` means every instance of an element.
    """

    variables: Mapping[str, Any] = field(default_factory=dict)
    seen: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    local: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    activate: tuple[Activation, ...] = ()
    move: tuple[Move, ...] = ()
    terminate: tuple[int, ...] = ()
    terminate_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a modification would lead to: element instances that end or begin, tasks taken back, whether it completes."""

    ended: tuple[Active, ...]
    begun: tuple[Active, ...]
    tasks: tuple[UserTask, ...]
    completes: bool


def apply(command: Command, key: int, modification: Modification, reason: str) -> ProcessInstance:
    """Change where an instance stands. For process owners and administrators of the site, also while it is suspended.

    Raises NotFound, NotAllowed, InstanceClosed, Rejected for what cannot be done or without a reason, InvalidVariables,
    BudgetExceeded when the process then runs on without waiting.
    """
    instance = instances.lock(command, key)
    require(command.actor, instance)
    if not reason.strip():
        raise Rejected(reason="a reason is needed")
    execution = executions.load(command, instance)
    before = execution.active
    change(execution, modification)
    command.audit(
        "instance.modified",
        instance.process_id,
        on=instance,
        reason=reason.strip()[:1000],
        variables=_names(modification),
        **_told(before, execution.active),
    )
    instances.save(command, instance, execution)
    command.wake_workers()
    return instance


def activate(
    command: Command,
    key: int,
    ad_hoc_key: int,
    wanted: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    alone: bool = False,
) -> ProcessInstance:
    """Activate elements of an open ad-hoc subprocess, each with variables of its own; `alone` ends what is active in it.

    For process owners and administrators of the site. Raises NotFound, NotAllowed, InstanceClosed, Rejected for elements
    that cannot be activated there, InvalidVariables, BudgetExceeded.
    """
    instance = instances.lock(command, key)
    require(command.actor, instance)
    execution = executions.load(command, instance)
    before = execution.active
    execution.activate_ad_hoc(ad_hoc_key, wanted, alone=alone)
    told = _told(before, execution.active)
    command.audit("instance.modified", instance.process_id, on=instance, **told)
    instances.save(command, instance, execution)
    command.wake_workers()
    return instance


def preview(
    engine: Engine, session: Session, actor: Actor, key: int, modification: Modification
) -> Preview:
    """Tell what a modification would lead to, and change nothing. Raises as `apply` does."""
    instance = instances.get(session, actor, key)
    require(actor, instance)
    return outcome(engine, session, instance, lambda execution: change(execution, modification))


def outcome(
    engine: Engine, session: Session, instance: ProcessInstance, act: Callable[[Execution], None]
) -> Preview:
    """Tell what doing something to the instance would lead to, and change nothing. Raises what `act` raises."""
    execution = executions.peek(engine, session, instance)
    before = {one.key: one for one in execution.active}
    act(execution)
    after = {one.key: one for one in execution.active}
    ended = [one for key, one in before.items() if key not in after]
    query = select(UserTask).where(
        UserTask.key.in_([one.key for one in ended]), UserTask.state.in_(UNFINISHED)
    )
    return Preview(
        ended=tuple(ended),
        begun=tuple(one for key, one in after.items() if key not in before),
        tasks=tuple(session.scalars(query.order_by(UserTask.key))),
        completes=execution.completed,
    )


def require(actor: Actor, instance: ProcessInstance) -> None:
    """Raise NotAllowed unless the actor operates processes at the site, InstanceClosed unless the instance runs."""
    if not actor.is_system and not OPERATORS & actor.roles_at(instance.site_id):
        raise NotAllowed(reason="modifying this process instance")
    if instance.status not in (ACTIVE, SUSPENDED):
        raise InstanceClosed(number=instance.number)


def change(execution: Execution, modification: Modification) -> None:
    """Do it to an execution. Elements are named before anything moves, so that what begins is not taken for what was."""
    ending = [*modification.terminate, *_of(execution, *modification.terminate_ids)]
    moving = [(key, one) for one in modification.move for key in _sources(execution, one)]
    if modification.variables:
        execution.set_variables(None, modification.variables)
    for key, seen in modification.seen.items():
        execution.set_variables(key, seen)
    for key, local in modification.local.items():
        execution.set_variables(key, local, local=True)
    for one in modification.activate:
        execution.activate(one.element_id, one.variables, local=one.local, scope_key=one.scope_key)
    for key, move in moving:
        execution.move(key, move.element_id, move.variables)
    for key in ending:
        execution.terminate(key)


def _of(execution: Execution, *element_ids: str) -> list[int]:
    """The instances of elements that are not part of another of them."""
    found = {one.key: one for one in execution.active if one.element_id in element_ids}
    missing = set(element_ids) - {one.element_id for one in found.values()}
    if missing:
        raise Rejected(reason=f"{', '.join(sorted(missing))} is not active")
    return [key for key, one in found.items() if one.scope_key not in found]


def _sources(execution: Execution, move: Move) -> list[int]:
    return [move.key] if move.key is not None else _of(execution, move.source_id)


def _names(modification: Modification) -> list[str]:
    inner = [*modification.seen.values(), *modification.local.values()]
    return sorted({name for some in (modification.variables, *inner) for name in some})


def _told(before: list[Active], after: list[Active]) -> dict[str, Any]:
    """What ended and what began, as the audit keeps it."""
    keys = {one.key for one in before}, {one.key for one in after}
    return {
        "ended": [one.element_id for one in before if one.key not in keys[1]],
        "begun": [one.element_id for one in after if one.key not in keys[0]],
    }


def targets(engine: Engine, session: Session, instance: ProcessInstance) -> list[str]:
    """List the elements of the instance's own process a token can be put on, in the order of the diagram."""
    diagram = definitions.get(engine, session, instance.definition_key).diagram
    waiting = {
        diagram.flows[flow].target
        for element in diagram.elements.values()
        if element.type == "eventBasedGateway"
        for flow in element.outgoing
    }
    return [
        element.id
        for element in diagram.elements.values()
        if element.process_id == instance.process_id
        and element.type not in ("startEvent", "boundaryEvent")
        and not element.for_compensation
        and element.id not in waiting
    ]
