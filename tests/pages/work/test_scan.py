"""Scanning the code of a slip: who has something to do with it stands before it at once."""

from __future__ import annotations

from engine.models.instance import ProcessInstance
from tests.diagrams import chain, flow, process, script, user_task
from tests.pages.conftest import SignIn
from tests.pages.work.conftest import form
from tests.world import World

GATE = [
    {"type": "number", "key": "taken", "label": "本次数量", "validate": {"required": True, "max": "=left"}},
]  # fmt: skip
SLIP = process(
    user_task("t_gate", "service_assistant", form="gate")
    + '<exclusiveGateway id="g_left" default="g_left_e"/>'
    + script("x_left", "=left - taken", "left")
    + chain("s", "t_gate", "x_left", "g_left", "e")
    + flow("g_left", "t_gate", "=left &gt; 0")
)


def slip(world: World) -> ProcessInstance:
    world.deploy({"p.bpmn": SLIP, "forms/gate.form": form("gate", *GATE)})
    return world.start("p", {"left": 3})


def test_a_guard_who_scans_stands_before_the_task_of_the_gate(
    world: World, sign_in: SignIn
) -> None:
    instance = slip(world)
    phone = sign_in("assistant")
    found = phone.get(f"/q/{instance.key}")
    assert (found.status_code, found.location) == (302, f"/tasks/{world.task('t_gate').key}")
    assert "本次数量" in phone.get(found.location).text


def test_what_is_left_waits_for_the_next_scan(world: World, sign_in: SignIn) -> None:
    instance = slip(world)
    for taken, left in (("2", 1), ("1", 0)):
        phone = sign_in("assistant")
        path = phone.get(f"/q/{instance.key}").location
        version = world.task("t_gate").version
        assert phone.post(path, data={"taken": taken, "version": version}).status_code == 302
        assert world.instance(instance.key).variables["left"] == left
    assert sign_in("assistant").get(f"/q/{instance.key}").location == f"/instances/{instance.key}"


def test_others_see_the_instance_and_strangers_nothing(world: World, sign_in: SignIn) -> None:
    instance = slip(world)
    assert sign_in("cashier").get(f"/q/{instance.key}").location == f"/instances/{instance.key}"
    assert sign_in("stranger").get(f"/q/{instance.key}").status_code == 404
