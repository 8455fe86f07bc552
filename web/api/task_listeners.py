"""What a worker is told of a user task whose listener it is, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, fields
from marshmallow.validate import Length, OneOf

from engine.models.job import Job
from engine.runtime import AD_HOC, LISTENER_EVENT, TASK_LISTENER, Direction
from engine.task_attributes import PREFIX, TASK_KEY
from engine.tasks.transitions import DENIED, Answer
from web.api.schemas import Body, read_instant, text

KINDS = {
    LISTENER_EVENT: "EXECUTION_LISTENER", TASK_LISTENER: "TASK_LISTENER", AD_HOC: "AD_HOC_SUB_PROCESS",
}  # fmt: skip
BPMN_ELEMENT, UNSPECIFIED = "BPMN_ELEMENT", "UNSPECIFIED"
MAX_CANDIDATES = 200
MAX_ACTIVATIONS = 100
LISTS = ("candidateGroups", "candidateUsers", "changedAttributes")
TOLD = ("action", "assignee", "dueDate", "followUpDate", "formKey", "userTaskKey")


class Moment(fields.String):
    """An instant, or an empty text that clears it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        return value if value == "" else read_instant(value)


class JobCorrections(Body):
    """Attributes of the user task to change: null keeps what is there, an empty text or list clears it."""

    class Meta:
        """Others are ignored, as the clients expect."""

        unknown = EXCLUDE

    assignee = text(allow_none=True)
    due_date = Moment(allow_none=True)
    follow_up_date = Moment(allow_none=True)
    candidate_users = fields.List(text(), allow_none=True, validate=Length(max=MAX_CANDIDATES))
    candidate_groups = fields.List(text(), allow_none=True, validate=Length(max=MAX_CANDIDATES))
    priority = fields.Integer(strict=True, allow_none=True)


class DirectedElement(Body):
    """An element of an ad-hoc subprocess to activate, with variables of its own."""

    element_id = text(required=True)
    variables = fields.Dict(keys=fields.String(), allow_none=True, load_default=dict)


class JobAnswer(Body):
    """What a task listener says: whether it denies what was wanted, why, and what of the task it corrects.

    For an ad-hoc subprocess: the elements to activate, or that it is fulfilled, and whether what is active ends.
    """

    type = fields.String(load_default="userTask", validate=OneOf(["userTask", AD_HOC]))
    activate_elements = fields.List(
        fields.Nested(DirectedElement), allow_none=True, validate=Length(max=MAX_ACTIVATIONS)
    )
    is_completion_condition_fulfilled = fields.Boolean(load_default=False, allow_none=True)
    is_cancel_remaining_instances = fields.Boolean(load_default=False, allow_none=True)
    denied = fields.Boolean(load_default=False, allow_none=True)
    denied_reason = text(load_default="", longest=500, allow_none=True)
    corrections = fields.Nested(JobCorrections, load_default=dict, allow_none=True)


def answer_of(result: Mapping[str, Any] | None) -> Answer | Direction | None:
    """Read the result of a job; None without one."""
    if result is None:
        return None
    if result["type"] == AD_HOC:
        wanted = result.get("activate_elements") or ()
        return Direction(
            elements=tuple((one["element_id"], one["variables"] or {}) for one in wanted),
            fulfilled=bool(result["is_completion_condition_fulfilled"]),
            alone=bool(result["is_cancel_remaining_instances"]),
        )
    corrected = {
        JobCorrections().fields[name].data_key or name: None if value == "" else value
        for name, value in (result["corrections"] or {}).items()
        if value is not None
    }
    return Answer(bool(result["denied"]), result["denied_reason"] or "", corrected)


def described(job: Job) -> dict[str, Any]:
    """Tell of what kind a job is, which element instance it belongs to, and the headers meant for its worker."""
    header = next((one for one in KINDS if one in job.headers), "")
    own = {name: text for name, text in job.headers.items() if name not in (header, DENIED)}
    return {
        "kind": KINDS.get(header, BPMN_ELEMENT),
        "listener_event_type": job.headers[header].upper()
        if header and header != AD_HOC
        else UNSPECIFIED,
        "element_instance_key": int(
            job.headers.get(TASK_KEY) or job.headers.get(AD_HOC) or job.key
        ),
        "custom_headers": own,
    }


def denial(job: Job) -> dict[str, Any]:
    """Tell whether a task listener denied what was wanted, and why; nulls for any other job."""
    if TASK_LISTENER not in job.headers:
        return {"is_denied": None, "denied_reason": None}
    reason = job.headers.get(DENIED)
    return {"is_denied": reason is not None, "denied_reason": reason or None}


def user_task(job: Job) -> dict[str, Any] | None:
    """Give the user task a listener is asked about, as it would be; None for any other job."""
    if TASK_LISTENER not in job.headers:
        return None
    told = {name: job.headers.get(PREFIX + name) for name in TOLD}
    lists = {name: json.loads(job.headers.get(PREFIX + name, "[]")) for name in LISTS}
    return told | lists | {"priority": int(job.headers[PREFIX + "priority"])}
