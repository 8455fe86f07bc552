"""Deployments: a bundle of diagrams, forms, decisions and texts is checked as a whole and stored as new versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import exists, select, update

from engine import decisions, limits, roles
from engine.access import require
from engine.engine import Command
from engine.errors import EngineError, InvalidDiagram, Rejected
from engine.forms import Form
from engine.models.definition import (
    Decision,
    Deployment,
    ProcessDefinition,
    Resource,
)
from engine.models.definition import (
    Form as FormRow,
)
from engine.runtime import Diagram, Finding, parse

MAX_FILES = 200
MAX_BYTES = 8_000_000
PSEUDO_GROUPS = {roles.ALL_STAFF, roles.STARTER}


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


@dataclass
class Bundle:
    """The checked content of a deployment."""

    files: Mapping[str, bytes]
    diagrams: dict[str, Diagram] = field(default_factory=dict)
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, decisions.DecisionModel] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a deployment made: rows of new versions and of those that were already so."""

    deployment: Deployment
    definitions: list[ProcessDefinition]
    forms: list[FormRow]
    decisions: list[Decision]
    changed: bool
    warnings: list[Problem]


def deploy(
    command: Command,
    files: Mapping[str, bytes],
    *,
    family: str,
    note: str = "",
    shipped: bool = False,
) -> Deployed:
    """Check a bundle and store what is new in it; `files` maps names inside the bundle to contents.

    A process gets a new version when its diagram or a form, decision or text it uses changed. Raises NotAllowed unless the
    actor is a process owner, InvalidDiagram with every finding, or Rejected; then nothing has been written.
    """
    require(command.actor, "process_owner")
    bundle = read(files)
    bundle.problems += _cross_problems(command, bundle)
    if any(problem.severity == "error" for problem in bundle.problems):
        raise InvalidDiagram(bundle.problems)
    return _Writer(command, bundle, family, note, shipped=shipped).write()


def read(files: Mapping[str, bytes]) -> Bundle:
    """Parse every file of a bundle; what is wrong with one becomes a finding. Raises Rejected for oversized bundles."""
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        raise Rejected(reason=f"a bundle has at most {MAX_FILES} files and {MAX_BYTES} bytes")
    bundle = Bundle(files)
    for name in sorted(files):
        try:
            _read_file(bundle, name, files[name])
        except InvalidDiagram as error:
            bundle.problems += [_problem_of(name, finding) for finding in error.findings]
        except (EngineError, ValueError, RecursionError) as error:
            bundle.problems.append(_problem(name, "invalid_file", str(error)))
    return bundle


def _read_file(bundle: Bundle, name: str, content: bytes) -> None:
    if name.endswith(".bpmn"):
        bundle.diagrams[name] = parse(content)
    elif name.endswith(".form"):
        schema = json.loads(content.decode("utf-8"))
        Form.from_json(schema)
        bundle.forms[name] = schema
    elif name.endswith(".dmn"):
        bundle.models[name] = decisions.parse(content)
    elif name.startswith("texts/") and name.endswith(".json"):
        texts = json.loads(content.decode("utf-8"))
        if not all(isinstance(text, str) for text in texts.values()):
            raise ValueError("texts map keys to strings")
        bundle.texts[name] = texts
    else:
        content.decode("utf-8")


def _problem_of(file: str, finding: Finding) -> Problem:
    return Problem(
        file=file,
        severity=finding.severity,
        code=finding.code,
        message=finding.message,
        element_id=finding.element_id,
        line=finding.line,
        params=finding.params,
    )


def _problem(file: str, code: str, message: str, **params: str) -> Problem:
    return Problem(file=file, severity="error", code=code, message=message, params=params)


def _cross_problems(command: Command, bundle: Bundle) -> list[Problem]:
    """What only shows when the files are seen together, and beside what is deployed already."""
    forms = {schema["id"] for schema in bundle.forms.values()}
    decided = {one for model in bundle.models.values() for one in model.decision_ids}
    processes = {one for diagram in bundle.diagrams.values() for one in diagram.processes}
    problems: list[Problem] = []
    for file, diagram in bundle.diagrams.items():
        missing = [
            *_missing(command, "form", diagram.form_ids - forms, FormRow.form_id),
            *_missing(command, "decision", diagram.called_decisions - decided, Decision.decision_id),
            *_missing(command, "process", diagram.called_processes - processes, ProcessDefinition.process_id),
            *(("role", role) for role in sorted(_unknown_roles(diagram))),
            *(("limit", key) for key in limits.unknown(diagram.limit_keys)),
            *(("setting", key) for key in limits.unknown_settings(diagram.setting_keys)),
        ]  # fmt: skip
        problems += [
            _problem(file, f"unknown_{noun}", f"There is no {noun} {one}.", id=one)
            for noun, one in missing
        ]
    return problems


def _missing(command: Command, noun: str, ids: Iterable[str], column: Any) -> list[tuple[str, str]]:
    return [
        (noun, one)
        for one in sorted(ids)
        if not command.session.scalar(select(exists().where(column == one)))
    ]


def _unknown_roles(diagram: Diagram) -> set[str]:
    return set(diagram.roles) - roles.catalogue().keys() - PSEUDO_GROUPS


class _Writer:
    """Stores one checked bundle."""

    def __init__(
        self, command: Command, bundle: Bundle, family: str, note: str, *, shipped: bool
    ) -> None:
        self.command = command
        self.bundle = bundle
        self.deployment = Deployment(
            key=command.new_key(),
            family=family,
            digest=digest_of(bundle.files),
            note=note,
            shipped=shipped,
            deployed_by=command.actor.user_id,
            deployed_at=command.now,
        )  # fmt: skip
        self.resources: dict[str, Resource] = {}
        self.changed = False

    def write(self) -> Deployed:
        session = self.command.session
        session.add(self.deployment)
        session.flush()
        for name, content in self.bundle.files.items():
            self.resources[name] = Resource(
                key=self.command.new_key(),
                deployment_key=self.deployment.key,
                name=name,
                kind=name.rsplit(".", 1)[-1],
                content=content,
            )
        session.add_all(self.resources.values())
        session.flush()
        forms = [self._form(name, schema) for name, schema in self.bundle.forms.items()]
        decided = [
            self._decision(name, model, one)
            for name, model in self.bundle.models.items()
            for one in model.decision_ids
        ]
        definitions = [
            self._definition(name, diagram, process_id)
            for name, diagram in self.bundle.diagrams.items()
            for process_id in diagram.processes
        ]
        self.command.audit(
            "deployment.created",
            self.deployment.family,
            key=str(self.deployment.key),
            digest=self.deployment.digest,
            note=self.deployment.note,
            processes=[f"{row.process_id}:{row.version}" for row in definitions],
        )
        return Deployed(
            deployment=self.deployment,
            definitions=definitions,
            forms=forms,
            decisions=decided,
            changed=self.changed,
            warnings=self.bundle.problems,
        )

    def _form(self, name: str, schema: dict[str, Any]) -> FormRow:
        digest = _digest(self.bundle.files[name])
        return self._add(
            FormRow(
                key=self.command.new_key(),
                form_id=schema["id"],
                version=self._version(FormRow, FormRow.form_id == schema["id"], digest),
                deployment_key=self.deployment.key,
                schema=schema,
                digest=digest,
            )
        )

    def _decision(self, name: str, model: decisions.DecisionModel, decision_id: str) -> Decision:
        digest = _digest(self.bundle.files[name])
        return self._add(
            Decision(
                key=self.command.new_key(),
                decision_id=decision_id,
                version=self._version(Decision, Decision.decision_id == decision_id, digest),
                name=model.name_of(decision_id),
                deployment_key=self.deployment.key,
                resource_key=self.resources[name].key,
                digest=digest,
            )
        )

    def _definition(self, name: str, diagram: Diagram, process_id: str) -> ProcessDefinition:
        digest = self._process_digest(name, diagram, process_id)
        is_process = ProcessDefinition.process_id == process_id
        last = self.command.session.scalar(
            select(ProcessDefinition).where(is_process, ProcessDefinition.latest)
        )
        if last is not None and last.digest == digest:
            return last
        self.changed = True
        self.command.session.execute(
            update(ProcessDefinition).where(is_process).values(latest=False)
        )
        start = diagram.start_event(process_id)
        return self._add(
            ProcessDefinition(
                key=self.command.new_key(),
                process_id=process_id,
                version=last.version + 1 if last else 1,
                name=diagram.content[process_id].name or process_id,
                family=self.deployment.family,
                digest=digest,
                deployment_key=self.deployment.key,
                resource_key=self.resources[name].key,
                start_groups=_split(start.properties.get("startGroups", "")) if start else [],
                start_form_id=start.form_id if start else None,
                created_at=self.command.now,
            )
        )

    def _process_digest(self, name: str, diagram: Diagram, process_id: str) -> str:
        """Cover the diagram and every form, decision and text it uses."""
        parts = [self.bundle.files[name]]
        parts += [
            self.bundle.files[file]
            for file, schema in sorted(self.bundle.forms.items())
            if schema["id"] in diagram.form_ids
        ]
        parts += [
            self.bundle.files[file]
            for file, model in sorted(self.bundle.models.items())
            if diagram.called_decisions & set(model.decision_ids)
        ]  # fmt: skip
        for file, texts in sorted(self.bundle.texts.items()):
            own = {key: text for key, text in texts.items() if key.startswith(f"{process_id}.")}
            parts += [file.encode(), json.dumps(own, sort_keys=True).encode()]
        return _digest(*parts)

    def _version(self, model: Any, condition: Any, digest: str) -> int:
        """Give the version this content has: that of the last one when nothing changed, else the next."""
        query = select(model.version, model.digest).where(condition).order_by(model.version.desc())
        last = self.command.session.execute(query.limit(1)).first()
        if last is None:
            return 1
        return int(last.version) if last.digest == digest else int(last.version) + 1

    def _add(self, row: Any) -> Any:
        self.command.session.add(row)
        self.command.session.flush()
        return row


def digest_of(files: Mapping[str, bytes]) -> str:
    """Give what tells one content of a bundle from another."""
    return _digest(*(part for name in sorted(files) for part in (name.encode(), files[name])))


def _digest(*parts: bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.hexdigest()


def _split(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]
