"""A process instance: diagram, course, data, records, relatives, audit, and what its supervisors may do with it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import audit, comments, corrections, counter, course, instances
from engine.course import Course
from engine.engine import Command
from engine.errors import Conflict, Rejected
from engine.models.instance import ACTIVE, SUSPENDED, ProcessInstance
from engine.operations import exports, incidents, suspension
from engine.staff import copies
from web import words
from web.errors import words as error_words
from web.exports import archive
from web.extensions import engine, session
from web.signin import current_actor
from web.views import (
    audits,
    clocks,
    courses,
    data,
    drawings,
    names,
    pictures,
    readings,
    rows,
    stops,
    talk,
    tickets,
)

blueprint = Blueprint("instances", __name__, url_prefix="/instances")

OPERATORS = ("admin", "process_owner")


@blueprint.get("/<int:key>")
def show(key: int) -> ResponseReturnValue:
    """Show everything about an instance."""
    now, told = engine.clock(), _course(key)
    instance, process_id = told.instance, _process(told)
    _mark_read(key)
    facts, ticks = data.confirmations(data.facts(told))
    return render_template(
        "instances/show.html",
        instance=instance,
        task=None,
        name=names.procedure(told.definition),
        version=told.definition.version,
        place=instance.unit_label,
        site_name=names.site(instance.site),
        started=_("%(at)s 发起", at=words.date(instance.started_at, now)),
        ticket=tickets.words(counter.of_instance(session, key)),
        stamps=_stamps(told, now),
        processes=_processes(told, process_id),
        xml_url=url_for(".xml", key=key, process=process_id),
        state_url=url_for(".state", key=key, process=process_id),
        picture=pictures.label(told, process_id),
        steps=pictures.steps(told, process_id, now),
        timeline=courses.timeline(told, course.acts(session, key), now, current_actor().user_id),
        facts=facts,
        ticks=ticks,
        rest=data.rest(told, facts + ticks) if _operates(instance) else [],
        corrected=corrections.count(session, key),
        records=_records(told),
        relatives=_relatives(instance),
        stops=stops.sentences(told, now),
        incidents=_incidents(told, now),
        readings=readings.of(told, now),
        suspended=instance.status == SUSPENDED,
        may_suspend=_may_suspend(instance),
        may_cancel=_may_cancel(instance),
        may_export=exports.may_export(current_actor(), instance),
        may_retry=_operates(instance),
        comments=talk.view(comments.of_instance(session, key), now),
    )


def _mark_read(key: int) -> None:
    """Opening an instance one was sent a copy of reads that copy."""
    if copies.has(session, current_actor(), key):
        with engine.begin(current_actor()) as command:
            copies.mark_read(command, key)


@blueprint.get("/<int:key>/diagram.bpmn")
def xml(key: int) -> ResponseReturnValue:
    """Give the diagram of the instance, or of a process it calls (`?process=`)."""
    told = _course(key)
    drawn = drawings.xml(told.called.get(_process(told), told.definition))
    return drawn, {"Content-Type": "application/xml; charset=utf-8"}


@blueprint.get("/<int:key>/diagram.json")
def state(key: int) -> ResponseReturnValue:
    """Give the state of the instance over its diagram."""
    told = _course(key)
    return jsonify(pictures.state(told, _process(told), engine.clock()))


@blueprint.get("/<int:key>/export.zip")
def export(key: int) -> ResponseReturnValue:
    """Give everything about the instance as one file; for its supervisors, process owners and administrators."""
    return archive(current_actor(), key)


@blueprint.get("/<int:key>/audit")
def history(key: int) -> ResponseReturnValue:
    """Show who did what, and whether the chain of entries is whole."""
    told = _course(key)
    return render_template(
        "instances/audit.html",
        instance=told.instance,
        name=names.procedure(told.definition),
        entries=audits.view(told, audit.entries(session, key), engine.clock()),
        broken=audit.first_break(session, engine.secret, key),
    )


@blueprint.post("/<int:key>/cancel")
def cancel(key: int) -> ResponseReturnValue:
    """End the instance with a reason; for supervisors."""
    try:
        with engine.begin(current_actor()) as command:
            instance = instances.cancel(command, key, request.form.get("reason", ""))
        flash(_("已撤销 %(number)s，打开的任务都已收回", number=instance.number), "done")
    except Conflict as error:
        flash(error_words(error), "waiting")
    except Rejected:
        flash(_("撤销要写明原因"), "error")
    return redirect(url_for("instances.show", key=key))


@blueprint.post("/<int:key>/incidents/<int:incident_key>/retry")
def retry(key: int, incident_key: int) -> ResponseReturnValue:
    """Try again what failed; for administrators and process owners."""
    instances.get(session, current_actor(), key)
    try:
        with engine.begin(current_actor()) as command:
            incidents.resolve(command, incident_key)
        flash(_("已重新执行；若再失败，这里会再出现异常"), "done")
    except Conflict as error:
        flash(error_words(error), "waiting")
    return redirect(url_for("instances.show", key=key))


def _course(key: int) -> Course:
    return course.load(engine, session, instances.get(session, current_actor(), key))


def _process(told: Course) -> str:
    wanted = request.args.get("process") or told.instance.process_id
    if wanted != told.instance.process_id and wanted not in told.called:
        abort(404)
    return wanted


def _operates(instance: ProcessInstance) -> bool:
    return any(current_actor().has(role, instance.site_id) for role in OPERATORS)


def _may_suspend(instance: ProcessInstance) -> bool:
    running = instance.status in (ACTIVE, SUSPENDED)
    command = Command(engine, session, current_actor())
    return running and suspension.may_suspend(command, instance)


def _may_cancel(instance: ProcessInstance) -> bool:
    running = instance.status in (ACTIVE, SUSPENDED)
    return running and instances.may_cancel(Command(engine, session, current_actor()), instance)


def _stamps(told: Course, now: dt.datetime) -> list[dict[str, Any]]:
    instance = told.instance
    if instance.status not in (ACTIVE, SUSPENDED):
        return [{"state": "done", "text": rows.status_word(instance.status)}]
    if any(one.resolved_at is None for one in told.incidents):
        return [{"state": "incident"}]
    late = [task for task in told.open_tasks if clocks.state(task, now) == "late"]
    word = rows.status_word(instance.status)
    found = [{"state": "paused" if instance.status == SUSPENDED else "mine", "text": word}]
    if late:
        found.append({"state": "late", "text": str(_("超时 %(n)s 项", n=len(late)))})
    return found


def _processes(told: Course, current: str) -> list[dict[str, Any]]:
    """Give the diagrams of the instance: its own and those of the processes it calls; none when there is only one."""
    own = told.instance.process_id
    if not told.called:
        return []
    shown = {own: told.definition, **told.called}
    return [
        {
            "label": names.procedure(of),
            "url": url_for("instances.show", key=told.instance.key, process=process_id),
            "current": process_id == current,
        }
        for process_id, of in shown.items()
    ]


def _records(told: Course) -> list[dict[str, Any]]:
    """Give the slips the steps gone through or under way print, also those of called processes."""
    printed: dict[str, int] = {}
    for task in told.tasks:
        for record in task.properties.get("print", "").split(","):
            if record.strip():
                printed.setdefault(record.strip(), task.definition_key)
    return [
        {
            "label": names.record(names.definition(key), record),
            "icon": "file-text",
            "url": url_for("records.show", instance_key=told.instance.key, record=record),
        }
        for record, key in printed.items()
    ]


def _relatives(instance: ProcessInstance) -> list[dict[str, Any]]:
    return [
        {
            "label": names.matter(one),
            "icon": "arrow-back-up" if one.key == instance.parent_key else "route",
            "url": url_for("instances.show", key=one.key),
            "remark": rows.status_word(one.status),
        }
        for one in course.relatives(session, instance)
    ]


def _incidents(told: Course, now: dt.datetime) -> list[dict[str, Any]]:
    drawn = told.definition.diagram.elements
    return [
        {
            "key": one.key,
            "step": names.element(told.definition, drawn.get(one.element_id), one.element_id),
            "message": one.message,
            "at": words.stamp(one.created_at, now),
        }
        for one in told.incidents
        if one.resolved_at is None
    ]
