"""The one door for writes: a command commits once and wholly, or leaves everything as it was."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import StatementError

from engine import attachments, instances, tasks
from engine.engine import Engine
from engine.errors import EngineError, InvalidVariables, NotAllowed, NotFound, Rejected
from engine.models import Base
from engine.models.audit import AuditEntry
from engine.models.identity import Site, User
from engine.models.node import Node
from engine.models.task import Notification
from engine.staff import identity
from engine.staff.access import SYSTEM
from tests.conftest import Clock
from tests.diagrams import chain, process, service_task, user_task
from tests.world import World

STEP = process(user_task("work") + user_task("next") + chain("s", "work", "next", "e"))


def rows(engine: Engine) -> dict[str, int]:
    with engine.read() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table
            is not Node.__table__  # the engine itself writes there, before its first command
        }


@contextmanager
def counted(engine: Engine, name: str) -> Iterator[list[Connection]]:
    seen: list[Connection] = []

    def note(connection: Connection) -> None:
        seen.append(connection)

    event.listen(engine.bind, name, note)
    yield seen
    event.remove(engine.bind, name, note)


def test_a_completion_is_one_commit(world: World) -> None:
    world.deploy({"p.bpmn": STEP})
    world.start("p")
    task, actor = world.task("work"), world.actor("assistant")
    with counted(world.engine, "commit") as commits, world.engine.begin(actor) as command:
        tasks.complete(command, task.key, {})
        assert commits == []
    assert len(commits) == 1


def complete_and_fail(world: World) -> None:
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.complete(command, world.task("work").key, {"x": 1})
        command.session.flush()
        raise ZeroDivisionError


def test_what_fails_late_leaves_every_table_as_it_was(world: World) -> None:
    world.deploy({"p.bpmn": STEP})
    started = world.start("p")
    before, state = rows(world.engine), world.instance(started.key).state
    with pytest.raises(ZeroDivisionError):
        complete_and_fail(world)
    assert rows(world.engine) == before
    assert world.instance(started.key).state == state
    assert world.task("work").version == 1


def create_site_and_twin(world: World) -> None:
    with world.engine.begin(SYSTEM) as command:
        identity.create_site(command, key="east", name="东苑")
        identity.create_user(command, username="clerk", name="Twin", password="long enough pw")


def test_a_refusal_in_the_middle_takes_back_what_the_command_did_before(world: World) -> None:
    before = rows(world.engine)
    with pytest.raises(Rejected):
        create_site_and_twin(world)
    assert rows(world.engine) == before


def test_a_command_has_one_moment_that_of_the_clock(world: World, clock: Clock) -> None:
    with world.engine.begin(SYSTEM) as command:
        clock.forward(minutes=5)
        assert command.now == clock.now - dt.timedelta(minutes=5)


def test_a_naive_time_is_refused(world: World) -> None:
    naive = Notification(
        user_id=1,
        kind="k",
        params={},
        created_at=dt.datetime(2026, 11, 20),  # noqa: DTZ001
    )
    with pytest.raises(StatementError, match="naive"), world.engine.begin(SYSTEM) as command:
        command.session.add(naive)


def test_times_come_back_aware_and_in_utc(world: World) -> None:
    at = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    with world.engine.begin(SYSTEM) as command:
        command.session.add(Notification(user_id=1, kind="k", params={}, created_at=at))
    with world.engine.read() as session:
        kept = session.scalars(select(Notification.created_at)).one()
    assert kept == at
    assert kept.utcoffset() == dt.timedelta(0)


def test_what_is_changed_while_reading_is_thrown_away(world: World) -> None:
    with world.engine.read() as session:
        site = session.scalars(select(Site).where(Site.key == "north")).one()
        site.name = "changed"
        session.flush()
        session.add(Site(key="east", name="new"))
        session.flush()
    assert world.site().name == "北苑"
    assert rows(world.engine)["site"] == 2


def test_a_reader_sees_nothing_of_an_open_command_and_does_not_wait_for_it(world: World) -> None:
    with world.engine.begin(SYSTEM) as command:
        identity.create_site(command, key="east", name="东苑")
        assert rows(world.engine)["site"] == 2
    assert rows(world.engine)["site"] == 3


def test_callbacks_run_after_the_commit_and_see_what_it_wrote(world: World) -> None:
    seen: list[str] = []
    with world.engine.begin(SYSTEM) as command:
        command.after_commit(lambda: seen.append(world.site("east").name))
        identity.create_site(command, key="east", name="东苑")
        assert seen == []
    assert seen == ["东苑"]


def test_callbacks_of_a_command_that_failed_do_not_run(world: World) -> None:
    seen: list[int] = []

    def try_with_callback() -> None:
        with world.engine.begin(world.actor("clerk")) as command:
            command.after_commit(lambda: seen.append(1))
            identity.create_site(command, key="east", name="东苑")

    with pytest.raises(NotAllowed):
        try_with_callback()
    assert seen == []


def test_a_failing_callback_is_logged_and_does_not_stop_the_others(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []
    with caplog.at_level(logging.ERROR), world.engine.begin(SYSTEM) as command:
        command.after_commit(lambda: seen.append(1 // 0))
        command.after_commit(lambda: seen.append(2))
    assert seen == [2]
    assert "ZeroDivisionError" in caplog.text


def test_workers_are_woken_once_and_only_when_there_is_work(world: World) -> None:
    body = '<parallelGateway id="fork"/>' + user_task("next") + chain("s", "next", "fork")
    for name in ("a", "b", "c"):
        body += service_task(name, "sms") + chain("fork", name, "e")
    world.deploy({"p.bpmn": process(body)})
    woken: list[int] = []
    world.engine.on_work(lambda: woken.append(1))
    world.start("p")
    assert woken == []
    world.complete("next")
    assert woken == [1]


ATTEMPTS: dict[str, Callable[[World], object]] = {
    "another's task": lambda world: world.complete("work", by="cashier"),
    "another site's task": lambda world: world.complete("work", by="stranger"),
    "a start that is not allowed": lambda world: world.start("closed"),
    "a file that is none": lambda world: upload(world, b"<html>"),
}


def upload(world: World, content: bytes) -> None:
    with world.engine.begin(world.actor("clerk")) as command:
        attachments.store(command, world.site().id, content, "x.png")


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_a_refused_command_writes_nothing(world: World, attempt: Callable[[World], object]) -> None:
    closed = process(
        user_task("t") + chain("s", "t", "e"), "closed", start={"startGroups": "admin"}
    )
    world.deploy({"p.bpmn": STEP, "closed.bpmn": closed})
    world.start("p")
    before = rows(world.engine)
    with pytest.raises(EngineError) as refusal:
        attempt(world)
    assert not isinstance(refusal.value, InvalidVariables)
    assert rows(world.engine) == before


GETS: dict[str, Callable[..., object]] = {
    "a task": tasks.get,
    "an instance": instances.get,
    "an attachment": attachments.get,
}


@pytest.mark.parametrize("get", GETS.values(), ids=GETS)
@pytest.mark.parametrize("key", [2**63, 10**30], ids=["2^63", "10^30"])
def test_a_number_that_no_key_can_be_names_nothing(
    world: World, get: Callable[..., object], key: int
) -> None:
    with world.engine.read() as session, pytest.raises(NotFound):
        get(session, world.actor("clerk"), key)


def test_every_act_of_administration_names_who_did_it(world: World) -> None:
    with world.engine.begin(world.actor("root")) as command:
        identity.create_site(command, key="east", name="东苑")
    with world.engine.read() as session:
        last = session.scalars(
            select(AuditEntry).where(AuditEntry.chain == 0).order_by(AuditEntry.seq.desc()).limit(1)
        ).one()
        root = session.scalars(select(User.id).where(User.username == "root")).one()
    assert (last.action, last.subject, last.actor_id) == ("site.created", "east", root)
