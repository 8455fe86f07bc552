"""What an operation would lead to, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _

from engine.course import Course
from engine.errors import EngineError, InvalidVariables
from engine.operations.modifications import Preview
from engine.runtime import Active
from engine.staff import people
from web.errors import words as error_words
from web.extensions import session
from web.views import names
from web.views.operations import steps


def view(found: Preview, course: Course) -> dict[str, Any]:
    """Give what ends, what begins (and what then stands still at once), whose work is taken back, and whether all ends."""
    holders = people.by_id(session, [task.assignee_id for task in found.tasks])
    return {
        "ended": _named(found.ended, course),
        "begun": _named(found.begun, course),
        "stuck": _named(tuple(one for one in found.begun if one.incident), course),
        "taken": [
            {
                "step": names.step(names.definition(task.definition_key), task),
                "who": names.user(holders.get(task.assignee_id or 0)),
            }
            for task in found.tasks
        ],
        "completes": found.completes,
    }


def _named(those: tuple[Active, ...], course: Course) -> list[str]:
    return [steps.of_course(course, one.process_id, one.element_id) for one in those]


def refusal(error: EngineError) -> str:
    """Say why something cannot be done: the engine's sentence, and what it says about the place."""
    if isinstance(error, InvalidVariables):
        return str(_("这些变量不能这样写：%(names)s", names=", ".join(sorted(error.errors))))
    reason = str(error.params.get("reason") or "")
    said = error_words(error)
    if not reason or type(error).code != "rejected":
        return said
    return said + str(_("：")) + _reason(reason)


def _reason(text: str) -> str:
    """The reasons the engine gives for places, in the reader's language; others as they are."""
    subject = text.split(" ", 1)[0]
    return next((say(subject) for part, say in _REASONS if part in text), text)


_REASONS: tuple[tuple[str, Callable[[str], str]], ...] = (
    (
        "nothing would be left",
        lambda _step: str(_("流程里就什么也不剩了，请改为撤销流程")),
    ),
    ("there is no place for", lambda _step: str(_("那一步不在这里能去的范围内"))),
    ("is not in a scope around", lambda step: str(_("%(step)s 不在这里能去的范围内", step=step))),
    ("say in which", lambda _step: str(_("那一步有好几处可去，说不清是哪一处"))),
    ("runs several times", lambda step: str(_("%(step)s 要分多份办，只能整个开始", step=step))),
    ("only happens by itself", lambda step: str(_("%(step)s 是自己发生的事件，放不了", step=step))),
    ("waits behind its gateway", lambda step: str(_("%(step)s 只能由它前面的网关等", step=step))),
    ("cannot be skipped", lambda step: str(_("%(step)s 不能跳过，请转到别的步骤", step=step))),
    (
        "belongs to no step",
        lambda _step: str(_("这个异常不属于哪一步，请用“调整流程”")),
    ),
)
