"""What workers and operators do, as drills: errands, events, jobs, batches, deleting what is old, anchoring, deploying."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

from sqlalchemy import select

from engine import anchors, instances, jobs, tasks, worker
from engine.deployment import deployments
from engine.engine import Command, Engine
from engine.events import messages, signals
from engine.models.definition import ProcessDefinition
from engine.models.job import Incident, Job
from engine.operations import batches, incidents, plans, retention, suspension, upgrades
from tests.diagrams import chain, flow, process, service_task, user_task
from tests.faults import diagrams
from tests.faults.drill import Drill, Scene, Step, does, starts, uploads, works

complete = tasks.complete
MINUTE = dt.timedelta(minutes=1)
ERRANDS = Drill(
    process_id="errand",
    files=diagrams.DAY,
    steps=[
        starts({"trip": "park", "rounds": 0}),
        does("clerk", complete, "work", {"rounds": 1}),
        does("clerk", complete, "work", {"rounds": 3}),
        does("clerk", complete, "left", {}),
        uploads("clerk", "right"),
        does("clerk", complete, "right", {}),
        works(worker.run_due),
        Step(by="clerk", act=lambda scene, command: complete(command, _visit(scene), {})),
        starts({"trip": "bridge", "rounds": 0}, hours=1),
        works(worker.run_due, worker.sweep, hours=3),
    ],
)


def _visit(scene: Scene) -> int:
    return Scene(scene.engine, "visit").task("look").key


ALARM = '<signal id="g" name="alarm"/><message id="m" name="order"/>'
ON_ALARM = '<signalEventDefinition signalRef="g"/>'
WAIT = f'<intermediateCatchEvent id="wait">{ON_ALARM}</intermediateCatchEvent>'
STARTS = {
    "by_signal": ON_ALARM,
    "by_message": '<messageEventDefinition messageRef="m"/>',
    "by_timer": "<timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition>",
}


def started_by(kind: str) -> bytes:
    begin = f'<startEvent id="begin">{STARTS[kind]}</startEvent>'
    body = begin + user_task("t") + chain("s", "t", "e") + chain("begin", "t")
    return process(body, kind, extra=ALARM, startSites="north")


def _broadcast(scene: Scene, command: Command) -> None:
    signals.broadcast(command, scene.world.site().id, "alarm")
    messages.publish(command, scene.world.site().id, "order", "7")


EVENTS = Drill(
    process_id="waiting",
    files={
        "waiting.bpmn": process(WAIT + user_task("after") + chain("s", "wait", "after", "e"), "waiting", extra=ALARM),
        **{f"{kind}.bpmn": started_by(kind) for kind in STARTS},
    },
    steps=[
        starts(),
        starts(),
        Step(by="clerk", act=_broadcast),
        works(worker.run_due),
        does("assistant", complete, "after", {}),
        works(worker.run_due, worker.sweep, hours=1.1),
    ],
)  # fmt: skip
OUTSIDE = process(
    service_task("call", "sms", retries="2") + '<exclusiveGateway id="g" default="g_e"/>' + user_task("next")
    + chain("s", "call", "g", "e") + flow("g", "next", "=amount &gt; 10") + chain("next", "e"),
    "outside",
)  # fmt: skip


def _job(scene: Scene) -> Job:
    with scene.engine.read() as session:
        return session.scalars(select(Job).where(Job.element_id == "call")).one()


def _lease(_scene: Scene, command: Command) -> None:
    jobs.activate(command, ["sms"], worker="w", lease=MINUTE, limit=5)


def _resolve(scene: Scene, command: Command) -> None:
    query = select(Incident.key).where(Incident.resolved_at.is_(None))
    key = command.session.scalars(query.order_by(Incident.key)).first()
    incidents.resolve(command, key or 0, variables={"amount": 11})


JOBS = Drill(
    process_id="outside",
    files={"outside.bpmn": OUTSIDE},
    steps=[
        starts(),
        Step(by="root", act=_lease),
        Step(by="root", act=lambda scene, command: jobs.fail(command, _job(scene).key, "no signal")),
        Step(by="root", act=_lease, hours=1),
        Step(by="root", act=lambda scene, command: jobs.fail(command, _job(scene).key, "no signal"), hours=1),
        Step(by="root", act=_resolve, hours=1),
        Step(by="root", act=_lease, hours=2),
        Step(by="root", act=lambda scene, command: jobs.complete(command, _job(scene).key, {}), hours=2),
        does("assistant", complete, "next", {}, hours=2),
    ],
)  # fmt: skip
FORMER = process(
    user_task("work") + diagrams.LATE + user_task("chase") + chain("s", "work", "e") + chain("late", "chase", "e"),
    "migrating",
)  # fmt: skip
LATER = FORMER.replace(b"PT1H", b"PT9H").replace(
    b'id="chase" name="chase"', b'id="chase" name="hurry"'
)


def _deploy(content: bytes, name: str) -> Any:
    return lambda _scene, command: deployments.deploy(command, {name: content}, family=name)


def _migrate(scene: Scene, command: Command) -> None:
    newest = select(ProcessDefinition.key).where(
        ProcessDefinition.process_id == "migrating", ProcessDefinition.latest
    )
    plan = plans.Plan(target_key=command.session.scalars(newest).one())
    upgrades.migrate_all(command, plan, instances.visible_to(command.actor).where(_own()), "fixed")


def _own() -> Any:
    return instances.ProcessInstance.process_id == "migrating"


def _batch(kind: str, **params: Any) -> Any:
    def act(_scene: Scene, command: Command) -> None:
        chosen = instances.visible_to(command.actor).where(_own())
        batches.begin(command, kind, chosen, params=params, reason="a drill")

    return act


MOVED = {"move": [{"element_id": "chase", "source_id": "work"}]}
BATCHES = Drill(
    process_id="migrating",
    files={"migrating.bpmn": FORMER},
    steps=[
        starts(),
        starts(),
        starts(),
        Step(by="owner", act=_deploy(LATER, "migrating.bpmn")),
        Step(by="owner", act=_migrate),
        works(worker.run_due),
        Step(by="owner", act=_batch(batches.SUSPEND)),
        works(worker.run_due),
        Step(by="owner", act=_batch(batches.RESUME)),
        works(worker.run_due),
        Step(by="owner", act=_batch(batches.MODIFY, **MOVED)),
        works(worker.run_due),
        does("assistant", complete, "chase", {}),
        Step(by="root", act=lambda scene, command: suspension.suspend(command, scene.instances()[0].key, "wait")),
        Step(by="root", act=lambda scene, command: suspension.resume(command, scene.instances()[0].key)),
        Step(by="root", act=_batch(batches.CANCEL)),
        works(worker.run_due),
    ],
)  # fmt: skip
ENDED = process(
    user_task("work") + service_task("tell", "guicheng.notify", {"roles": '=["finance_clerk"]', "text": '="done"'})
    + chain("s", "work", "tell", "e"),
    "old",
)  # fmt: skip


def _forget_when(engine: Engine) -> None:
    """Let every file look as if it had been stored long ago."""
    for path in (engine.home / "attachments").glob("??/*"):
        os.utime(path, (0, 0))


RETENTION = Drill(
    process_id="old",
    files={"old.bpmn": ENDED},
    steps=[
        Step(by="owner", act=lambda _scene, command: retention.change(command, "old", 200)),
        starts(),
        uploads("assistant", "work", "a"),
        does("assistant", complete, "work", {}),
        starts(),
        uploads("assistant", "work", "b"),
        does("assistant", complete, "work", {}),
        works(worker.run_due),
        works(_forget_when, retention.sweep, worker.run_due, hours=24 * 201),
    ],
)
ANCHORS = Drill(
    process_id="anchored",
    files={"anchored.bpmn": process(user_task("work") + chain("s", "work", "e"), "anchored")},
    steps=[
        starts(),
        works(anchors.write),
        starts(hours=24),
        works(anchors.write, hours=24),
        does("assistant", complete, "work", {}, hours=48),
        works(anchors.write, hours=48),
    ],
)


def _numbered(number: int) -> bytes:
    return diagrams.numbered(number).replace(b'id="p" name="p"', b'id="released" name="released"')


DEPLOYING = Drill(
    process_id="released",
    files={"released.bpmn": _numbered(0)},
    steps=[
        starts(),
        Step(by="owner", act=_deploy(_numbered(1), "released.bpmn")),
        starts(),
        Step(by="owner", act=_deploy(_numbered(2), "released.bpmn")),
        starts(),
        does("assistant", complete, "work0", {}),
        does("assistant", complete, "work1", {}),
        does("assistant", complete, "work2", {}),
    ],
)
OF_MACHINES = (ERRANDS, EVENTS, JOBS, BATCHES, RETENTION, ANCHORS, DEPLOYING)
