"""A scenario recorded by walking through once is one that holds."""

from __future__ import annotations

import json

import pytest

from engine.errors import Rejected
from engine.models.studio import BundleDraft
from engine.studio import drafts, proofs, recordings
from tests.diagrams import chain, process, user_task
from tests.engine.studio.bundle import FILES
from tests.engine.studio.test_drafts import content, create
from tests.world import World

WAITING = process(
    user_task("check", form="checking.check", outcomes="approve,reject")
    + '<intermediateCatchEvent id="later"><timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition></intermediateCatchEvent>'
    + chain("s", "check", "later", "e"),
    "checking",
)


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    return tmp_path_factory.mktemp("bases")


@pytest.fixture
def draft(world: World, bases) -> BundleDraft:
    world.engine.home.mkdir(parents=True, exist_ok=True)
    (world.engine.home / "sandboxes").symlink_to(bases)
    return create(world, FILES | {"checking.bpmn": WAITING})


def rehearse(world, draft, steps):
    with world.engine.read() as session:
        return recordings.rehearse(world.engine, session, draft, "checking", steps)


def test_walks_through_with_real_forms_and_a_moved_clock_and_keeps_what_then_holds(world, draft):
    view = rehearse(world, draft, [])
    assert {"username": "liyutong", "name": "李雨桐"} in view["start"]["people"]
    with world.engine.begin(world.actor("owner")) as command:
        recording = recordings.begin(command, draft, "checking", view)
    steps = recordings.started("checking", "liyutong", {})
    view = rehearse(world, draft, steps)
    (task,) = view["tasks"]
    assert (task["element"], task["groups"], task["form"]["id"]) == (
        "check",
        ["service_assistant"],
        "checking.check",
    )
    assert task["outcomes"] == ["approve", "reject"]
    actor = task["people"][0]["username"]
    wrong = rehearse(world, draft, [*steps, *recordings.completed(task, actor, {}, "approve")])
    assert wrong["failure"]["faults"][0]["path"] == "who"
    steps += recordings.completed(task, actor, {"who": "陈"}, "approve")
    view = rehearse(world, draft, steps)
    assert view["tasks"] == []
    assert view["instances"][0]["next_due"] is not None
    steps += recordings.waited("P3D")
    view = rehearse(world, draft, steps)
    assert view["instances"][0]["status"] == "completed"
    with world.engine.begin(world.actor("owner")) as command:
        recordings.go_on(command, recording.key, 1, steps, view)
    with (
        pytest.raises(recordings.RecordingMoved),
        world.engine.begin(world.actor("owner")) as command,
    ):
        recordings.go_on(command, recording.key, 1, steps, view)
    with world.engine.begin(world.actor("owner")) as command:
        recordings.keep(command, recording.key, "办完三天后结束")
    document = json.loads(content(world, draft.key)["scenarios/checking.test.json"])
    assert [one["name"] for one in document["testCases"]] == ["办一次", "办完三天后结束"]
    document["testCases"].pop(0)
    with world.engine.begin(world.actor("owner")) as command:
        drafts.save(
            command, draft.key, 2, {"scenarios/checking.test.json": json.dumps(document).encode()}
        )
        proof = proofs.begin(command, draft.key)
    proofs.work(world.engine, proof.key)
    with world.engine.read() as session:
        assert proofs.holds(session.get_one(proofs.Proof, proof.key))


def test_the_last_step_can_be_taken_back():
    steps = recordings.started("checking", "liyutong", {})
    task = {"element": "check", "process_id": "checking", "groups": ["front_desk"], "due": None}
    more = [*steps, *recordings.completed(task, "liyutong", {})]
    assert recordings.taken_back([*more, *recordings.waited("P1D")]) == more
    assert recordings.taken_back(more) == steps
    assert recordings.taken_back(steps) == []


def test_only_a_duration_moves_the_clock():
    with pytest.raises(Rejected):
        recordings.waited("tomorrow")
