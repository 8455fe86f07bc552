"""The saves of a draft: who saved what and when, what each changed, and taking one up again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.models.studio import BundleDraft
from engine.staff import people
from engine.studio import differences, drafts
from engine.studio.drafts import DraftChanged
from web import words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import names
from web.views.operations.scope import known
from web.views.studio import differences as wording
from web.views.studio import drawn, frame


def register(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint of the studio."""
    blueprint.add_url_rule("/drafts/<int:key>/saves", "saves", show)
    blueprint.add_url_rule("/drafts/<int:key>/saves", "take_up", take_up, methods=["POST"])


def show(key: int) -> ResponseReturnValue:
    """List the saves that are kept; the one that is looked at says what it changed."""
    draft = drafts.get(session, current_actor(), known(key, "draft"))
    listed = drafts.saves(session, draft)
    who = people.by_id(session, [one.saved_by for one in listed])
    chosen = request.args.get("look", draft.version, type=int)
    return render_template(
        "studio/saves.html",
        **frame.view(draft, "saves"),
        rows=[
            {
                "version": one.version,
                "by": names.user(who.get(one.saved_by or 0)),
                "at": words.stamp(one.saved_at, engine.clock()),
                "paths": one.paths,
                "first": one.version == 1,
                "now": one.version == draft.version,
            }
            for one in listed
        ],
        chosen=chosen,
        files=_changed(draft, chosen) if any(one.version == chosen > 1 for one in listed) else [],
    )


def _changed(draft: BundleDraft, version: int) -> list[dict[str, object]]:
    before = drafts.content(session, draft, version - 1)
    now = drafts.content(session, draft, version)
    return wording.view(differences.compare(before, now), drawn.of(before), drawn.of(now))


def take_up(key: int) -> ResponseReturnValue:
    """Save the draft anew as an earlier save left it."""
    version, to = (request.form.get(one, 0, type=int) for one in ("version", "to"))
    with engine.begin(current_actor()) as command:
        saved = drafts.restore(command, known(key, "draft"), version, to)
    session.rollback()
    if isinstance(saved, DraftChanged):
        flash(_("别人刚刚又存了一次，没有恢复；你要的内容另存成了一份草稿"), "error")
        return redirect(url_for("studio.edit", key=saved.copy.key))
    flash(_("已恢复成第 %(n)s 次保存的样子，存成第 %(m)s 次", n=to, m=saved.version), "done")
    return redirect(url_for("studio.saves", key=key))
