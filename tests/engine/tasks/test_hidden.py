"""Instances kept from the people they are about: whatever such a person asks for, there is nothing of them."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from engine import comments, inbox, instances, tasks
from engine.errors import InvalidDiagram, NotFound, Rejected
from engine.models.hiding import Hiding
from engine.models.identity import Membership
from engine.models.instance import ProcessInstance
from engine.models.job import Incident
from engine.models.task import Notification, UserTask
from engine.runtime import parse
from engine.staff import copies, notifications, sight
from tests.diagrams import chain, process, script, user_task
from tests.world import World

ABOUT = "=accused"
STEPS = user_task("note") + user_task("look", "service_assistant,service_supervisor")
COMPLAINT = process(STEPS + chain("s", "note", "look", "e"), hiddenFrom=ABOUT)


def accuse(world: World, *names: str, diagram: bytes = COMPLAINT) -> ProcessInstance:
    world.deploy({"p.bpmn": diagram})
    started = world.start("p")
    world.complete("note", {"accused": list(names)}, by="supervisor" if not names else "colleague")
    return world.instance(started.key)


def test_hides_an_instance_and_its_tasks_from_whom_it_is_about(world: World) -> None:
    found = accuse(world, "assistant")
    accused, other = world.actor("assistant"), world.actor("colleague")
    assert (accused.hidden, other.hidden) == ({found.key}, frozenset())
    with world.engine.read() as session:
        assert instances.get(session, other, found.key).key == found.key
        assert not session.scalars(instances.visible_to(accused)).all()
        assert not session.scalars(tasks.visible_to(accused)).all()
        with pytest.raises(NotFound):
            instances.get(session, accused, found.key)


def test_refuses_every_command_of_such_a_person(world: World) -> None:
    found = accuse(world, "assistant")
    task = world.task("look")
    with world.engine.begin(world.actor("assistant")) as command:
        with pytest.raises(NotFound):
            tasks.claim(command, task.key)
        with pytest.raises(NotFound):
            tasks.complete(command, task.key, {})
        with pytest.raises(NotFound):
            comments.add(command, found.key, "I was not there")
    with world.engine.begin(world.actor("supervisor")) as command:
        with pytest.raises(Rejected):
            tasks.transfer(command, task.key, "assistant")
        assert "assistant" not in [one.username for one in tasks.candidates(command.session, task)]


def test_leaves_such_an_instance_out_of_every_list_and_count_of_a_session(world: World) -> None:
    found = accuse(world, "assistant")
    accused, now = world.actor("assistant"), world.engine.clock()
    with world.engine.read() as session:
        assert inbox.claimable(session, accused, inbox.Filter()).rows
        sight.narrow(session, accused.hidden)
        assert not inbox.claimable(session, accused, inbox.Filter()).rows
        assert not inbox.counts(session, accused, now, now)["claimable"]
        assert session.get(ProcessInstance, found.key) is None
        assert not session.execute(select(ProcessInstance.number)).all()
        sight.narrow(session, frozenset())
        assert session.get(ProcessInstance, found.key) is not None


def test_tells_such_a_person_nothing(world: World) -> None:
    found = accuse(world, "assistant")
    people = [world.actor(one).user_id or 0 for one in ("assistant", "colleague")]
    with world.engine.begin(world.actor("supervisor")) as command:
        instance = command.session.get_one(ProcessInstance, found.key)
        notifications.tell(command, people, "task_due", instance=instance)
    with world.engine.read() as session:
        told = session.scalars(
            select(Notification.user_id).where(Notification.kind == "task_due")
        ).all()
    assert told == people[1:]


def test_takes_open_tasks_away_when_their_assignee_is_named(world: World) -> None:
    drawn = (
        user_task("note") + user_task("look") + '<parallelGateway id="fork"/>'
        + chain("s", "fork", "note", "e") + chain("fork", "look", "e")
    )  # fmt: skip
    world.deploy({"p.bpmn": process(drawn, hiddenFrom=ABOUT)})
    world.start("p")
    with world.engine.begin(world.actor("assistant")) as command:
        tasks.claim(command, world.task("look").key)
    world.complete("note", {"accused": "assistant"}, by="colleague")
    assert world.task("look").assignee_id is None


def test_gives_no_task_to_the_person_even_when_drawn(world: World) -> None:
    look = user_task("look").replace("candidateGroups", 'assignee="=accused" candidateGroups')
    drawn = process(user_task("note") + look + chain("s", "note", "look", "e"), hiddenFrom=ABOUT)
    world.deploy({"p.bpmn": drawn})
    world.start("p")
    world.complete("note", {"accused": "assistant"}, by="colleague")
    assert world.task("look").assignee_id is None


def test_goes_up_the_ladder_when_only_the_person_holds_the_role(world: World) -> None:
    with world.engine.begin(world.actor("root")) as command:
        colleague = world.actor("colleague").user_id
        command.session.execute(
            update(Membership).where(Membership.user_id == colleague).values(role="front_desk")
        )
    drawn = process(
        user_task("note", "front_desk") + user_task("look") + chain("s", "note", "look", "e"),
        hiddenFrom=ABOUT,
    )
    world.deploy({"p.bpmn": drawn})
    world.start("p")
    world.complete("note", {"accused": "assistant"}, by="clerk")
    assert world.task("look").groups == ["service_assistant", "service_supervisor"]


def test_follows_a_name_that_is_corrected(world: World) -> None:
    body = user_task("note") + user_task("again") + user_task("look")
    drawn = process(body + chain("s", "note", "again", "look", "e"), hiddenFrom=ABOUT)
    world.deploy({"p.bpmn": drawn})
    started = world.start("p")
    world.complete("note", {"accused": "assistant"}, by="colleague")
    world.complete("again", {"accused": "cashier"}, by="colleague")
    assert not world.actor("assistant").hidden
    assert world.actor("cashier").hidden == {started.key}


def test_hides_the_whole_instance_while_and_after_a_called_process_names_somebody(
    world: World,
) -> None:
    inner = process(user_task("note") + chain("s", "note", "e"), "inner", hiddenFrom=ABOUT)
    call = (
        '<callActivity id="c"><extensionElements><zeebe:calledElement processId="inner" '
        'propagateAllChildVariables="false"/></extensionElements></callActivity>'
    )
    outer = process(call + user_task("look") + chain("s", "c", "look", "e"))
    world.deploy({"p.bpmn": outer, "inner.bpmn": inner.replace(b'="note"', b'="note"')})
    started = world.start("p", {"accused": "cashier"})
    assert world.actor("cashier").hidden == {started.key}
    world.complete("note", {"accused": "assistant"}, by="colleague")
    assert world.task("look")
    assert world.actor("cashier").hidden | world.actor("assistant").hidden == {started.key}


def test_an_expression_that_fails_is_an_incident_and_changes_nothing(world: World) -> None:
    found = accuse(world, "assistant")
    world.complete("look", {"accused": 7}, by="colleague")
    with world.engine.read() as session:
        assert session.scalars(select(Incident.error_type)).all() == ["EXTRACT_VALUE_ERROR"]
    assert world.actor("assistant").hidden == {found.key}


def test_hides_what_a_hidden_instance_starts(world: World) -> None:
    found = accuse(world, "assistant")
    with world.engine.begin(world.actor("owner")) as command:
        from engine.deployment import definitions

        of = definitions.latest(world.engine, command.session, "p")
        child = instances.start(command, of, world.site(), {}, parent_key=found.key)
    assert world.actor("assistant").hidden == {found.key, child.key}
    with world.engine.read() as session:
        assert len(session.scalars(select(Hiding)).all()) == 2


def test_refuses_a_hidden_from_that_is_no_expression() -> None:
    with pytest.raises(InvalidDiagram) as refused:
        parse(process(script("a", "=1", "n") + chain("s", "a", "e"), hiddenFrom="assistant"))
    (finding,) = refused.value.findings
    assert (finding.code, finding.element_id) == ("expression_needed", "p")


def test_sends_such_a_person_no_copies(world: World) -> None:
    # given: a step that copies to all who hold the role of the accused
    step = user_task("note", copyTo="service_assistant") + user_task("look", "service_supervisor")
    diagram = process(step + chain("s", "note", "look", "e"), hiddenFrom=ABOUT)
    found = accuse(world, "assistant", diagram=diagram)
    # when a colleague tries by hand too
    with world.engine.begin(world.actor("colleague")) as command:
        done = command.session.scalars(select(UserTask).where(UserTask.element_id == "note")).one()
        with pytest.raises(Rejected):
            tasks.copy(command, done.key, ["assistant"])
    # then
    with world.engine.read() as session:
        readers = [user.username for _, user in copies.of_instance(session, found.key)]
    assert readers == ["colleague"]
