"""What the gate finds in an uploaded diagram."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

MESSAGES = {
    "attribute_count": "An element has more than {limit} attributes.",
    "boundary_host": "The boundary event is attached to {host}, which is not an activity of the same process.",
    "call_cycle": "The call activities call each other in a circle: {cycle}.",
    "cardinality": "A multi-instance activity may have at most {limit} instances.",
    "condition_missing": "The sequence flow {flow} leaves a gateway without a condition and is not its default flow.",
    "depth": "The XML is nested deeper than {limit} levels.",
    "doctype": "A document type declaration is not allowed.",
    "duplicate_id": "The id {id} is used more than once.",
    "element_count": "The diagram has more than {limit} elements.",
    "empty_process": "The process {id} has no start event.",
    "encoding": "The file is not UTF-8.",
    "endless_loop": "The loop {loop} has no step that waits for a person, a job, a message or a time.",
    "end_outgoing": "A sequence flow leaves an end event.",
    "event_gateway_target": "An event-based gateway leads only to events that wait and receive tasks.",
    "expression": "The expression {expression} is not valid FEEL: {reason}.",
    "expression_needed": "{attribute} must be an expression that begins with =.",
    "flow_end": "The sequence flow does not connect two elements of the same process or subprocess.",
    "id": "The id {id} is not valid: letters, digits, dot, hyphen and underscore, not beginning with a digit.",
    "link_twice": "The link {name} has more than one catch event here.",
    "missing": "{what} is missing.",
    "no_process": "The file has no executable process.",
    "not_bpmn": "The file is not a BPMN diagram.",
    "nothing_follows": "Nothing follows this element, and it is not an end event.",
    "path_length": "More than {limit} elements follow one another.",
    "processing_instruction": "A processing instruction is not allowed.",
    "reference": "{what} {id} is not in the file.",
    "size": "The file is larger than {limit} bytes.",
    "start_count": "A subprocess has exactly one start event.",
    "start_incoming": "A sequence flow leads to a start event.",
    "timer": "The timer {expression} is not valid: {reason}.",
    "unreachable": "No start event leads here.",
    "unreadable": "The diagram cannot be read: {reason}.",
    "unsupported": "{what} is not supported: {reason}.",
    "xml": "The XML is not well-formed: {reason}.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the gate found: `code` names the rule (a key of MESSAGES), `params` fill its message.

    An `error` refuses the diagram, a `warning` does not. `line` counts from 1.
    """

    severity: Literal["error", "warning"]
    code: str
    element_id: str | None = None
    line: int | None = None
    params: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def message(self) -> str:
        """The finding in English, with element and line where they are known."""
        text = MESSAGES[self.code].format_map(self.params)
        place = f"{self.element_id}: " if self.element_id else ""
        return f"{place}{text}" + (f" (line {self.line})" if self.line else "")


class Refusal(Exception):
    """Reading cannot go on after this finding."""

    def __init__(self, code: str, line: int | None = None, **params: str) -> None:
        self.finding = Finding("error", code, None, line, params)
        super().__init__(self.finding.message)
