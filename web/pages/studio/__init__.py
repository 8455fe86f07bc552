"""The process studio, for process owners: drafts, the editor, proof, deployment, versions and procedures on paper."""

from __future__ import annotations

from flask import Blueprint

from engine.staff.access import require
from engine.studio.drafts import OWNER
from web.pages.studio import (
    contents,
    differences,
    drafts,
    processes,
    proofs,
    recordings,
    releases,
    saves,
)
from web.signin import current_actor

blueprint = Blueprint("studio", __name__, url_prefix="/studio")


@blueprint.before_request
def admit() -> None:
    """Let in only process owners."""
    require(current_actor(), OWNER)


for pages in (drafts, contents, saves, proofs, recordings, differences, releases, processes):
    pages.register(blueprint)
