"""Copies (抄送): by hand or by a step, read without a token, and no right but reading this one instance."""

from __future__ import annotations

import pytest

from engine import attachments, comments, inbox, instances, tasks
from engine.errors import NotAllowed, NotFound, Rejected
from engine.models.job import Incident
from engine.staff import copies
from tests.diagrams import chain, process, user_task
from tests.engine.tasks.office import Office
from tests.faults.invariants import broken, count
from tests.world import World

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000a49444154789c6300010000050001"
)


def copied(world: World, username: str, *, unread: bool = False) -> list[int]:
    with world.engine.read() as session:
        page = inbox.copied(session, world.actor(username), inbox.Filter(), unread=unread)
        return [row.instance.key for row in page.rows]


def test_a_copy_lies_in_the_readers_box_until_it_is_read(world: World) -> None:
    office = Office(world)
    task = office.claim()
    office.act(tasks.copy, task.key, ["clerk", "cashier"], "请知悉", by="assistant")
    assert copied(world, "cashier", unread=True) == [office.instance.key]
    assert office.kinds("cashier") == ["copy_sent"]
    assert ("Assistant", "task.copied") in office.history()
    # when
    office.act(copies.mark_read, office.instance.key, by="cashier")
    # then
    assert copied(world, "cashier", unread=True) == []
    assert copied(world, "cashier") == [office.instance.key]
    with world.engine.read() as session:
        assert copies.unread(session, world.actor("clerk")) == 1
        readers = [
            (copy.read_at is not None, user.username)
            for copy, user in copies.of_instance(session, office.instance.key)
        ]
    assert readers == [(True, "cashier"), (False, "clerk")]


def test_a_second_copy_renews_the_first(world: World) -> None:
    office = Office(world)
    task = office.claim()
    office.act(tasks.copy, task.key, ["clerk"], by="assistant")
    office.act(copies.mark_read, office.instance.key, by="clerk")
    office.act(tasks.copy, task.key, ["clerk"], "又有变化", by="assistant")
    assert copied(world, "clerk", unread=True) == [office.instance.key]
    assert len(copied(world, "clerk")) == 1


def test_a_reader_of_another_site_reads_this_instance_and_nothing_else(world: World) -> None:
    office = Office(world)
    other = world.start("p")
    task = world.task("check", office.instance)
    with world.engine.begin(world.actor("assistant")) as command:
        photo = attachments.store(command, 1, PIXEL, "a.png", instance_key=office.instance.key)
        foreign = attachments.store(command, 1, PIXEL, "b.png", instance_key=other.key)
    office.act(tasks.copy, task.key, ["stranger"], by="assistant")
    stranger = world.actor("stranger")
    with world.engine.read() as session:
        assert instances.get(session, stranger, office.instance.key).key == office.instance.key
        assert attachments.get(session, stranger, photo.key).key == photo.key
        with pytest.raises(NotFound):
            instances.get(session, stranger, other.key)
        with pytest.raises(NotFound):
            attachments.get(session, stranger, foreign.key)
        with pytest.raises(NotFound):
            tasks.get(session, stranger, task.key)
    with pytest.raises(NotFound):
        world.complete_key(task.key, by="stranger")
    with pytest.raises(NotFound):
        office.act(instances.cancel, office.instance.key, "不要了", by="stranger")
    with pytest.raises(NotAllowed):
        office.act(comments.add, office.instance.key, "看到了", by="stranger")


def test_who_may_not_do_the_task_sends_no_copies(world: World) -> None:
    office = Office(world)
    task = world.task("check")
    with pytest.raises(NotAllowed):
        office.act(tasks.copy, task.key, ["cashier"], by="clerk")
    for people in ([], ["nobody"], [f"u{number}" for number in range(51)]):
        with pytest.raises(Rejected):
            office.act(tasks.copy, task.key, people, by="assistant")
    with pytest.raises(NotFound):
        office.act(copies.mark_read, office.instance.key, by="clerk")


def test_who_completed_a_task_may_still_send_copies(world: World) -> None:
    office = Office(world)
    task = world.task("check")
    world.complete("check", by="assistant")
    office.act(tasks.copy, task.key, ["cashier"], by="assistant")
    assert copied(world, "cashier") == [office.instance.key]


def test_a_step_copies_to_roles_people_and_the_starter(world: World) -> None:
    body = user_task("check", copyTo="finance_clerk, starter, colleague") + chain("s", "check", "e")
    office = Office(world, process(body))
    world.complete("check", by="assistant")
    for reader in ("cashier", "clerk", "colleague"):
        assert copied(world, reader) == [office.instance.key]
    assert copied(world, "supervisor") == []
    assert broken(world.engine) == []


def test_a_step_computes_who_gets_a_copy(world: World) -> None:
    source = '=if amount > 100 then ["finance_clerk", who] else []'
    office = Office(world, process(user_task("check", copyTo=source) + chain("s", "check", "e")))
    world.complete("check", {"amount": 200, "who": "supervisor"}, by="assistant")
    assert copied(world, "cashier") == copied(world, "supervisor") == [office.instance.key]


def test_a_copy_that_cannot_be_computed_is_an_incident_and_the_process_goes_on(
    world: World,
) -> None:
    source = "=assert(amount, amount > 100)"
    body = user_task("check", copyTo=source) + user_task("next") + chain("s", "check", "next", "e")
    Office(world, process(body))
    assert world.complete("check", {"amount": 1}, by="assistant").ran
    assert world.task("next").state == "created"
    assert count(world.engine, Incident, Incident.element_id == "check") == 1
    assert broken(world.engine) == []
