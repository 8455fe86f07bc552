"""The page of a user task, as it stands for the person who looks at it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import comments, corrections, course, instances, tasks
from engine.course import Course
from engine.forms import Form
from engine.models.task import COMPLETING, CREATED, CREATING, Draft, UserTask
from web import forms, words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import (
    clocks,
    courses,
    data,
    decisions,
    entries,
    names,
    offers,
    people,
    pictures,
    reasons,
    records,
    requests,
    rows,
    signers,
    talk,
)


def opened(
    task: UserTask,
    view: forms.View | None,
    *,
    draft: Draft | None = None,
    opinion: str = "",
    faults: Mapping[str, str] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """Show a task to somebody who may complete it; `opinion` stands beside the form, `faults` are of the decision."""
    shown = _context(task)
    saved = words.stamp(draft.saved_at, engine.clock()) if draft else ""
    after = next((one["title"] for one in shown["timeline"] if one.get("state") == "next"), "")
    return render_template(
        "tasks/show.html", view=view, saved=saved, after=after, opinion=opinion, faults=faults or {},
        decisions=decisions.offered(task), returning=decisions.returning(task),
        verb=names.action(names.definition(task.definition_key), task) or _("完成"), **shown,
    ), status  # fmt: skip


def asked(
    task: UserTask, opinion: str = "", faults: Mapping[str, str] | None = None, status: int = 200
) -> ResponseReturnValue:
    """Show a task to somebody who was asked to say something about it: a helper or a signer."""
    told = course.load(engine, session, task.instance)
    facts, _ticks = data.confirmations(data.facts(told))
    view, parts = _read_only(task)
    return render_template(
        "tasks/asked.html",
        facts=facts,
        view=view,
        parts=parts,
        opinion=opinion,
        faults=faults or {},
        asking=requests.of(task, course.acts(session, task.instance_key)),
        decisions=decisions.offered(task) if task.parent_key else decisions.answers(),
        **_context(task),
    ), status


def _read_only(task: UserTask) -> tuple[forms.View | None, list[records.Part]]:
    """Give the form of the step to look at: what was submitted, else what would be filled in."""
    root = session.get_one(UserTask, task.root_key) if task.root_key else task
    if root.submitted:
        return None, record_of(root)
    entry = entries.of_task(root) if root.state == CREATED else None
    return (entry.view(entry.opened()) if entry else None), []


def watched(task: UserTask) -> ResponseReturnValue:
    """Show an open task to somebody who may not complete it."""
    told = course.load(engine, session, task.instance)
    facts, _ticks = data.confirmations(data.facts(told))
    return render_template("tasks/watched.html", facts=facts, **_context(task))


def closed(task: UserTask) -> ResponseReturnValue:
    """Show what a closed task recorded."""
    actor = current_actor()
    return render_template(
        "tasks/closed.html",
        parts=record_of(task),
        corrected=_corrected(task),
        may_correct=corrections.may_correct(actor, task) and task.form_id is not None,
        **_context(task),
    )


def record_of(task: UserTask, values: dict[str, Any] | None = None) -> list[records.Part]:
    """Give what a task's form says with what was submitted, or with other values."""
    of = names.definition(task.definition_key)
    form = records.form_of(of, task.form_id)
    said = task.submitted or {} if values is None else values
    if form is None or not said:
        return []
    scope = corrections.scope_of(of, task.instance, task.element_id)
    return records.read(of, form, said, scope, task.site)


def _corrected(task: UserTask) -> list[dict[str, Any]]:
    now = engine.clock()
    labels = _labels(task)
    return [
        {
            "who": entry.actor_name,
            "at": words.stamp(entry.at, now),
            "reason": entry.detail.get("reason", ""),
            "fields": words.joined([labels.get(name, name) for name in entry.detail["changes"]]),
        }
        for entry in corrections.history(session, task.instance_key)
        if entry.detail.get("task") == str(task.key)
    ]


def _labels(task: UserTask) -> dict[str, str]:
    return {key: label for key, (label, _text) in records.flat(record_of(task)).items()}


def form_of(task: UserTask) -> Form | None:
    """Give the form of a task."""
    return records.form_of(names.definition(task.definition_key), task.form_id)


def _context(task: UserTask) -> dict[str, Any]:
    """Give what every view of a task shows around the form."""
    actor, now, instance = current_actor(), engine.clock(), task.instance
    told = course.load(engine, session, instance)
    of = names.definition(task.definition_key)
    return {
        "task": task,
        "instance": instance,
        "step": names.step(of, task),
        "procedure": names.procedure(told.definition),
        "state": _state(task, now),
        "clock": clocks.clock(task, now),
        "place": instance.unit_label,
        "site_name": names.site(task.site),
        "summary": rows.summary(of, task.summary, instance.unit_label),
        "why": reasons.why(task, of, actor, dict(told.people), now),
        "timeline": courses.folded(
            courses.timeline(told, course.acts(session, instance.key), now, actor.user_id),
            url_for("instances.show", key=instance.key),
        ),
        "comments": talk.view(comments.of_instance(session, instance.key), now),
        "running": instance.ended_at is None,
        "items": _menu(task),
        "links": [] if offers.works(task) else offers.links(task),
        "added": signers.of(told.tasks, told.people).get(task.root_key or task.key, []),
        "countersign": signers.countersign(task) if task.state == CREATED else None,
        "reopened": requests.reopened(task, of),
        "substituted": requests.substituted(task, actor),
        "candidates": _candidates(task),
        **_picture(told, task, now),
    }


def _state(task: UserTask, now: dt.datetime) -> dict[str, Any]:
    """Give the stamp beside the heading."""
    if task.is_held:
        return {"state": "waiting", "text": _("系统核对中")}
    if task.state in (CREATING, COMPLETING):
        waits = _("还没轮到") if task.state == CREATING else _("等加签人")
        return {"state": "waiting", "text": waits}
    if task.state != CREATED:
        done = task.completed_by is not None
        return {"state": "done", "text": _("已办结") if done else _("已撤回")}
    if not offers.works(task):
        return {"state": "waiting"}
    if task.assignee_id is None:
        return {"state": "mine", "text": _("可领取")}
    found = clocks.state(task, now)
    return {"state": "mine" if found == "soon" else found}


def _picture(told: Course, task: UserTask, now: dt.datetime) -> dict[str, Any]:
    where: dict[str, Any] = {"key": task.instance_key, "process": task.process_id}
    return {
        "xml_url": url_for("instances.xml", **where),
        "state_url": url_for("instances.state", **where),
        "picture": pictures.label(told, task.process_id),
        "steps": pictures.steps(told, task.process_id, now),
    }


def _menu(task: UserTask) -> list[Any]:
    """Give what the menu beside the primary button offers; what cannot be done is absent."""
    items: list[Any] = []
    if not offers.works(task):
        return items
    mine = task.assignee_id is not None
    if task.form_id and task.owner_id is None:
        items.append({"label": _("暂存"), "icon": "device-floppy", "name": "do", "value": "draft"})
    if not mine:
        items.append({"label": _("领取"), "icon": "hand-grab", "name": "do", "value": "claim"})
    elif (task.groups or task.users) and task.parent_key is None and task.owner_id is None:
        items.append(
            {"label": _("放回"), "icon": "arrow-back-up", "name": "do", "value": "unclaim"}
        )
    apart = {"return"} if decisions.returning(task) else set()
    done = [one for one in offers.menu(task) if one["value"] not in apart]
    items += ["rule", *done] if items and done else done
    printed = [one.strip() for one in task.properties.get("print", "").split(",") if one.strip()]
    if printed and items:
        items.append("rule")
    return items + [talk.print_item(task, record) for record in printed]


def _candidates(task: UserTask) -> list[dict[str, str]]:
    """Give whom a supervisor may give the task to; nobody for others."""
    if task.state != CREATED or not tasks.may_assign(current_actor(), task):
        return []
    found = tasks.candidates(session, task)
    return [
        {
            "username": user.username,
            "name": names.user(user),
            "role": people.chip(user, task.site_id, task.groups)["role"],
        }
        for user in found
        if user.id != task.assignee_id
    ]


def assignee_name(task: UserTask) -> str:
    """Give the name of who has the task now."""
    instance = instances.get(session, current_actor(), task.instance_key)
    told = course.load(engine, session, instance)
    return names.user(told.people.get(task.assignee_id or 0))
