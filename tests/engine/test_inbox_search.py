"""A search through a box is bounded: words among its first rows, numbers wherever they stand."""

import pytest

from engine import inbox
from engine.inbox import ranges
from tests.diagrams import chain, process, user_task


@pytest.fixture
def instances(world):
    diagram = process(user_task("mending") + chain("s", "mending", "e"), "mend")
    world.deploy({"mend.bpmn": diagram})
    return [world.start("mend") for _ in range(3)]


def claimable(world, text):
    with world.engine.read() as session:
        page = inbox.claimable(session, world.actor("assistant"), inbox.Filter(text=text))
        return [row.task.instance_key for row in page.rows]


def test_finds_words_of_the_step_once_each(world, instances):
    assert claimable(world, "men") == [one.key for one in instances]
    assert claimable(world, "nothing") == []


def test_looks_for_words_only_among_the_first_rows(world, instances, monkeypatch):
    monkeypatch.setattr(ranges, "SEARCHED", 2)
    assert claimable(world, "men") == [one.key for one in instances[:2]]
