"""What happens while a process instance runs, in order, as the runtime reports it.

Every event carries `key` (the 53-bit key of the element instance), `element_id` and `process_id` (the process that
contains the element, which inside a call activity is the called one). Times are aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FORM_ELSEWHERE = "externalFormReference"
TASK_HEADERS = "taskHeaders"
LISTENER_EVENT = "executionListener"
TASK_LISTENER = "taskListener"
AD_HOC = "adHocSubProcess"
TASK_LISTENERS = "taskListeners"


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened at one element instance."""

    key: int
    element_id: str
    process_id: str


@dataclass(frozen=True, slots=True)
class ElementActivated(Event):
    """A token entered the element.

    `type` is the BPMN name (`userTask`, `exclusiveGateway` …; `multiInstanceBody` for the body around the instances
    of a multi-instance activity). `scope_key` is the element instance of the surrounding subprocess, call activity
    or multi-instance body, None directly in the process. `flow_id` is the sequence flow by which the token came
    (None for start and boundary events); a joining gateway names the other flows it consumed in `joined`.
    `definition_key` is the definition of the process the element belongs to. `came_from` are the element instances the
    token came from, aligned with `flow_id` and `joined`; none at the start of a scope and for instances of a
    multi-instance body.
    """

    type: str
    scope_key: int | None
    flow_id: str | None
    joined: tuple[str, ...] = ()
    definition_key: int = 0
    came_from: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ElementCompleted(Event):
    """The element did its work and the token left it."""


@dataclass(frozen=True, slots=True)
class ElementTerminated(Event):
    """The element was stopped before it completed: cancelled, interrupted or decided by a completion condition."""


@dataclass(frozen=True, slots=True)
class UserTaskOpened(Event):
    """A user task waits for somebody. Expressions of its attributes are evaluated; `properties` are as drawn.

    Beside them stand what other applications read: FORM_ELSEWHERE, the form that one of those shows, and TASK_HEADERS, the
    task headers as JSON text; and TASK_LISTENERS, the events of it that listeners are told, apart by blanks. `transition` is
    the one it waits for before anybody has it (creating or assigning), None without.

    `summary` is what the process property `summary` gives: up to three short strings, empty if it fails. `definition_key` is
    the definition of the process the task belongs to. `origin` is what a `Move` gave along for a task that is opened again.
    """

    name: str
    assignee: str | None
    candidate_groups: tuple[str, ...]
    candidate_users: tuple[str, ...]
    due_date: datetime | None
    follow_up_date: datetime | None
    priority: int
    form_id: str | None
    properties: Mapping[str, str] = field(hash=False)
    summary: tuple[str, ...] = ()
    definition_key: int = 0
    origin: Mapping[str, Any] | None = field(default=None, hash=False)
    transition: str | None = None


@dataclass(frozen=True, slots=True)
class ProcessRejected(Event):
    """The rejection of this element ended its process, as its `rejectTo` = `end` says."""


@dataclass(frozen=True, slots=True)
class JobOpened(Event):
    """Work for a job worker. `variables` are what the element sees (a copy); `definition_key` is as above.

    The job of a listener has a key of its own, and says by a header when it is called: LISTENER_EVENT (start, end), or
    TASK_LISTENER (creating, assigning …). That of a task listener names the user task, what is done with it (`action`) and
    which of its attributes would change. The job that directs an ad-hoc subprocess has the subprocess's key in the header AD_HOC.
    """

    type: str
    retries: int
    headers: Mapping[str, str] = field(hash=False)
    variables: Mapping[str, Any] = field(hash=False)
    definition_key: int = 0
    task_key: int | None = None
    action: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class TransitionReady(Event):
    """The listeners of a user task's `transition` are done: it can be carried out.

    `held` and `changes` are what `Execution.hold` was given, with what the listeners corrected among the changes.
    """

    transition: str
    held: Mapping[str, Any] = field(hash=False)
    changes: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class SubscriptionOpened(Event):
    """An element instance waits for a message; `Execution.correlate` takes this event's key.

    `correlation_key` is "" where the diagram gives none.
    """

    message_name: str
    correlation_key: str


@dataclass(frozen=True, slots=True)
class SubscriptionClosed(Event):
    """Nobody waits for that message or signal any more: it came, or its element instance is gone."""

    is_signal: bool = False


@dataclass(frozen=True, slots=True)
class SignalAwaited(Event):
    """An element instance waits for a signal; `Execution.correlate` takes this event's key."""

    signal_name: str


@dataclass(frozen=True, slots=True)
class SignalThrown(Event):
    """A signal for everybody who waits for it now; `variables` are what its input mappings made."""

    signal_name: str
    variables: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class IncidentOpened(Event):
    """The element instance is stuck until it is retried. `error_type` is one of Camunda's incident types."""

    error_type: str
    message: str


@dataclass(frozen=True, slots=True)
class IncidentClosed(Event):
    """The incident of this element instance is over: retried, or the element is gone."""


@dataclass(frozen=True, slots=True)
class Active:
    """An element instance that is alive now."""

    key: int
    element_id: str
    process_id: str
    type: str
    scope_key: int | None
    incident: str | None
