"""Versions of procedures: how many instances run in each, and where they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from engine import instances
from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.models.definition import ProcessDefinition
from engine.models.instance import ACTIVE, SUSPENDED, ProcessInstance
from engine.operations import plans
from engine.operations.plans import Finding
from engine.runtime import Element, Route
from engine.staff.access import Actor
from web import locales
from web.extensions import engine, session
from web.views.operations import scope, steps

# What a token can only pass through has no place in a plan, unless one stands there.
PASSED = frozenset(
    {
        "startEvent",
        "endEvent",
        "scriptTask",
        "businessRuleTask",
        "intermediateThrowEvent",
        "process",
    }
)


def running(actor: Actor) -> Select[ProcessInstance]:
    """Select what runs or is suspended at the sites where the actor operates."""
    return instances.visible_to(actor).where(
        ProcessInstance.status.in_((ACTIVE, SUSPENDED)),
        ProcessInstance.site_id.in_(scope.site_ids(actor)),
    )


def counts(actor: Actor) -> dict[int, tuple[int, int]]:
    """Give by version how many instances run and how many are suspended."""
    those = running(actor).subquery()
    rows = session.execute(
        select(those.c.definition_key, those.c.status, func.count()).group_by(
            those.c.definition_key, those.c.status
        )
    )
    found: dict[int, tuple[int, int]] = {}
    for key, status, number in rows:
        active, suspended = found.get(key, (0, 0))
        found[key] = (
            (active + number, suspended) if status == ACTIVE else (active, suspended + number)
        )
    return found


def name_of(row: ProcessDefinition) -> str:
    """Give the name of a procedure in the reader's language, without reading its diagram."""
    texts = definitions.texts(engine, session, row.deployment_key, locales.select())
    return texts.get(f"{row.process_id}.name") or row.name


def standing(chosen: Select[ProcessInstance]) -> Counter[str]:
    """Count the instances that have a token on each element of their own process."""
    found: Counter[str] = Counter()
    columns = (ProcessInstance.process_id, ProcessInstance.active)
    for process_id, active in session.execute(chosen.with_only_columns(*columns)):
        found.update(plans.own(process_id, active))
    return found


def lines(
    source: Definition, target: Definition, stand: Counter[str], mapping: dict[str, str]
) -> list[dict[str, Any]]:
    """Give the lines of a plan: elements where instances stand first, then those where they may come to stand.

    Each says where its tokens go (`to`, nothing if nowhere yet) and what it may go to: elements of its own kind.
    """
    drawn = [
        one
        for one in source.diagram.elements.values()
        if one.process_id == source.process_id and one.id != source.process_id
    ]
    wanted = [one for one in drawn if stand[one.id] or _waits(one)]
    wanted.sort(key=lambda one: -stand[one.id])
    return [_line(source, target, one, stand[one.id], mapping) for one in wanted]


def _waits(one: Element) -> bool:
    return one.type not in PASSED and not one.type.endswith("Gateway")


def _line(
    source: Definition, target: Definition, one: Element, count: int, mapping: dict[str, str]
) -> dict[str, Any]:
    fitting = _fitting(source, target, one)
    to = mapping.get(one.id, one.id)
    return {
        "id": one.id,
        "name": steps.label(source, one, one.id),
        "kind": steps.kind(one.type),
        "count": count,
        "to": to if to in fitting else "",
        "same": to == one.id,
        "options": steps.choices(target, fitting),
    }


def _fitting(source: Definition, target: Definition, one: Element) -> list[str]:
    """The elements of the other version that are of the same kind; whether the scope fits, the preview tells."""
    found = []
    for other in target.diagram.elements.values():
        if other.type != one.type or other.process_id != one.process_id:
            continue
        misfit = Route(source.diagram, target.diagram, {one.id: other.id}).misfit(one.id)
        if misfit is None or misfit.reason == "scope":
            found.append(other.id)
    return found


def told(
    findings: Iterable[Finding], source: Definition, target: Definition
) -> list[dict[str, Any]]:
    """Put what a plan means for the tokens on each element into words."""
    return [
        {
            "step": steps.label(
                source, source.diagram.elements.get(one.element_id), one.element_id
            ),
            "to": steps.label(target, target.diagram.elements.get(one.target_id), one.target_id),
            "text": meaning(one.code),
            "count": one.instances,
            "blocking": one.blocking,
        }
        for one in findings
    ]


def meaning(code: str) -> str:
    """Say what a finding or misfit means."""
    return {
        "missing": str(_("新版里没有对应的步骤")),
        "type": str(_("新版里的是另一种步骤")),
        "scope": str(_("新版里在别的子流程里")),
        "flow": str(_("新版里没有走到汇合处的那条线")),
        "handler": str(_("做过的步骤在新版里没有补偿")),
        "form": str(_("表单换成新版的，已填的保留")),
        "people": str(_("办理岗位变了")),
        "limit": str(_("时限变了，从任务打开时算起")),
        "called": str(_("已经调用的流程留在原来的版本")),
    }.get(code, code)
