"""What a draft would change: its files beside those of any deployment of the family."""

from __future__ import annotations

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine.errors import NotFound
from engine.models.definition import Deployment
from engine.models.studio import BundleDraft
from engine.studio import differences, drafts, releases
from web import words
from web.extensions import engine, session
from web.signin import current_actor
from web.views.operations.scope import known
from web.views.studio import differences as wording
from web.views.studio import drawn, frame


def register(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint of the studio."""
    blueprint.add_url_rule("/drafts/<int:key>/diff", "diff", show)
    blueprint.add_url_rule("/drafts/<int:key>/diff/<any(old,new):side>.json", "diff_state", state)
    blueprint.add_url_rule("/deployments/<int:key>/picture/<path:path>", "deployed", picture)


def _deployments(draft: BundleDraft) -> list[Deployment]:
    query = select(Deployment).where(Deployment.family == draft.family)
    return list(session.scalars(query.order_by(Deployment.key)))


def _against(draft: BundleDraft, listed: list[Deployment]) -> Deployment | None:
    """Give the deployment to compare with: the one chosen, else the one the draft came from, else the last."""
    wanted = request.args.get("against", draft.base_key, type=int)
    return next((one for one in listed if one.key == wanted), listed[-1] if listed else None)


def show(key: int) -> ResponseReturnValue:
    """Show what differs between a draft and a deployment: pictures, and every change in words."""
    draft = drafts.get(session, current_actor(), known(key, "draft"))
    listed = _deployments(draft)
    chosen = _against(draft, listed)
    before = drafts.deployed_files(session, chosen.key if chosen else None)
    now = drafts.content(session, draft)
    found = differences.compare(before, now)
    numbers = {one.key: number for number, one in enumerate(listed, 1)}
    return render_template(
        "studio/diff.html",
        **frame.view(draft, "diff"),
        files=wording.view(found, drawn.of(before), drawn.of(now)),
        against=chosen.key if chosen else None,
        number=numbers[chosen.key] if chosen else None,
        options=[
            (one.key, _label(one, numbers[one.key]))
            for one in reversed(listed)
        ],
    )  # fmt: skip


def _label(one: Deployment, number: int) -> str:
    note = _("随软件附带") if one.shipped else one.note[:60]
    return f"{number} · {words.stamp(one.deployed_at, engine.clock())} · {note}"


def state(key: int, side: str) -> ResponseReturnValue:
    """Give what is marked in one of the two pictures of a diagram."""
    draft = drafts.get(session, current_actor(), known(key, "draft"))
    chosen = _against(draft, _deployments(draft))
    path = request.args.get("path", "")
    before = drafts.deployed_files(session, chosen.key if chosen else None)
    now = drafts.content(session, draft)
    pair = [{path: files[path]} if path in files else {} for files in (before, now)]
    found = differences.compare(*pair)
    return jsonify(wording.picture(found[0] if found else None, side))


def picture(key: int, path: str) -> ResponseReturnValue:
    """Give a diagram of a deployment, names in the reader's language."""
    deployment = releases.get(session, current_actor(), known(key, "deployment"))
    xml = drawn.of(drafts.deployed_files(session, deployment.key)).xml(path)
    if xml is None:
        raise NotFound(noun="diagram", key=path[:80])
    return xml, drawn.XML
