"""Start events: they pass at once, unless a return to the starter put the token back; then the start form is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.runtime.catching import Occurred
from engine.runtime.diagram import split
from engine.runtime.events import UserTaskOpened

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

PRIORITY = 50


class Start(Occurred):
    """A start event; reopened it waits to be completed like a user task, with the start form and for the starter."""

    completable = True

    def execute(self, task: Task) -> bool | None:
        """Pass, or open the start form."""
        origin = task.internal_data.get("origin")
        if origin is None:
            return super().execute(task)
        task.workflow.report(
            task,
            UserTaskOpened,
            name=self.element.name or self.element.id,
            assignee=origin.get("assignee"),
            candidate_groups=tuple(split(self.element.properties.get("startGroups", ""))),
            candidate_users=(),
            due_date=None,
            follow_up_date=None,
            priority=PRIORITY,
            form_id=self.element.form_id,
            properties={},
            definition_key=task.workflow.definition_key,
            origin=origin,
        )
        return None
