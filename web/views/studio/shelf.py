"""The list of the studio: families with what is deployed of them, and the drafts of each."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from engine.deployment import definitions, library
from engine.models import studio as model
from engine.models.definition import Deployment, ProcessDefinition
from engine.models.identity import User
from engine.models.studio import BundleDraft
from engine.staff import people
from engine.studio import drafts
from web import words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import names
from web.views.operations import versions
from web.views.procedures import FAMILIES
from web.views.studio import drawn


def family_name(family: str) -> str:
    """Give the name of a family, that of its one procedure where it has no other; its key when it has none."""
    if family in FAMILIES:
        return str(FAMILIES[family])
    listed = definitions.of_family(session, family)
    return versions.name_of(listed[0]) if len(listed) == 1 else family


def draft_name(draft: BundleDraft) -> str:
    """Give the name of a draft: of its family, or of the procedure drawn in it while that is not deployed."""
    name = family_name(draft.family)
    if name != draft.family:
        return name
    seen = drawn.of(drafts.content(session, draft))
    titles = [seen.title(path) for path in seen.diagrams()]
    return titles[0] if len(titles) == 1 else name


def number(deployment_key: int | None) -> int | None:
    """Give how manieth deployment of its family one is; None for none."""
    found = session.get(Deployment, deployment_key) if deployment_key else None
    if found is None:
        return None
    query = select(func.count()).select_from(Deployment)
    return session.scalar(
        query.where(Deployment.family == found.family, Deployment.key <= found.key)
    )


def origin(draft: BundleDraft) -> str:
    """Say where a draft came from."""
    if draft.origin == model.LATE:
        return str(_("与 #%(key)s 冲突的保存，改自它的第 %(n)s 次保存", key=str(draft.origin_key)[-5:], n=draft.origin_version))  # fmt: skip
    return {
        model.DEPLOYED: str(_("取自已部署的版本")),
        model.SHIPPED: str(_("取自随软件附带的流程")),
        model.NEIGHBOUR: str(_("照 %(name)s 新建", name=_process_name(draft.origin_name))),
        model.IMPORTED: str(_("导入自 %(name)s", name=draft.origin_name)),
    }.get(draft.origin, "")


def _process_name(process_id: str) -> str:
    of = ProcessDefinition.process_id == process_id
    newest = select(ProcessDefinition).where(of).order_by(ProcessDefinition.version.desc())
    found = session.scalar(newest.limit(1))
    return versions.name_of(found) if found else process_id


def row(draft: BundleDraft, who: dict[int, User]) -> dict[str, Any]:
    """Give a draft as lists show it."""
    return {
        "key": draft.key,
        "short": str(draft.key)[-5:],
        "family": draft.family,
        "name": draft_name(draft),
        "version": draft.version,
        "base": number(draft.base_key),
        "origin": origin(draft),
        "late": draft.origin == model.LATE,
        "beside": draft.origin_key if draft.origin == model.LATE else None,
        "by": names.user(who.get(draft.updated_by or 0)),
        "at": words.stamp(draft.updated_at, engine.clock()),
        "url": url_for("studio.edit", key=draft.key),
    }


def view() -> dict[str, Any]:
    """Give the families with their processes, deployments and drafts; drafts of new families come first."""
    every = drafts.every(session, current_actor())
    latest = _deployments()
    who = people.by_id(session, [*(one.updated_by for one in every), *(one.deployed_by for one in latest.values())])  # fmt: skip
    processes = _processes()
    known = sorted({*latest, *processes, *library.families()})
    own = {family: [row(one, who) for one in every if one.family == family] for family in {one.family for one in every} | set(known)}  # fmt: skip
    return {
        "new": [one for family, rows in own.items() if family not in known for one in rows],
        "families": [
            {
                "key": family,
                "name": family_name(family),
                "processes": processes.get(family, []),
                "deployed": _deployed(latest.get(family), who),
                "drafts": own[family],
            }
            for family in known
        ],
        "sources": [one for family in known for one in processes.get(family, [])],
    }


def _deployments() -> dict[str, Deployment]:
    last = select(func.max(Deployment.key)).group_by(Deployment.family)
    rows = session.scalars(select(Deployment).where(Deployment.key.in_(last)))
    return {one.family: one for one in rows}


def _processes() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    query = select(ProcessDefinition).where(ProcessDefinition.latest)
    for one in session.scalars(query.order_by(ProcessDefinition.process_id)):
        found.setdefault(one.family, []).append(
            {"id": one.process_id, "name": versions.name_of(one), "version": one.version}
        )
    return found


def _deployed(last: Deployment | None, who: dict[int, User]) -> dict[str, Any] | None:
    if last is None:
        return None
    by = names.user(who.get(last.deployed_by or 0)) or str(_("系统"))
    return {
        "number": number(last.key),
        "at": words.stamp(last.deployed_at, engine.clock()),
        "by": by,
        "shipped": last.shipped,
    }
