"""The saved form of a running process: its live tokens as JSON, compressed unless it is short.

Neither the specification (it comes from the diagram, by definition key) nor the process's own variables are in it.
A token is [spec name, state, internal data, instances inside, scope inside]; a scope is [root data, root state,
variables, tokens],
variables being None except in called processes. Nothing in it is interpreted but by position, so that variables may
have any names.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import Rejected
from engine.runtime.values import encoded
from engine.runtime.workflow import Instance

if TYPE_CHECKING:
    from engine.runtime.context import Context
    from engine.runtime.diagram import Diagram
    from engine.runtime.workflow import Scope

VERSION = 1
LARGEST = 64_000_000
SMALL = 1000  # bytes: compressing so little takes longer than reading and writing it
PLAIN = b"["


class StateUnfit(Rejected):
    """The saved state does not fit the diagram: {reason}."""

    code = "state_unfit"


def dump(instance: Instance) -> bytes:
    """Save everything but the process variables."""
    data = [VERSION, instance.spec.name, instance.completed, _scope(instance)]
    text = encoded(data)
    return text if len(text) <= SMALL else zlib.compress(text, 1)


def _scope(scope: Scope) -> list[Any]:
    variables = scope.variables if scope.host is not None else None
    root = scope.task_tree
    return [root.internal_data, root.state, variables, [_token(task) for task in root.children]]


def _token(task: Task) -> list[Any]:
    inner = task.workflow.top_workflow.subprocesses.get(task.id)
    return [
        task.task_spec.name,
        task.state,
        task.internal_data,
        [_token(child) for child in task.children],
        _scope(inner) if inner else None,
    ]


def load(
    diagram: Diagram, definition_key: int, context: Context, state: bytes, variables: dict[str, Any]
) -> Instance:
    """Restore what `dump` made. Raises StateUnfit if the diagram lacks an element that holds a token."""
    return restore(diagram, definition_key, context, read(state), variables)


def read(state: bytes) -> list[Any]:
    """What `dump` made as plain lists: version, process id, whether completed, and the outermost scope."""
    text = state if state.startswith(PLAIN) else zlib.decompressobj().decompress(state, LARGEST)
    data: list[Any] = json.loads(text)
    return data


def restore(
    diagram: Diagram,
    definition_key: int,
    context: Context,
    data: list[Any],
    variables: dict[str, Any],
) -> Instance:
    """Bring to life what `read` gave. Raises StateUnfit as `load` does."""
    version, process_id, completed, scope = data
    if version != VERSION or process_id not in diagram.specs:
        raise StateUnfit(reason=f"version {version}, process {process_id}")
    spec = diagram.specs[process_id]
    instance = Instance(spec, definition_key, context, variables, deserializing=True)
    instance.completed = completed
    _fill(instance, scope)
    return instance


def _fill(scope: Scope, data: list[Any]) -> None:
    internal, state, _, tokens = data
    scope.task_tree = Task(scope, scope.spec.start, state=state)
    scope.task_tree.internal_data = internal
    for token in tokens:
        _restore(scope, scope.task_tree, token)


def _restore(scope: Scope, parent: Task, token: list[Any]) -> None:
    name, state, internal, children, inner = token
    spec = scope.spec.behaviour(name)
    if spec is None:
        raise StateUnfit(reason=f"there is no element {name}")
    task = Task(scope, spec, parent, state)
    task.internal_data = internal
    for child in children:
        _restore(scope, task, child)
    if inner is not None:
        _fill(spec.restore(task, inner[2]), inner)
    if state == TaskState.READY:
        scope.top_workflow.queue.append(task)
