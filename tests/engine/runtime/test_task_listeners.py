"""Task listeners: jobs that hold what is done with a user task, correct the task, or deny it."""

import pytest

from engine.errors import NotFound, Rejected
from engine.runtime import check

from .bpmn import (
    boundary,
    diagram,
    end,
    extension,
    flow,
    job,
    loop,
    node,
    path,
    start,
    timer,
    user,
    zeebe,
)
from .world import world


def heard(*events, **options):
    """The task listeners of these events, each with a job type of its own."""
    made = [
        zeebe("taskListener", eventType=event.split()[0], type=event.replace(" ", "-"), **options)
        for event in events
    ]
    return zeebe("taskListeners", *made)


def between(part, *more, **options):
    return diagram(start(), end(), part, path("s", "x", "e"), *more, **options)


def jobs(there):
    """The jobs of what is alive, type to key; the one that waits is the last."""
    alive = {one.key for one in there.run.active if not one.incident}
    return {one.type: one.key for one in there.of("JobOpened") if one.key in alive}


def do(there, type_):
    return there.do("complete", jobs(there)[type_], {})


def ready(there):
    return [(one.transition, dict(one.held), dict(one.changes)) for one in there.of("TransitionReady")]  # fmt: skip


def assigned(to):
    return zeebe("assignmentDefinition", assignee=to)


def test_a_task_waits_for_the_listeners_of_its_creation_one_after_the_other():
    there = world(between(user("x", more=heard("creating a", "creating b")))).start()
    opened = there.of("UserTaskOpened")[0]
    assert (opened.transition, opened.properties["taskListeners"]) == ("creating", "creating")
    for expected in ("creating-a", "creating-b"):
        with pytest.raises(NotFound):
            there.do("complete", opened.key, {})
        assert list(jobs(there)) == [expected]
        do(there, expected)
    assert ready(there) == [("creating", {}, {})]
    assert there.complete("x").done


def test_an_assignee_in_the_diagram_is_asked_about():
    there = world(between(user("x", more=assigned("ann") + heard("assigning a")))).start()
    assert there.of("UserTaskOpened")[0].transition == "assigning"
    opened = there.of("JobOpened")[0]
    assert (opened.action, opened.changes) == ("assign", {"assignee": "ann"})
    assert ready(do(there, "assigning-a")) == [("assigning", {}, {"assignee": "ann"})]


def test_nobody_is_asked_about_a_task_that_opens_for_everybody():
    there = world(between(user("x", more=heard("assigning a")))).start()
    assert there.of("UserTaskOpened")[0].transition is None
    assert there.complete("x").done


def test_what_is_held_comes_back_with_what_was_corrected():
    there = world(between(user("x", more=heard("completing a", "completing b")))).start()
    there.do("hold", there.key("x"), "completing", "complete", {}, {"by": 7})
    there.do("correct", jobs(there)["completing-a"], {"priority": 80})
    do(there, "completing-a")
    assert there.of("JobOpened")[-1].changes == {"priority": 80}
    assert ready(do(there, "completing-b")) == [("completing", {"by": 7}, {"priority": 80})]


def test_it_may_be_asked_again_after_a_denial():
    there = world(between(user("x", more=heard("completing a", "completing b")))).start()
    for _ in range(2):
        there.do("hold", there.key("x"), "completing", "complete", {}, {"by": 7})
        do(there, "completing-a")
        assert there.run.deny(jobs(there)["completing-b"]) == ("completing", {"by": 7})
        there._settle()
    assert ready(there) == []
    assert there.complete("x").done


def test_it_is_held_only_where_somebody_listens():
    there = world(between(user("x", more=heard("assigning a")))).start()
    assert there.run.hold(there.key("x"), "completing", "complete", {}, {}) is False
    assert there.run.hold(there.key("x"), "assigning", "claim", {}, {}) is True
    with pytest.raises(NotFound):
        there.run.hold(there.key("x"), "assigning", "claim", {}, {})


def test_a_creation_cannot_be_denied():
    there = world(between(user("x", more=heard("creating a")))).start()
    with pytest.raises(Rejected):
        there.run.deny(jobs(there)["creating-a"])


def test_only_task_listeners_correct_and_deny():
    there = world(between(job("x"))).start()
    for command in (lambda: there.run.deny(there.key("x")), lambda: there.run.correct(there.key("x"), {})):  # fmt: skip
        with pytest.raises(NotFound):
            command()


def test_a_timer_ends_a_task_that_is_held_with_its_listener():
    late = boundary("b", "x", timer("timeDuration", "PT1H"))
    there = world(between(user("x", more=heard("creating a")), late, flow("b", "e"))).start()
    waiting = jobs(there)["creating-a"]
    assert there.pass_time(hours=1).done
    assert waiting in {one.key for one in there.of("ElementTerminated")}


def test_a_listener_that_cannot_be_called_is_an_incident_and_is_tried_again():
    one = zeebe("taskListener", eventType="creating", type="=who")
    there = world(between(user("x", more=zeebe("taskListeners", one)))).start()
    assert there.incidents == [("x", "the job type is None, not a text")]
    stuck = next(one.key for one in there.run.active if one.incident)
    there.do("set_variables", None, {"who": "mail"}).do("retry", stuck)
    assert list(jobs(there)) == ["mail"]


def test_a_stuck_listener_may_be_skipped():
    one = zeebe("taskListener", eventType="creating", type="=who")
    there = world(between(user("x", more=zeebe("taskListeners", one)))).start()
    stuck = next(one.key for one in there.run.active if one.incident)
    assert ready(there.do("skip", stuck)) == [("creating", {}, {})]


def test_each_instance_of_a_task_asks_its_own_listeners():
    there = world(between(user("x", loop(cardinality="2"), more=heard("creating a")))).start()
    alive = [one.key for one in there.run.active if one.type == "taskListener"]
    first, second = alive
    there.do("terminate", second).do("complete", first, {})
    assert there.do("complete", there.of("TransitionReady")[0].key, {}).done


def test_execution_listeners_come_before_and_after():
    both = zeebe(
        "executionListeners",
        zeebe("executionListener", eventType="start", type="before"),
        zeebe("executionListener", eventType="end", type="after"),
    )
    there = world(between(user("x", more=both + heard("creating a", "completing z")))).start()
    do(there, "before")
    do(there, "creating-a")
    there.do("hold", there.key("x"), "completing", "complete", {}, {})
    do(there, "completing-z")
    there.complete("x")
    assert do(there, "after").done


def test_former_names_of_events_are_understood():
    drawn = heard("create a", "assignment b", "update c", "complete d")
    there = world(between(user("x", more=drawn))).start()
    events = set(there.of("UserTaskOpened")[0].properties["taskListeners"].split())
    assert events == {"creating", "assigning", "updating", "completing"}
    assert there.of("JobOpened")[0].headers["taskListener"] == "creating"


@pytest.mark.parametrize(
    "source",
    [
        between(job("x", more=heard("creating a"))),
        between(node("parallelGateway", "x", extension(heard("creating a")))),
        between(user("x"), head=heard("creating a")),
        between(user("x", more=heard("canceling a"))),
        between(user("x", more=heard("cancel a"))),
        between(user("x", more=heard("start a"))),
        between(user("x", more=zeebe("taskListeners", zeebe("taskListener", eventType="creating")))),
        between(user("x", more=heard("creating a").replace("creating-a", "=if"))),
        between(user("x", more=heard("creating a") + zeebe("properties", zeebe("property", name="emptyApprovers", value="skip")))),
        between(user("x", loop(cardinality="2"), more=heard("creating a") + zeebe("properties", zeebe("property", name="vote", value="all")))),
    ],
)  # fmt: skip
def test_refuses_listeners_that_nobody_would_call(source):
    assert "error" in {finding.severity for finding in check(source)}
