"""User tasks: what people do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.defaults import UserTask as SpiffUserTask

from engine.runtime import task_listeners
from engine.runtime.behaviour import Behaviour
from engine.runtime.diagram import split
from engine.runtime.evaluation import attempt, evaluate_all
from engine.runtime.events import (
    FORM_ELSEWHERE,
    TASK_HEADERS,
    TASK_LISTENERS,
    TransitionReady,
    UserTaskOpened,
)
from engine.runtime.extensions import EMBEDDED
from engine.runtime.faults import EXPRESSION, Fault
from engine.runtime.timers import instant

if TYPE_CHECKING:
    from datetime import datetime

    from SpiffWorkflow.task import Task

PRIORITY = 50
SUMMARY = 3
OPENING = {task_listeners.CREATING: "create", task_listeners.ASSIGNING: "assign"}


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
        assignee = str(assignee) if assignee else None
        task.workflow.report(
            task,
            UserTaskOpened,
            name=self.element.name or self.element.id,
            assignee=assignee,
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
            transition=self._transition(assignee),
        )
        self._call_listeners(task, assignee)

    def _transition(self, assignee: str | None) -> str | None:
        """What listeners are asked before anybody has the task."""
        if task_listeners.CREATING in self.listener_jobs:
            return task_listeners.CREATING
        assigned = assignee is not None and task_listeners.ASSIGNING in self.listener_jobs
        return task_listeners.ASSIGNING if assigned else None

    def _call_listeners(self, task: Task, assignee: str | None) -> None:
        event = self._transition(assignee)
        if event is not None and not task_listeners.is_held(task):
            changes = {"assignee": assignee} if assignee else {}
            drawn = event == task_listeners.CREATING and assignee is not None
            held = {task_listeners.DRAWN: True} if drawn else {}
            task_listeners.hold(task, event, OPENING[event], changes, held)

    def listeners_done(self, task: Task, event: str) -> None:
        """What they held can be carried out; all else as at any element."""
        if event not in task_listeners.EVENTS:
            super().listeners_done(task, event)
            return
        taken = task_listeners.taken(task)
        about = {"held": taken["held"], "changes": taken["changes"]}
        task.workflow.report(task, TransitionReady, transition=event, **about)

    def renew(self, task: Task) -> None:
        """Report it again after a migration, also while a listener holds it."""
        if self.is_working(task) or task_listeners.is_held(task):
            self.execute(task)

    def _properties(self, form_elsewhere: Any) -> Mapping[str, str]:
        """Those drawn, beside them what other applications read."""
        more = {FORM_ELSEWHERE: str(form_elsewhere)} if form_elsewhere else {}
        if self.element.task_listeners:
            more[TASK_LISTENERS] = " ".join(self.listener_jobs.keys() & set(task_listeners.EVENTS))
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
