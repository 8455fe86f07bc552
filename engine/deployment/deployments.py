"""Deployments: a bundle of diagrams, forms, decisions and texts is checked as a whole and stored as new versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select, update

from engine import decisions
from engine.deployment import bundles, definitions
from engine.deployment.bundles import Bundle, digest
from engine.deployment.problems import Problem
from engine.engine import Command
from engine.errors import InvalidDiagram
from engine.events import start_events
from engine.models.definition import Decision, Deployment, ProcessDefinition, Resource
from engine.models.definition import Form as FormRow
from engine.runtime import Diagram
from engine.staff.access import require
from engine.store import database

Row = TypeVar("Row", FormRow, Decision, ProcessDefinition)


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
    whole: bool = False,
) -> Deployed:
    """Check a bundle and store what is new in it; `files` maps names inside the bundle to contents.

    A process gets a new version when its diagram or a form, decision or text it uses changed. A `whole` bundle is all the
    family has: a process of the family that it lacks is withdrawn, so nothing is started from it any more, and what runs
    goes on. Raises NotAllowed unless the actor is a process owner, InvalidDiagram with every finding, or Rejected; then
    nothing has been written.
    """
    require(command.actor, "process_owner")
    database.take_turns(command.session, "deployment")
    bundle = bundles.read(files)
    bundle.problems += bundles.cross_problems(command, bundle)
    if any(problem.severity == "error" for problem in bundle.problems):
        raise InvalidDiagram(bundle.problems)
    deployed = _Writer(command, bundle, family, note, shipped=shipped).write()
    if whole:
        _withdraw(command, deployed)
    return deployed


def _withdraw(command: Command, deployed: Deployed) -> None:
    """Take the processes back that the family no longer has: none is the latest of its process, none waits for a start."""
    here = {row.process_id for row in deployed.definitions}
    gone = [row for row in definitions.of_family(command.session, deployed.deployment.family) if row.process_id not in here]  # fmt: skip
    for row in gone:
        row.latest = False
        start_events.unsubscribe(command, row.process_id)
    if gone:
        ids = [row.process_id for row in gone]
        command.audit("deployment.withdrew", deployed.deployment.family, key=str(deployed.deployment.key), processes=ids)  # fmt: skip


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
            digest=bundles.digest_of(bundle.files),
            note=note,
            shipped=shipped,
            deployed_by=command.actor.user_id,
            deployed_at=command.now,
        )  # fmt: skip
        self.resources: dict[str, Resource] = {}
        self.where = {
            process_id: (name, diagram)
            for name, diagram in bundle.diagrams.items()
            for process_id in diagram.processes
        }
        self.changed = False
        self.added: list[ProcessDefinition] = []

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
        defined = [
            self._definition(name, diagram, process_id)
            for name, diagram in self.bundle.diagrams.items()
            for process_id in diagram.processes
        ]
        self.deployment.definitions = {row.process_id: row.key for row in defined}
        self.command.session.flush()
        for row in self.added:
            start_events.subscribe(self.command, row.key)
        self.command.audit(
            "deployment.created",
            self.deployment.family,
            key=str(self.deployment.key),
            digest=self.deployment.digest,
            note=self.deployment.note,
            processes=[f"{row.process_id}:{row.version}" for row in defined],
        )
        return Deployed(
            deployment=self.deployment,
            definitions=defined,
            forms=forms,
            decisions=decided,
            changed=self.changed,
            warnings=self.bundle.problems,
        )

    def _form(self, name: str, schema: dict[str, Any]) -> FormRow:
        embedded = json.dumps(schema, sort_keys=True).encode()
        seal = digest(self.bundle.files.get(name, embedded))
        return self._add(
            FormRow(
                key=self.command.new_key(),
                form_id=schema["id"],
                version=self._version(FormRow, FormRow.form_id == schema["id"], seal),
                deployment_key=self.deployment.key,
                schema=schema,
                digest=seal,
            )
        )

    def _decision(self, name: str, model: decisions.DecisionModel, decision_id: str) -> Decision:
        seal = digest(self.bundle.files[name])
        return self._add(
            Decision(
                key=self.command.new_key(),
                decision_id=decision_id,
                version=self._version(Decision, Decision.decision_id == decision_id, seal),
                name=model.name_of(decision_id),
                deployment_key=self.deployment.key,
                resource_key=self.resources[name].key,
                digest=seal,
            )
        )

    def _definition(self, name: str, diagram: Diagram, process_id: str) -> ProcessDefinition:
        seal = self._process_digest(name, diagram, process_id)
        is_process = ProcessDefinition.process_id == process_id
        newest = select(ProcessDefinition).where(is_process).order_by(ProcessDefinition.version.desc())  # fmt: skip
        last = self.command.session.scalar(newest.limit(1))
        if last is not None and last.latest and last.digest == seal:
            return last
        self.changed = True
        self.command.session.execute(
            update(ProcessDefinition).where(is_process).values(latest=False)
        )
        start = diagram.start_event(process_id)
        added = self._add(
            ProcessDefinition(
                key=self.command.new_key(),
                process_id=process_id,
                version=last.version + 1 if last else 1,
                name=(diagram.content[process_id].name or process_id)[:255],
                family=self.deployment.family,
                digest=seal,
                deployment_key=self.deployment.key,
                resource_key=self.resources[name].key,
                start_groups=_split(start.properties.get("startGroups", "")) if start else [],
                start_form_id=start.form_id if start else None,
                version_tag=diagram.content[process_id].version_tag or None,
                created_at=self.command.now,
            )
        )
        self.added.append(added)
        definitions.remember(self.command.engine, added, diagram)
        return added

    def _process_digest(self, name: str, diagram: Diagram, process_id: str) -> str:
        """Cover the diagram, every form, decision, print and text it uses, and the processes it calls bound to this deployment."""
        parts = [self.bundle.files[name]]
        parts += [
            self.bundle.files[file]
            for file, schema in sorted(self.bundle.forms.items())
            if schema["id"] in diagram.form_ids and file in self.bundle.files
        ]
        parts += [
            self.bundle.files[file]
            for file, model in sorted(self.bundle.models.items())
            if diagram.called_decisions & set(model.decision_ids)
        ]  # fmt: skip
        records = {
            record
            for one in diagram.elements.values()
            for record in _split(one.properties.get("print", ""))
        }
        parts += [
            content
            for file, content in sorted(self.bundle.files.items())
            if file in {f"prints/{one}.html" for one in records}
        ]
        parts += [
            self._process_digest(*self.where[one], one).encode()
            for one in sorted(diagram.bound_processes(process_id))
        ]
        for file, texts in sorted(self.bundle.texts.items()):
            own = {key: text for key, text in texts.items() if key.startswith(f"{process_id}.")}
            parts += [file.encode(), json.dumps(own, sort_keys=True).encode()]
        return digest(*parts)

    def _version(self, model: Any, condition: Any, seal: str) -> int:
        """Give the version this content has: that of the last one when nothing changed, else the next."""
        query = select(model.version, model.digest).where(condition).order_by(model.version.desc())
        last = self.command.session.execute(query.limit(1)).first()
        if last is None:
            return 1
        return int(last.version) if last.digest == seal else int(last.version) + 1

    def _add(self, row: Row) -> Row:
        self.command.session.add(row)
        self.command.session.flush()
        return row


def _split(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]
