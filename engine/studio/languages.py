"""Texts a bundle says in one language and not in the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.deployment import parts
from engine.deployment.bundles import Bundle
from engine.deployment.problems import Problem
from engine.forms import Component, every
from engine.runtime import Diagram

CHINESE, ENGLISH = "texts/zh.json", "texts/en.json"


def missing(bundle: Bundle) -> Iterator[Problem]:
    """Find names, labels and choices without a translation, and keys only one of the two files has."""
    if ENGLISH not in bundle.files:
        if bundle.diagrams:
            yield _problem(next(iter(bundle.diagrams)), "no_texts", ENGLISH)
        return
    english = bundle.texts.get(ENGLISH, {})
    for key in sorted(bundle.texts.get(CHINESE, {}).keys() - english.keys()):
        yield _problem(CHINESE, "text_missing", key)
    for file, diagram in bundle.diagrams.items():
        for key, element_id in _names(diagram):
            if key not in english:
                yield _problem(file, "text_missing", key, element_id)
    for file, schema in bundle.forms.items():
        yield from _of_form(file, str(schema["id"]), bundle.files[file], english)


def _names(diagram: Diagram) -> Iterator[tuple[str, str]]:
    """Give the keys under which the names of a diagram are translated, with the element each belongs to."""
    for process_id in diagram.processes:
        if diagram.content[process_id].name:
            yield f"{process_id}.name", process_id
    for one in diagram.elements.values():
        if one.name:
            yield f"{one.process_id}.{one.id}.name", one.id
    for flow in diagram.flows.values():
        if flow.name:
            yield f"{diagram.elements[flow.source].process_id}.{flow.id}.name", flow.id


def _of_form(file: str, form_id: str, content: bytes, english: Mapping[str, str]) -> Iterator[Problem]:  # fmt: skip
    for component in every(parts.read(file, content).components):
        path = component.path.replace(".*", "").replace("#", "")
        names = [one for one in dict.fromkeys((path, component.key, component.id)) if one]
        for part in _parts(component):
            keys = [f"{form_id}.{one}.{part}" for one in names]
            if not any(key in english for key in keys):
                yield _problem(file, "text_missing", keys[0], component.path)


def _parts(component: Component) -> Iterator[str]:
    label = component.label
    if label and not label.startswith("=") and _is_chinese(label):
        yield "label"
    if _is_chinese(str(component.data.get("description") or "")):
        yield "description"
    for option in component.data.get("values") or []:
        if isinstance(option, dict) and _is_chinese(str(option.get("label") or "")):
            yield f"option.{option.get('value')}"


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def _problem(file: str, code: str, key: str, element: str | None = None) -> Problem:
    message = {
        "text_missing": f"There is no English text {key}.",
        "no_texts": f"The bundle has no {key}.",
    }[code]
    return Problem(
        file=file, severity="warning", code=code, message=message, element_id=element,
        params={"id": key},
    )  # fmt: skip
