"""Several people and workers at the same moment: one of them succeeds, the others hear why, nothing is lost or doubled."""

from __future__ import annotations

from functools import partial
from typing import Any

from engine import audit, instances, tasks, worker
from engine.errors import Conflict, DuplicateBusinessKey, EngineError, TaskChanged
from engine.models.instance import COMPLETED, TERMINATED, ElementInstance
from engine.staff.access import Actor
from tests.conftest import Clock
from tests.diagrams import chain, process, user_task
from tests.faults import diagrams
from tests.faults.crowd import complete, together, winners
from tests.faults.invariants import broken, count
from tests.world import World


def staff(world: World) -> list[Actor]:
    return [world.actor(name) for name in ("clerk", "assistant", "colleague", "supervisor")]


def test_of_eight_people_who_complete_the_same_task_one_succeeds(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.TWO_STEPS})
    started = world.start("p")
    task, people = world.task("work"), staff(world) * 2
    results = together(
        [partial(complete, world, actor, task, by=index) for index, actor in enumerate(people)]
    )
    assert winners(results) == [True]
    assert [one.element_id for one in world.open_tasks(started)] == ["next"]
    refusals = [one for one in results if isinstance(one, Exception)]
    assert {one.params["by"] for one in refusals} == {people[results.index(True)].name}
    assert world.instance(started.key).variables == {"by": results.index(True)}
    assert broken(world.engine) == []


def test_people_who_complete_different_branches_all_succeed(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.branches(8)})
    started = world.start("p")
    actor = world.actor("assistant")
    results = together(
        [
            partial(complete, world, actor, task, **{task.element_id: index})
            for index, task in enumerate(world.open_tasks(started))
        ]
    )
    assert winners(results) == [True] * 8
    assert [one.element_id for one in world.open_tasks(started)] == ["after"]
    assert world.instance(started.key).variables == {f"b{index}": index for index in range(8)}
    branch = ElementInstance.element_id.startswith("b")
    assert count(world.engine, ElementInstance, branch, ElementInstance.state == "completed") == 8
    completions = audit.AuditEntry.action == "task.completed"
    assert count(world.engine, audit.AuditEntry, completions) == 8
    assert broken(world.engine) == []


def test_one_of_all_candidates_claims_a_task(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.ONE_STEP})
    world.start("p")
    task = world.task("work")

    def claim(actor: Actor) -> str:
        with world.engine.begin(actor) as command:
            tasks.claim(command, task.key, version=task.version)
        return actor.name

    people = [*staff(world), world.actor("cashier"), world.actor("owner"), world.actor("root")]
    results = together([partial(claim, actor) for actor in people])
    (name,) = winners(results, TaskChanged)
    assert {one.params["by"] for one in results if isinstance(one, Exception)} == {name}
    assert broken(world.engine) == []


def test_a_task_is_either_completed_or_canceled(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.ONE_STEP})
    started = [world.start("p") for _ in range(6)]

    def cancel(key: int) -> bool:
        with world.engine.begin(world.actor("root")) as command:
            instances.cancel(command, key, "no longer wanted")
        return False

    actor = world.actor("assistant")
    acts = [partial(complete, world, actor, task) for task in world.open_tasks()]
    results = together(acts + [partial(cancel, one.key) for one in started])
    for one, completed, canceled in zip(started, results[:6], results[6:], strict=True):
        (ran,) = winners([completed, canceled])
        assert world.instance(one.key).status == (COMPLETED if ran else TERMINATED)
    assert world.open_tasks() == []
    assert broken(world.engine) == []


def test_a_task_is_either_completed_or_overtaken_by_its_timer(world: World, clock: Clock) -> None:
    world.deploy({"p.bpmn": diagrams.TIMER})
    started = [world.start("p") for _ in range(6)]
    clock.forward(hours=2)
    actor = world.actor("assistant")
    acts: list[Any] = [partial(complete, world, actor, task) for task in world.open_tasks()]
    results = together([*acts, partial(worker.run_due, world.engine)])
    winners(results)
    for one, completed in zip(started, results, strict=False):
        following = [task.element_id for task in world.open_tasks(one)]
        assert following == (["after"] if completed is True else ["chase"])
    assert broken(world.engine) == []


def test_numbers_are_given_once_and_without_gaps(world: World) -> None:
    numbered = process(
        user_task("work") + chain("s", "work", "e"),
        start={"numberPrefix": "RH", "businessKey": "=k"},
    )
    world.deploy({"p.bpmn": numbered})
    world.start("p", {"k": "taken"})
    keys = ["taken", "a", "taken", "b", "c", "taken", "d", "e"]
    results = together([partial(world.start, "p", {"k": key}) for key in keys])
    started = winners(results, DuplicateBusinessKey)
    assert sorted(one.number for one in started) == [f"RH-20261120-{n:03}" for n in range(2, 7)]
    assert broken(world.engine) == []


def test_of_eight_starts_with_one_business_key_one_succeeds(world: World) -> None:
    same = process(user_task("work") + chain("s", "work", "e"), start={"businessKey": "=k"})
    world.deploy({"p.bpmn": same})
    results = together([partial(world.start, "p", {"k": "3-2-1201"})] * 8)
    (started,) = winners(results, DuplicateBusinessKey)
    assert [task.instance_key for task in world.open_tasks()] == [started.key]
    assert broken(world.engine) == []


def test_drafts_of_one_form_in_two_windows_do_not_fail(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.ONE_STEP})
    world.start("p")
    task = world.task("work")

    def draft(index: int) -> int:
        with world.engine.begin(world.actor("clerk")) as command:
            tasks.save_draft(command, f"task:{task.key}", {"typed": index})
        return index

    results = together([partial(draft, index) for index in range(8)])
    assert sorted(winners(results)) == list(range(8))
    with world.engine.read() as session:
        kept = tasks.draft_of(session, world.actor("clerk"), f"task:{task.key}")
    assert kept is not None
    assert kept.data["typed"] in range(8)


def test_a_refusal_is_a_conflict_and_never_an_error_of_the_database(world: World) -> None:
    world.deploy({"p.bpmn": diagrams.ONE_STEP})
    world.start("p")
    task = world.task("work")

    def act(index: int) -> str:
        with world.engine.begin(staff(world)[index % 4]) as command:
            if index % 2:
                tasks.claim(command, task.key)
            else:
                tasks.complete(command, task.key, {})
        return "done"

    results = together([partial(act, index) for index in range(8)])
    assert all(one == "done" or isinstance(one, Conflict | EngineError) for one in results)
    assert broken(world.engine) == []
