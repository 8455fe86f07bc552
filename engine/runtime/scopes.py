"""Variables live in nested scopes, as in Zeebe: activity, multi-instance body, subprocess, process.

An element sees the variables of all scopes around it, the nearest first. What it gives back goes into the nearest
scope that has a variable of that name, else into the process. A called process does not see its caller's scopes.
SpiffWorkflow's own `task.data` stays empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

Variables = dict[str, Any]


class Change(NamedTuple):
    """A variable of a scope got a new value; `kind` is create or update."""

    scope: Variables
    name: str
    kind: str


def own(task: Task) -> Variables:
    """The scope of this element instance alone; made when first asked for."""
    return cast("Variables", task.internal_data.setdefault("variables", {}))


def chain(task: Task) -> Iterator[Variables]:
    """The scopes this element instance sees, the innermost first, the process last."""
    while True:
        if "variables" in task.internal_data:
            yield task.internal_data["variables"]
        if task.task_spec.instance_of_body:
            task = task.parent
            continue
        if task.workflow.variables is not None:
            yield task.workflow.variables
            return
        task = task.workflow.host


def visible(task: Task) -> Variables:
    """All variables the element instance sees, merged."""
    merged: Variables = {}
    for scope in reversed(list(chain(task))):
        merged.update(scope)
    return merged


def propagate(task: Task, variables: Mapping[str, Any], *, above: bool = False) -> None:
    """Write each variable into the nearest scope that has it, else into the process.

    `above` leaves out the element instance's own scope: the results of output mappings go outwards.
    """
    scopes = list(chain(task))
    if above and "variables" in task.internal_data:
        del scopes[0]
    for name, value in variables.items():
        scope = next((scope for scope in scopes if name in scope), scopes[-1])
        write(task, scope, {name: value})


def write(task: Task, scope: Variables, variables: Mapping[str, Any]) -> None:
    """Write variables into that scope, and remember what is new or different there for the conditions that wait."""
    changed = task.workflow.top_workflow.changed
    for name, value in variables.items():
        if name not in scope or scope[name] != value:
            changed.append(Change(scope, name, "update" if name in scope else "create"))
        scope[name] = value
