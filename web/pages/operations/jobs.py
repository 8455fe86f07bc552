"""Jobs, the workers that hold them, and timers that are late."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, select

from engine import jobs
from engine.errors import Conflict, NotFound
from engine.models.instance import ACTIVE, ProcessInstance
from engine.models.job import CREATED, FAILED, Incident, Job
from engine.operations import incidents
from web import words
from web.errors import words as error_words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import names
from web.views.operations import scope, steps

PAGE = 50
# Workers look every few seconds; what is later than this has been passed over.
LATE = dt.timedelta(minutes=1)


def register(blueprint: Blueprint) -> None:
    """Add the pages to the blueprint of operations."""
    blueprint.add_url_rule("/jobs", "jobs", index)
    blueprint.add_url_rule("/jobs/<int:key>/retry", "job_retry", retry, methods=["POST"])


def states(now: dt.datetime) -> dict[str, ColumnElement[bool]]:
    """Give what tells the states of open jobs apart: failed, due, held by a worker, to be tried later."""
    open_, leased = Job.state == CREATED, Job.worker != ""
    return {
        "failed": Job.state == FAILED,
        "due": and_(open_, Job.run_at <= now),
        "held": and_(open_, Job.run_at > now, leased),
        "later": and_(open_, Job.run_at > now, ~leased),
    }


def of_sites() -> Select[Job]:
    """Select the jobs of the sites where the actor operates, of instances that run."""
    return (
        select(Job)
        .join(ProcessInstance, ProcessInstance.key == Job.instance_key)
        .where(Job.site_id.in_(scope.site_ids(current_actor())), ProcessInstance.ended_at.is_(None))
    )


def counts(now: dt.datetime) -> dict[str, int]:
    """Count the jobs in each state."""
    return {
        name: session.scalar(of_sites().where(test).with_only_columns(func.count())) or 0
        for name, test in states(now).items()
    }


def late(now: dt.datetime) -> Select[ProcessInstance]:
    """Select the running instances with a timer that should have fired."""
    return select(ProcessInstance).where(
        ProcessInstance.status == ACTIVE,
        ProcessInstance.next_due < now - LATE,
        ProcessInstance.site_id.in_(scope.site_ids(current_actor())),
    )


def index() -> ResponseReturnValue:
    """List the jobs of one state, the workers and the late timers."""
    now, number = engine.clock(), counts(engine.clock())
    first = next((name for name, n in number.items() if n), "due")
    state = request.args.get("state", first)
    state = state if state in number else first
    page = max(request.args.get("page", 1, type=lambda text: min(int(text), 10**6)), 1)
    query = of_sites().where(states(now)[state]).order_by(Job.run_at, Job.key)
    found = session.scalars(query.limit(PAGE).offset((page - 1) * PAGE)).all()
    return render_template(
        "operations/jobs.html",
        state=state,
        filters=_filters(number, state),
        rows=[_row(one, now) for one in found],
        page=page,
        size=PAGE,
        total=number[state],
        workers=_workers(now),
        late=_late(now),
        late_count=session.scalar(late(now).with_only_columns(func.count())) or 0,
    )


def _filters(number: dict[str, int], state: str) -> list[dict[str, Any]]:
    said = {
        "failed": _("失败 %(n)s", n=number["failed"]),
        "due": _("等执行 %(n)s", n=number["due"]),
        "held": _("正在执行 %(n)s", n=number["held"]),
        "later": _("过一会再试 %(n)s", n=number["later"]),
    }
    return [
        {
            "label": label,
            "url": url_for("operations.jobs", state=name),
            "current": name == state,
        }
        for name, label in said.items()
    ]


def _row(one: Job, now: dt.datetime) -> dict[str, Any]:
    instance = session.get_one(ProcessInstance, one.instance_key)
    of = names.definition(one.definition_key or instance.definition_key)
    return {
        "key": one.key,
        "step": steps.label(of, of.diagram.elements.get(one.element_id), one.element_id),
        "type": one.type,
        "url": url_for("instances.show", key=instance.key),
        "number": instance.number or str(instance.key),
        "attempts": one.attempts,
        "retries": one.retries,
        "worker": one.worker,
        "at": words.stamp(one.run_at, now),
        "waited": words.duration(now - one.created_at),
        "error": one.error[:200],
    }


def _workers(now: dt.datetime) -> list[dict[str, Any]]:
    """Who holds jobs now, how many, and until when."""
    query = (
        of_sites()
        .where(states(now)["held"])
        .with_only_columns(Job.worker, func.count(), func.max(Job.run_at))
        .group_by(Job.worker)
        .order_by(Job.worker)
    )
    return [
        {"name": worker, "count": number, "until": words.stamp(until, now)}
        for worker, number, until in session.execute(query)
    ]


def _late(now: dt.datetime) -> list[dict[str, Any]]:
    found = session.scalars(late(now).order_by(ProcessInstance.next_due).limit(PAGE))
    return [
        {
            "url": url_for("instances.show", key=one.key),
            "number": one.number or str(one.key),
            "name": names.matter(one),
            "due": words.stamp(one.next_due or now, now),
            "late": words.duration(now - (one.next_due or now)),
        }
        for one in found
    ]


def retry(key: int) -> ResponseReturnValue:
    """Give a failed job new attempts."""
    job = session.scalar(of_sites().where(Job.key == scope.known(key, "job")))
    if job is None:
        raise NotFound(noun="job", key=key)
    query = select(Incident.key).where(Incident.job_key == key, Incident.resolved_at.is_(None))
    incident = session.scalar(query)
    session.rollback()  # what was read must not hold up the writing on SQLite
    try:
        if incident is None:
            raise jobs.JobClosed(state=job.state)
        with engine.begin(current_actor()) as command:
            incidents.resolve(command, incident)
        flash(_("已再给 3 次机会，轮到它就执行"), "done")
    except Conflict as error:
        flash(error_words(error), "waiting")
    return redirect(url_for("operations.jobs"))
