"""From a draft to a deployment: what stands in the way, deploying it with a reason, what was deployed before, going back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deployment import bundles, deployments
from engine.deployment.deployments import Deployed
from engine.deployment.problems import Problem
from engine.engine import Command, Engine
from engine.errors import Conflict, InvalidDiagram, NotFound, Rejected
from engine.models.definition import Deployment, Resource
from engine.models.studio import BundleDraft, Proof
from engine.staff.access import Actor, require
from engine.studio import drafts, findings, proofs

SHORTEST = 4
LONGEST = 1000


class NotProven(Rejected):
    """No proof holds for this content: run its scenarios, or give a reason to deploy it all the same."""

    code = "not_proven"


class NoReason(Rejected):
    """Say why: {least} characters at least."""

    code = "no_reason"


class NothingChanged(Rejected):
    """This is what is deployed already."""

    code = "nothing_changed"


class DraftMoved(Conflict):
    """The draft was saved after you looked at it."""

    code = "draft_moved"


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What a draft has to pass: what the gate found, the proof of exactly this content, whether anything changed."""

    found: list[Problem]
    proof: Proof | None
    changed: bool

    @property
    def errors(self) -> list[Problem]:
        """What refuses the deployment, whatever the reason."""
        return findings.errors(self.found)

    @property
    def proven(self) -> bool:
        """Whether every scenario holds."""
        return proofs.holds(self.proof)


@dataclass(frozen=True, kw_only=True)
class Release:
    """One deployment of a family: how manieth it is, and what was added, removed and changed by it."""

    number: int
    deployment: Deployment
    added: list[str]
    removed: list[str]
    changed: list[str]


def gate(engine: Engine, session: Session, draft: BundleDraft, files: Mapping[str, bytes]) -> Gate:
    """Tell what stands between a draft and its deployment."""
    last = drafts.latest_deployment(session, draft.family)
    return Gate(
        found=findings.examine(engine, session, draft.family, files),
        proof=proofs.of_content(session, draft, files),
        changed=last is None or last.digest != bundles.digest_of(files),
    )


def deploy(
    command: Command, key: int, version: int, *, note: str, override: str = ""
) -> tuple[Deployed, BundleDraft]:
    """Deploy a draft as it was at `version`, with the reason why; running instances stay where they are.

    `override` is why it is deployed though no proof holds; both reasons are audited. Raises NotAllowed, NotFound,
    DraftMoved, NoReason, NothingChanged, NotProven, InvalidDiagram with every finding; then nothing has changed.
    """
    draft = drafts.lock(command, key)
    if draft.version != version:
        raise DraftMoved
    files = drafts.content(command.session, draft)
    passed = gate(command.engine, command.session, draft, files)
    if passed.errors:
        raise InvalidDiagram(passed.found)
    if not passed.changed:
        raise NothingChanged
    why, override = _reason(note), override.strip()
    if not passed.proven and not override:
        raise NotProven
    deployed = deployments.deploy(command, files, family=draft.family, note=why, whole=True)
    if not passed.proven:
        deployed.deployment.override_reason = _reason(override)
        failed = [one["name"] for one in (passed.proof.results if passed.proof else []) if not one["passed"]]  # fmt: skip
        command.audit(
            "deployment.overridden", draft.family, key=str(deployed.deployment.key),
            reason=override, failed=failed[:20],
        )  # fmt: skip
    draft.base_key = deployed.deployment.key
    return deployed, draft


def _reason(text: str) -> str:
    said = text.strip()[:LONGEST]
    if len(said) < SHORTEST:
        raise NoReason(least=SHORTEST)
    return said


def get(session: Session, actor: Actor, key: int) -> Deployment:
    """Give a deployment. Raises NotAllowed, NotFound."""
    require(actor, drafts.OWNER)
    found = session.get(Deployment, key)
    if found is None:
        raise NotFound(noun="deployment", key=key)
    return found


def history(session: Session, actor: Actor, family: str) -> list[Release]:
    """List the deployments of a family with what each changed, the last one first. Raises NotAllowed."""
    require(actor, drafts.OWNER)
    query = select(Deployment).where(Deployment.family == family).order_by(Deployment.key)
    before: dict[str, bytes] = {}
    found: list[Release] = []
    for number, one in enumerate(session.scalars(query), 1):
        rows = select(Resource.name, Resource.content).where(Resource.deployment_key == one.key)
        now = {name: content for name, content in session.execute(rows)}  # noqa: C416 - rows are no pairs to dict()
        found.append(_release(number, one, before, now))
        before = now
    return found[::-1]


def _release(number: int, of: Deployment, before: Mapping[str, bytes], now: Mapping[str, bytes]) -> Release:  # fmt: skip
    return Release(
        number=number,
        deployment=of,
        added=sorted(now.keys() - before.keys()) if before else [],
        removed=sorted(before.keys() - now.keys()),
        changed=sorted(name for name in now.keys() & before.keys() if now[name] != before[name]),
    )


def roll_back(command: Command, key: int, note: str) -> Deployed:
    """Deploy what an earlier deployment held as a new one; running instances stay where they are.

    Raises NotAllowed, NotFound, NoReason, NothingChanged, InvalidDiagram when the gate has become stricter since.
    """
    source = get(command.session, command.actor, key)
    last = drafts.latest_deployment(command.session, source.family)
    if last is not None and last.digest == source.digest:
        raise NothingChanged
    files = drafts.deployed_files(command.session, source.key)
    deployed = deployments.deploy(
        command, files, family=source.family, note=_reason(note), whole=True
    )
    deployed.deployment.restores_key = source.key
    command.audit(
        "deployment.rolled_back", source.family, key=str(deployed.deployment.key), to=str(key)
    )
    return deployed
