"""Two people and two operations on one task at the same moment, and a timer against a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from engine import tasks, worker
from engine.errors import EngineError, NotAllowed, Rejected
from engine.models.audit import AuditEntry
from engine.models.substitution import Substitution
from engine.models.task import COMPLETED, COMPLETING, Copy, UserTask
from engine.staff import substitutions
from tests.conftest import Clock
from tests.engine.tasks.office import Office
from tests.faults import diagrams
from tests.faults.crowd import together, winners
from tests.faults.invariants import broken, count
from tests.world import World

ROUNDS = 4
Act = Callable[[], Any]


def act(world: World, by: str, command: Any, *args: Any, **more: Any) -> Act:
    """Make a command by a person, to be run in a crowd."""
    actor = world.actor(by)

    def run() -> Any:
        with world.engine.begin(actor) as opened:
            command(opened, *args, **more)
        return by

    return run


def claimed(world: World) -> tuple[Office, UserTask]:
    office = Office(world)
    return office, office.claim()


def approve(world: World, by: str, key: int) -> Act:
    return act(world, by, tasks.complete, key, {"outcome": "approve", "opinion": "可以"})


def completions() -> Any:
    return AuditEntry.action == "task.completed"


def test_a_task_is_either_handed_over_or_completed(world: World) -> None:
    _office, task = claimed(world)
    results = together(
        [
            act(world, "assistant", tasks.complete, task.key, {}, version=task.version),
            act(world, "supervisor", tasks.transfer, task.key, "colleague", version=task.version),
        ]
    )
    assert len(winners(results)) == 1
    assert broken(world.engine) == []


def test_of_two_hand_overs_one_succeeds(world: World) -> None:
    office, task = claimed(world)
    to = {"assistant": "colleague", "supervisor": "cashier"}
    acts = [
        act(world, by, tasks.transfer, task.key, name, version=task.version)
        for by, name in to.items()
    ]
    (by,) = winners(together(acts))
    assert office.assignee(task.key) == to[by]
    assert broken(world.engine) == []


def test_the_last_two_signers_set_the_task_free_once(world: World) -> None:
    for position in (tasks.AFTER, tasks.BESIDE):
        office, task = claimed(world)
        people = ["clerk", "cashier", "colleague", "supervisor"]
        signers = office.add(task.key, people, position)
        world.complete_key(task.key, {"ok": True}, by="assistant")
        acts = [approve(world, by, one.key) for by, one in zip(people, signers, strict=True)]
        assert sorted(winners(together(acts))) == sorted(people)
        assert [one.element_id for one in world.open_tasks(office.instance)] == ["sign"]
        assert office.task(task.key).state == COMPLETED
        assert broken(world.engine) == []


def test_a_submission_and_the_last_signature_meet(world: World) -> None:
    for _ in range(ROUNDS):
        office, task = claimed(world)
        (signer,) = office.add(task.key, ["clerk"], tasks.BESIDE)
        submit = act(world, "assistant", tasks.complete, task.key, {"ok": True})
        assert len(winners(together([submit, approve(world, "clerk", signer.key)]))) == 2
        assert [one.element_id for one in world.open_tasks(office.instance)] == ["sign"]
        assert broken(world.engine) == []
        world.complete("sign", of=office.instance)


def test_a_signer_signs_or_is_taken_away(world: World) -> None:
    for _ in range(ROUNDS):
        office, task = claimed(world)
        (signer,) = office.add(task.key, ["clerk"], tasks.AFTER)
        world.complete_key(task.key, {"ok": True}, by="assistant")
        remove = act(world, "assistant", tasks.remove_signer, signer.key)
        assert len(winners(together([remove, approve(world, "clerk", signer.key)]))) == 1
        assert [one.element_id for one in world.open_tasks(office.instance)] == ["sign"]
        assert broken(world.engine) == []
        world.complete("sign", of=office.instance)


def test_a_signer_is_added_or_the_task_completed(world: World) -> None:
    _office, task = claimed(world)
    results = together(
        [
            act(world, "assistant", tasks.complete, task.key, {}, version=task.version),
            act(
                world, "assistant", tasks.add_signers, task.key, ["clerk"], tasks.AFTER,
                version=task.version,
            ),
        ]
    )  # fmt: skip
    assert len(winners(results)) == 1
    assert broken(world.engine) == []


def test_the_last_signature_or_the_timer(world: World, clock: Clock) -> None:
    office = Office(world, diagrams.TIMER)
    (task,) = world.open_tasks(office.instance)
    (signer,) = office.add(task.key, ["clerk"], tasks.AFTER)
    world.complete_key(task.key, by="assistant")
    clock.forward(hours=2)
    results = together([approve(world, "clerk", signer.key), partial(worker.run_due, world.engine)])
    winners(results)
    signed = not isinstance(results[0], Exception)
    following = [one.element_id for one in world.open_tasks(office.instance)]
    assert following == (["after"] if signed else ["chase"])
    assert count(world.engine, UserTask, UserTask.state == COMPLETING) == 0
    assert broken(world.engine) == []


def test_a_helper_answers_or_the_owner_takes_it_back(world: World) -> None:
    office, task = claimed(world)
    office.act(tasks.delegate, task.key, "clerk", by="assistant")
    results = together(
        [
            act(world, "clerk", tasks.answer, task.key, "可以"),
            act(world, "assistant", tasks.recall, task.key),
        ]
    )
    assert len(winners(results, NotAllowed)) == 1
    assert office.assignee(task.key) == "assistant"
    assert office.task(task.key).owner_id is None


def test_a_principal_and_his_substitute_complete_once(world: World) -> None:
    office, task = claimed(world)
    office.substitute("assistant", "clerk")
    complete = partial(tasks.complete, variables={}, version=task.version)
    results = together(
        [act(world, by, complete, key=task.key) for by in ("assistant", "clerk") * 3]
    )
    assert len(winners(results)) == 1
    assert count(world.engine, AuditEntry, completions()) == 1
    assert broken(world.engine) == []


def test_the_same_person_urges_once(world: World) -> None:
    office, task = claimed(world)
    results = together([act(world, "clerk", tasks.urge, task.key)] * 6)
    assert len(winners(results, tasks.UrgedAlready)) == 1
    assert office.kinds("assistant") == ["task_urged"]


def test_copies_to_the_same_reader_become_one(world: World) -> None:
    _office, task = claimed(world)
    copy = partial(tasks.copy, usernames=["clerk", "cashier"])
    results = together([act(world, "assistant", copy, key=task.key)] * 6)
    assert len(winners(results)) == 6
    assert count(world.engine, Copy) == 2
    assert broken(world.engine) == []


def test_two_people_complete_the_same_many(world: World) -> None:
    Office(world)
    started = [world.start("p") for _ in range(5)]
    wanted = [(one.key, one.version, {}) for one in world.open_tasks()]
    people = [world.actor("assistant"), world.actor("colleague")]
    results = together([partial(tasks.complete_many, world.engine, one, wanted) for one in people])
    for one, other in zip(*results, strict=True):
        assert one.done != other.done
    assert [one.element_id for one in world.open_tasks()] == ["sign"] * (len(started) + 1)
    assert broken(world.engine) == []


def test_the_same_substitute_is_appointed_once(world: World) -> None:
    now = world.engine.clock()
    period = {"starts_at": now, "ends_at": now + dt.timedelta(days=7)}
    appoint = partial(substitutions.appoint, principal="assistant", substitute="clerk", **period)
    results = together([act(world, by, appoint) for by in ("assistant", "supervisor") * 3])
    assert len(winners(results, Rejected)) == 1
    assert count(world.engine, Substitution) == 1


def test_a_leavers_task_is_handed_over_or_completed(world: World) -> None:
    _office, task = claimed(world)

    def leave() -> str:
        (result,) = tasks.hand_over(
            world.engine, world.actor("root"), "assistant", "colleague"
        ) or [tasks.Result(key=task.key, error=EngineError())]
        if result.error:
            raise result.error
        return "root"

    complete = act(world, "assistant", tasks.complete, task.key, {}, version=task.version)
    assert len(winners(together([complete, leave]), EngineError)) == 1
    assert broken(world.engine) == []
