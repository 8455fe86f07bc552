"""What is wrong with a draft, while it is being drawn: the engine's gate over the whole bundle, and what the gate lets pass.

Errors would refuse the deployment. Warnings are what an owner wants to know: forms nobody refers to, texts missing in a
language, elements no path reaches, scenarios that cannot run.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.deployment import bundles
from engine.deployment.bundles import Bundle
from engine.deployment.problems import Problem
from engine.engine import Engine
from engine.errors import Rejected
from engine.models.definition import Deployment, ProcessDefinition
from engine.studio import intake, languages, walkthroughs

REMEMBERED = 32
PATIENCE = 15.0


class Busy(Rejected):
    """Other bundles are being checked; try again in a moment."""

    code = "gate_busy"


@dataclass(frozen=True)
class Beside:
    """What a draft is seen beside: everything deployed."""

    engine: Engine
    session: Session


@dataclass
class _Memory:
    """Findings by content; one bundle is looked at a time, so that a heavy one slows nobody but its author."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    found: OrderedDict[tuple[str, str, int], list[Problem]] = field(default_factory=OrderedDict)


def examine(
    engine: Engine, session: Session, family: str, files: Mapping[str, bytes]
) -> list[Problem]:
    """Give everything that is wrong with a bundle, errors first, in the order of its files.

    The same content beside the same deployments is looked at once. Raises FilesRefused for files that may not be kept,
    Busy when others have been looked at for long.
    """
    memory: _Memory = engine.caches.setdefault("studio.findings", _Memory())
    known = (family, bundles.digest_of(files), _latest(session))
    if known in memory.found:
        return memory.found[known]
    intake.check(files)
    if not memory.lock.acquire(timeout=PATIENCE):
        raise Busy
    try:
        if known not in memory.found:
            memory.found[known] = _examine(Beside(engine, session), family, files)
            while len(memory.found) > REMEMBERED:
                memory.found.popitem(last=False)
        return memory.found[known]
    finally:
        memory.lock.release()


def errors(found: list[Problem]) -> list[Problem]:
    """Give those of the findings that refuse a deployment."""
    return [one for one in found if one.severity == "error"]


def _latest(session: Session) -> int:
    return session.scalar(select(func.max(Deployment.key))) or 0


def _examine(beside: Beside, family: str, files: Mapping[str, bytes]) -> list[Problem]:
    bundle = bundles.read(files)
    found = [
        *bundle.problems,
        *bundles.cross_problems(beside, bundle),
        *_elsewhere(beside.session, family, bundle),
        *_unused(bundle),
        *languages.missing(bundle),
        *walkthroughs.problems(bundle),
    ]
    # The same is said once, however many of its uses are drawn.
    unique = {(one.file, one.code, one.element_id, one.message): one for one in found}
    return sorted(unique.values(), key=lambda one: (one.severity != "error", one.file))


def _elsewhere(session: Session, family: str, bundle: Bundle) -> Iterator[Problem]:
    """Find processes that another family has: deploying them here would take them away from there."""
    named = {one: file for file, diagram in bundle.diagrams.items() for one in diagram.processes}
    query = select(ProcessDefinition.process_id, ProcessDefinition.family).where(
        ProcessDefinition.latest, ProcessDefinition.process_id.in_(named)
    )
    for process_id, other in session.execute(query):
        if other != family:
            message = f"The process {process_id} belongs to the family {other}."
            yield _said(named[process_id], "error", "other_family", message, process_id, id=process_id, family=other)  # fmt: skip


def _unused(bundle: Bundle) -> Iterator[Problem]:
    """Find forms, decisions and records that no diagram of the bundle refers to."""
    if len(bundle.diagrams) < sum(name.endswith(".bpmn") for name in bundle.files):
        return  # a diagram that cannot be read may use anything
    said = b"\n".join(content for name, content in bundle.files.items() if not _is_text(name))
    forms = {one for diagram in bundle.diagrams.values() for one in diagram.form_ids}
    for file, schema in bundle.forms.items():
        if schema["id"] not in forms:
            message = f"No diagram refers to the form {schema['id']}."
            yield _said(file, "warning", "unused_form", message, id=str(schema["id"]))
    called = {one for diagram in bundle.diagrams.values() for one in diagram.called_decisions}
    for file, model in bundle.models.items():
        if not called & set(model.decision_ids):
            one = model.decision_ids[0] if model.decision_ids else file
            message = f"No diagram calls a decision of this file ({one})."
            yield _said(file, "warning", "unused_decision", message, id=one)
    for name in bundle.files:
        record = name.removeprefix("prints/").removesuffix(".html")
        if name.startswith("prints/") and record.encode() not in said:
            message = f"No step prints the record {record}."
            yield _said(name, "warning", "unused_print", message, id=record)


def _is_text(name: str) -> bool:
    return not name.endswith((".bpmn", ".form"))


def _said(
    file: str, severity: str, code: str, message: str, element: str | None = None, **params: str
) -> Problem:
    return Problem(
        file=file, severity=severity, code=code, message=message, element_id=element, params=params
    )
