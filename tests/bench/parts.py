"""Single elements: what a gateway and a decision table of twenty rows cost the running instance."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable

from engine import decisions
from engine.expressions import feel
from engine.runtime import Context, Execution, parse
from tests.diagrams import chain, process, user_task

TIMES = 200
GATEWAYS = 10
NOW = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


def measure() -> dict[str, float]:
    """Give the median milliseconds of one gateway with a condition, and of one decision."""
    chained, plain = _passing(GATEWAYS), _passing(0)
    return {
        "gateway_ms": round((chained - plain) / GATEWAYS, 3),
        "decision_20_rows_ms": round(_median(_decision()), 3),
    }


def _passing(gateways: int) -> float:
    """Time the way from the start through exclusive gateways to a user task."""
    diagram = parse(_diagram(gateways))
    context = _context()
    return _median(lambda: Execution.start(diagram, 1, context, {"amount": 5}))


def _diagram(gateways: int) -> bytes:
    names = [f"g{number}" for number in range(gateways)]
    ways = list(zip(["s", *names], [*names, "work"], strict=True))
    parts = [f'<exclusiveGateway id="{name}" default="{name}_e"/>' for name in names]
    parts += [f'<sequenceFlow id="{name}_e" sourceRef="{name}" targetRef="e"/>' for name in names]
    for source, target in ways:
        condition = (
            "" if source == "s" else "<conditionExpression>=amount > 3</conditionExpression>"
        )
        parts.append(
            f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{condition}</sequenceFlow>'
        )
    return process(user_task("work") + chain("work", "e") + "".join(parts), "gateways")


def _context() -> Context:
    keys = iter(range(1, 1 << 40))
    return Context(
        now=NOW,
        feel=feel(),
        decide=lambda *_: None,
        diagram_for=lambda _: (0, None),
        new_key=lambda: next(keys),
    )


def _decision() -> Callable[[], object]:
    rules = "".join(
        f'<rule id="r{row}"><inputEntry id="i{row}"><text>[{row * 10}..{row * 10 + 9}]</text></inputEntry>'
        f'<inputEntry id="k{row}"><text>"a","b"</text></inputEntry>'
        f'<outputEntry id="o{row}"><text>{row} * rate</text></outputEntry></rule>'
        for row in range(20)
    )
    model = decisions.parse(
        f"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="bench">
        <decision id="fee" name="fee"><decisionTable id="t" hitPolicy="UNIQUE">
        <input id="a"><inputExpression id="ae" typeRef="number"><text>area</text></inputExpression></input>
        <input id="b"><inputExpression id="be" typeRef="string"><text>kind</text></inputExpression></input>
        <output id="o" name="fee" typeRef="number"/>{rules}</decisionTable></decision></definitions>""".encode()
    )
    variables = {"area": 155, "kind": "b", "rate": 2}

    def decide() -> object:
        decided = decisions.evaluate(model, "fee", variables, now=NOW)
        assert decided.value == 30, decided
        return decided

    return decide


def _median(act: Callable[[], object]) -> float:
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
