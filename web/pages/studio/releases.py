"""Deploying a draft, the history of a family, and going back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.errors import Conflict, EngineError, InvalidDiagram, NotFound, Rejected
from engine.staff import people
from engine.studio import drafts, releases
from web.errors import words as error_words
from web.extensions import engine, session
from web.signin import current_actor
from web.views.operations.scope import known
from web.views.studio import drawn, frame, measures, shelf
from web.views.studio import releases as wording


def register(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint of the studio."""
    blueprint.add_url_rule("/drafts/<int:key>/deploy", "deploy", show)
    blueprint.add_url_rule("/drafts/<int:key>/deploy", "release", release, methods=["POST"])
    blueprint.add_url_rule("/families/<family>", "family", family)
    blueprint.add_url_rule("/deployments/<int:key>/restore", "restore", restore, methods=["POST"])
    blueprint.add_url_rule("/deployments/<int:key>/draft", "draft_of", draft_of, methods=["POST"])


def show(key: int, fault: str = "", status: int = 200) -> ResponseReturnValue:
    """Show what a deployment has to pass, what runs, and the form that deploys."""
    draft = drafts.get(session, current_actor(), known(key, "draft"))
    files = drafts.content(session, draft)
    seen = drawn.of(files)
    return render_template(
        "studio/deploy.html",
        **frame.view(draft, "deploy"),
        gate=wording.gate(releases.gate(engine, session, draft, files)),
        standing=wording.standing(seen),
        gone=wording.gone(draft.family, seen),
        behind=wording.behind(draft),
        fault=fault,
        given=request.form,
    ), status


def release(key: int) -> ResponseReturnValue:
    """Deploy a draft; a refusal shows the page again with what was typed."""
    form = request.form
    try:
        with engine.begin(current_actor()) as command:
            deployed, draft = releases.deploy(
                command,
                known(key, "draft"),
                form.get("version", 0, type=int),
                note=form.get("note", ""),
                override=form.get("override", ""),
            )
    except InvalidDiagram:
        session.rollback()
        return show(key, str(_("校验没有通过，没有部署")), 422)
    except (Rejected, Conflict) as error:
        session.rollback()
        return show(key, error_words(error), 409 if isinstance(error, Conflict) else 422)
    session.rollback()
    number = shelf.number(deployed.deployment.key)
    flash(_("已部署：第 %(n)s 次。在办的仍按原来的版本办。", n=number), "done")
    return redirect(url_for("studio.family", family=draft.family))


def family(family: str) -> ResponseReturnValue:
    """Show the deployments of a family: who changed what, when and why; and its procedures with what runs."""
    listed = releases.history(session, current_actor(), family)
    if not listed:
        raise NotFound(noun="family", key=family[:64])
    who = people.by_id(session, [one.deployment.deployed_by for one in listed])
    return render_template(
        "studio/family.html",
        family=family,
        name=shelf.family_name(family),
        rows=wording.history(listed, who),
        processes=measures.processes(family),
    )


def restore(key: int) -> ResponseReturnValue:
    """Go back to an earlier deployment, by deploying what it held again."""
    of = releases.get(session, current_actor(), known(key, "deployment"))
    where = url_for("studio.family", family=of.family)
    try:
        with engine.begin(current_actor()) as command:
            releases.roll_back(command, of.key, request.form.get("note", ""))
    except EngineError as error:
        flash(error_words(error), "error")
        return redirect(where)
    flash(_("已退回。在办的仍按原来的版本办；要一起换的，到运维里换版本。"), "done")
    return redirect(where)


def draft_of(key: int) -> ResponseReturnValue:
    """Begin a draft of what a deployment held."""
    of = releases.get(session, current_actor(), known(key, "deployment"))
    with engine.begin(current_actor()) as command:
        draft = drafts.from_deployment(command, of)
    return redirect(url_for("studio.edit", key=draft.key))
