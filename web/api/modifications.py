"""Modifications: tokens put on elements and taken away, in one process instance or many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf
from werkzeug.exceptions import BadRequest

from engine.operations import batches as engine_batches
from engine.operations import modifications
from engine.operations.modifications import Activation, Modification, Move
from engine.runtime import check_variables
from web.api.batches import BatchRequest, BatchStarted, chosen, reason, started
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.operations import Operation
from web.api.schemas import Body, Key, text
from web.extensions import engine

blueprint = Noun("modifications")

MAX_INSTRUCTIONS = 100
ANY_SCOPE = "-1"


class VariableInstruction(Body):
    """Variables for the process, or for the scope of an element that is activated."""

    variables = fields.Dict(keys=fields.String(), required=True)
    scope_id = text(load_default="")


class ActivateInstruction(Body):
    """An element to activate, in the scope named by the element instance around it where several could be."""

    element_id = text(required=True)
    variable_instructions = fields.List(
        fields.Nested(VariableInstruction), load_default=list, validate=Length(max=MAX_INSTRUCTIONS)
    )
    ancestor_element_instance_key = text(load_default=ANY_SCOPE)


class SourceInstruction(Body):
    """Which element instances to move: all of an element, or one."""

    source_type = fields.String(required=True, validate=OneOf(["byId", "byKey"]))
    source_element_id = text()
    source_element_instance_key = Key()

    @validates_schema
    def _check_source(self, data: Mapping[str, Any], **_: Any) -> None:
        names = {"byId": "source_element_id", "byKey": "source_element_instance_key"}
        if names.get(data.get("source_type", "")) not in data:
            raise ValidationError("The source's id or key is needed.")


class MoveInstruction(Body):
    """A token to take from element instances to an element, in a scope around both."""

    source_element_instruction = fields.Nested(SourceInstruction, required=True)
    target_element_id = text(required=True)
    ancestor_scope_instruction = fields.Dict()
    variable_instructions = fields.List(
        fields.Nested(VariableInstruction), load_default=list, validate=Length(max=MAX_INSTRUCTIONS)
    )


class TerminateInstruction(Body):
    """An element instance to end, or all of an element."""

    element_id = text()
    element_instance_key = Key()

    @validates_schema
    def _check_one(self, data: Mapping[str, Any], **_: Any) -> None:
        if ("element_id" in data) == ("element_instance_key" in data):
            raise ValidationError("Either elementId or elementInstanceKey is needed.")


class ModificationRequest(Operation):
    """What to change: activations, then moves, then terminations. `reason` is an extension."""

    activate_instructions = fields.List(
        fields.Nested(ActivateInstruction), load_default=list, validate=Length(max=MAX_INSTRUCTIONS)
    )
    move_instructions = fields.List(
        fields.Nested(MoveInstruction), load_default=list, validate=Length(max=MAX_INSTRUCTIONS)
    )
    terminate_instructions = fields.List(
        fields.Nested(TerminateInstruction),
        load_default=list,
        validate=Length(max=MAX_INSTRUCTIONS),
    )
    reason = text(longest=1000, shortest=1)


class MoveAll(Body):
    """A token to take from every instance of an element to another element."""

    source_element_id = text(required=True)
    target_element_id = text(required=True)


class ModificationBatch(BatchRequest):
    """The same moves in many instances."""

    move_instructions = fields.List(
        fields.Nested(MoveAll), required=True, validate=Length(1, MAX_INSTRUCTIONS)
    )


@blueprint.post("/process-instances/<key:process_instance_key>/modification")
@blueprint.arguments(ModificationRequest)
@blueprint.response(204)
def modify(asked: dict[str, Any], process_instance_key: int) -> Response:
    """Put tokens on elements and take them away. For operators."""
    why = asked.get("reason") or reason(asked)
    with engine.begin(actor()) as command:
        modifications.apply(command, process_instance_key, _modification(asked), why)
    return Response(status=204)


def _modification(asked: Mapping[str, Any]) -> Modification:
    ending = asked["terminate_instructions"]
    return Modification(
        activate=tuple(map(_activation, asked["activate_instructions"])),
        move=tuple(map(_move, asked["move_instructions"])),
        terminate=tuple(
            one["element_instance_key"] for one in ending if "element_instance_key" in one
        ),
        terminate_ids=tuple(one["element_id"] for one in ending if "element_id" in one),
    )


def _activation(asked: Mapping[str, Any]) -> Activation:
    around, element_id = asked["ancestor_element_instance_key"], asked["element_id"]
    if around != ANY_SCOPE and not around.isdecimal():
        raise BadRequest("ancestorElementInstanceKey: not a key.")
    instructions = asked["variable_instructions"]
    unknown = {one["scope_id"] for one in instructions} - {"", element_id}
    if unknown:
        raise BadRequest("scopeId: only the process or the element itself.")
    return Activation(
        element_id=element_id,
        variables=_together(instructions, ""),
        local=_together(instructions, element_id),
        scope_key=None if around == ANY_SCOPE else int(around),
    )


def _move(asked: Mapping[str, Any]) -> Move:
    source = asked["source_element_instruction"]
    return Move(
        element_id=asked["target_element_id"],
        key=source.get("source_element_instance_key"),
        source_id=source.get("source_element_id", ""),
        variables=_together(asked["variable_instructions"], ""),
    )


def _together(instructions: Iterable[Mapping[str, Any]], scope: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in instructions:
        if one["scope_id"] == scope:
            found |= check_variables(one["variables"])
    return found


@blueprint.post("/process-instances/modification")
@blueprint.arguments(ModificationBatch)
@blueprint.response(200, BatchStarted)
def modify_instances(asked: dict[str, Any]) -> dict[str, Any]:
    """Make the same moves in many instances."""
    moves = [
        {"element_id": one["target_element_id"], "source_id": one["source_element_id"]}
        for one in asked["move_instructions"]
    ]
    with engine.begin(actor()) as command:
        return started(
            engine_batches.begin(
                command, engine_batches.MODIFY, chosen(asked), params={"move": moves},
                reason=reason(asked),
            )
        )  # fmt: skip
