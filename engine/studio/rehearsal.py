"""A procedure walked through in a throw-away database, one step at a time: `python -m engine.studio.rehearsal`.

All steps so far are done again from the beginning, so that nothing has to be kept between two of them and the last one
can always be taken back. What the next step may be is said as JSON on standard output.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from engine import executions, tasks
from engine.deployment import definitions, scenarios
from engine.deployment.definitions import Definition
from engine.engine import Engine
from engine.errors import EngineError, InvalidDiagram, NotFound
from engine.events.start_events import MESSAGE
from engine.models.event import StartSubscription
from engine.models.identity import Site, User
from engine.models.instance import ProcessInstance
from engine.models.job import Incident, MessageSubscription
from engine.models.registry import Unit
from engine.models.task import CREATED, UserTask
from engine.staff.access import Actor, load_actor
from engine.studio import sandbox

STEPS = "steps.json"
SECONDS = 60
MOST_PEOPLE = 20
MOST_UNITS = 8


def rehearse(folder: Path, base: Path) -> dict[str, Any]:
    """Do the steps of the folder in a copy of everything deployed and the draft; give what may be done next.

    `failure` says why the last step could not be done; then the rest is as it was before that step.
    """
    asked = json.loads((folder / STEPS).read_text("utf-8"))
    sandbox.prepare(base, sandbox.unpacked(folder / sandbox.DEPLOYED))
    ((family, files),) = sandbox.unpacked(folder / sandbox.DRAFT).items()
    path = folder / "rehearsal.sqlite"
    shutil.copy(base, path)
    clock = sandbox.MovableClock()
    engine = sandbox.open_engine(path, clock)
    try:
        sandbox.deploy(engine, family, files)
    except InvalidDiagram as error:
        told = [f"{one.file}: {one.message}" for one in error.findings if one.severity == "error"]
        return {"refused": told[:20]}
    case = {"name": "", "instructions": asked["steps"]}
    failed: dict[str, Any] = {}
    try:
        scenarios.run(engine, clock, case)
    except EngineError as error:
        failed = {"failure": sandbox.failure(error, case)}
    return failed | _Scene(engine, asked["process_id"]).view(begun=bool(asked["steps"]))


class _Scene:
    """What stands in the throw-away database now."""

    def __init__(self, engine: Engine, process_id: str) -> None:
        self.engine, self.process_id = engine, process_id

    def view(self, *, begun: bool) -> dict[str, Any]:
        with self.engine.read() as session:
            query = select(ProcessInstance).options(undefer(ProcessInstance.variables))
            query = query.order_by(ProcessInstance.key)
            runs = list(session.scalars(query.options(undefer(ProcessInstance.state), undefer(ProcessInstance.policy))))  # fmt: skip
            open_ones = select(UserTask).where(UserTask.state == CREATED).order_by(UserTask.key)
            found: dict[str, Any] = {
                "now": self.engine.clock().isoformat(),
                "instances": [self._instance(one) for one in runs],
                "tasks": [self._task(session, one) for one in session.scalars(open_ones)],
                "incidents": [
                    {"element": one.element_id, "message": one.message[:500]}
                    for one in session.scalars(select(Incident).where(Incident.resolved_at.is_(None)))
                ],
            }  # fmt: skip
            found["messages"] = [*self._awaited(session), *self._starting(session)]
            found["units"] = list(
                session.scalars(select(Unit.label).order_by(Unit.id).limit(MOST_UNITS))
            )
            if not begun or not runs:
                start = self._start(session)
                found |= {"start": start} if start else {}
            return found

    def _awaited(self, session: Session) -> list[dict[str, str]]:
        """Give the messages that what runs waits for."""
        query = select(MessageSubscription).order_by(MessageSubscription.key)
        return [
            {"name": one.name, "key": one.correlation_key, "element": one.element_id}
            for one in session.scalars(query)
        ]

    def _starting(self, session: Session) -> list[dict[str, str]]:
        """Give the messages that start the process; those waited for and these may come at any time."""
        query = select(StartSubscription).where(
            StartSubscription.process_id == self.process_id, StartSubscription.kind == MESSAGE
        )
        found = {one.name: one.element_id for one in session.scalars(query)}
        return [{"name": name, "key": "", "element": id_} for name, id_ in sorted(found.items())]

    def _instance(self, one: ProcessInstance) -> dict[str, Any]:
        return {
            "process_id": one.process_id,
            "status": one.status,
            "number": one.number,
            "next_due": one.next_due.isoformat() if one.next_due else None,
            "active": [entry["id"] for entry in one.active],
        }

    def _start(self, session: Session) -> dict[str, Any] | None:
        """Give the start form and who may send it; nothing where only messages, signals and times start the process."""
        of = definitions.latest(self.engine, session, self.process_id)
        if of.diagram.start_event(self.process_id) is None:
            return None
        site = session.scalars(
            select(Site).where(Site.kind == "residence").order_by(Site.id)
        ).first()
        people = [
            {"username": one.username, "name": one.name}
            for one in self._people(session)
            if site is not None and definitions.may_start(one, of.start_groups, site.id)
        ]
        return {"form": self._form(session, of, of.start_form_id), "people": people[:MOST_PEOPLE]}

    def _task(self, session: Session, task: UserTask) -> dict[str, Any]:
        of = definitions.get(self.engine, session, task.definition_key)
        form = self._form(session, of, task.form_id)
        people = [
            {"username": one.username, "name": one.name}
            for one in self._people(session)
            if tasks.may_complete(one, task) or tasks.may_claim(one, task)
        ]
        run = executions.peek(self.engine, session, task.instance)
        return {
            "element": task.element_id,
            "process_id": task.process_id,
            "name": task.name,
            "groups": sorted(task.groups),
            "due": task.due_at.isoformat() if task.due_at else None,
            "outcomes": self._outcomes(task, form),
            "form": form,
            "context": run.variables_of(task.root_key or task.key),
            "people": people[:MOST_PEOPLE],
        }

    def _outcomes(self, task: UserTask, form: Mapping[str, Any] | None) -> list[str]:
        """Give the outcomes to choose from where the form has no field for them."""
        listed = [
            one.strip() for one in task.properties.get("outcomes", "").split(",") if one.strip()
        ]
        asked = json.dumps(form or {}).find('"key": "outcome"') >= 0
        return [] if asked else listed

    def _form(self, session: Session, of: Definition, form_id: str | None) -> dict[str, Any] | None:
        if not form_id:
            return None
        try:
            return dict(definitions.form(self.engine, session, of, form_id).schema)
        except NotFound:
            return None

    def _people(self, session: Session) -> list[Actor]:
        ids = session.scalars(select(User.id).where(User.active).order_by(User.id))
        loaded = [load_actor(session, id_, self.engine.clock()) for id_ in ids]
        return [one for one in loaded if one is not None]


def main(folder: Path, base: Path) -> None:
    """Rehearse what the folder says and tell what comes next."""
    sandbox.bind_resources()
    signal.alarm(SECONDS * 4)
    sys.stdout.write(json.dumps(rehearse(folder, base), ensure_ascii=False, default=str) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
