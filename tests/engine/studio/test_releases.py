"""Deployment from the studio: what stands in the way, why, what was before, going back; and what differs."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from engine.deployment import bundles, definitions
from engine.errors import InvalidDiagram, NotAllowed
from engine.models.audit import AuditEntry
from engine.models.studio import Proof
from engine.studio import differences, drafts, findings, proofs, releases
from tests.diagrams import chain, process, user_task
from tests.engine.studio.bundle import DRAWN, FILES, FORM, written
from tests.engine.studio.test_drafts import create, save

TWO_STEPS = process(
    user_task("check", form="checking.check") + user_task("look", "front_desk") + chain("s", "check", "look", "e"),
    "checking",
)  # fmt: skip


def prove(world, draft, *, passed=True) -> None:
    """As if the scenarios had been run."""
    with world.engine.begin(world.actor("owner")) as command:
        proof = proofs.begin(command, draft.key)
    proofs._note(world.engine, proof.key, state="done", results=[{"name": "办", "passed": passed}])


def deploy(world, draft, version=1, note="第一次部署", override="", by="owner"):
    with world.engine.begin(world.actor(by)) as command:
        return releases.deploy(command, draft.key, version, note=note, override=override)[0]


def test_deploys_a_proven_draft_and_says_why(world):
    draft = create(world)
    prove(world, draft)
    deployed = deploy(world, draft)
    assert deployed.deployment.note == "第一次部署"
    assert not deployed.deployment.shipped
    with world.engine.read() as session:
        assert drafts.get(session, world.actor("owner"), draft.key).base_key == deployed.deployment.key  # fmt: skip
        (release,) = releases.history(session, world.actor("owner"), "checks")
    assert (release.number, release.added) == (1, [])


def test_refuses_what_is_not_proven_unless_there_is_a_reason_which_is_audited(world):
    draft = create(world)
    with pytest.raises(releases.NotProven):
        deploy(world, draft)
    prove(world, draft, passed=False)
    with pytest.raises(releases.NotProven):
        deploy(world, draft)
    deployed = deploy(world, draft, override="今天必须上线，场景明天补")
    assert deployed.deployment.override_reason == "今天必须上线，场景明天补"
    with world.engine.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "deployment.overridden")).one()  # fmt: skip
    assert entry.detail["failed"] == ["办"]


@pytest.mark.parametrize("by", ["clerk", "root"])
def test_only_process_owners_deploy(world, by):
    draft = create(world)
    with pytest.raises(NotAllowed):
        deploy(world, draft, override="因为我想这样", by=by)


def test_refuses_a_deployment_without_a_reason(world):
    draft = create(world)
    prove(world, draft)
    with pytest.raises(releases.NoReason):
        deploy(world, draft, note="  x ")


def test_no_reason_is_good_enough_for_what_the_gate_refuses(world):
    draft = create(world, FILES | {"forms/checking.check.form": b"{}"})
    with pytest.raises(InvalidDiagram):
        deploy(world, draft, override="因为我想这样")


def test_refuses_a_draft_that_was_saved_since_it_was_looked_at(world):
    draft = create(world)
    prove(world, draft)
    save(world, draft, 1, {"README.md": b"x"})
    with pytest.raises(releases.DraftMoved):
        deploy(world, draft)


def test_refuses_what_is_deployed_already(world):
    world.deploy(FILES, family="checks")
    draft = create(world)
    prove(world, draft)
    with pytest.raises(releases.NothingChanged):
        deploy(world, draft)


def test_goes_back_in_one_step_and_what_runs_stays_where_it_is(world):
    first = world.deploy(FILES, family="checks")
    world.deploy(FILES | {"checking.bpmn": TWO_STEPS}, family="checks")
    running = world.start("checking")
    with world.engine.begin(world.actor("owner")) as command:
        back = releases.roll_back(command, first.deployment.key, "新版少了签字")
    assert back.deployment.restores_key == first.deployment.key
    with world.engine.read() as session:
        latest = definitions.latest(world.engine, session, "checking")
        history = releases.history(session, world.actor("owner"), "checks")
    assert (latest.version, latest.diagram.xml) == (3, DRAWN)
    assert world.instance(running.key).definition_key != latest.key
    assert [one.number for one in history] == [3, 2, 1]
    assert history[0].changed == ["checking.bpmn"]
    with pytest.raises(releases.NothingChanged), world.engine.begin(world.actor("owner")) as command:  # fmt: skip
        releases.roll_back(command, first.deployment.key, "再来一次吧")


def test_finds_what_the_gate_lets_pass(world):
    spare = FORM | {"id": "checking.spare"}
    texts = written({"checking.name": "Checking"})
    files = FILES | {"forms/spare.form": written(spare), "texts/en.json": texts}
    files["checking.bpmn"] = process(
        user_task("check", form="checking.check") + user_task("alone") + chain("s", "check", "e") + chain("alone", "e"),
        "checking",
    )  # fmt: skip
    files["scenarios/more.test.json"] = written({"testCases": [{"name": "x", "instructions": [{"type": "DANCE"}]}]})  # fmt: skip
    with world.engine.read() as session:
        found = findings.examine(world.engine, session, "checks", files)
        again = findings.examine(world.engine, session, "checks", files)
    said = {(one.severity, one.code, one.element_id) for one in found}
    assert ("error", "scenario_invalid", None) in said
    assert ("warning", "unused_form", None) in said
    assert ("warning", "unreachable", "alone") in said
    assert ("warning", "text_missing", "check") in said
    assert again is found


def test_a_process_of_another_family_is_not_taken_away_from_it(world):
    world.deploy(FILES, family="checks")
    with world.engine.read() as session:
        found = findings.examine(world.engine, session, "others", FILES)
    assert [one.code for one in findings.errors(found)] == ["other_family"]


def test_compares_diagrams_forms_and_texts_by_meaning():
    form = json.loads(FILES["forms/checking.check.form"])
    form["components"][0] |= {"id": "other", "label": "什么人"}
    now = FILES | {
        "checking.bpmn": TWO_STEPS,
        "forms/checking.check.form": written(form),
        "texts/en.json": written({"checking.name": "Check it"}),
        "README.md": b"new",
    }
    del now["scenarios/checking.test.json"]
    found = {one.path: one for one in differences.compare(FILES, now)}
    assert found["README.md"].status == "added"
    assert found["scenarios/checking.test.json"].status == "removed"
    assert found["checking.bpmn"].ids("added") == ["check_look", "look", "look_e"]
    assert found["checking.bpmn"].ids("removed") == ["check_e"]
    (field,) = found["forms/checking.check.form"].changes
    assert (field.at, field.attribute, field.before, field.after) == (
        "who",
        "label",
        "谁",
        "什么人",
    )
    assert {one.kind for one in found["texts/en.json"].changes} == {"changed", "removed"}


def test_a_file_written_in_another_way_means_the_same():
    spaced = FILES["forms/checking.check.form"].replace(b", ", b",\n  ")
    (found,) = differences.compare(FILES, FILES | {"forms/checking.check.form": spaced})
    assert (found.status, found.changes) == ("written", [])
    assert bundles.digest_of(FILES)


def test_a_proof_is_remembered_by_content(world):
    draft = create(world)
    prove(world, draft)
    with world.engine.read() as session:
        assert session.scalars(select(Proof)).one().state == "done"
        assert releases.gate(world.engine, session, draft, FILES).proven
