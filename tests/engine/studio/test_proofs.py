"""Proof: scenarios run apart, what they find, and what they cannot do."""

from __future__ import annotations

import datetime as dt

import pytest

from engine.deployment import bundles
from engine.models.studio import Proof
from engine.studio import drafts, proofs, sandbox
from tests.diagrams import chain, process, script, user_task
from tests.engine.studio.bundle import CHECK, ENDED, FILES, START, scenarios, steps
from tests.engine.studio.test_drafts import create
from tests.world import World


@pytest.fixture(scope="session")
def bases(tmp_path_factory):
    """Databases with the demo company, made once."""
    return tmp_path_factory.mktemp("bases")


@pytest.fixture
def prove(world: World, bases):
    """Prove a bundle, in this database's name."""
    (world.engine.home).mkdir(parents=True, exist_ok=True)
    (world.engine.home / "sandboxes").symlink_to(bases)

    def run(files) -> Proof:
        draft = create(world, files)
        with world.engine.begin(world.actor("owner")) as command:
            proof = proofs.begin(command, draft.key)
        proofs.work(world.engine, proof.key)
        with world.engine.read() as session:
            return session.get_one(Proof, proof.key)

    return run


def play(*instructions, **more):
    demo = {"clerk": "liyutong", "assistant": "huangsimin"}
    return steps(*({**one, "metadata": {"actor": demo[one["metadata"]["actor"]]}} if "metadata" in one else one for one in instructions), **more)  # fmt: skip


def test_says_what_each_scenario_came_to_and_what_all_visited(prove):
    wrong = play(START, {**CHECK, "variables": {}}, name="没填")
    files = FILES | {"scenarios/checking.test.json": scenarios(play(START, CHECK, ENDED), wrong)}
    proof = prove(files)
    assert (proof.state, proof.total, proof.error) == ("done", 2, "")
    assert [one["passed"] for one in proof.results] == [True, False]
    failed = proof.results[1]
    assert (failed["step"], failed["element"], failed["code"]) == (2, "check", "invalid_variables")
    assert failed["faults"][0]["path"] == "who"
    assert proof.coverage == {"checking": {"elements": ["check", "e", "s"], "flows": ["check_e", "s_check"]}}  # fmt: skip
    assert not proofs.holds(proof)


def test_a_draft_the_gate_refuses_is_not_proved(prove):
    proof = prove({**FILES, "forms/checking.check.form": b"{}"})
    assert proof.state == "failed"
    assert "checking" in proof.error


def test_an_endless_process_fails_its_scenario_and_nothing_else(prove):
    loop = process(
        script("spin", "=n + 1", "n")
        + '<exclusiveGateway id="g" default="g_spin"/>'
        + user_task("check", form="checking.check")
        + chain("s", "spin", "g")
        + '<sequenceFlow id="g_spin" sourceRef="g" targetRef="spin"/>'
        + '<sequenceFlow id="out" sourceRef="g" targetRef="check"><conditionExpression>=n &gt; 1000000000</conditionExpression></sequenceFlow>'
        + chain("check", "e"),
        "checking",
    )
    files = FILES | {
        "checking.bpmn": loop,
        "scenarios/checking.test.json": scenarios(play(START, CHECK)),
    }
    proof = prove(files)
    assert proof.state == "done"
    assert not proof.results[0]["passed"]


def test_one_proof_at_a_time_for_a_draft(world):
    draft = create(world)
    with world.engine.begin(world.actor("owner")) as command:
        proofs.begin(command, draft.key)
    with pytest.raises(proofs.ProofRunning), world.engine.begin(world.actor("owner")) as command:
        proofs.begin(command, draft.key)


def test_a_proof_nobody_watches_may_be_begun_again(world, clock):
    draft = create(world)
    with world.engine.begin(world.actor("owner")) as command:
        proofs.begin(command, draft.key)
    clock.forward(minutes=5)
    with world.engine.begin(world.actor("owner")) as command:
        proofs.begin(command, draft.key)


def test_a_sandbox_that_takes_too_long_is_ended(prove, monkeypatch):
    monkeypatch.setattr(proofs, "LIMIT", dt.timedelta(seconds=0.3))
    proof = prove(FILES)
    assert (proof.state, proof.error) == ("failed", "stopped")


def test_a_sandbox_knows_nothing_of_the_company(monkeypatch):
    monkeypatch.setenv("GUICHENG_SECRET", "secret")
    assert proofs.environment().keys() == {"PATH", "PYTHONPATH", "LANG", "HOME"}
    assert sandbox.SECRET


def test_a_proof_of_another_content_counts_for_nothing(prove, world):
    proof = prove(FILES | {"scenarios/checking.test.json": scenarios(play(START, CHECK, ENDED))})
    assert proofs.holds(proof)
    with world.engine.begin(world.actor("owner")) as command:
        draft = drafts.save(command, proof.draft_key, 1, {"README.md": b"x"})
        assert proofs.of_content(command.session, draft, drafts.content(command.session, draft)) is None  # fmt: skip


LOOKING = {"looking.bpmn": process(user_task("look") + chain("s", "look", "e"), "looking")}


def test_a_database_to_prove_in_is_made_from_an_earlier_one_with_what_differs(bases):
    sandbox.prepare(bases / "nothing.sqlite", {})
    sandbox.prepare(bases / "checks.sqlite", {"checks": FILES})
    sandbox.prepare(bases / "other.sqlite", {"others": LOOKING})
    known = {one: sandbox._deployed(bases / f"{one}.sqlite") for one in ("nothing", "checks", "other")}  # fmt: skip
    assert known == {
        "nothing": {},
        "checks": {"checks": bundles.digest_of(FILES)},
        "other": {"others": bundles.digest_of(LOOKING)},
    }
