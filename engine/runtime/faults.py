"""What makes a token stop with an incident."""

from __future__ import annotations


class Fault(Exception):
    """The element cannot go on; `error_type` is one of Camunda's incident types."""

    def __init__(self, error_type: str, message: str) -> None:
        self.error_type = error_type
        super().__init__(message[:2000])


EXPRESSION = "EXTRACT_VALUE_ERROR"
MAPPING = "IO_MAPPING_ERROR"
CONDITION = "CONDITION_ERROR"
CALLED_PROCESS = "CALLED_ELEMENT_ERROR"
CALLED_DECISION = "CALLED_DECISION_ERROR"
UNHANDLED_ERROR = "UNHANDLED_ERROR_EVENT"
SIZE = "MESSAGE_SIZE_EXCEEDED"
UNKNOWN = "UNKNOWN"
