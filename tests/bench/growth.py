"""Whether the ten thousandth pass of a loop costs more than the hundredth."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from engine import tasks
from engine.models.instance import ProcessInstance
from tests.bench import servers
from tests.bench.measures import prepare
from tests.diagrams import chain, process, user_task
from tests.world import World

LOOP = process(
    user_task("work")
    + '<exclusiveGateway id="again" default="again_work"/>'
    + chain("s", "work", "again")
    + '<sequenceFlow id="again_work" sourceRef="again" targetRef="work"/>'
    + '<sequenceFlow id="again_e" sourceRef="again" targetRef="e"><conditionExpression>=done</conditionExpression></sequenceFlow>',
    "loop",
)


COMPARED = 100


def of_a_loop(folder: Path, passes: int) -> dict[str, float]:
    """Run one instance through a loop; give what its last passes cost beside passes 100–200 of another.

    Both are asked in turns: minutes apart the machine is another one, and so is the database.
    """
    bind = servers.sqlite(folder / "loop.sqlite")
    world = prepare(bind, folder)
    world.deploy({"loop.bpmn": LOOP}, family="loop")
    old, young = world.start("loop"), world.start("loop")
    for instance, before in ((old, passes - COMPARED), (young, COMPARED)):
        for _ in range(before):
            _pass(world, instance)
    turns = [(_pass(world, old), _pass(world, young)) for _ in range(COMPARED)]
    bind.dispose()
    last, first = (statistics.median(each) for each in zip(*turns, strict=True))
    return {
        "loop_ms_100": round(first, 3),
        f"loop_ms_{passes}": round(last, 3),
        f"loop_growth_{passes}": round(last / first, 3),
    }


def _pass(world: World, instance: ProcessInstance) -> float:
    """Go once through the loop; give the milliseconds it took."""
    (task,) = world.open_tasks(instance)
    actor = world.actor("assistant")
    began = time.perf_counter()
    with world.engine.begin(actor) as command:
        tasks.complete(command, task.key, {"done": False}, version=task.version)
    return (time.perf_counter() - began) * 1000
