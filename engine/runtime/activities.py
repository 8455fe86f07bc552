"""Tasks: what job workers, expressions and decisions do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.defaults import NoneTask, ServiceTask

from engine.errors import EngineError
from engine.runtime import bindings, scopes
from engine.runtime.behaviour import Behaviour
from engine.runtime.evaluation import checked, evaluate_all
from engine.runtime.events import JobOpened
from engine.runtime.faults import CALLED_DECISION, EXPRESSION, Fault

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

RETRIES = "3"


class PassThrough(Behaviour, NoneTask):  # type: ignore[misc]
    """A task or manual task: the token passes at once."""


class Job(Behaviour, ServiceTask):  # type: ignore[misc]
    """Anything with a task definition: waits for a job worker."""

    completable = True

    def execute(self, task: Task) -> None:
        """Open the job."""
        definition = self.element.extension("taskDefinition")
        kind, retries = definition.get("type", ""), definition.get("retries", "")
        open_job(task, kind, retries, self.element.headers)


def open_job(task: Task, kind: str, retries: str, headers: Mapping[str, str], **about: Any) -> None:
    """Report a job of that type, see `JobOpened`; type and retries may be expressions. Raises Fault."""
    type_, attempts = evaluate_all(task, [kind, retries or RETRIES])
    if not isinstance(type_, str) or not type_:
        raise Fault(EXPRESSION, f"the job type is {type_!r}, not a text")
    task.workflow.report(
        task,
        JobOpened,
        type=type_,
        retries=_retries(attempts),
        headers=headers,
        variables=scopes.visible(task),
        definition_key=task.workflow.definition_key,
        **about,
    )


def _retries(value: Any) -> int:
    try:
        return max(int(value), 0)
    except (TypeError, ValueError):
        raise Fault(EXPRESSION, f"the number of retries is {value!r}") from None


class Script(Behaviour, NoneTask):  # type: ignore[misc]
    """A script task: a FEEL expression, never Python."""

    def execute(self, task: Task) -> bool | None:
        """Evaluate it into the result variable."""
        script = self.element.extension("script")
        source = "=" + script["expression"].removeprefix("=")
        value = evaluate_all(task, [source])[0]
        return self.leave(task, checked(task, {script["resultVariable"]: value}))


class Decision(Behaviour, NoneTask):  # type: ignore[misc]
    """A business rule task: the value of a decision."""

    def execute(self, task: Task) -> bool | None:
        """Decide into the result variable."""
        called = self.element.extension("calledDecision")
        decision_id = evaluate_all(task, [called["decisionId"]])[0]
        try:
            value = task.workflow.top_workflow.context.decide(
                str(decision_id), scopes.visible(task), *self._tag(task)
            )
        except EngineError as error:
            raise Fault(CALLED_DECISION, error.message) from error
        return self.leave(task, checked(task, {called["resultVariable"]: value}))

    def _tag(self, task: Task) -> tuple[str, ...]:
        """The version tag it is bound to, if it is."""
        drawn = bindings.tag_of(self.element, "calledDecision")
        return (str(evaluate_all(task, [drawn])[0]),) if drawn else ()


def task_behaviour(element_type: str, extensions: Sequence[str]) -> type[Behaviour]:
    """Which behaviour a task has; a task definition makes any of them a job."""
    if "taskDefinition" in extensions:
        return Job
    return {"scriptTask": Script, "businessRuleTask": Decision}.get(element_type, PassThrough)
