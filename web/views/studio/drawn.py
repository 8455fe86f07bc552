"""The diagrams of a bundle that is only text yet: their XML and the names of their elements in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.deployment import parts
from engine.runtime import Diagram, Element
from web import locales
from web.views import drawings

# Fetched by the viewer; whoever opens the address itself gets a page in which nothing may run.
XML = {
    "Content-Type": "application/xml",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
}


@dataclass(frozen=True)
class Drawn:
    """The files of a bundle, and what its elements are called."""

    files: Mapping[str, bytes]
    texts: Mapping[str, str]

    def diagrams(self) -> dict[str, Diagram]:
        """Give the diagrams that can be read, by path."""
        read = {path: parts.read(path, text).diagram for path, text in self.files.items() if path.endswith(".bpmn")}  # fmt: skip
        return {path: diagram for path, diagram in read.items() if diagram is not None}

    def xml(self, path: str) -> bytes | None:
        """Give a diagram with names in the reader's language; as it is where it cannot be read."""
        content = self.files.get(path) if path.endswith(".bpmn") else None
        if content is None or path not in self.diagrams() or not self.texts:
            return content
        return drawings.renamed(content, self.texts)

    def name(self, element_id: str, process_id: str = "") -> str:
        """Give the name of an element, its id when it has none."""
        for diagram in self.diagrams().values():
            one = diagram.elements.get(element_id)
            if one is not None and process_id in ("", one.process_id):
                return self.named(one) or element_id
            if element_id in diagram.content:
                return self.process(diagram, element_id)
        return element_id

    def named(self, one: Element) -> str:
        """Give the name of an element; nothing when it has none."""
        return self.texts.get(f"{one.process_id}.{one.id}.name") or one.name

    def process(self, diagram: Diagram, process_id: str) -> str:
        """Give the name of a process."""
        return self.texts.get(f"{process_id}.name") or diagram.content[process_id].name or process_id  # fmt: skip

    def title(self, path: str) -> str:
        """Give the names of the processes of a diagram, its path where it cannot be read."""
        diagram = self.diagrams().get(path)
        if diagram is None:
            return path
        return " · ".join(self.process(diagram, one) for one in diagram.processes)

    def called(self, path: str) -> str:
        """Give what a file is called: its processes, the step a form belongs to, a decision's name; else its path."""
        if path.endswith(".bpmn"):
            return self.title(path)
        if path.endswith(".form"):
            form_id = path.rsplit("/", 1)[-1].removesuffix(".form")
            found = (self.named(one) for diagram in self.diagrams().values() for one in diagram.elements.values() if one.form_id == form_id)  # fmt: skip
            return next(filter(None, found), path)
        model = parts.read(path, self.files[path]).model if path.endswith(".dmn") else None
        return " · ".join(map(model.name_of, model.decision_ids)) if model else path


def of(files: Mapping[str, bytes]) -> Drawn:
    """Look at the files of a bundle in the reader's language."""
    texts: dict[str, Any] = {}
    if locales.select() != "zh":
        texts = read_texts(files, locales.select())
    return Drawn(files, {key: text for key, text in texts.items() if isinstance(text, str)})


def read_texts(files: Mapping[str, bytes], locale: str) -> dict[str, Any]:
    """Give the texts of a language; none where they cannot be read."""
    try:
        found = json.loads(files.get(f"texts/{locale}.json", b"{}"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
