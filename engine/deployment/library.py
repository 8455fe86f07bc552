"""The shipped library of procedures: one bundle per folder of `bpmn/`, deployed when its content is new."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import select

from engine.deployment import bundles, deployments
from engine.engine import Engine
from engine.errors import InvalidDiagram
from engine.models.definition import Deployment
from engine.staff.access import SYSTEM

log = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parents[2] / "bpmn"
SUFFIXES = {".bpmn", ".form", ".dmn", ".json", ".html", ".md"}


def families(folder: Path = FOLDER) -> list[str]:
    """List the shipped bundles."""
    return sorted(path.name for path in folder.iterdir() if any(path.glob("*.bpmn")))


def files(family: str, folder: Path = FOLDER) -> dict[str, bytes]:
    """Read a bundle: names inside the bundle to contents."""
    root = folder / family
    found = (path for path in sorted(root.rglob("*")) if path.suffix in SUFFIXES)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def deploy_shipped(engine: Engine, folder: Path = FOLDER) -> list[str]:
    """Deploy the bundles that changed since they were last shipped; give the names of those deployed.

    A family that a process owner has deployed since is left as it is (decision 20). One that the gate refuses is logged
    with its findings and stays as it was deployed before: the others and what runs do not depend on it.
    """
    return [family for family in families(folder) if _shipped(engine, family, folder)]


def _shipped(engine: Engine, family: str, folder: Path) -> bool:
    try:
        return _deploy(engine, family, files(family, folder))
    except InvalidDiagram as error:
        faults = (one for one in error.findings if one.severity == "error")
        told = "; ".join(f"{one.file}: {one.message}" for one in faults)
        log.error("%s is not deployed: %s", family, told)  # noqa: TRY400 - the findings say it
        return False


def _deploy(engine: Engine, family: str, content: dict[str, bytes]) -> bool:
    with engine.begin(SYSTEM) as command:
        last = command.session.scalar(
            select(Deployment)
            .where(Deployment.family == family)
            .order_by(Deployment.key.desc())
            .limit(1)
        )
        if last is not None and (not last.shipped or last.digest == bundles.digest_of(content)):
            return False
        deployments.deploy(
            command, content, family=family, note="shipped", shipped=True, whole=True
        )
        return True
