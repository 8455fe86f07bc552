"""Which version of a process, form or decision an element is bound to (`bindingType`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.runtime.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.runtime.diagram import Diagram, Element

TAGGED = "versionTag"
KINDS = ("latest", "deployment", TAGGED)
BOUND = ("calledElement", "calledDecision", "formDefinition")


def tag_of(element: Element, name: str) -> str:
    """The version tag that the element is bound to by that extension element; empty when it is bound in another way."""
    drawn = element.extension(name)
    return drawn.get(TAGGED, "") if drawn.get("bindingType") == TAGGED else ""


def check(diagram: Diagram) -> list[Finding]:
    """Bindings that name no version. A form belongs to its process, so that a process has one version of it."""
    findings = [one for element in diagram.elements.values() for one in _check(element)]
    forms: dict[tuple[str, str], str] = {}
    for element in diagram.elements.values():
        if element.form_id and element.extension("formDefinition").get("formId"):
            tag = tag_of(element, "formDefinition")
            known = forms.setdefault((element.process_id, element.form_id), tag)
            if known != tag:
                what = f"A second version of the form {element.form_id}"
                findings.append(_unsupported(element, what, "the steps of a process share it"))
    return findings


def _check(element: Element) -> Iterator[Finding]:
    for name in BOUND:
        drawn = element.extension(name)
        kind = drawn.get("bindingType", "latest")
        if kind not in KINDS:
            what, reason = f"The binding type {kind}", "use latest, deployment or versionTag"
            yield _unsupported(element, what, reason)
        elif kind == TAGGED and not drawn.get(TAGGED):
            missing = {"what": f"The versionTag of zeebe:{name}"}
            yield Finding("error", "missing", element.id, element.line, missing)
        elif name == "formDefinition" and kind == TAGGED and _is_computed(drawn):
            what, reason = "A computed version of a form", "write its id and its tag as plain text"
            yield _unsupported(element, what, reason)


def _is_computed(drawn: Mapping[str, str]) -> bool:
    return any(drawn.get(name, "").startswith("=") for name in ("formId", TAGGED))


def _unsupported(element: Element, what: str, reason: str) -> Finding:
    params = {"what": what, "reason": reason}
    return Finding("error", "unsupported", element.id, element.line, params)
