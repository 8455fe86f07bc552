"""Tasks that listeners hold, among all else: migration, modification, signers, leavers, withdrawal, deadlines."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from engine import jobs, tasks, worker
from engine.errors import TaskHeld
from engine.flow import withdrawals
from engine.models.instance import COMPLETED
from engine.models.job import CANCELED, Job
from engine.models.task import UserTask
from engine.operations import modifications, upgrades
from engine.operations.plans import Plan
from engine.staff.access import SYSTEM
from engine.tasks.transitions import Answer
from tests.diagrams import chain, process, properties, user_task
from tests.engine.test_task_listeners import (
    GROUP,
    PRIORITY,
    answer,
    does,
    lease,
    person,
    started,
    step,
    the_task,
)
from tests.world import World


def test_what_is_held_goes_along_to_another_version(world: World) -> None:
    instance = started(world, "completing")
    world.complete("u", {"note": "n"})
    body = step("completing").replace('type="completing"', 'type="checked"')
    drawn = process(body.replace('<userTask id="u"', '<userTask id="u" name="New"') + chain("s", "u", "e"))  # fmt: skip
    new = world.deploy({"p.bpmn": drawn}).definitions[0].key
    with world.engine.begin(world.actor("owner")) as command:
        upgrades.migrate(command, instance.key, Plan(target_key=new, mapping={}), "better")
    task = the_task(world)
    assert (task.state, task.name, task.submitted) == ("completing", "New", {"note": "n"})
    job = lease(world, "checked")
    assert (job.variables["note"], job.headers[PRIORITY]) == ("n", "50")
    with world.engine.begin(SYSTEM) as command:
        jobs.complete(command, job.key, {})
    assert world.instance(instance.key).variables == {"note": "n"}


def test_an_operator_moves_on_from_a_task_that_is_held(world: World) -> None:
    instance = started(world, "creating")
    with world.engine.begin(world.actor("owner")) as command:
        move = modifications.Move(element_id="e", key=the_task(world).key)
        modifications.apply(command, instance.key, modifications.Modification(move=(move,)), "now")
    assert (the_task(world).state, world.instance(instance.key).status) == ("canceled", COMPLETED)


def test_signers_are_asked_before_the_listeners(world: World) -> None:
    started(world, "completing")
    does(world, "assistant", tasks.add_signers, ["supervisor"], "after")
    does(world, "assistant", tasks.complete, {"note": "n"})
    with world.engine.read() as session:
        signer = session.scalars(select(UserTask).where(UserTask.parent_key.is_not(None))).one()
    world.complete_key(signer.key, {"outcome": "approve", "opinion": "fine"}, by="supervisor")
    with world.engine.read() as session:
        root = session.scalars(select(UserTask).where(UserTask.parent_key.is_(None))).one()
    assert (root.state, root.signers, root.is_held) == ("completing", 0, True)
    answer(world, "completing")
    with world.engine.read() as session:
        assert session.get_one(UserTask, root.key).state == "completed"


def test_a_leavers_held_task_is_handed_over_later(world: World) -> None:
    started(world, "assigning")
    does(world, "assistant", tasks.claim)
    answer(world, "assigning")
    results = tasks.hand_over(world.engine, world.actor("root"), "assistant", "colleague")
    assert [one.done for one in results] == [True]
    assert the_task(world).state == "assigning"
    (again,) = tasks.hand_over(world.engine, world.actor("root"), "assistant", "colleague")
    assert isinstance(again.error, TaskHeld)
    answer(world, "assigning")
    assert person(world, world.task("u").assignee_id) == "colleague"


def test_a_step_is_not_withdrawn_once_the_next_one_is_held(world: World) -> None:
    heard = step("creating", "completing")
    body = user_task("first") + heard + chain("s", "first", "u", "e")
    world.deploy({"p.bpmn": process(body)})
    world.start("p")
    first = world.task("first").key
    world.complete("first")
    answer(world, "creating")
    with world.engine.read() as session:
        assert withdrawals.withdrawable(world.engine, session, world.actor("assistant"), session.get_one(UserTask, first))  # fmt: skip
    world.complete("u", {"note": "n"}, by="colleague")
    with pytest.raises(withdrawals.WentOn), world.engine.begin(world.actor("assistant")) as command:
        withdrawals.withdraw(command, first)


def test_a_withdrawn_step_takes_the_listener_of_the_next_one_along(world: World) -> None:
    body = user_task("first") + step("creating") + chain("s", "first", "u", "e")
    world.deploy({"p.bpmn": process(body)})
    world.start("p")
    first = world.task("first").key
    world.complete("first")
    with world.engine.begin(world.actor("assistant")) as command:
        withdrawals.withdraw(command, first)
    assert the_task(world).state == "canceled"
    with world.engine.read() as session:
        assert session.scalars(select(Job.state)).all() == [CANCELED]


def test_a_built_in_job_may_be_a_listener(world: World) -> None:
    world.deploy({"q.bpmn": process(user_task("theirs") + chain("s", "theirs", "e"), "q")})
    built_in = step("creating").replace('type="creating"', 'type="guicheng.start-process"')
    world.deploy({"p.bpmn": process(built_in + chain("s", "u", "e"))}, family="other")
    instance = world.start("p", {"processId": "q"})
    worker.run_due(world.engine)
    assert (the_task(world).state, world.task("theirs").process_id) == ("created", "q")
    assert world.instance(instance.key).variables == {"processId": "q"}


def test_each_of_several_people_is_held_by_himself(world: World) -> None:
    several = '<multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="=[1, 2]"/></extensionElements></multiInstanceLoopCharacteristics>'  # fmt: skip
    body = step("completing").replace("</userTask>", f"{several}</userTask>")
    world.deploy({"p.bpmn": process(body + chain("s", "u", "e"))})
    instance = world.start("p")
    first, second = (task.key for task in world.open_tasks())
    for key in (first, second):
        world.complete_key(key, {"by": key}, by="assistant")
    with world.engine.begin(SYSTEM) as command:
        asked = jobs.activate(command, ["completing"], worker="w", lease=dt.timedelta(minutes=1), limit=9)  # fmt: skip
    for job in asked:
        assert world.instance(instance.key).status != COMPLETED
        with world.engine.begin(SYSTEM) as command:
            jobs.complete(command, job.key, {})
    assert world.instance(instance.key).status == COMPLETED
    with world.engine.read() as session:
        assert set(session.scalars(select(UserTask.state))) == {"completed"}


def test_a_deadline_goes_on_while_a_listener_decides(world: World) -> None:
    limited = step("completing").replace(
        GROUP, GROUP + properties(limit="move_in_owner.t_conflict")
    )
    world.deploy({"p.bpmn": process(limited + chain("s", "u", "e"))})
    world.start("p")
    due = world.task("u").due_at
    world.complete("u")
    answer(world, "completing", Answer(denied=True, reason="no"))
    task = world.task("u")
    assert (task.due_at, task.check_at is not None) == (due, True)
