"""Recording a scenario: walking through a procedure once, with its real forms and a clock one can move."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.errors import Conflict, Rejected
from engine.models.studio import BundleDraft, Recording
from engine.studio import drafts, recordings
from engine.studio.recordings import Step, StepRejected
from web import forms
from web.errors import words as error_words
from web.extensions import engine, session
from web.signin import current_actor
from web.views.operations.scope import known
from web.views.studio import drawn, frame, policy
from web.views.studio import proofs as reasons
from web.views.studio import recordings as wording

WAITS = ("PT1H", "PT4H", "P1D", "P3D", "P7D", "P30D", "P60D")


def register(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint of the studio."""
    blueprint.add_url_rule("/drafts/<int:key>/recordings", "recordings", index)
    blueprint.add_url_rule("/drafts/<int:key>/recordings", "record", record, methods=["POST"])
    blueprint.add_url_rule("/recordings/<int:key>", "recording", show)
    blueprint.add_url_rule("/recordings/<int:key>", "go_on", go_on, methods=["POST"])
    blueprint.add_url_rule("/recordings/<int:key>/form", "recorded_form", redraw, methods=["POST"])
    blueprint.add_url_rule("/recordings/<int:key>/files", "bring", bring, methods=["POST"])
    blueprint.add_url_rule("/stand-ins/<any('sign-recorded','photo-recorded'):name>.svg", "stand_in", stand_in)  # fmt: skip


def index(key: int) -> ResponseReturnValue:
    """Show the procedures that can be walked through, and the recordings under way."""
    draft = drafts.get(session, current_actor(), known(key, "draft"))
    seen = drawn.of(drafts.content(session, draft))
    return render_template(
        "studio/recordings.html",
        **frame.view(draft, "recordings"),
        processes=[
            {"id": one, "name": seen.process(diagram, one)}
            for diagram in seen.diagrams().values()
            for one in diagram.processes
            if diagram.start_event(one) is not None or diagram.triggered_starts(one)
        ],
        under_way=[
            {"key": one.key, "name": seen.name(one.process_id), "steps": len(wording.steps(one, seen))}
            for one in recordings.of_draft(session, draft)
        ],
        policy=policy.changed(seen),
    )  # fmt: skip


def record(key: int) -> ResponseReturnValue:
    """Begin to walk through a procedure."""
    draft = drafts.get(session, current_actor(), known(key, "draft"))
    process_id = request.form.get("process_id", "")
    try:
        view = recordings.rehearse(engine, session, draft, process_id, [])
        with engine.begin(current_actor()) as command:
            begun = recordings.begin(command, draft, process_id, view)
    except Rejected as error:
        flash(error_words(error), "error")
        return redirect(url_for("studio.recordings", key=key))
    return redirect(url_for("studio.recording", key=begun.key))


def show(key: int) -> ResponseReturnValue:
    """Show where the walk stands, and the form of the step that is to be done."""
    return _page(recordings.get(session, current_actor(), known(key, "recording")))


def _page(
    recording: Recording,
    values: dict[str, Any] | None = None,
    failure: dict[str, Any] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    draft = _draft(recording)
    seen = drawn.of(drafts.content(session, draft))
    step = _chosen(recording)
    form = wording.form_of(step["form"]) if step else None
    return render_template(
        "studio/recording.html",
        **frame.view(draft, "recordings"),
        recording={
            "key": recording.key,
            "version": recording.version,
            "process": seen.name(recording.process_id),
            "now": wording.moment(recording.view).strftime("%Y-%m-%d %H:%M"),
        },
        done=wording.steps(recording, seen),
        places=wording.places(recording, seen),
        incidents=recording.view.get("incidents", ()),
        offers=wording.offers(recording, seen),
        messages=wording.messages(recording, seen),
        units=recording.view.get("units", ()),
        step=step,
        outcomes=wording.outcomes(step, seen) if step else (),
        brought=wording.brought(form, seen),
        policy=policy.changed(seen),
        number=_number(),
        view=_sheet(recording, seen, values, (failure or {}).get("faults", ())),
        reason=reasons.reason(failure) if failure and not failure.get("faults") else "",
        waits=wording.waits(recording, WAITS),
        given=request.form,
    ), status


def _sheet(
    recording: Recording, seen: drawn.Drawn, values: dict[str, Any] | None, faults: Any = ()
) -> forms.View | None:
    step = _chosen(recording)
    form = wording.form_of(step["form"]) if step else None
    if form is None or step is None:
        return None
    urls = forms.Urls(
        upload=url_for("studio.bring", key=recording.key),
        refresh=url_for("studio.recorded_form", key=recording.key),
        attachment=unquote(url_for("studio.stand_in", name="sign-recorded")).replace("sign-recorded", "{key}"),
    )  # fmt: skip
    now = wording.moment(recording.view)
    return wording.sheet(form, values, step.get("context", {}), faults, seen, now, urls)


def redraw(key: int) -> ResponseReturnValue:
    """Draw the form anew for what is typed: fields that follow from others come and go."""
    recording = recordings.get(session, current_actor(), known(key, "recording"))
    seen = drawn.of(drafts.content(session, _draft(recording)))
    step = _chosen(recording)
    form = wording.form_of(step["form"]) if step else None
    if form is None:
        return ""
    raw = forms.parse(form, request.form, request.files, wording.kept, tidy=False)
    return render_template("forms/body.html", view=_sheet(recording, seen, dict(raw)))


def bring(key: int) -> ResponseReturnValue:
    """Take a signature or photograph; a scenario holds no pictures, so it is only noted that there was one."""
    recordings.get(session, current_actor(), known(key, "recording"))
    name = wording.kept(request.files.get("file"))
    return jsonify({"key": name, "url": url_for("studio.stand_in", name=name)}), 201


def stand_in(name: str) -> ResponseReturnValue:
    """Show that a signature or photograph was given."""
    said = _("已签（代用）") if name.startswith("sign") else _("照片（代用）")
    return render_template("studio/stand_in.svg", said=said), {"Content-Type": "image/svg+xml"}


def _draft(recording: Recording) -> BundleDraft:
    return drafts.get(session, current_actor(), recording.draft_key)


def _number() -> int:
    return int(request.values.get("task", 0, type=int) or 0)


def _chosen(recording: Recording) -> dict[str, Any] | None:
    """Give the step whose form is shown: the start, or one of the open tasks."""
    if "start" in recording.view:
        return {"name": "", "context": {}, "outcomes": [], **recording.view["start"]}
    listed: list[dict[str, Any]] = recording.view.get("tasks", [])
    return listed[min(max(_number(), 0), len(listed) - 1)] if listed else None


def go_on(key: int) -> ResponseReturnValue:
    """Do the next step, move the clock, take the last one back, keep the scenario, or throw it away."""
    recording = recordings.get(session, current_actor(), known(key, "recording"))
    acts = {"keep": _keep, "discard": _discard, "back": _back, "wait": _wait, "publish": _publish}
    try:
        return acts.get(request.form.get("do", ""), _step)(recording)
    except (Rejected, Conflict) as error:
        session.rollback()
        flash(error_words(error), "error")
        return redirect(url_for("studio.recording", key=key))


def _step(recording: Recording) -> ResponseReturnValue:
    step = _chosen(recording)
    if step is None:
        return redirect(url_for("studio.recording", key=recording.key))
    form = wording.form_of(step["form"])
    raw = forms.parse(form, request.form, request.files, wording.kept) if form else {}
    if form is not None and forms.rearranges(request.form):
        return _page(recording, raw)
    sent = dict(raw)
    actor = request.form.get("_actor", "")
    if "start" in recording.view:
        steps = recordings.started(recording.process_id, actor, sent)
    else:
        steps = recordings.completed(step, actor, sent, request.form.get("_outcome", ""))
    return _done(recording, [*recording.steps, *steps], raw)


def _wait(recording: Recording) -> ResponseReturnValue:
    text = request.form.get("duration_own", "").strip() or request.form.get("duration", "")
    return _done(recording, recordings.after(recording.steps, recordings.waited(text)))


def _publish(recording: Recording) -> ResponseReturnValue:
    listed = [*recording.view.get("messages", ()), {"name": "", "key": ""}]
    chosen = listed[min(max(request.form.get("message", 0, type=int), 0), len(listed) - 1)]
    name = request.form.get("message_name", "").strip() or chosen["name"]
    if not name:
        raise StepRejected(reason=str(_("消息要有名称")))
    key = request.form.get("message_key", "").strip() or chosen["key"]
    said = wording.variables(request.form.get("message_variables", ""))
    return _done(recording, recordings.after(recording.steps, recordings.published(name, key, said)))  # fmt: skip


def _back(recording: Recording) -> ResponseReturnValue:
    return _done(recording, recordings.taken_back(recording.steps))


def _done(
    recording: Recording, steps: list[Step], raw: dict[str, Any] | None = None
) -> ResponseReturnValue:
    if len(steps) > recordings.MOST_STEPS:
        raise StepRejected(reason=str(_("一个场景最多 %(n)s 步", n=recordings.MOST_STEPS)))
    view = recordings.rehearse(engine, session, _draft(recording), recording.process_id, steps)
    if "failure" in view:
        return _page(recording, raw, view["failure"], 422)
    version = request.form.get("version", 0, type=int)
    with engine.begin(current_actor()) as command:
        recordings.go_on(command, recording.key, version, steps, view)
    return redirect(url_for("studio.recording", key=recording.key))


def _keep(recording: Recording) -> ResponseReturnValue:
    with engine.begin(current_actor()) as command:
        recordings.keep(command, recording.key, request.form.get("name", ""))
    flash(_("场景已存进草稿；去验证一次吧"), "done")
    return redirect(url_for("studio.proof", key=recording.draft_key))


def _discard(recording: Recording) -> ResponseReturnValue:
    with engine.begin(current_actor()) as command:
        recordings.discard(command, recording.key)
    return redirect(url_for("studio.recordings", key=recording.draft_key))
