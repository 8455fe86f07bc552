"""Runs BPMN process instances on SpiffWorkflow, one in memory at a time; nothing else in the engine imports it.

`check` and `parse` are the gate for uploaded diagrams, `Execution` runs one process instance, the events say what
happened.
"""

from engine.runtime.context import Budget, Context
from engine.runtime.diagram import Diagram, Element, Flow, Loop, Process, Trigger
from engine.runtime.events import (
    Active,
    ElementActivated,
    ElementCompleted,
    ElementTerminated,
    Event,
    IncidentClosed,
    IncidentOpened,
    JobOpened,
    SubscriptionClosed,
    SubscriptionOpened,
    UserTaskOpened,
)
from engine.runtime.execution import Execution
from engine.runtime.finding import Finding
from engine.runtime.gate import check, parse
from engine.runtime.state import StateUnfit
from engine.runtime.timers import Duration, Timer, instant
from engine.runtime.values import UnsafeValue, check_variables

__all__ = [
    "Active",
    "Budget",
    "Context",
    "Diagram",
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
    "Process",
    "StateUnfit",
    "SubscriptionClosed",
    "SubscriptionOpened",
    "Timer",
    "Trigger",
    "UnsafeValue",
    "UserTaskOpened",
    "check",
    "check_variables",
    "instant",
    "parse",
]
