"""What can be wrong with a file of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.forms import Finding as FormFinding
from engine.runtime import Element, Finding


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with a file of a bundle; an `error` refuses the bundle, a `warning` does not."""

    file: str
    severity: str
    code: str
    message: str
    element_id: str | None = None
    line: int | None = None
    params: Mapping[str, str] = field(default_factory=dict)


def of_finding(file: str, finding: Finding) -> Problem:
    """Give what the gate of diagrams and decisions found in a file."""
    return Problem(
        file=file,
        severity=finding.severity,
        code=finding.code,
        message=finding.message,
        element_id=finding.element_id,
        line=finding.line,
        params=finding.params,
    )


def of_form(file: str, finding: FormFinding) -> Problem:
    """Give what the gate of forms found; the component stands for the element."""
    params = {name: str(value)[:300] for name, value in finding.params.items()}
    return replace(
        problem(file, f"form_{finding.code}", finding.message, **params),
        element_id=finding.component or None,
    )


def problem(file: str, code: str, message: str, **params: str) -> Problem:
    """Give an error of a file."""
    return Problem(file=file, severity="error", code=code, message=message, params=params)


def at(
    file: str, element: Element, code: str, message: str, *, severity: str = "error", **params: str
) -> Problem:
    """Give what is wrong with an element."""
    return Problem(
        file=file,
        severity=severity,
        code=code,
        message=f"{element.id}: {message} (line {element.line})",
        element_id=element.id,
        line=element.line,
        params=params,
    )
