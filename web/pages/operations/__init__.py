"""Operations: incidents, repairs, versions, batches, jobs and retention, for administrators and process owners."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from engine.errors import NotAllowed
from web.pages.operations import (
    batches,
    definitions,
    incidents,
    jobs,
    migrations,
    modifications,
    overview,
    retention,
)
from web.signin import current_actor
from web.views.operations import scope

blueprint = Blueprint("operations", __name__, url_prefix="/operations")


@blueprint.before_request
def admit() -> None:
    """Let in only those who operate processes somewhere."""
    if not scope.operates(current_actor()):
        raise NotAllowed(reason="operations")


@blueprint.context_processor
def tabs() -> dict[str, Any]:
    """Give every page its tabs."""
    here = (request.endpoint or "").removeprefix("operations.")
    offered = [
        ("index", _("总览"), "activity-heartbeat", ()),
        ("incidents", _("异常"), "bug", ("incident", "modify")),
        ("definitions", _("流程版本"), "git-compare", ("definition", "migrate")),
        ("batches", _("批量操作"), "checks", ("batch",)),
        ("jobs", _("系统执行"), "server-cog", ()),
        ("retention", _("保存期限"), "archive", ()),
    ]
    return {
        "tabs": [
            {
                "label": label,
                "url": url_for(f"operations.{name}"),
                "icon": icon,
                "current": here == name or here in within,
            }
            for name, label, icon, within in offered
        ]
    }


for pages in (
    overview,
    incidents,
    modifications,
    definitions,
    migrations,
    batches,
    jobs,
    retention,
):
    pages.register(blueprint)
