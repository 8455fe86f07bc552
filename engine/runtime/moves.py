"""Moving tokens where no sequence flow leads: a step returned or withdrawn, a token put elsewhere by an operator.

Which tokens may stay is decided by where they came from, which the history of the instance knows and the runtime does not
keep: whoever plans a `Move` names the element instances, alive or over, whose tokens end with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import Rejected
from engine.runtime import compensation, search
from engine.runtime.countersign import Countersign
from engine.runtime.events import ElementCompleted

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.workflow import Instance, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A token that has to stand before a join again: on which sequence flow, and from which element instance."""

    flow_id: str
    source: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A token put on an element of one scope, and what ends for it.

    `scope_key` is the element instance around (None: the process). Every token of that scope whose element instance is in
    `ending`, or that stands before a join and came from one in it, ends with all inside. `standing` tokens appear before
    their joins. `completed` is a user task that is done by this rather than stopped. The new token comes from `came_from`,
    its task gets `origin` (JSON; `assignee` is a user name that wins over the diagram), and with `back` it goes
    straight to that element when the task is done, with `back_origin` there. The element is open again: its completions in
    `ending` are not undone should something compensate later, those of the others are.
    """

    element_id: str
    scope_key: int | None
    ending: frozenset[int]
    standing: tuple[Standing, ...] = ()
    completed: int | None = None
    came_from: tuple[int, ...] = ()
    origin: Mapping[str, Any] | None = field(default=None, hash=False)
    back: str | None = None
    back_origin: Mapping[str, Any] | None = field(default=None, hash=False)


def perform(instance: Instance, move: Move) -> None:
    """Do it. Raises NotFound if `completed` waits no more, Rejected if the scope is over or lacks the element."""
    scope = _scope(instance, move.scope_key)
    if move.element_id not in {one.id for one in scope.spec.diagram.inside(scope.spec.name)}:
        raise Rejected(reason=f"{move.element_id} is not in the same process or subprocess")
    done = _finish(instance, move.completed) if move.completed is not None else None
    for token in scope.tokens():
        if token.id in scope.tasks and (token is done or _ends(token, move.ending)):
            scope.terminate(token)
    compensation.forget(scope, move.element_id, move.ending)
    for one in move.standing:
        target = scope.spec.flows[one.flow_id].target
        scope.spawn(target, **{"flow": one.flow_id, "from": one.source})
    scope.spawn(move.element_id, **_data(move))


def _scope(instance: Instance, key: int | None) -> Scope:
    for scope in instance.scopes():
        if key == (None if scope.host is None else scope.host.internal_data["key"]):
            return scope
    raise Rejected(reason="what is around that step has ended")


def _finish(instance: Instance, key: int) -> Task:
    """Report the task as completed; without its key nothing says that it was stopped when its token goes."""
    task = search.working(instance, key)
    task.workflow.report(task, ElementCompleted)
    del task.internal_data["key"]
    return task


def _ends(token: Task, ending: frozenset[int]) -> bool:
    data = token.internal_data
    return data["key"] in ending if "key" in data else data.get("from") in ending


def _data(move: Move) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if move.came_from:
        data |= {"from": move.came_from[0], "joined_from": list(move.came_from[1:])}
    if move.origin is not None:
        data["origin"] = dict(move.origin)
    if move.back is not None:
        data["back"] = {"to": move.back, "origin": dict(move.back_origin or {})}
    return data


def retake(instance: Instance, body_key: int, ballot_key: int, origin: Mapping[str, Any]) -> None:
    """Open one signer's part of a running vote again. Raises Rejected unless that ballot is counted and can be taken back."""
    body = search.find(instance, body_key, lambda found: isinstance(found.task_spec, Countersign))
    body.task_spec.retake(body, ballot_key, origin)
