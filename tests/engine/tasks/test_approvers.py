"""Empty and repeated approvers: what a step says, and the ladder where it says nothing."""

from __future__ import annotations

import pytest

from engine.models.task import COMPLETED
from engine.staff import accounts, identity
from engine.staff.access import SYSTEM
from engine.staff.approvers import NobodyAvailable
from tests.diagrams import chain, flow, process, user_task
from tests.engine.tasks.office import Office
from tests.faults.invariants import broken
from tests.world import World

NOBODY = "quality_inspector"


def approval(groups: str, **rules: str) -> bytes:
    """A first step, an approval by `groups`, and what follows either verdict."""
    body = (
        user_task("first")
        + user_task("approval", groups, outcomes="approve,reject", **rules)
        + user_task("approved")
        + user_task("rejected")
        + '<exclusiveGateway id="g" default="g_rejected"/>'
        + chain("s", "first", "approval", "g")
        + flow("g", "approved", '=outcome = "approve"')
        + flow("g", "rejected")
        + chain("approved", "e")
        + chain("rejected", "e")
    )
    return process(body)


def elements(world: World, office: Office) -> list[str]:
    return [task.element_id for task in world.open_tasks(office.instance)]


def appoint(world: World, username: str, role: str) -> None:
    with world.engine.begin(SYSTEM) as command:
        user = accounts.get_user(command.session, SYSTEM, username)
        site = command.session.merge(world.site(), load=False)
        identity.grant(command, user, site, role)


def test_a_role_nobody_holds_climbs_the_ladder(world: World) -> None:
    appoint(world, "supervisor", "site_director")
    office = Office(world, approval(NOBODY))
    world.complete("first")
    task = world.task("approval")
    assert task.groups == [NOBODY, "site_director"]
    assert ("Assistant", "task.nobody") in office.history()
    assert office.kinds("supervisor") == ["task_stands_in"]
    assert world.complete("approval", {"outcome": "approve"}, by="supervisor").ran


def test_whoever_is_off_duty_is_not_there(world: World) -> None:
    with world.engine.begin(SYSTEM) as command:
        for username in ("assistant", "colleague"):
            user = accounts.get_user(command.session, SYSTEM, username)
            user.memberships[0].on_duty = False
    Office(world)
    assert world.task("check").groups == ["service_assistant", "service_supervisor"]


def test_a_role_somebody_holds_again_is_seen_at_once(world: World) -> None:
    Office(world, process(user_task("check", NOBODY) + chain("s", "check", "e")))
    assert world.task("check").groups == [NOBODY]
    appoint(world, "supervisor", "site_director")
    second = world.start("p")
    assert world.task("check", second).groups == [NOBODY, "site_director"]


def test_administrators_stand_in(world: World) -> None:
    Office(world, approval(NOBODY, emptyApprovers="admin"))
    world.complete("first")
    assert world.task("approval").groups == [NOBODY, "admin"]
    assert world.complete("approval", {"outcome": "reject"}, by="root").ran


def test_the_step_before_is_refused(world: World) -> None:
    office = Office(world, approval(NOBODY, emptyApprovers="refuse"))
    with pytest.raises(NobodyAvailable):
        world.complete("first")
    assert elements(world, office) == ["first"]
    assert broken(world.engine) == []


def test_an_empty_approval_is_skipped_and_the_history_says_so(world: World) -> None:
    office = Office(world, approval(NOBODY, emptyApprovers="skip"))
    world.complete("first")
    assert elements(world, office) == ["approved"]
    assert office.detail("task.skipped")["rule"] == "empty"
    assert broken(world.engine) == []


def twice(**rules: str) -> bytes:
    """Two approvals by the only supervisor."""
    body = user_task("one", "service_supervisor", outcomes="approve,reject") + user_task(
        "two", "service_supervisor", outcomes="approve,reject", **rules
    )
    return process(body + chain("s", "one", "two", "e"))


def test_who_has_approved_already_is_not_asked_again(world: World) -> None:
    office = Office(world, twice(repeatedApprover="skip"))
    task = world.task("one")
    done = world.complete("one", {"outcome": "approve"}, by="supervisor")
    assert done.instance.status == COMPLETED
    assert office.detail("task.skipped")["rule"] == "repeated"
    assert office.task(task.key).acted_for is None
    assert broken(world.engine) == []


@pytest.mark.parametrize("rules", [{}, {"repeatedApprover": "ask"}])
def test_without_the_rule_he_is_asked(world: World, rules: dict[str, str]) -> None:
    office = Office(world, twice(**rules))
    world.complete("one", {"outcome": "approve"}, by="supervisor")
    assert elements(world, office) == ["two"]


def test_who_rejected_is_asked_again(world: World) -> None:
    office = Office(world, twice(repeatedApprover="skip"))
    world.complete("one", {"outcome": "reject"}, by="supervisor")
    assert elements(world, office) == ["two"]


def test_the_applicants_own_approval_is_never_skipped(world: World) -> None:
    world.deploy({"p.bpmn": twice(repeatedApprover="skip")})
    started = world.start("p", by="supervisor")
    world.complete("one", {"outcome": "approve"}, by="supervisor")
    assert [task.element_id for task in world.open_tasks(started)] == ["two"]


def test_where_several_could_approve_they_are_asked(world: World) -> None:
    appoint(world, "colleague", "service_supervisor")
    office = Office(world, twice(repeatedApprover="skip"))
    world.complete("one", {"outcome": "approve"}, by="supervisor")
    assert elements(world, office) == ["two"]


def test_a_circle_of_skipped_steps_ends(world: World) -> None:
    body = (
        user_task("a", NOBODY, emptyApprovers="skip")
        + user_task("b", NOBODY, emptyApprovers="skip")
        + chain("s", "m", "a", "b", "g")
        + '<exclusiveGateway id="m"/><exclusiveGateway id="g" default="g_m"/>'
        + flow("g", "m")
        + flow("g", "e", "=done = true")
    )
    office = Office(world, process(body))
    assert len(elements(world, office)) == 1
    assert broken(world.engine) == []
