"""Whether the ten thousandth pass of a loop costs more than the hundredth."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from engine import tasks
from tests.bench import servers
from tests.bench.measures import prepare
from tests.diagrams import chain, process, user_task

LOOP = process(
    user_task("work")
    + '<exclusiveGateway id="again" default="again_work"/>'
    + chain("s", "work", "again")
    + '<sequenceFlow id="again_work" sourceRef="again" targetRef="work"/>'
    + '<sequenceFlow id="again_e" sourceRef="again" targetRef="e"><conditionExpression>=done</conditionExpression></sequenceFlow>',
    "loop",
)


def of_a_loop(folder: Path, passes: int) -> dict[str, float]:
    """Run one instance through a loop; give the cost after 10, 100, 1,000 and `passes` passes and the growth since pass 100."""
    bind = servers.sqlite(folder / "loop.sqlite")
    world = prepare(bind, folder)
    world.deploy({"loop.bpmn": LOOP}, family="loop")
    started = world.start("loop")
    actor = world.actor("assistant")
    times: list[float] = []
    for _ in range(passes):
        (task,) = world.open_tasks(started)
        began = time.perf_counter()
        with world.engine.begin(actor) as command:
            tasks.complete(command, task.key, {"done": False}, version=task.version)
        times.append((time.perf_counter() - began) * 1000)
    bind.dispose()
    results = {
        "loop_ms_10": round(statistics.median(times[5:15]), 3),
        "loop_ms_100": round(statistics.median(times[95:105]), 3),
    }
    for number in {min(passes, 1_000), passes}:
        last = statistics.median(times[number - 100 : number])
        results[f"loop_ms_{number}"] = round(last, 3)
        results[f"loop_growth_{number}"] = round(last / statistics.median(times[100:200]), 3)
    return results
