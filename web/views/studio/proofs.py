"""What a proof found, in words: each scenario, the step where it failed, and what all of them visited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from engine.models.studio import DONE, FAILED, Proof
from engine.studio import proofs
from web import words
from web.extensions import engine
from web.views.studio.drawn import Drawn


def kind(step_type: str) -> str:
    """Name what a step of a scenario does."""
    return {
        "CREATE_PROCESS_INSTANCE": str(_("发起")),
        "COMPLETE_USER_TASK": str(_("办理")),
        "PUBLISH_MESSAGE": str(_("发消息")),
        "SET_TIME": str(_("拨到一个时间")),
        "INCREASE_TIME": str(_("往后拨时间")),
        "ASSERT_USER_TASK": str(_("核对任务")),
        "ASSERT_ELEMENT_INSTANCES": str(_("核对走到哪里")),
        "ASSERT_PROCESS_INSTANCE": str(_("核对流程")),
        "ASSERT_VARIABLES": str(_("核对数据")),
    }.get(step_type, step_type)


def view(proof: Proof, drawn: Drawn) -> dict[str, Any]:
    """Give a proof as its page shows it."""
    results = [row(one, drawn) for one in proof.results]
    busy = proofs.under_way(proof, engine.clock())
    passed = sum(one["passed"] for one in results)
    return {
        "key": proof.key,
        "version": proof.version,
        "busy": busy,
        "done": proof.state == DONE,
        "broken": proof.state == FAILED or (not busy and proof.state not in (DONE, FAILED)),
        "error": "" if proof.error == "stopped" else proof.error,
        "holds": proofs.holds(proof),
        "total": proof.total,
        "far": len(results),
        "passed": passed,
        "failed": len(results) - passed,
        "share": 100 * len(results) // proof.total if proof.total else 100,
        "at": words.stamp(proof.started_at, engine.clock()),
        "rows": sorted(results, key=lambda one: one["passed"]),
    }


def row(result: Mapping[str, Any], drawn: Drawn) -> dict[str, Any]:
    """Give a scenario: where it failed and why."""
    found = {
        "file": result.get("file", ""),
        "name": result.get("name", ""),
        "passed": result["passed"],
        "seconds": round(float(result.get("seconds", 0)), 1),
    }
    if result["passed"]:
        return found
    element = result.get("element") or ""
    return found | {
        "step": result.get("step") or 0,
        "kind": kind(result.get("type", "")),
        "element": drawn.name(element) if element else "",
        "reason": reason(result),
        "faults": [{"path": one["path"], "reason": said(one)} for one in result.get("faults", ())],
    }


def reason(result: Mapping[str, Any]) -> str:
    """Say why a scenario failed."""
    if result.get("code") == "crashed":
        return str(_("没有跑完：%(reason)s", reason=result["params"].get("reason", "")))
    params = dict(result.get("params", {}))
    if result.get("code") == "scenario_differs":
        params["what"] = _WHAT.get(params.get("what", ""), lambda: params.get("what", ""))()
    return said({**result, "params": params})


_WHAT = {
    "candidate groups": lambda: str(_("候选岗位")),
    "name": lambda: str(_("名称")),
    "due date": lambda: str(_("到期时间")),
    "priority": lambda: str(_("优先级")),
    "state": lambda: str(_("状态")),
    "whether it has incidents": lambda: str(_("是否有异常")),
}


def said(error: Mapping[str, Any]) -> str:
    """Say an error of the engine that came from elsewhere: its code, params and English message."""
    key = f"error.{error.get('code', '')}"
    try:
        translated = str(_(key, **error.get("params", {})))
    except (KeyError, ValueError):
        return str(error.get("message", ""))
    return str(error.get("message", "")) if translated == key else translated


def coverage(proof: Proof, drawn: Drawn, path: str) -> dict[str, Any]:
    """Give the state of the picture of one diagram: what the scenarios visited, and what none did."""
    diagram = drawn.diagrams()[path]
    elements, flows = set[str](), set[str]()
    for process_id in diagram.processes:
        visited = proof.coverage.get(process_id, {})
        elements |= set(visited.get("elements", ()))
        flows |= set(visited.get("flows", ()))
    failed = {one["element"] for one in proof.results if not one["passed"] and one.get("element")}
    return {
        "done": sorted(elements & diagram.elements.keys()),
        "flows": sorted(flows),
        "off": sorted(diagram.elements.keys() - elements),
        "late": sorted(failed & diagram.elements.keys()),
    }


def maps(proof: Proof, drawn: Drawn) -> list[dict[str, Any]]:
    """Give per diagram how much of it the scenarios visited, and in words what they did not."""
    found = []
    for path, diagram in drawn.diagrams().items():
        shown = coverage(proof, drawn, path)
        missed = [flow for flow in diagram.flows if flow not in set(shown["flows"])]
        total = len(diagram.elements) + len(diagram.flows)
        found.append(
            {
                "path": path,
                "name": drawn.title(path),
                "share": 100 * (total - len(shown["off"]) - len(missed)) // max(total, 1),
                "steps": [drawn.name(one) for one in shown["off"]],
                "ways": [
                    f"{drawn.name(diagram.flows[one].source)} → {drawn.name(diagram.flows[one].target)}"
                    for one in missed
                ],
            }
        )
    return found
