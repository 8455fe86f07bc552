"""The shipped library of procedures: one bundle per folder of `bpmn/`, deployed when its content is new."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from engine import bundles, deployments
from engine.access import SYSTEM
from engine.engine import Engine
from engine.models.definition import Deployment

FOLDER = Path(__file__).resolve().parent.parent / "bpmn"
SUFFIXES = {".bpmn", ".form", ".dmn", ".json", ".html"}


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

    A family that a process owner has deployed since is left as it is (decision 20). Raises InvalidDiagram.
    """
    return [family for family in families(folder) if _deploy(engine, family, files(family, folder))]


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
        deployments.deploy(command, content, family=family, note="shipped", shipped=True)
        return True
