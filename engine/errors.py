"""What can go wrong, as one tree.

An error's class docstring is its English message, its `code` the key under which the web translates it, its
`params` the values that fill the message. Errors carry no markup and no language beyond that docstring.
"""

from __future__ import annotations

from typing import Any, ClassVar


class EngineError(Exception):
    """The engine could not do this."""

    code: ClassVar[str] = "engine_error"

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The docstring's first line, filled with the parameters."""
        text = (type(self).__doc__ or "").strip().splitlines()[0]
        return text.format_map(_Missing(self.params))


class _Missing(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


class NotFound(EngineError):
    """There is no {noun} {key} that you may see."""

    code = "not_found"


class NotAllowed(EngineError):
    """You may not do this: {reason}."""

    code = "not_allowed"


class NotDistinct(NotAllowed):
    """Who completed “{step}” may not do this task."""

    code = "not_distinct"


class StarterExcluded(NotAllowed):
    """Who started this may not do this task."""

    code = "starter_excluded"


class Rejected(EngineError):
    """This cannot be done as asked: {reason}."""

    code = "rejected"


class Conflict(EngineError):
    """Something changed while you were working on it."""

    code = "conflict"


class TaskChanged(Conflict):
    """Someone changed this task after you opened it."""

    code = "task_changed"


class TaskClosed(Conflict):
    """This task is no longer open."""

    code = "task_closed"


class TaskHeld(TaskChanged):
    """This task is being processed: try again when that is done."""

    code = "task_held"


class WaitsForSigners(Conflict):
    """Others must sign this task first: {people}."""

    code = "waits_for_signers"


class InstanceClosed(Conflict):
    """This process instance has ended."""

    code = "instance_closed"


class InstanceSuspended(Conflict):
    """This process instance is suspended."""

    code = "instance_suspended"


class DuplicateBusinessKey(Conflict):
    """There is already an active {process_id} for {business_key}."""

    code = "duplicate_business_key"


class InvalidVariables(Rejected):
    """Some of what was entered is not valid."""

    code = "invalid_variables"

    def __init__(self, errors: dict[str, list[EngineError]], **params: Any) -> None:
        """Keep `errors`, which maps a field's path (`keys.0.count`) to what is wrong with it."""
        self.errors = errors
        super().__init__(**params)


class FieldError(EngineError):
    """This value is not valid."""

    code = "field_invalid"


class InvalidDiagram(Rejected):
    """The diagram cannot be deployed."""

    code = "invalid_diagram"

    def __init__(self, findings: list[Any], **params: Any) -> None:
        """Keep `findings`: what the gate found, errors among them."""
        self.findings = findings
        super().__init__(**params)


class BudgetExceeded(EngineError):
    """The process ran too long without waiting for anybody ({elements})."""

    code = "budget_exceeded"


class ExpressionFailed(EngineError):
    """The expression {expression} failed: {reason}."""

    code = "expression_failed"


class DecisionFailed(EngineError):
    """The decision {decision_id} failed: {reason}."""

    code = "decision_failed"


class WrongCredentials(Rejected):
    """The user name or the password is wrong."""

    code = "wrong_credentials"


class WeakPassword(Rejected):
    """The new password is too weak: {reason}."""

    code = "weak_password"
