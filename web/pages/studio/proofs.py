"""Proof before deployment: running the scenarios of a draft, watching, and seeing what they visited."""

from __future__ import annotations

from flask import (
    Blueprint,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from engine.errors import Conflict, NotFound
from engine.models.studio import BundleDraft, Proof
from engine.studio import drafts, proofs, walkthroughs
from web.errors import words as error_words
from web.extensions import engine, session, wants_fragment
from web.signin import current_actor
from web.views.operations.scope import known
from web.views.studio import drawn, frame, policy
from web.views.studio import proofs as wording


def register(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint of the studio."""
    blueprint.add_url_rule("/drafts/<int:key>/proof", "proof", show)
    blueprint.add_url_rule("/drafts/<int:key>/proof", "prove", prove, methods=["POST"])
    blueprint.add_url_rule("/drafts/<int:key>/proof/<int:proof_key>.json", "coverage", coverage)
    blueprint.add_url_rule("/drafts/<int:key>/picture/<path:path>", "picture", picture)


def _draft(key: int) -> BundleDraft:
    return drafts.get(session, current_actor(), known(key, "draft"))


def show(key: int) -> ResponseReturnValue:
    """Show the last proof of a draft; for htmx only how far it is."""
    draft = _draft(key)
    files = drafts.content(session, draft)
    proof = proofs.latest(session, draft)
    seen = drawn.of(drafts.content(session, draft, proof.version) if proof else files)
    return render_template(
        "studio/progress.html" if wants_fragment() else "studio/proof.html",
        **frame.view(draft, "proof"),
        proof=wording.view(proof, seen) if proof else None,
        maps=wording.maps(proof, seen) if proof and proof.results else [],
        stale=proof is not None and proof.version != draft.version,
        cases=len(walkthroughs.cases(files)),
        policy=[] if wants_fragment() else policy.changed(seen),
    )


def prove(key: int) -> ResponseReturnValue:
    """Run the scenarios of a draft, apart from everything; the page shows how far they are."""
    try:
        with engine.begin(current_actor()) as command:
            proof = proofs.begin(command, known(key, "draft"))
        # The thread outlives the request, so it gets the engine itself.
        proofs.work_beside(current_app.extensions["guicheng"], proof.key)
    except Conflict as error:
        flash(error_words(error), "waiting")
    return redirect(url_for("studio.proof", key=key))


def coverage(key: int, proof_key: int) -> ResponseReturnValue:
    """Give what a proof visited in one diagram, for the picture."""
    draft = _draft(key)
    proof = session.get(Proof, known(proof_key, "proof"))
    if proof is None or proof.draft_key != draft.key:
        raise NotFound(noun="proof", key=proof_key)
    seen, path = drawn.of(drafts.content(session, draft, proof.version)), request.args.get("path", "")  # fmt: skip
    if path not in seen.diagrams():
        raise NotFound(noun="diagram", key=path[:80])
    return jsonify(wording.coverage(proof, seen, path))


def picture(key: int, path: str) -> ResponseReturnValue:
    """Give a diagram of a draft, names in the reader's language."""
    draft = _draft(key)
    version = request.args.get("version", type=int)
    xml = drawn.of(drafts.content(session, draft, version)).xml(path)
    if xml is None:
        raise NotFound(noun="diagram", key=path[:80])
    return xml, drawn.XML
