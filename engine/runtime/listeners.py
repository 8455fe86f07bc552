"""What an element instance listens to: messages and timers of its own, of its boundary events or event subprocesses.

A listener is a plain dictionary in the token's internal data, part of the saved state: key, element, and either
name and correlation (a message) or a timer. Nobody loads an instance to look whether it is due or addressed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.runtime.evaluation import evaluate, evaluate_all
from engine.runtime.events import SubscriptionClosed, SubscriptionOpened
from engine.runtime.faults import EXPRESSION, Fault
from engine.runtime.timers import Timer

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.diagram import Element, Trigger

Listener = dict[str, Any]
HEARD = ("message", "timer")


def of(task: Task) -> list[Listener]:
    """What the element instance listens to."""
    found: list[Listener] = task.internal_data.get("listeners", [])
    return found


def open_(task: Task, elements: Iterable[Element], *, key: int | None = None) -> None:
    """Start to listen for the triggers of these elements. Raises Fault, then nothing was opened.

    `key` is the subscription's key if the element instance itself is what listens.
    """
    heard = [e for e in elements if e.trigger and e.trigger.kind in HEARD]
    made = [_listener(task, element) for element in heard]
    new_key = task.workflow.top_workflow.context.new_key
    for listener in made:
        listener["key"] = key or new_key()
        if "name" in listener:
            _report_opened(task, listener)
    if made:
        task.internal_data.setdefault("listeners", []).extend(made)


def _listener(task: Task, element: Element) -> Listener:
    trigger = element.trigger
    if trigger is None:
        raise Fault(EXPRESSION, f"{element.id} waits for nothing")
    if trigger.kind == "message":
        return {"element": element.id, **_subscription(task, trigger)}
    return {"element": element.id, "timer": _timer(task, trigger).as_json()}


def _subscription(task: Task, trigger: Trigger) -> dict[str, str]:
    name, key = evaluate_all(task, [trigger.name, trigger.correlation_key])
    if not isinstance(name, str) or not name:
        raise Fault(EXPRESSION, f"the message name {trigger.name} is {name!r}, not a text")
    if isinstance(key, bool) or not isinstance(key, str | int | float):
        raise Fault(
            EXPRESSION,
            f"the correlation key {trigger.correlation_key} is {key!r}, not a text or number",
        )
    return {"name": name, "correlation": correlation_text(key)}


def correlation_text(key: str | float) -> str:
    """A correlation key as text: whole numbers without a decimal point."""
    return str(int(key)) if isinstance(key, float) and key.is_integer() else str(key)


def _timer(task: Task, trigger: Trigger) -> Timer:
    value = evaluate(task, trigger.expression)
    context = task.workflow.top_workflow.context
    try:
        return Timer.start(trigger.timer, value, context.now, context.zone)
    except ValueError as error:
        raise Fault(EXPRESSION, f"the timer {trigger.expression}: {error}") from error


def close(task: Task, which: Sequence[Listener] | None = None) -> None:
    """Stop listening, altogether or to these."""
    for listener in list(of(task) if which is None else which):
        of(task).remove(listener)
        if "name" in listener:
            _report(task, SubscriptionClosed, listener)
    if not of(task):
        task.internal_data.pop("listeners", None)


def used(task: Task, listener: Listener) -> None:
    """A non-interrupting trigger was heard: a message can come again, a timer only if it is a cycle."""
    if "timer" not in listener:
        return
    following = Timer.from_json(listener["timer"]).following(task.workflow.top_workflow.context.now)
    if following is None:
        close(task, [listener])
    else:
        listener["timer"] = following.as_json()


def due(task: Task) -> Iterator[tuple[datetime, Listener]]:
    """The timers of the element instance with their due instants."""
    for listener in of(task):
        if "timer" in listener:
            yield Timer.from_json(listener["timer"]).due, listener


def _report_opened(task: Task, listener: Listener) -> None:
    _report(
        task,
        SubscriptionOpened,
        listener,
        message_name=listener["name"],
        correlation_key=listener["correlation"],
    )


def _report(task: Task, event: type, listener: Listener, **more: str) -> None:
    element = task.workflow.spec.elements[listener["element"]]
    top = task.workflow.top_workflow
    top.events.append(event(listener["key"], element.id, element.process_id, **more))
