"""Ways a token takes instead of its sequence flows: to where a rejection leads, or straight back to who returned the step.

Keys of `internal_data`: outcome (what the person or the vote decided), back (where to go when this step is done again),
detour (the way chosen while leaving), origin (why somebody opened the element again, for the row of its task).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.runtime.events import ProcessRejected

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

REJECT = "reject"
REJECT_TO = "rejectTo"
END = "end"


def choose(task: Task) -> bool:
    """Whether the token takes a detour; `take` follows it when the element has completed."""
    data = task.internal_data
    rejected_to = task.task_spec.element.properties.get(REJECT_TO)
    if data.get("outcome") == REJECT and rejected_to:
        data["detour"] = {"to": rejected_to}
    elif "back" in data:
        data["detour"] = data["back"]
    return "detour" in data


def take(task: Task) -> None:
    """Go the way that `choose` chose, if any."""
    detour = task.internal_data.pop("detour", None)
    if detour is None:
        return
    if detour["to"] == END:
        _end_process(task)
    else:
        task.workflow.spawn(detour["to"], **_data(detour, task.internal_data["key"]))


def _data(detour: dict[str, Any], source: int) -> dict[str, Any]:
    data: dict[str, Any] = {"from": source}
    if "origin" in detour:
        data["origin"] = detour["origin"]
    return data


def _end_process(task: Task) -> None:
    """End the process the element lies in, and what is called in it; the caller of a called process goes on."""
    task.workflow.report(task, ProcessRejected)
    scope = task.workflow
    while scope.variables is None:
        scope = scope.host.workflow
    for other in scope.tokens():
        if other is not task and other.id in scope.tasks:
            scope.terminate(other)
    if scope is not task.workflow:
        scope.conclude()
