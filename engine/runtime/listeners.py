"""What an element instance listens to for itself, its boundary events or its event subprocesses.

A listener is a plain dictionary in the token's internal data, part of the saved state: key, element, and one of name and
correlation (a message), signal, timer, condition. Nobody loads an instance to look whether it is due or addressed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engine.runtime.evaluation import attempt, evaluate
from engine.runtime.events import SignalAwaited, SubscriptionClosed, SubscriptionOpened
from engine.runtime.faults import EXPRESSION, Fault
from engine.runtime.timers import Timer

if TYPE_CHECKING:
    from SpiffWorkflow.task import Task

    from engine.runtime.diagram import Element, Trigger

Listener = dict[str, Any]
HEARD = ("message", "signal", "timer", "conditional")
ADDRESSED = {"name", "signal"}


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
        if "condition" in listener:
            task.workflow.top_workflow.fresh.append(listener)
        _report_opened(task, listener)
    if made:
        task.internal_data.setdefault("listeners", []).extend(made)


def _listener(task: Task, element: Element) -> Listener:
    trigger = element.trigger
    if trigger is None:
        raise Fault(EXPRESSION, f"{element.id} waits for nothing")
    if trigger.kind == "message":
        return {"element": element.id, **_subscription(task, trigger)}
    if trigger.kind == "signal":
        return {"element": element.id, "signal": name_of(task, trigger)}
    if trigger.kind == "conditional":
        return {"element": element.id, "condition": _condition(task, trigger)}
    return {"element": element.id, "timer": _timer(task, trigger).as_json()}


def _subscription(task: Task, trigger: Trigger) -> dict[str, str]:
    name, key = name_of(task, trigger), evaluate(task, trigger.correlation_key)
    if isinstance(key, bool) or not isinstance(key, str | int | float):
        raise Fault(
            EXPRESSION,
            f"the correlation key {trigger.correlation_key} is {key!r}, not a text or number",
        )
    return {"name": name, "correlation": correlation_text(key)}


def name_of(task: Task, trigger: Trigger) -> str:
    """The name of the message or signal. Raises Fault if it is no text."""
    name = evaluate(task, trigger.name)
    if not isinstance(name, str) or not name:
        raise Fault(EXPRESSION, f"the {trigger.kind} name {trigger.name} is {name!r}, not a text")
    return name


def _condition(task: Task, trigger: Trigger) -> str:
    """The condition, if it can be evaluated at all. Whether it holds is asked when nothing is half done."""
    if error := attempt(task, [trigger.expression])[0].error:
        raise Fault(EXPRESSION, f"the condition {trigger.expression}: {error}")
    return trigger.expression


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
        if ADDRESSED & listener.keys():
            _report(task, SubscriptionClosed, listener, is_signal="signal" in listener)
    if not of(task):
        task.internal_data.pop("listeners", None)


def used(task: Task, listener: Listener) -> None:
    """A non-interrupting trigger was heard: all but a timer can come again, a timer only if it is a cycle."""
    if "timer" not in listener:
        return
    context = task.workflow.top_workflow.context
    following = Timer.from_json(listener["timer"]).following(context.now, context.zone)
    if following is None:
        close(task, [listener])
    else:
        listener["timer"] = following.as_json()


def postpone(listener: Listener, until: datetime) -> None:
    """Let a timer be due later; a cycle keeps its grid."""
    listener["timer"] = {**listener["timer"], "due": until.isoformat()}


def heard(task: Task, listener: Listener, variables: Mapping[str, Any]) -> None:
    """What was listened for has happened."""
    used(task, listener)
    element = task.workflow.spec.elements[listener["element"]]
    task.task_spec.triggered(task, element, variables)


def due(task: Task) -> Iterator[tuple[datetime, Listener]]:
    """The timers of the element instance with their due instants."""
    for listener in of(task):
        if "timer" in listener:
            yield Timer.from_json(listener["timer"]).due, listener


def _report_opened(task: Task, listener: Listener) -> None:
    if "signal" in listener:
        _report(task, SignalAwaited, listener, signal_name=listener["signal"])
    elif "name" in listener:
        names = {"message_name": listener["name"], "correlation_key": listener["correlation"]}
        _report(task, SubscriptionOpened, listener, **names)


def _report(task: Task, event: type, listener: Listener, **more: Any) -> None:
    element = task.workflow.spec.elements[listener["element"]]
    top = task.workflow.top_workflow
    top.events.append(event(listener["key"], element.id, element.process_id, **more))
