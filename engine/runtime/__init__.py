"""Runs BPMN process instances on SpiffWorkflow, one in memory at a time; nothing else in the engine imports it.

`check` and `parse` are the gate for uploaded diagrams, `Execution` runs one process instance, the events say what
happened.
"""

from engine.runtime.ad_hoc import Direction
from engine.runtime.approvals import HIDDEN_FROM
from engine.runtime.approvals import until as cancelable_until
from engine.runtime.approvals import within as cancelable_within
from engine.runtime.context import Binding, Budget, Context
from engine.runtime.diagram import Diagram, Element, Flow, Loop, Process, Trigger
from engine.runtime.events import (
    AD_HOC,
    FORM_ELSEWHERE,
    LISTENER_EVENT,
    TASK_HEADERS,
    TASK_LISTENER,
    TASK_LISTENERS,
    Active,
    ElementActivated,
    ElementCompleted,
    ElementTerminated,
    Event,
    IncidentClosed,
    IncidentOpened,
    JobOpened,
    ProcessRejected,
    SignalAwaited,
    SignalThrown,
    SubscriptionClosed,
    SubscriptionOpened,
    TransitionReady,
    UserTaskOpened,
)
from engine.runtime.execution import Execution
from engine.runtime.finding import Finding
from engine.runtime.gate import check, examine, parse
from engine.runtime.migration import Misfit, Route, Unmigratable
from engine.runtime.moves import Move, Standing
from engine.runtime.state import StateUnfit
from engine.runtime.timers import Duration, Timer, instant
from engine.runtime.values import UnsafeValue, check_variables
from engine.runtime.votes import Vote

__all__ = [
    "AD_HOC",
    "FORM_ELSEWHERE",
    "HIDDEN_FROM",
    "LISTENER_EVENT",
    "TASK_HEADERS",
    "TASK_LISTENER",
    "TASK_LISTENERS",
    "Active",
    "Binding",
    "Budget",
    "Context",
    "Diagram",
    "Direction",
    "Duration",
    "Element",
    "ElementActivated",
    "ElementCompleted",
    "ElementTerminated",
    "Event",
    "Execution",
    "Finding",
    "Flow",
    "IncidentClosed",
    "IncidentOpened",
    "JobOpened",
    "Loop",
    "Misfit",
    "Move",
    "Process",
    "ProcessRejected",
    "Route",
    "SignalAwaited",
    "SignalThrown",
    "Standing",
    "StateUnfit",
    "SubscriptionClosed",
    "SubscriptionOpened",
    "Timer",
    "TransitionReady",
    "Trigger",
    "Unmigratable",
    "UnsafeValue",
    "UserTaskOpened",
    "Vote",
    "cancelable_until",
    "cancelable_within",
    "check",
    "check_variables",
    "examine",
    "instant",
    "parse",
]
