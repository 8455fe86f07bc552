"""The floor: the unmodified library completing the same user tasks in memory, without forms, rows or history."""

from __future__ import annotations

import logging
import statistics
import time
from pathlib import Path

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.util.task import TaskState

DIAGRAM = Path(__file__).parent / "approval.bpmn"


def completion_ms(instances: int) -> float:
    """Give the median milliseconds of one completion, over three per instance."""
    logging.getLogger("spiff").setLevel(logging.WARNING)
    parser = BpmnParser()
    parser.add_bpmn_file(str(DIAGRAM))
    spec = parser.get_spec("approval")
    times: list[float] = []
    for _ in range(instances):
        workflow = BpmnWorkflow(spec)
        workflow.do_engine_steps()
        for _ in range(3):
            started = time.perf_counter()
            task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
            task.data.update(title="a title", count=3, agreed=True)
            task.run()
            workflow.do_engine_steps()
            times.append(time.perf_counter() - started)
    return round(statistics.median(times) * 1000, 4)
