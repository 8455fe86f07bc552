"""Evaluates the texts of an element against the variables it sees; what fails is a Fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import ExpressionFailed
from engine.runtime import scopes
from engine.runtime.faults import EXPRESSION, MAPPING, Fault
from engine.runtime.values import problem

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.expressions import Result
    from engine.runtime.context import Context


def evaluate(task: Task, text: str) -> Any:
    """The value of a text: itself, or of the expression after a leading `=`."""
    return evaluate_all(task, [text])[0]


def evaluate_all(
    task: Task, texts: Sequence[str], extra: Mapping[str, Any] | None = None
) -> list[Any]:
    """The values of several texts, all expressions in one call of the interpreter."""
    expressions = [text[1:] for text in texts if text.startswith("=")]
    results = iter(attempt(task, expressions, extra) if expressions else ())
    return [_value(task, text, next(results)) if text.startswith("=") else text for text in texts]


def attempt(
    task: Task, expressions: Sequence[str], extra: Mapping[str, Any] | None = None
) -> list[Result]:
    """The results of several expressions, failed ones included."""
    context = _context(task)
    return context.feel.batch(expressions, _names(task, extra), now=context.local_now)


def mapped(task: Task, mappings: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What input or output mappings give; each sees what the ones before it assigned."""
    if all(not source.startswith("=") and "." not in target for source, target in mappings):
        return {target: source for source, target in mappings}
    context = _context(task)
    try:
        values = context.feel.map(mappings, _names(task, None), now=context.local_now)
    except ExpressionFailed as error:
        raise Fault(MAPPING, error.message) from error
    return checked(task, values)


def checked(task: Task, values: dict[str, Any]) -> dict[str, Any]:
    """The same values; a Fault if one of them is nothing that can be stored. Counts them in the budget."""
    for name, value in values.items():
        if reason := problem(value):
            raise Fault(MAPPING, f"{name} {reason}")
    task.workflow.top_workflow.meter.count_values(values)
    return values


def _value(task: Task, text: str, result: Result) -> Any:
    if result.error:
        raise Fault(EXPRESSION, f"{text}: {result.error}")
    if reason := problem(result.value):
        raise Fault(EXPRESSION, f"{text}: the value {reason}")
    return result.value


def explained(result: Result) -> str:
    """The value and what the interpreter noticed on the way, for the message of an incident."""
    noticed = "; ".join(str(warning) for warning in result.warnings)
    return f"{result.value!r}" + (f" ({noticed})" if noticed else "")


def _context(task: Task) -> Context:
    context: Context = task.workflow.top_workflow.context
    return context


def _names(task: Task, extra: Mapping[str, Any] | None) -> dict[str, Any]:
    return {**_context(task).environment, **scopes.visible(task), **(extra or {})}
