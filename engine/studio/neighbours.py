"""A new procedure from a neighbour: its diagram, forms, decisions, texts, records and scenarios under a new id.

Ids of steps stay, for texts and scenarios name them; so do limits and settings, until their rows are chosen anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine.deployment import parts
from engine.engine import Command
from engine.errors import NotFound
from engine.models import studio as model
from engine.models.definition import ProcessDefinition
from engine.models.studio import BundleDraft
from engine.runtime import Diagram
from engine.staff.access import require
from engine.studio import drafts, intake
from engine.studio.drafts import Origin

SHARED = ("documents.", "fees.", "phrases.", "procedures.")


def copy(command: Command, process_id: str, new_id: str, name: str) -> BundleDraft:
    """Begin a draft of a new family with a copy of a deployed process; `name` is its Chinese name.

    Raises NotAllowed, NotFound for a process nobody deployed, FilesRefused for an id that cannot be one or is taken.
    """
    require(command.actor, drafts.OWNER)
    intake.check_family(new_id)
    session = command.session
    of = ProcessDefinition.process_id
    source = session.scalar(select(ProcessDefinition).where(of == process_id, ProcessDefinition.latest))  # fmt: skip
    if source is None:
        raise NotFound(noun="process definition", key=process_id)
    if session.scalar(select(ProcessDefinition.key).where(of == new_id).limit(1)):
        raise intake.refusal(new_id, "family_taken", family=new_id)
    files = drafts.deployed_files(session, source.deployment_key)
    copied = renamed(files, process_id, new_id, name)
    return drafts.create(command, new_id, copied, Origin(model.NEIGHBOUR, process_id))


def renamed(files: Mapping[str, bytes], old: str, new: str, name: str = "") -> dict[str, bytes]:
    """Give what one process of a bundle needs, under another id. Raises NotFound for one the bundle does not have."""
    path, diagram = _diagram(files, old)
    return _Copy(files, diagram, path, old, new, name).run()


def _diagram(files: Mapping[str, bytes], process_id: str) -> tuple[str, Diagram]:
    for path, content in files.items():
        found = parts.read(path, content).diagram if path.endswith(".bpmn") else None
        if found is not None and process_id in found.processes:
            return path, found
    raise NotFound(noun="process", key=process_id)


class _Copy:
    """Renames one process and what belongs to it."""

    def __init__(self, files: Mapping[str, bytes], diagram: Diagram, path: str, old: str, new: str, name: str) -> None:  # fmt: skip
        self.files, self.diagram, self.path = files, diagram, path
        self.old, self.new, self.name = old, new, name
        self.decisions: dict[str, str] = {}

    def run(self) -> dict[str, bytes]:
        found = {**self._decisions(), **self._forms()}
        found[f"{self.new}.bpmn"] = self._drawn()
        for path, content in self.files.items():
            if path.startswith("texts/") and path.endswith(".json"):
                found[path] = self._texts(content)
            elif path.startswith("prints/") and self._prints(path):
                found[path] = content
            elif path == f"scenarios/{self.old}.test.json":
                found[f"scenarios/{self.new}.test.json"] = self._scenarios(content)
        return found

    def _id(self, one: str) -> str:
        """Give the new id of a form or element of the process, its own otherwise."""
        if one == self.old or one.startswith(f"{self.old}."):
            return self.new + one[len(self.old) :]
        return one

    def _decisions(self) -> dict[str, bytes]:
        found = {}
        for path, content in self.files.items():
            decision = parts.read(path, content).model if path.endswith(".dmn") else None
            if decision is None or not self.diagram.called_decisions & set(decision.decision_ids):
                continue
            self.decisions |= {one: f"{self.new}_{one}" for one in decision.decision_ids}
            text = content.decode("utf-8")
            for one in decision.decision_ids:
                text = re.sub(rf'((?:id|dmnElementRef)=")({re.escape(one)})(")', rf"\g<1>{self.new}_\2\3", text)  # fmt: skip
                text = re.sub(rf'(href="#)({re.escape(one)})(")', rf"\g<1>{self.new}_\2\3", text)
            found[f"decisions/{self.new}_{path.rsplit('/', 1)[-1]}"] = text.encode()
        return found

    def _forms(self) -> dict[str, bytes]:
        found = {}
        for path, content in self.files.items():
            form = parts.read(path, content).form if path.endswith(".form") else None
            if form is not None and form["id"] in self.diagram.form_ids:
                identity = self._own(form["id"])
                drawn = re.compile(rf'("id"\s*:\s*"){re.escape(form["id"])}(")')
                text = drawn.sub(rf"\g<1>{identity}\2", content.decode("utf-8"))
                found[f"forms/{identity}.form"] = text.encode()
        return found

    def _own(self, form_id: str) -> str:
        """Give the id of a form in the copy; one that is shared with other processes becomes its own."""
        own = self._id(form_id)
        return own if own != form_id else f"{self.new}.{form_id.rsplit('.', 1)[-1]}"

    def _drawn(self) -> bytes:
        text = self.files[self.path].decode("utf-8")
        old = re.escape(self.old)
        text = re.sub(rf'\b((?:id|bpmnElement|processRef|processId)=["\']){old}(["\'])', rf"\g<1>{self.new}\2", text)  # fmt: skip
        for form_id in self.diagram.form_ids:
            text = text.replace(f'formId="{form_id}"', f'formId="{self._own(form_id)}"')
        for one, other in self.decisions.items():
            text = text.replace(f'decisionId="{one}"', f'decisionId="{other}"')
        if self.name:
            text = re.sub(
                rf'(<[\w:]*process\b[^>]*\bid="{re.escape(self.new)}"[^>]*\bname=")[^"]*(")',
                lambda match: match[1] + _escaped(self.name) + match[2],
                text,
            )
        return text.encode()

    def _texts(self, content: bytes) -> bytes:
        texts: dict[str, str] = json.loads(content)
        kept: dict[str, str] = {}
        decided = tuple(f"{one}." for one in self.decisions)
        forms = {form_id: self._own(form_id) for form_id in self.diagram.form_ids}
        for key, text in texts.items():
            form = next((one for one in forms if key.startswith(f"{one}.")), None)
            if form is not None:
                kept[forms[form] + key[len(form) :]] = text
            elif self._id(key) != key or key.startswith(SHARED):
                kept[self._id(key)] = text
            elif key.startswith(decided):
                kept[f"{self.new}_{key}"] = text
        return _json(dict(sorted(kept.items())))

    def _prints(self, path: str) -> bool:
        record = path.removeprefix("prints/").removesuffix(".html")
        return any(
            record in one.properties.get("print", "") for one in self.diagram.elements.values()
        )

    def _scenarios(self, content: bytes) -> bytes:
        return _json(self._replaced(json.loads(content)))

    def _replaced(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._replaced(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._replaced(one) for one in value]
        return self.new if value == self.old else value


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
