"""Keeping an instance from the people it is about: the property `hiddenFrom` of a process, followed as its data changes.

`hiddenFrom` is FEEL over the variables of the process and gives user names: one, a list, or nothing. It is asked whenever the
instance is saved, of the instance's own process and of every called process that runs in it. What it gave last holds on when a
called process ends. An instance started by a hidden one is hidden from the same people. Why it is so: ADR 25.
"""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update

from engine import executions
from engine.deployment import definitions
from engine.engine import Command
from engine.expressions import feel
from engine.models.hiding import Hiding
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.task import CREATED, UserTask
from engine.runtime import HIDDEN_FROM, ElementActivated, Execution, Process
from engine.staff import sight

INHERITED = ""


def inherit(command: Command, instance: ProcessInstance) -> None:
    """Hide a new instance from whomever the one that started it is hidden from."""
    parent = command.session.get(ProcessInstance, instance.parent_key)
    if parent is None or not parent.private:
        return
    people = sight.kept_from(command.session, parent)
    _add(command, instance, [(one, INHERITED) for one in sorted(people)])


def follow(command: Command, instance: ProcessInstance, execution: Execution) -> list[str]:
    """Bring who an instance is hidden from up to date with its variables; give what could not be evaluated.

    An expression that fails leaves everything as it was.
    """
    faults: list[str] = []
    for process, variables in _asked(command, instance, execution):
        source = process.properties[HIDDEN_FROM]
        scope = {**executions.names(command, instance), **variables}
        now = command.now.astimezone(ZoneInfo(instance.policy["zone"]))
        result = feel().batch([source], scope, now=now)[0]
        names = result.value if isinstance(result.value, list) else [result.value]
        named = [one for one in names if one is not None]
        if result.error or not all(isinstance(one, str) for one in named):
            reason = result.error or "it gives neither text nor a list of texts"
            faults.append(f"{HIDDEN_FROM} {source}: {reason}")
            continue
        _replace(command, instance, process.id, named)
    return faults


def _asked(
    command: Command, instance: ProcessInstance, execution: Execution
) -> Iterator[tuple[Process, dict[str, object]]]:
    """Give the processes running in the instance that hide it, each with what it sees."""
    own = definitions.get(command.engine, command.session, instance.definition_key).diagram
    process = own.content[instance.process_id]
    if HIDDEN_FROM in process.properties:
        yield process, execution.variables
    versions = _versions(instance, execution)
    seen = {instance.process_id}
    for one in execution.active if versions else ():
        if one.process_id in seen or one.process_id not in versions:
            continue
        seen.add(one.process_id)
        called = definitions.get(command.engine, command.session, versions[one.process_id])
        process = called.diagram.content[one.process_id]
        if HIDDEN_FROM in process.properties:
            yield process, execution.variables_of(one.key)


def _versions(instance: ProcessInstance, execution: Execution) -> dict[str, int]:
    """Give which versions of the called processes run, by process id."""
    known = {entry["process"]: entry.get("definition") for entry in instance.active}
    known |= {
        event.process_id: event.definition_key
        for event in execution.events
        if isinstance(event, ElementActivated)
    }
    return {name: key for name, key in known.items() if key and name != instance.process_id}


def _replace(
    command: Command, instance: ProcessInstance, process_id: str, names: list[str]
) -> None:
    of_process = (Hiding.instance_key == instance.key, Hiding.process_id == process_id)
    before: set[int] = set()
    if instance.private:
        before = set(command.session.scalars(select(Hiding.user_id).where(*of_process)))
    people = select(User.id).where(User.username.in_(names))
    now = set(command.session.scalars(people)) if names else set()
    if gone := before - now:
        command.session.execute(delete(Hiding).where(*of_process, Hiding.user_id.in_(gone)))
    _add(command, instance, [(one, process_id) for one in sorted(now - before)])


def _add(command: Command, instance: ProcessInstance, rows: list[tuple[int, str]]) -> None:
    if not rows:
        return
    command.session.flush()
    values = [
        {"instance_key": instance.key, "user_id": user_id, "process_id": process_id}
        for user_id, process_id in rows
    ]
    command.session.execute(insert(Hiding), values)
    instance.private = True
    _take_away(command, instance, [user_id for user_id, _ in rows])


def _take_away(command: Command, instance: ProcessInstance, people: list[int]) -> None:
    """Let others see the open tasks such a person has."""
    held = (
        UserTask.instance_key == instance.key,
        UserTask.state == CREATED,
        UserTask.assignee_id.in_(people),
    )
    command.session.execute(
        update(UserTask)
        .where(*held)
        .values(assignee_id=None, claimed_at=None, version=UserTask.version + 1)
    )
