"""Incidents: the list, and one with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from engine import course, executions, instances
from engine.course import Course
from engine.engine import Command
from engine.errors import Conflict, NotFound, Rejected
from engine.models.identity import Site
from engine.models.instance import ACTIVE, ProcessInstance
from engine.models.job import Incident
from engine.operations import batches, incidents, modifications
from web import words
from web.errors import words as error_words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import names, pictures
from web.views.operations import previews, scope, steps, troubles, variables
from web.views.operations.variables import Sheet

PAGE = 50
FILTERS = ("process", "site", "type")


def register(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint of operations."""
    blueprint.add_url_rule("/incidents", "incidents", index)
    blueprint.add_url_rule("/incidents/retry", "incidents_retry", retry_all, methods=["POST"])
    blueprint.add_url_rule("/incidents/<int:key>", "incident", show, methods=["GET", "POST"])


def index() -> ResponseReturnValue:
    """List the open incidents, oldest first, of a procedure, site or kind if asked for."""
    page = max(request.args.get("page", 1, type=lambda text: min(int(text), 10**6)), 1)
    chosen = {name: request.args.get(name, "") for name in FILTERS}
    query = _filtered(chosen)
    found = session.scalars(query.order_by(Incident.created_at, Incident.key)
                            .limit(PAGE).offset((page - 1) * PAGE)).all()  # fmt: skip
    return render_template(
        "operations/incidents.html",
        rows=troubles.rows(found, engine.clock()),
        total=session.scalar(select(func.count()).select_from(query.subquery())) or 0,
        page=page,
        size=PAGE,
        chosen=chosen,
        options=_options(),
    )


def _filtered(chosen: dict[str, str]) -> Any:
    query = scope.opened(current_actor())
    if chosen["process"]:
        query = query.where(Incident.process_id == chosen["process"])
    if chosen["site"]:
        query = query.join(Site, Site.id == Incident.site_id).where(Site.key == chosen["site"])
    if chosen["type"]:
        query = query.where(Incident.error_type == chosen["type"])
    return query


def _options() -> dict[str, list[tuple[str, str]]]:
    """Give what the list can be narrowed to: only what there is."""
    every = scope.opened(current_actor()).subquery()
    newest = select(every.c.process_id, func.max(every.c.definition_key)).group_by(
        every.c.process_id
    )
    sites = select(Site).where(Site.id.in_(select(every.c.site_id))).order_by(Site.id)
    types = session.scalars(select(every.c.error_type).distinct().order_by(every.c.error_type))
    return {
        "process": [
            (process_id, names.procedure(names.definition(key)))
            for process_id, key in session.execute(newest)
        ],
        "site": [(site.key, names.site(site)) for site in session.scalars(sites)],
        "type": [(one, troubles.kind(one)) for one in types],
    }


def retry_all() -> ResponseReturnValue:
    """Try everything of the list again, as a batch."""
    chosen = {name: request.form.get(name, "") for name in FILTERS}
    keys = _filtered(chosen).with_only_columns(Incident.instance_key)
    with engine.begin(current_actor()) as command:
        those = instances.visible_to(current_actor()).where(ProcessInstance.key.in_(keys))
        batch = batches.begin(command, batches.RESOLVE, those)
    return redirect(url_for("operations.batch", key=batch.key))


def show(key: int) -> ResponseReturnValue:
    """Show an incident; preview and do what the form asks for."""
    incident = _incident(key)
    told = course.load(
        engine, session, instances.get(session, current_actor(), incident.instance_key)
    )
    sheets = _sheets(told, incident)
    preview, fault = None, ""
    if request.method == "POST" and not _faults(sheets):
        try:
            if request.form.get("act") != "preview":
                return _do(told.instance.key, key, sheets)
            preview = _preview(incident, told, sheets)
        except Conflict as error:
            flash(error_words(error), "waiting")
            return redirect(url_for("operations.incident", key=key))
        except (Rejected, NotFound) as error:
            fault = previews.refusal(error)
    wrong = bool(fault or _faults(sheets))
    return _page(incident, told, sheets, preview, fault), 422 if wrong else 200


def _incident(key: int) -> Incident:
    query = incidents.visible_to(current_actor()).where(
        Incident.key == scope.known(key, "incident")
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound(noun="incident", key=key)
    instance = instances.get(session, current_actor(), found.instance_key)
    if found.resolved_at is None:
        modifications.require(current_actor(), instance)
    return found


def _sheets(told: Course, incident: Incident) -> list[Sheet]:
    """The variables of the process, and those of the step itself where it has any."""
    form = request.form if request.method == "POST" else None
    found = [variables.of_course(told, current_actor(), form)]
    alive = incident.element_key in {one.key for one in told.living}
    if incident.resolved_at is None and alive and incident.element_key is not None:
        execution = executions.peek(engine, session, told.instance)
        own = execution.local_variables_of(incident.element_key)
        if own:
            found.append(variables.sheet("l.", own, told, current_actor(), form))
    return found


def _faults(sheets: list[Sheet]) -> dict[str, str]:
    faults = {key: fault for sheet in sheets for key, fault in sheet.faults.items()}
    how, acts = request.form.get("how", "retry"), request.form.get("act") == "do"
    if acts and how != "retry" and not request.form.get("reason", "").strip():
        faults["reason"] = str(_("写明原因"))
    if how == "jump" and not request.form.get("to"):
        faults["to"] = str(_("选要转到的步骤"))
    return faults


def _changed(sheets: list[Sheet], prefix: str) -> dict[str, Any]:
    return next((sheet.changed for sheet in sheets if sheet.prefix == prefix), {})


def _preview(incident: Incident, told: Course, sheets: list[Sheet]) -> dict[str, Any] | None:
    """What skipping or moving would lead to; what trying again leads to is seen by trying."""
    how = request.form.get("how")
    if how not in ("skip", "jump"):
        return None
    found = incidents.preview(
        engine, session, current_actor(), incident.key,
        element_id=request.form.get("to", "") if how == "jump" else "",
        variables=_changed(sheets, "v."),
    )  # fmt: skip
    return previews.view(found, told)


def _do(instance_key: int, key: int, sheets: list[Sheet]) -> ResponseReturnValue:
    session.rollback()  # what was read must not hold up the writing on SQLite
    act, said = _ACTS.get(request.form.get("how", ""), _ACTS["retry"])
    with engine.begin(current_actor()) as command:
        require_unchanged(command, instance_key)
        act(command, key, sheets)
    session.rollback()
    again = incidents.visible_to(current_actor()).where(
        Incident.instance_key == instance_key, Incident.resolved_at.is_(None)
    )
    left = session.scalars(again.order_by(Incident.key.desc()).limit(1)).first()
    if left is not None:
        flash(_("这件事还有异常没有处理完"), "waiting")
        return redirect(url_for("operations.incident", key=left.key))
    flash(said(), "done")
    return redirect(url_for("instances.show", key=instance_key))


def require_unchanged(command: Command, instance_key: int) -> None:
    """Refuse values that were read before somebody else went on."""
    instance = instances.lock(command, instance_key)
    seen = request.form.get("version", type=int)
    if seen is not None and seen != instance.version:
        raise Conflict(noun="process instance", key=instance_key)


def _retry(command: Command, key: int, sheets: list[Sheet]) -> None:
    process, own = _changed(sheets, "v."), _changed(sheets, "l.")
    incidents.resolve(command, key, variables=process, local=own)


def _skip(command: Command, key: int, sheets: list[Sheet]) -> None:
    incidents.skip(command, key, request.form["reason"], variables=_changed(sheets, "v."))


def _jump(command: Command, key: int, sheets: list[Sheet]) -> None:
    to, reason = request.form["to"], request.form["reason"]
    incidents.jump(command, key, to, reason, variables=_changed(sheets, "v."))


def _cancel(command: Command, key: int, _sheets: list[Sheet]) -> None:
    incident = command.session.get_one(Incident, key)
    instances.cancel(command, incident.instance_key, request.form["reason"])


Act = Callable[[Command, int, list[Sheet]], None]
_ACTS: dict[str, tuple[Act, Callable[[], str]]] = {
    "retry": (_retry, lambda: str(_("已重新执行，没有再出异常"))),
    "skip": (_skip, lambda: str(_("已跳过这一步"))),
    "jump": (_jump, lambda: str(_("已转到选定的步骤"))),
    "cancel": (_cancel, lambda: str(_("已撤销流程，打开的任务都已收回"))),
}


def _page(incident: Incident, told: Course, sheets: list[Sheet], preview: Any, fault: str) -> str:
    now, instance = engine.clock(), told.instance
    process_id = steps.process_of(told, incident.element_key)
    return render_template(
        "operations/incident.html",
        incident=incident,
        instance=instance,
        open=incident.resolved_at is None,
        kind=troubles.kind(incident.error_type),
        cure=troubles.cure(incident.error_type),
        step=steps.of_course(told, process_id, incident.element_id),
        procedure=names.procedure(told.definition),
        at=words.stamp(incident.created_at, now),
        age=words.duration(now - incident.created_at),
        site_name=names.site(instance.site),
        xml_url=url_for("instances.xml", key=instance.key, process=process_id),
        state_url=url_for("instances.state", key=instance.key, process=process_id),
        picture=pictures.label(told, process_id),
        steps=pictures.steps(told, process_id, now),
        sheets=sheets,
        faults=_faults(sheets) | ({"": fault} if fault else {}),
        typed=request.form,
        targets=steps.choices(told.definition, modifications.targets(engine, session, instance)),
        preview=preview,
        may_cancel=_may_cancel(instance),
    )


def _may_cancel(instance: ProcessInstance) -> bool:
    running = instance.status == ACTIVE
    return running and instances.may_cancel(Command(engine, session, current_actor()), instance)
