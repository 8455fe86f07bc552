"""A saved instance carried over to another version of its diagram, in memory."""

from __future__ import annotations

import pytest

from engine.errors import Rejected
from engine.runtime import Execution, Route, Unmigratable, UserTaskOpened
from tests.diagrams import chain, flow, process, service_task, user_task
from tests.engine.runtime.world import World, world


def moved(run: World, new: bytes, **mapping: str) -> World:
    """The same instance under another version."""
    route = Route(run.diagram, World(new).diagram, mapping)
    run.run = Execution.migrate(route, 1, run.context, run.run.save(), run.run.variables)
    run.diagrams[1] = route.target
    return run._settle()


def timer(attached: str, span: str, name: str = "late") -> str:
    return (
        f'<boundaryEvent id="{name}" attachedToRef="{attached}"><timerEventDefinition>'
        f"<timeDuration>{span}</timeDuration></timerEventDefinition></boundaryEvent>"
        + user_task("chase") + chain(name, "chase", "e")
    )  # fmt: skip


ONE = process(user_task("work") + chain("s", "work", "e"))


def test_a_task_goes_to_the_element_of_the_same_id_and_tells_what_is_new_of_it() -> None:
    run = world(ONE).start(x=1)
    key = run.key("work")
    moved(run, process(user_task("work", "cashier", form="p.work") + user_task("then")
                       + chain("s", "work", "then", "e")))  # fmt: skip
    (again,) = [one for one in run.recent if isinstance(one, UserTaskOpened)]
    assert (again.key, again.candidate_groups, again.form_id) == (key, ("cashier",), "p.work")
    assert run.variables == {"x": 1}
    assert run.complete("work").waiting == ["then"]


def test_a_task_goes_to_the_element_the_mapping_names() -> None:
    run = moved(world(ONE).start(), process(user_task("do") + chain("s", "do", "e")), work="do")
    assert run.waiting == ["do"]
    assert run.complete("do").done


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (process(user_task("other") + chain("s", "other", "e")), "missing"),
        (process(service_task("work", "x") + chain("s", "work", "e")), "type"),
        (
            process(
                '<subProcess id="sub"><startEvent id="ss"/><endEvent id="se"/>'
                + user_task("work") + chain("ss", "work", "se") + "</subProcess>"
                + chain("s", "sub", "e")
            ),
            "scope",
        ),
    ],
)  # fmt: skip
def test_a_token_without_a_place_is_refused(new: bytes, reason: str) -> None:
    with pytest.raises(Unmigratable) as refused:
        moved(world(ONE).start(), new)
    assert [(one.element_id, one.reason) for one in refused.value.misfits] == [("work", reason)]


def test_a_timer_keeps_its_moment_whatever_the_new_version_says() -> None:
    run = world(
        process(user_task("work") + chain("s", "work", "e") + timer("work", "PT4H"))
    ).start()
    run.pass_time(hours=3)
    moved(run, process(user_task("work") + chain("s", "work", "e") + timer("work", "PT9H")))
    assert run.pass_time(hours=2).waiting == ["chase"]


def test_a_new_boundary_event_begins_and_a_removed_one_ends() -> None:
    late = process(user_task("work") + chain("s", "work", "e") + timer("work", "PT4H"))
    run = moved(world(ONE).start(), late)
    assert run.run.next_due is not None
    moved(run, ONE)
    assert run.run.next_due is None
    assert run.pass_time(hours=9).waiting == ["work"]


def wait(name: str, key: str = "=k") -> bytes:
    message = (
        f'<message id="m" name="{name}"><extensionElements><zeebe:subscription correlationKey="{key}"/>'
        "</extensionElements></message>"
    )
    event = '<intermediateCatchEvent id="wait"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
    return process(event + user_task("after") + chain("s", "wait", "after", "e"), extra=message)


def test_a_message_subscription_stays_when_it_is_drawn_as_before() -> None:
    run = moved(world(wait("go")).start(k="1"), wait("go"))
    assert [one for one in run.recent if "Subscription" in type(one).__name__] == []
    assert run.correlate("wait").waiting == ["after"]


def test_a_message_subscription_follows_a_new_name() -> None:
    run = moved(world(wait("go")).start(k="1"), wait("proceed"))
    told = [(type(one).__name__, getattr(one, "message_name", "")) for one in run.recent]
    assert told == [("SubscriptionClosed", ""), ("SubscriptionOpened", "proceed")]
    assert run.correlate("wait").waiting == ["after"]


def test_an_expression_that_fails_in_the_new_version_refuses_the_migration() -> None:
    with pytest.raises(Rejected, match="nothing"):
        moved(
            world(ONE).start(),
            process(user_task("work") + chain("s", "work", "e") + timer("work", "=nothing")),
        )


def branches(*names: str) -> bytes:
    body = '<parallelGateway id="fork"/><parallelGateway id="join"/>' + user_task("after")
    body += chain("s", "fork") + chain("join", "after", "e")
    for name in names:
        body += user_task(name) + chain("fork", name, "join")
    return process(body)


def test_a_token_at_a_join_waits_on() -> None:
    run = world(branches("a", "b")).start().complete("a")
    moved(run, branches("a", "b"))
    assert run.waiting == ["b"]
    assert run.complete("b").waiting == ["after"]


def test_a_join_with_fewer_flows_goes_on_at_once() -> None:
    run = world(branches("a", "b", "c")).start().complete("a").complete("b")
    with pytest.raises(Unmigratable):
        moved(run, branches("a", "b"))  # c has no place
    moved(run, branches("a", "b"), c="after")
    assert run.waiting == ["after", "after"]


def test_a_flow_to_a_join_that_is_gone_is_refused() -> None:
    run = world(branches("a", "b")).start().complete("a")
    with pytest.raises(Unmigratable) as refused:
        moved(run, branches("b", "d"))
    assert {one.reason for one in refused.value.misfits} == {"flow"}


def test_a_flow_of_another_id_between_the_same_steps_is_the_same() -> None:
    run = world(branches("a", "b")).start().complete("a")
    moved(run, branches("a", "b").replace(b'id="a_join"', b'id="renamed"'))
    assert run.complete("b").waiting == ["after"]


MANY = (
    "<multiInstanceLoopCharacteristics{}><extensionElements>"
    '<zeebe:loopCharacteristics inputCollection="=[1,2,3]" inputElement="n"/></extensionElements>'
    "</multiInstanceLoopCharacteristics>"
)


def many(name: str, sequential: str = "") -> bytes:
    return process(user_task(name, inner=MANY.format(sequential)) + chain("s", name, "e"))


def test_the_instances_of_many_go_along_with_their_variables() -> None:
    run = world(many("each")).start().complete("each")
    moved(run, many("all"), each="all")
    assert run.waiting == ["all", "all"]
    assert run.run.variables_of(run.key("all"))["n"] == 2
    assert run.complete("all").complete("all").done


def test_many_at_once_do_not_become_one_after_the_other() -> None:
    with pytest.raises(Unmigratable):
        moved(world(many("each")).start(), many("each", ' isSequential="true"'))


CALLER = process(
    '<callActivity id="call"><extensionElements><zeebe:calledElement processId="q"/></extensionElements>'
    "</callActivity>" + chain("s", "call", "e")
)


def test_a_called_process_stays_in_the_version_that_was_called() -> None:
    called = process(user_task("theirs") + chain("s", "theirs", "e"), "q")
    run = world(CALLER, called).start()
    moved(run, CALLER.replace(b'id="e"', b'id="end"').replace(b'targetRef="e"', b'targetRef="end"'))
    assert [one for one in run.recent if isinstance(one, UserTaskOpened)] == []
    assert run.complete("theirs").done


def test_what_is_stuck_is_tried_again_as_the_new_version_says() -> None:
    def gateway(condition: str) -> bytes:
        body = '<exclusiveGateway id="g"/>' + user_task("next") + chain("s", "g")
        return process(
            body + flow("g", "next", condition) + flow("g", "e", "=x = 3") + chain("next", "e")
        )

    run = world(gateway("=x = 1")).start(x=2)
    assert [element for element, _ in run.incidents] == ["g"]
    moved(run, gateway("=x = 2"))
    assert run.do("retry", run.key("g")).waiting == ["next"]


def test_a_listener_that_is_at_work_goes_along() -> None:
    def drawn(job_type: str, task: str) -> bytes:
        heard = f'<zeebe:executionListeners><zeebe:executionListener eventType="start" type="{job_type}"/></zeebe:executionListeners>'  # fmt: skip
        source = process(user_task(task) + chain("s", task, "e")).decode()
        return source.replace("<zeebe:userTask/>", f"<zeebe:userTask/>{heard}").encode()

    run = world(drawn("prepare", "work")).start()
    (before,) = run.of("JobOpened")
    moved(run, drawn("ready", "do"), work="do")
    again = run.recent[-1]
    assert (again.key, again.type, again.element_id) == (before.key, "ready", "do")
    assert run.do("complete", before.key, {}).waiting == ["do"]
