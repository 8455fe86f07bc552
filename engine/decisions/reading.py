"""What reading a DMN document collects beside the model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.runtime.finding import Finding

from .elements import Element, text_of


@dataclass(frozen=True, slots=True)
class Text:
    """FEEL in the document, to be compiled: an expression, or unary tests."""

    source: str
    unary: bool
    element: Element

    def finding(self, reason: str) -> Finding:
        """That the text is not valid."""
        return finding("expression", self.element, expression=self.source[:80], reason=reason)


@dataclass
class Reading:
    """What is wrong with the document, its texts, and the names that it introduces."""

    findings: list[Finding] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def text(self, element: Element | None, *, unary: bool = False) -> str:
        """The FEEL of an element, remembered for compilation; empty without any."""
        source = text_of(element)
        if source and not (unary and source == "-"):
            self.texts.append(Text(source, unary, element))
        return source

    def check_language(self, element: Element) -> None:
        """Refuses expression languages other than FEEL."""
        language = element.get("expressionLanguage")
        if language and "feel" not in language.lower():
            self.unsupported(element, f"The expression language {language}", "only FEEL is")

    def unsupported(self, element: Element, what: str, reason: str) -> None:
        """Notes a construct that cannot be evaluated."""
        self.findings.append(finding("unsupported", element, what=what, reason=reason))

    def missing(self, element: Element, what: str) -> None:
        """Notes what the element should have."""
        self.findings.append(finding("missing", element, what=what))


def finding(code: str, element: Any, **params: str) -> Finding:
    """An error at the element, or at the nearest one around it that has an id."""
    around = (element, *element.iterancestors())
    id_ = next((one.get("id") for one in around if one.get("id")), None)
    return Finding("error", code, id_, element.sourceline, params)
