"""Scenarios: a procedure walked through by data, in the format of Camunda Process Test's JSON test cases.

An instruction's `metadata` adds what that format has no place for: `actor` (who does it), `outcome` where the form has no field
for it, and `refuses` (tries that must fail:
another `actor`, or `variables` with the paths of the `errors` expected). A case's `metadata` may set `settings` and `siteKind`.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from engine import attachments, inquiries, instances, submissions, tasks, worker
from engine.deployment import definitions
from engine.deployment.unmet import (
    Differs,
    NoInstance,
    NoTask,
    NotRefused,
    NoVariable,
    OtherRefusal,
    OtherState,
    ScenarioFailed,
    TooLong,
)
from engine.engine import Command, Engine
from engine.errors import EngineError, InvalidVariables, NotAllowed, NotFound
from engine.events import messages
from engine.models.identity import Site, User
from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.job import Incident
from engine.models.task import CREATED, UserTask
from engine.policy import changes
from engine.staff.access import Actor, load_actor
from engine.timing import durations

Instruction = Mapping[str, Any]
UPLOAD = re.compile(r"(sign|photo)-\w+")
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000000000200010000ffff03000006000557bfabd40000000049454e44ae426082"
)
STATES = {"IS_CREATED": "active", "IS_ACTIVE": "active", "IS_COMPLETED": "completed", "IS_TERMINATED": "terminated"}  # fmt: skip
TASK_STATES = {"IS_CREATED": "created", "IS_COMPLETED": "completed", "IS_CANCELED": "canceled"}


class MovableClock(Protocol):
    """A clock a scenario can set."""

    now: dt.datetime


@dataclass
class Coverage:
    """The elements completed or active and the sequence flows taken, as (process id, id)."""

    elements: set[tuple[str, str]] = field(default_factory=set)
    flows: set[tuple[str, str]] = field(default_factory=set)


def run(engine: Engine, clock: MovableClock, case: Mapping[str, Any]) -> Coverage:
    """Run one test case on a database with the demo company; give what it visited. Raises ScenarioFailed."""
    return _Run(engine, clock, case).run()


class _Run:
    """One case on its way."""

    def __init__(self, engine: Engine, clock: MovableClock, case: Mapping[str, Any]) -> None:
        self.engine, self.clock, self.case = engine, clock, case
        self.metadata: Mapping[str, Any] = case.get("metadata", {})
        self.started: list[int] = []
        self.accounts: dict[str, list[int]] = {}
        self.site_id = self._found_site()

    def run(self) -> Coverage:
        self._apply_settings()
        for number, instruction in enumerate(self.case["instructions"], 1):
            try:
                self._do(instruction)
            except EngineError as error:
                reason = _words(error)
                raise ScenarioFailed(
                    step=number, type=instruction["type"], reason=reason
                ) from error
        return coverage(self.engine)

    def _do(self, instruction: Instruction) -> None:
        """Do what an instruction says, and what is due by then; what only looks leaves nothing to do."""
        STEPS[instruction["type"]](self, instruction)
        if not instruction["type"].startswith("ASSERT_") and not worker.is_idle(self.engine):
            worker.run_due(self.engine)

    def _found_site(self) -> int:
        """Give the first site of the case's kind, or any when there is none."""
        kind = self.metadata.get("siteKind", "residence")
        with self.engine.read() as session:
            return (
                session.scalars(select(Site.id).order_by(Site.kind != kind, Site.id)).first() or 0
            )

    def _site(self, session: Session) -> Site:
        return session.get_one(Site, self.site_id)

    def _apply_settings(self) -> None:
        owner = self._actor("liumin")
        with self.engine.begin(owner) as command:
            for key, value in self.metadata.get("settings", {}).items():
                changes.setting(command, key, self._site(command.session), value)

    def _actor(self, username: str) -> Actor:
        """Give a person; at the office site the second set of accounts works."""
        with self.engine.read() as session:
            for user_id in self._accounts(session, username):
                actor = load_actor(session, user_id, self.engine.clock())
                if actor is not None and actor.belongs_to(self.site_id):
                    return actor
        raise NotFound(noun="user", key=username)

    def _accounts(self, session: Session, username: str) -> list[int]:
        if username not in self.accounts:
            names = [username, f"{username}2"]
            query = select(User.id).where(User.username.in_(names)).order_by(User.username)
            self.accounts[username] = list(session.scalars(query))
        return self.accounts[username]

    @contextmanager
    def _command(self, instruction: Instruction, username: str | None = None) -> Iterator[Command]:
        actor = self._actor(username or instruction["metadata"]["actor"])
        with self.engine.begin(actor) as command:
            yield command

    def _variables(self, variables: Any, username: str) -> Any:
        """Replace the names of uploads by attachments of this actor."""
        if isinstance(variables, dict):
            return {key: self._variables(value, username) for key, value in variables.items()}
        if isinstance(variables, list):
            return [self._variables(value, username) for value in variables]
        if isinstance(variables, str) and UPLOAD.fullmatch(variables):
            return self._upload(variables, username)
        return variables

    def _upload(self, name: str, username: str) -> str:
        kind = "signature" if name.startswith("sign") else "photo"
        with self.engine.begin(self._actor(username)) as command:
            site = self._site(command.session)
            return str(attachments.store(command, site.id, PIXEL, f"{name}.png", kind=kind).key)

    # -- what people do

    def create_process_instance(self, instruction: Instruction) -> None:
        process_id = instruction["processDefinitionSelector"]["processDefinitionId"]
        actor = instruction.get("metadata", {}).get("actor", "liyutong")
        raw = self._variables(instruction.get("variables", {}), actor)
        with self._command(instruction, actor) as command:
            site = self._site(command.session)
            definition = definitions.latest(self.engine, command.session, process_id)
            form = submissions.form_of(command, definition.key, definition.start_form_id)
            known = inquiries.of_site(command, site.id)
            clean = submissions.check(command, form, raw, known, site) if form else raw
            self.started.append(instances.start(command, definition, site, clean).key)

    def complete_user_task(self, instruction: Instruction) -> None:
        task = self._task(instruction["userTaskSelector"])
        username = instruction["metadata"]["actor"]
        for refusal in instruction["metadata"].get("refuses", []):
            self._refused(task, instruction, refusal)
        raw = self._variables(instruction.get("variables", {}), username)
        with self._command(instruction) as command:
            done = tasks.complete(
                command,
                task.key,
                raw,
                version=task.version,
                outcome=instruction["metadata"].get("outcome"),
            )
        if not done.ran:
            raise TooLong

    def _refused(
        self, task: UserTask, instruction: Instruction, refusal: Mapping[str, Any]
    ) -> None:
        username = refusal.get("actor", instruction["metadata"]["actor"])
        source = refusal.get("variables", instruction.get("variables", {}))
        raw = self._variables(source, username)
        expected = InvalidVariables if refusal.get("errors") else (NotAllowed, NotFound)
        try:
            with self._command(instruction, username) as command:
                tasks.complete(command, task.key, raw, version=task.version)
        except expected as error:
            missing = set(refusal.get("errors", [])) - set(getattr(error, "errors", {}))
            if missing:
                raise OtherRefusal(missing=", ".join(sorted(missing)), got=_words(error)) from error
        else:
            raise NotRefused(actor=username, element=task.element_id)

    def _task(self, selector: Mapping[str, Any], state: str = CREATED) -> UserTask:
        query = select(UserTask).where(UserTask.state == state).order_by(UserTask.key.desc())
        query = query.where(UserTask.site_id == self.site_id)
        if "elementId" in selector:
            query = query.where(UserTask.element_id == selector["elementId"])
        if "taskName" in selector:
            query = query.where(UserTask.name == selector["taskName"])
        if "processDefinitionId" in selector:
            query = query.where(UserTask.process_id == selector["processDefinitionId"])
        with self.engine.read() as session:
            found = session.scalars(query).first()
        if found is None:
            wanted = selector.get("elementId") or selector.get("taskName") or dict(selector)
            raise NoTask(element=wanted, state=state, open=", ".join(self._open()) or "-")
        return found

    def _open(self) -> list[str]:
        with self.engine.read() as session:
            names = select(UserTask.element_id).where(
                UserTask.state == CREATED, UserTask.site_id == self.site_id
            )
            return sorted(session.scalars(names))

    def publish_message(self, instruction: Instruction) -> None:
        with self.engine.begin(self._actor("liyutong")) as command:
            site = self._site(command.session)
            key = instruction.get("correlationKey", "")
            messages.publish(
                command, site.id, instruction["name"], key, instruction.get("variables")
            )

    def set_time(self, instruction: Instruction) -> None:
        self.clock.now = dt.datetime.fromisoformat(instruction["time"]).astimezone(dt.UTC)

    def increase_time(self, instruction: Instruction) -> None:
        self.clock.now += durations.parse(instruction["duration"]).clock

    # -- what must hold

    def assert_user_task(self, instruction: Instruction) -> None:
        state = TASK_STATES[instruction.get("state", "IS_CREATED")]
        task = self._task(instruction["userTaskSelector"], state)
        if "candidateGroups" in instruction:
            _same("candidate groups", sorted(task.groups), sorted(instruction["candidateGroups"]))
        if "name" in instruction:
            _same("name", task.name, instruction["name"])
        if "dueDate" in instruction:
            _same("due date", task.due_at, dt.datetime.fromisoformat(instruction["dueDate"]))
        if "priority" in instruction:
            _same("priority", task.priority, instruction["priority"])

    def assert_element_instances(self, instruction: Instruction) -> None:
        instance = self._instance(instruction["processInstanceSelector"])
        wanted = {one["elementId"] for one in instruction["elementSelectors"]}
        found = self._elements(instance)
        state = instruction["state"]
        for element in sorted(wanted):
            states = found.get(element, set())
            if state in ("IS_NOT_ACTIVATED", "ARE_NOT_ACTIVATED"):
                holds, wanted_state = not states, "untouched"
            elif state == "IS_NOT_ACTIVE":
                holds, wanted_state = "active" not in states, "not active"
            else:
                holds, wanted_state = STATES[state] in states, STATES[state]
            if not holds:
                known = ", ".join(sorted(states)) or "untouched"
                raise OtherState(element=element, found=known, wanted=wanted_state)

    def _elements(self, instance: ProcessInstance) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        with self.engine.read() as session:
            rows = select(ElementInstance.element_id, ElementInstance.state)
            for element, state in session.execute(
                rows.where(ElementInstance.instance_key == instance.key)
            ):
                found.setdefault(element, set()).add(state)
        for entry in instance.active:
            found.setdefault(entry["id"], set()).add("active")
        return found

    def _instance(self, selector: Mapping[str, Any]) -> ProcessInstance:
        """Give the newest instance of the process, else the newest one that calls it."""
        process_id = selector["processDefinitionId"]
        with self.engine.read() as session:
            query = select(ProcessInstance).options(undefer(ProcessInstance.variables))
            query = query.where(ProcessInstance.site_id == self.site_id)
            query = query.order_by(ProcessInstance.key.desc())
            found = session.scalars(query.where(ProcessInstance.process_id == process_id)).first()
            if found is None:
                calls = select(ElementInstance.instance_key).where(
                    ElementInstance.process_id == process_id
                )
                found = session.scalars(query.where(ProcessInstance.key.in_(calls))).first()
            if found is None:
                raise NoInstance(process_id=process_id)
            return found

    def assert_process_instance(self, instruction: Instruction) -> None:
        instance = self._instance(instruction["processInstanceSelector"])
        if "state" in instruction:
            _same("state", instance.status, STATES[instruction["state"]])
        if "hasActiveIncidents" in instruction:
            with self.engine.read() as session:
                query = select(Incident).where(
                    Incident.instance_key == instance.key, Incident.resolved_at.is_(None)
                )
                open_ones = [f"{one.element_id}: {one.message}" for one in session.scalars(query)]
            _same("whether it has incidents", bool(open_ones), instruction["hasActiveIncidents"])

    def assert_variables(self, instruction: Instruction) -> None:
        instance = self._instance(instruction["processInstanceSelector"])
        for name, value in instruction.get("variables", {}).items():
            _same(name, instance.variables.get(name), value)
        for name in instruction.get("variableNames", []):
            if name not in instance.variables:
                raise NoVariable(name=name)


def coverage(engine: Engine) -> Coverage:
    """Give what all instances of a database have visited so far."""
    found = Coverage()
    with engine.read() as session:
        for row in session.scalars(select(ElementInstance)):
            found.elements.add((row.process_id, row.element_id))
            flows = [row.flow_id, *(row.joined or [])]
            found.flows |= {(row.process_id, flow) for flow in flows if flow}
        for active in session.scalars(select(ProcessInstance.active)):
            for entry in active:
                found.elements.add((entry["process"], entry["id"]))
                if entry["flow"]:
                    found.flows.add((entry["process"], entry["flow"]))
    return found


def _same(what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise Differs(what=what, found=_shown(found), wanted=_shown(wanted))


def _shown(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, default=str)[:500]


def _words(error: BaseException) -> str:
    if isinstance(error, InvalidVariables):
        faults = {path: [each.message for each in found] for path, found in error.errors.items()}
        return f"{error.message} {json.dumps(faults, ensure_ascii=False)}"
    return str(error)


STEPS: dict[str, Callable[[_Run, Instruction], None]] = {
    "CREATE_PROCESS_INSTANCE": _Run.create_process_instance,
    "COMPLETE_USER_TASK": _Run.complete_user_task,
    "PUBLISH_MESSAGE": _Run.publish_message,
    "SET_TIME": _Run.set_time,
    "INCREASE_TIME": _Run.increase_time,
    "ASSERT_USER_TASK": _Run.assert_user_task,
    "ASSERT_ELEMENT_INSTANCES": _Run.assert_element_instances,
    "ASSERT_PROCESS_INSTANCE": _Run.assert_process_instance,
    "ASSERT_VARIABLES": _Run.assert_variables,
}
