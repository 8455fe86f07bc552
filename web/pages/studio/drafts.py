"""The drafts: the list, beginning one, the editor around one, taking it out as a file, deleting it."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.deployment import bundles
from engine.engine import Command
from engine.models import studio as model
from engine.models.studio import BundleDraft
from engine.studio import archives, drafts, findings, intake, neighbours
from engine.studio.drafts import Origin
from engine.studio.intake import FilesRefused
from web.extensions import engine, session
from web.signin import current_actor
from web.views.operations.scope import known
from web.views.studio import findings as wording
from web.views.studio import shelf

# The tools of bpmn.io set styles on elements; scripts and everything else are as strict as on any page.
CSP = (
    "default-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


def register(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint of the studio."""
    blueprint.add_url_rule("/", "index", index)
    blueprint.add_url_rule("/drafts", "create", create, methods=["POST"])
    blueprint.add_url_rule("/drafts/<int:key>", "edit", edit)
    blueprint.add_url_rule("/drafts/<int:key>/state", "state", state)
    blueprint.add_url_rule("/drafts/<int:key>/export.zip", "export", export)
    blueprint.add_url_rule("/drafts/<int:key>/delete", "delete", delete, methods=["POST"])


def index() -> ResponseReturnValue:
    """List the families, what is deployed of them and what is being changed."""
    return _page()


def _page(refused: FilesRefused | None = None, status: int = 200) -> ResponseReturnValue:
    faults = wording.by_path(refused.problems) if refused else {}
    return render_template(
        "studio/index.html", **shelf.view(), faults=faults, given=request.form
    ), status


def create() -> ResponseReturnValue:
    """Begin a draft: of a family, from a neighbour, or from files; then open it."""
    request.max_content_length = 2 * bundles.MAX_BYTES
    how = request.form.get("how", "")
    try:
        with engine.begin(current_actor()) as command:
            draft = _CREATE.get(how, _of_family)(command)
    except FilesRefused as error:
        session.rollback()
        return _page(error, 422)
    return redirect(url_for("studio.edit", key=draft.key))


def _of_family(command: Command) -> BundleDraft:
    return drafts.from_family(command, request.form.get("family", "").strip())


def _of_neighbour(command: Command) -> BundleDraft:
    form = request.form
    new_id, name = form.get("new_id", "").strip(), form.get("name", "").strip()[:100]
    return neighbours.copy(command, form.get("process_id", ""), new_id, name)


def _of_files(command: Command) -> BundleDraft:
    uploads = [one for one in request.files.getlist("files") if one.filename]
    if not uploads:
        raise intake.refusal("", "archive", reason=str(_("没有选文件")))
    first = (uploads[0].filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    if len(uploads) == 1 and first.lower().endswith(".zip"):
        files = archives.unpack(uploads[0].read())
    else:
        files = {archives.placed(one.filename or ""): one.read() for one in uploads}
    family = request.form.get("family", "").strip() or first.split(".", 1)[0].lower()
    base = drafts.latest_key(command.session, family)
    return drafts.create(command, family, files, Origin(model.IMPORTED, first, base))


_CREATE = {"family": _of_family, "neighbour": _of_neighbour, "import": _of_files}


def edit(key: int) -> Response:
    """Show the editor of a draft."""
    draft = drafts.get(session, current_actor(), known(key, "draft"))
    page = make_response(
        render_template(
            "studio/editor.html",
            draft={
                "key": draft.key,
                "name": shelf.draft_name(draft),
                "family": draft.family,
                "base": shelf.number(draft.base_key),
                "version": draft.version,
            },
            urls={
                "studio": url_for(".index"),
                "files": url_for(".read_files", key=key),
                "findings": url_for(".check_files", key=key),
                "vocabulary": url_for(".offer_files", key=key),
                "export": url_for(".export", key=key),
                "proof": url_for(".proof", key=key),
                "diff": url_for(".diff", key=key),
                "deploy": url_for(".deploy", key=key),
            },
        )
    )
    page.headers["Content-Security-Policy"] = CSP
    return page


def state(key: int) -> ResponseReturnValue:
    """Say for the list how many errors and warnings a draft has."""
    draft = drafts.get(session, current_actor(), known(key, "draft"))
    found = findings.examine(engine, session, draft.family, drafts.content(session, draft))
    wrong = len(findings.errors(found))
    return render_template("studio/state.html", errors=wrong, warnings=len(found) - wrong)


def export(key: int) -> ResponseReturnValue:
    """Give a draft as a zip file, byte for byte as it was saved."""
    draft = drafts.get(session, current_actor(), known(key, "draft"))
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": f'attachment; filename="{draft.family}.zip"',
    }
    return archives.pack(drafts.content(session, draft)), headers


def delete(key: int) -> ResponseReturnValue:
    """Delete a draft; what is deployed stays."""
    with engine.begin(current_actor()) as command:
        drafts.discard(command, known(key, "draft"))
    flash(_("草稿已删除"), "done")
    return redirect(url_for("studio.index"))
