"""Scenarios recorded by walking through a procedure once: real forms, a clock that can be moved, a database thrown away."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from engine.deployment import bundles
from engine.engine import Command, Engine
from engine.errors import Conflict, NotFound, Rejected
from engine.models.studio import BundleDraft, Recording
from engine.staff.access import Actor, require
from engine.studio import drafts, proofs, rehearsal, sandbox
from engine.studio.drafts import DraftChanged
from engine.timing import durations

Step = dict[str, Any]
PATIENCE = 180
MOST_STEPS = 100
LONGEST_NAME = 120


class NotRehearsed(Rejected):
    """The procedure could not be walked through: {reason}."""

    code = "not_rehearsed"


class NoDuration(Rejected):
    """{text} is no length of time such as P3D."""

    code = "no_duration"


class StepRejected(Rejected):
    """This step cannot be recorded: {reason}."""

    code = "step_rejected"


class RecordingMoved(Conflict):
    """This recording has gone on in another window."""

    code = "recording_moved"


def get(session: Session, actor: Actor, key: int) -> Recording:
    """Give a recording. Raises NotAllowed, NotFound."""
    require(actor, drafts.OWNER)
    found = session.get(Recording, key)
    if found is None:
        raise NotFound(noun="recording", key=key)
    return found


def of_draft(session: Session, draft: BundleDraft) -> list[Recording]:
    """List the recordings of a draft that are under way."""
    query = select(Recording).where(Recording.draft_key == draft.key)
    return list(session.scalars(query.order_by(Recording.key.desc())))


def rehearse(engine: Engine, session: Session, draft: BundleDraft, process_id: str, steps: Sequence[Step]) -> dict[str, Any]:  # fmt: skip
    """Do steps in a throw-away database and give what may be done next. Raises NotRehearsed."""
    files = drafts.content(session, draft)
    with tempfile.TemporaryDirectory(prefix="guicheng-rehearsal-") as name:
        folder = Path(name)
        families = proofs.deployed_families(session)
        base = proofs.provide(engine, folder, families, draft.family, files)
        asked = {"process_id": process_id, "steps": list(steps)}
        (folder / rehearsal.STEPS).write_text(json.dumps(asked, ensure_ascii=False), "utf-8")
        said = _said(folder, base)
    if "refused" in said:
        raise NotRehearsed(reason="; ".join(said["refused"])[:500])
    return said


def _said(folder: Path, base: Path) -> dict[str, Any]:
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "engine.studio.rehearsal", str(folder), str(base)],
            capture_output=True, timeout=PATIENCE, check=True, env=proofs.environment(), cwd=folder,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        said = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise NotRehearsed(reason=f"more than {PATIENCE} s") from error
    except (subprocess.CalledProcessError, ValueError) as error:
        raise NotRehearsed(reason="it was ended: too much time or memory") from error
    return dict(said)


def begin(command: Command, draft: BundleDraft, process_id: str, view: Mapping[str, Any]) -> Recording:  # fmt: skip
    """Begin a recording at what `rehearse` gave for no steps. Raises NotAllowed."""
    require(command.actor, drafts.OWNER)
    files = drafts.content(command.session, draft)
    recording = Recording(
        key=command.new_key(), draft_key=draft.key, digest=bundles.digest_of(files),
        process_id=process_id, steps=[], view=dict(view), created_by=command.actor.user_id,
        created_at=command.now, updated_at=command.now,
    )  # fmt: skip
    command.session.add(recording)
    command.session.flush()
    return recording


def go_on(command: Command, key: int, version: int, steps: Sequence[Step], view: Mapping[str, Any]) -> Recording:  # fmt: skip
    """Keep the steps of a recording and what may be done next. Raises NotAllowed, NotFound, RecordingMoved."""
    require(command.actor, drafts.OWNER)
    recording = command.session.get(Recording, key, with_for_update=True)
    if recording is None:
        raise NotFound(noun="recording", key=key)
    if recording.version != version:
        raise RecordingMoved
    recording.steps, recording.view = list(steps), dict(view)
    recording.version += 1
    recording.updated_at = command.now
    return recording


def discard(command: Command, key: int) -> None:
    """Throw a recording away. Raises NotAllowed."""
    require(command.actor, drafts.OWNER)
    command.session.execute(delete(Recording).where(Recording.key == key))


def started(process_id: str, actor: str, variables: Mapping[str, Any], now: dt.datetime = sandbox.BEGIN) -> list[Step]:  # fmt: skip
    """Give the steps a scenario begins with: the time, and the start."""
    return [
        _begin(now),
        {
            "type": "CREATE_PROCESS_INSTANCE",
            "processDefinitionSelector": {"processDefinitionId": process_id},
            "variables": dict(variables),
            "metadata": {"actor": actor},
        },
    ]


def completed(task: Mapping[str, Any], actor: str, variables: Mapping[str, Any], outcome: str = "") -> list[Step]:  # fmt: skip
    """Give the steps for a task of a view: who may do it and until when, and doing it."""
    selector = {"elementId": task["element"], "processDefinitionId": task["process_id"]}
    expected: Step = {
        "type": "ASSERT_USER_TASK",
        "userTaskSelector": selector,
        "state": "IS_CREATED",
    }
    if task["groups"]:
        expected["candidateGroups"] = list(task["groups"])
    if task["due"]:
        expected["dueDate"] = task["due"]
    doing = {"actor": actor} | ({"outcome": outcome} if outcome else {})
    return [
        expected,
        {
            "type": "COMPLETE_USER_TASK",
            "userTaskSelector": selector,
            "variables": dict(variables),
            "metadata": doing,
        },
    ]


def waited(duration: str) -> list[Step]:
    """Give the step that moves the clock on. Raises NoDuration for what leads nowhere, and for months: they differ."""
    try:
        length = durations.parse(duration)
    except ValueError as error:
        raise NoDuration(text=duration[:40]) from error
    if length.negative or length.months or not length.clock:
        raise NoDuration(text=duration[:40])
    return [{"type": "INCREASE_TIME", "duration": duration}]


def published(name: str, correlation_key: str, variables: Mapping[str, Any]) -> list[Step]:
    """Give the step in which a message comes. Raises StepRejected without a name."""
    if not name:
        raise StepRejected(reason="a message has a name")
    return [
        {
            "type": "PUBLISH_MESSAGE",
            "name": name,
            "correlationKey": correlation_key,
            "variables": dict(variables),
        }
    ]


def after(steps: Sequence[Step], more: Sequence[Step]) -> list[Step]:
    """Give the steps with others behind them; the first of all says when it plays."""
    begun = steps or ([] if more and more[0]["type"] == "SET_TIME" else [_begin()])
    return [*begun, *more]


def _begin(now: dt.datetime = sandbox.BEGIN) -> Step:
    return {"type": "SET_TIME", "time": now.isoformat()}


def taken_back(steps: Sequence[Step]) -> list[Step]:
    """Give the steps without the last thing that was done, and what was expected just before it."""
    left = list(steps[:-1])
    while left and left[-1]["type"].startswith(("ASSERT", "SET")):
        left.pop()
    return left


def scenario(recording: Recording, name: str) -> dict[str, Any]:
    """Give the recording as a scenario that also says how it ends."""
    steps = list(recording.steps)
    for one in recording.view.get("instances", ()):
        state = {"active": "IS_ACTIVE", "completed": "IS_COMPLETED"}.get(one["status"], "IS_TERMINATED")  # fmt: skip
        if one["process_id"] == recording.process_id:
            steps.append(
                {
                    "type": "ASSERT_PROCESS_INSTANCE",
                    "processInstanceSelector": {"processDefinitionId": recording.process_id},
                    "state": state,
                    "hasActiveIncidents": bool(recording.view.get("incidents")),
                }
            )
            break
    return {"name": name[:LONGEST_NAME], "instructions": steps}


def keep(command: Command, key: int, name: str) -> BundleDraft | DraftChanged:
    """Put a recording into the scenarios of its draft and end it. Raises NotAllowed, NotFound, Rejected, FilesRefused."""
    recording = get(command.session, command.actor, key)
    if not name.strip() or not recording.steps:
        raise Rejected(reason="a scenario has a name and steps")
    draft = drafts.lock(command, recording.draft_key)
    path = f"scenarios/{recording.process_id}.test.json"
    document = _document(drafts.content(command.session, draft).get(path), recording.process_id)
    document["testCases"].append(scenario(recording, name.strip()))
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    command.session.delete(recording)
    return drafts.save(command, draft.key, draft.version, {path: text.encode()})


def _document(content: bytes | None, process_id: str) -> dict[str, Any]:
    empty = {
        "$schema": "https://camunda.com/json-schema/cpt-test-cases/8.9/schema.json",
        "processId": process_id,
        "testCases": [],
    }
    try:
        found = json.loads(content) if content else empty
    except ValueError:
        return empty
    return found if isinstance(found, dict) and isinstance(found.get("testCases"), list) else empty
