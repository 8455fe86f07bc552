"""The gate through which every diagram comes: what it finds, and the checked diagram if nothing is wrong."""

from __future__ import annotations

from types import MappingProxyType

from engine.errors import InvalidDiagram
from engine.runtime import reader, rules, texts, xml
from engine.runtime.diagram import Diagram
from engine.runtime.finding import Finding, Refusal


def check(source: bytes) -> list[Finding]:
    """Everything the gate finds: size, encoding, XML, structure, unsupported elements, every expression and timer.

    Never raises for a hostile or broken file. No error among the findings means `parse` will take it.
    """
    return examine(source)[1]


def parse(source: bytes) -> Diagram:
    """The checked diagram, ready to run. Raises InvalidDiagram with all findings if one of them is an error."""
    diagram, findings = examine(source)
    if diagram is None or _refused(findings):
        raise InvalidDiagram(findings=findings)
    return diagram


def examine(source: bytes) -> tuple[Diagram | None, list[Finding]]:
    """What `parse` gives and what `check` finds, in one go; no diagram where it could not be read."""
    try:
        return _read(source)
    except Refusal as refusal:
        return None, [refusal.finding]
    except Exception as error:  # noqa: BLE001 - whatever a crafted file provokes is a finding, not a failure
        return None, [
            Finding("error", "unreadable", params={"reason": f"{type(error).__name__}: {error}"})
        ]


def _read(source: bytes) -> tuple[Diagram | None, list[Finding]]:
    reading = reader.read(xml.tree(source))
    findings = list(reading.findings)
    if not _refused(findings):
        findings += rules.structure(reading)
    diagram = Diagram(
        source,
        MappingProxyType(reading.processes),
        MappingProxyType(reading.elements),
        MappingProxyType(reading.flows),
    )
    if _refused(findings):
        return None, findings
    findings += rules.behaviour(diagram) + texts.check(diagram)
    if not _refused(findings):
        _ = diagram.specs
    return diagram, findings


def _refused(findings: list[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)
