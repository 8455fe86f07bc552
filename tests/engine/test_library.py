"""The shipped library of procedures: deployed when its content is new, unless an owner has edited it (decision 20)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from engine.deployment import bundles, library
from engine.engine import Engine
from engine.models.definition import Deployment, ProcessDefinition
from tests.diagrams import chain, process, user_task
from tests.world import World


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    for family in ("move", "repair"):
        (tmp_path / "bpmn" / family).mkdir(parents=True)
    (tmp_path / "bpmn" / "notes").mkdir()
    write(tmp_path / "bpmn", "move", "p")
    write(tmp_path / "bpmn", "repair", "q")
    return tmp_path / "bpmn"


def write(folder: Path, family: str, process_id: str, step: str = "work") -> None:
    diagram = process(user_task(step) + chain("s", step, "e"), process_id)
    (folder / family / f"{process_id}.bpmn").write_bytes(diagram)


def versions(world: World) -> dict[str, int]:
    with world.engine.read() as session:
        query = select(ProcessDefinition).where(ProcessDefinition.latest)
        return {one.process_id: one.version for one in session.scalars(query)}


def test_what_is_shipped_is_deployed_once(world: World, shipped: Path) -> None:
    assert library.families(shipped) == ["move", "repair"]
    assert library.deploy_shipped(world.engine, shipped) == ["move", "repair"]
    assert library.deploy_shipped(world.engine, shipped) == []
    assert versions(world) == {"p": 1, "q": 1}


def test_a_shipped_bundle_that_changed_is_deployed_again(world: World, shipped: Path) -> None:
    library.deploy_shipped(world.engine, shipped)
    write(shipped, "repair", "q", "mend")
    assert library.deploy_shipped(world.engine, shipped) == ["repair"]
    assert versions(world) == {"p": 1, "q": 2}


def test_what_an_owner_edited_stays(world: World, shipped: Path) -> None:
    library.deploy_shipped(world.engine, shipped)
    edited = process(user_task("own_way") + chain("s", "own_way", "e"), "q")
    world.deploy({"q.bpmn": edited}, family="repair")
    write(shipped, "repair", "q", "mend")
    write(shipped, "move", "p", "carry")
    assert library.deploy_shipped(world.engine, shipped) == ["move"]
    assert versions(world) == {"p": 2, "q": 2}
    started = world.start("q")
    assert [task.element_id for task in world.open_tasks(started)] == ["own_way"]


def test_a_shipped_bundle_with_a_fault_leaves_what_was_deployed(
    world: World, shipped: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # given
    library.deploy_shipped(world.engine, shipped)
    write(shipped, "move", "p", "carry")
    (shipped / "repair" / "q.bpmn").write_bytes(b"<broken")
    # when
    assert library.deploy_shipped(world.engine, shipped) == ["move"]
    # then
    assert versions(world) == {"p": 2, "q": 1}
    assert world.start("q").version == 1
    assert "repair is not deployed: q.bpmn" in caplog.text


def test_the_shipped_library_deploys_without_a_finding_that_matters(engine: Engine) -> None:
    for family in library.families():
        bundle = bundles.read(library.files(family))
        assert [one for one in bundle.problems if one.severity == "error"] == []
    assert library.deploy_shipped(engine) == library.families()
    assert library.deploy_shipped(engine) == []
    with engine.read() as session:
        deployed = session.scalars(select(Deployment)).all()
    assert all(one.shipped and one.deployed_by is None for one in deployed)
