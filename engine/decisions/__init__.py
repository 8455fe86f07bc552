"""Decisions: DMN documents read into compact models, and evaluated.

A model is JSON text, so it can be stored and cached; `engine/expressions/dmn.js` evaluates it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from engine.errors import InvalidDiagram
from engine.expressions import Decided, Evaluated, feel
from engine.runtime.finding import Finding, Refusal
from engine.runtime.xml import ZEEBE, tree

from .document import model_of
from .reading import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = [
    "Decided",
    "DecisionModel",
    "Evaluated",
    "Finding",
    "InvalidDecisions",
    "evaluate",
    "parse",
    "read",
    "version_tags",
]


class InvalidDecisions(InvalidDiagram):
    """The decisions cannot be deployed."""

    code: ClassVar[str] = "invalid_decisions"


@dataclass(frozen=True)
class DecisionModel:
    """The decisions of one DMN document as JSON text."""

    text: str

    @cached_property
    def key(self) -> str:
        """The SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def decision_ids(self) -> tuple[str, ...]:
        """The ids of the decisions and decision services, in document order."""
        return tuple(self._names)

    def name_of(self, decision_id: str) -> str:
        """The name of a decision or decision service; raises KeyError for others."""
        return self._names[decision_id]

    @cached_property
    def _names(self) -> dict[str, str]:
        model = json.loads(self.text)
        entries = {**model["decisions"], **model["services"]}
        return {id_: entry["name"] for id_, entry in entries.items()}


def parse(xml: bytes) -> DecisionModel:
    """Reads a DMN 1.1 to 1.5 document whose expression language is FEEL.

    Raises InvalidDecisions with every finding: unsafe or malformed XML, constructs that are not supported, references
    to nothing, texts that are no FEEL or call unknown functions.
    """
    model, findings = read(xml)
    if findings:
        raise InvalidDecisions(findings)
    return model


def read(xml: bytes) -> tuple[DecisionModel, list[Finding]]:
    """What can be read of a document, with the findings for which `parse` would refuse it."""
    reading = Reading()
    root = None
    try:
        root = tree(xml)
    except Refusal as refusal:
        reading.findings.append(refusal.finding)
    model = model_of(root, reading)
    text = json.dumps(model, ensure_ascii=False, separators=(",", ":"))
    return DecisionModel(text), [*reading.findings, *_faults(reading)]


def version_tags(xml: bytes) -> dict[str, str]:
    """The version tags (`zeebe:versionTag`) of the decisions of a document that `parse` takes, by their ids."""
    return {
        decision.get("id", ""): one.get("value", "")
        for decision in tree(xml).iter("{*}decision")
        for one in decision.iterfind(f"{{*}}extensionElements/{{{ZEEBE}}}versionTag")
    }


def evaluate(
    model: DecisionModel,
    decision_id: str,
    variables: Mapping[str, Any],
    *,
    now: datetime | None = None,
) -> Decided:
    """The value of a decision or decision service, with the rules that matched on the way; never raises.

    Every variable is visible by its name. The value counts only when there are no `errors`. `now` as for `Feel`.
    """
    return feel().decide(model, decision_id, variables, now=now)


def _faults(reading: Reading) -> list[Finding]:
    names = sorted(filter(None, reading.names))
    found = []
    for unary in (False, True):
        texts = [text for text in reading.texts if text.unary is unary]
        faults = feel().compile_many([text.source for text in texts], unary=unary, names=names)
        found += [text.finding(fault) for text, fault in zip(texts, faults, strict=True) if fault]
    return found
