"""Rows that a command locks or begins with: whole, as the database has them, and written back like any other."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, update

from engine import instances
from engine.deployment import definitions
from engine.errors import NotFound
from engine.models.instance import ProcessInstance
from engine.models.task import UserTask
from engine.staff.access import SYSTEM
from tests.engine.tasks.office import Office
from tests.world import World


@pytest.fixture
def office(world: World) -> Office:
    return Office(world)


def test_a_locked_row_is_read_whole(world: World, office: Office) -> None:
    key = world.task("check").key
    with world.engine.begin(SYSTEM) as command:
        instance, task = instances.lock_with(command, UserTask, "user task", key)
        assert not inspect(instance).unloaded - set(ProcessInstance.__mapper__.relationships.keys())
        assert not inspect(task).unloaded - set(UserTask.__mapper__.relationships.keys())
        assert (instance.key, task.element_id) == (office.instance.key, "check")
        assert task.instance is instance


def test_what_the_session_knew_of_a_row_is_read_anew(world: World, office: Office) -> None:
    with world.engine.begin(SYSTEM) as command:
        known = command.session.get_one(UserTask, world.task("check").key)
        assert known.assignee is None
        someone = world.actor("assistant").user_id
        written = update(UserTask).values(name="by another", assignee_id=someone)
        command.session.execute(written, execution_options={"synchronize_session": False})
        _, task = instances.lock_with(command, UserTask, "user task", known.key)
        assert task is known
        assert (task.name, task.assignee and task.assignee.username) == ("by another", "assistant")


def test_changes_of_a_locked_row_are_written(world: World, office: Office) -> None:
    with world.engine.begin(SYSTEM) as command:
        instances.lock(command, office.instance.key).reason = "why"
    assert world.instance(office.instance.key).reason == "why"


def test_a_savepoint_takes_back_changes_of_a_locked_row(world: World, office: Office) -> None:
    with world.engine.begin(SYSTEM) as command:
        instance = instances.lock(command, office.instance.key)
        with command.session.begin_nested() as savepoint:
            instance.reason = "why"
            command.session.flush()
            savepoint.rollback()
        assert instance.reason == ""
    assert world.instance(office.instance.key).reason == ""


def test_a_new_instance_is_known_like_one_that_was_read(world: World, office: Office) -> None:
    site = world.site()
    with world.engine.begin(world.actor("clerk")) as command:
        definition = definitions.latest(world.engine, command.session, "p")
        started = instances.start(command, definition, site, {})
        assert command.session.get(ProcessInstance, started.key) is started
        assert started in command.session
        assert not command.session.new
        assert (started.reason, started.private, started.unit_id) == ("", False, None)
    assert world.instance(started.key).number == started.number


def test_a_key_nobody_has_is_not_found(world: World, office: Office) -> None:
    with world.engine.begin(SYSTEM) as command, pytest.raises(NotFound):
        instances.lock_with(command, UserTask, "user task", 1)
