"""Tasks: what people, job workers, expressions and decisions do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.defaults import NoneTask, ServiceTask
from SpiffWorkflow.bpmn.specs.defaults import UserTask as SpiffUserTask

from engine.errors import EngineError
from engine.runtime import scopes
from engine.runtime.behaviour import Behaviour
from engine.runtime.diagram import split
from engine.runtime.evaluation import attempt, checked, evaluate_all
from engine.runtime.events import FORM_ELSEWHERE, TASK_HEADERS, JobOpened, UserTaskOpened
from engine.runtime.extensions import EMBEDDED
from engine.runtime.faults import CALLED_DECISION, EXPRESSION, Fault
from engine.runtime.timers import instant

if TYPE_CHECKING:
    from datetime import datetime

    from SpiffWorkflow.task import Task

PRIORITY = 50
RETRIES = "3"
SUMMARY = 3


class PassThrough(Behaviour, NoneTask):  # type: ignore[misc]
    """A task or manual task: the token passes at once."""


class UserTask(Behaviour, SpiffUserTask):  # type: ignore[misc]
    """A user task: waits for somebody to complete it."""

    completable = True
    ATTRIBUTES = (
        ("assignmentDefinition", "assignee"),
        ("assignmentDefinition", "candidateGroups"),
        ("assignmentDefinition", "candidateUsers"),
        ("taskSchedule", "dueDate"),
        ("taskSchedule", "followUpDate"),
        ("priorityDefinition", "priority"),
    )

    def execute(self, task: Task) -> None:
        """Open the task with its attributes evaluated, all in one call."""
        texts = [
            self.element.extension(name).get(attribute, "") for name, attribute in self.ATTRIBUTES
        ]
        values = evaluate_all(task, [*texts, self.element.form_id or "", self._form_elsewhere])
        assignee, groups, users, due, follow_up, priority, form_id, elsewhere = values
        origin = task.internal_data.get("origin")
        if origin and origin.get("assignee"):
            assignee = origin["assignee"]
        task.workflow.report(
            task,
            UserTaskOpened,
            name=self.element.name or self.element.id,
            assignee=str(assignee) if assignee else None,
            candidate_groups=_names(groups),
            candidate_users=_names(users),
            due_date=_date(task, due),
            follow_up_date=_date(task, follow_up),
            priority=_priority(priority),
            form_id=str(form_id) if form_id else None,
            properties=self._properties(elsewhere),
            summary=self._summary(task),
            origin=origin,
            definition_key=task.workflow.definition_key,
        )

    def _properties(self, form_elsewhere: Any) -> Mapping[str, str]:
        """Those drawn, beside them what other applications read."""
        more = {FORM_ELSEWHERE: str(form_elsewhere)} if form_elsewhere else {}
        if self.element.headers:
            more[TASK_HEADERS] = json.dumps(dict(self.element.headers), ensure_ascii=False)
        return {**self.element.properties, **more}

    @property
    def _form_elsewhere(self) -> str:
        """What another application shows instead of a form, as drawn."""
        drawn = self.element.extension("formDefinition")
        key = drawn.get("formKey", "")
        return drawn.get("externalReference") or ("" if key.startswith(EMBEDDED) else key)

    def _summary(self, task: Task) -> tuple[str, ...]:
        source = self.process_spec.process.properties.get("summary", "")
        if not source.startswith("="):
            return (source,) if source else ()
        value = attempt(task, [source])[0].value
        lines = value if isinstance(value, list) else [value]
        return tuple(str(line) for line in lines[:SUMMARY] if line not in (None, ""))


def _names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(split(value))
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise Fault(EXPRESSION, f"{value!r} is not a list of names")


def _date(task: Task, value: Any) -> datetime | None:
    if not value:
        return None
    try:
        return instant(value, task.workflow.top_workflow.context.zone)
    except ValueError as error:
        raise Fault(EXPRESSION, str(error)) from error


def _priority(value: Any) -> int:
    try:
        return int(value) if value not in (None, "") else PRIORITY
    except (TypeError, ValueError):
        raise Fault(EXPRESSION, f"the priority is {value!r}, not a number") from None


class Job(Behaviour, ServiceTask):  # type: ignore[misc]
    """Anything with a task definition: waits for a job worker."""

    completable = True

    def execute(self, task: Task) -> None:
        """Open the job."""
        definition = self.element.extension("taskDefinition")
        kind, retries = definition.get("type", ""), definition.get("retries", "")
        open_job(task, kind, retries, self.element.headers)


def open_job(task: Task, kind: str, retries: str, headers: Mapping[str, str]) -> None:
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
                str(decision_id), scopes.visible(task)
            )
        except EngineError as error:
            raise Fault(CALLED_DECISION, error.message) from error
        return self.leave(task, checked(task, {called["resultVariable"]: value}))


def task_behaviour(element_type: str, extensions: Sequence[str]) -> type[Behaviour]:
    """Which behaviour a task has; a task definition makes any of them a job."""
    if "taskDefinition" in extensions:
        return Job
    return {"userTask": UserTask, "scriptTask": Script, "businessRuleTask": Decision}.get(
        element_type, PassThrough
    )
