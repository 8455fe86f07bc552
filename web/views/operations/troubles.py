"""Incidents in words, and lists of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from engine.models.instance import ProcessInstance
from engine.models.job import Incident
from web import words
from web.extensions import session
from web.views import names
from web.views.operations import steps


def kind(error_type: str) -> str:
    """Say in a few words what kind of incident it is."""
    return kinds().get(error_type, str(_("说不清的错误")))


def kinds() -> dict[str, str]:
    """Give the kinds of incidents, by the type the engine notes."""
    return {
        "EXTRACT_VALUE_ERROR": str(_("算式算不出来")),
        "IO_MAPPING_ERROR": str(_("数据传不过去")),
        "CONDITION_ERROR": str(_("分支没有一条走得通")),
        "CALLED_ELEMENT_ERROR": str(_("调不动别的流程")),
        "CALLED_DECISION_ERROR": str(_("决策表得不出结果")),
        "UNHANDLED_ERROR_EVENT": str(_("出错没有人接")),
        "MESSAGE_SIZE_EXCEEDED": str(_("数据太大")),
        "BUDGET_EXCEEDED": str(_("停不下来，转圈了")),
        "JOB_NO_RETRIES": str(_("系统执行屡试不成")),
        "TASK_LISTENER_NO_RETRIES": str(_("任务监听器屡试不成")),
        "EXECUTION_LISTENER_NO_RETRIES": str(_("执行监听器屡试不成")),
        "UNKNOWN": str(_("说不清的错误")),
    }


def cure(error_type: str) -> str:
    """Say what usually helps."""
    if error_type.endswith("_NO_RETRIES"):
        return str(_("先看外部系统好了没有，好了就再试；再也好不了，就代它写下结果跳过。"))
    if error_type in ("CALLED_ELEMENT_ERROR", "CALLED_DECISION_ERROR"):
        return str(_("被调用的流程或决策表可能停用了、没有部署，或收到的数据不对；改好再试。"))
    if error_type == "BUDGET_EXCEEDED":
        return str(_("流程里有一圈步骤一直在走。改掉让它转圈的变量再试，或转到圈外的步骤。"))
    return str(_("多半是下面某个变量空着或不对。改好再试；流程图本身错了，就改图、换版本。"))


def rows(found: Sequence[Incident], now: dt.datetime) -> list[dict[str, Any]]:
    """Give incidents as rows of a table."""
    of = _instances({one.instance_key for one in found})
    return [_row(one, of[one.instance_key], now) for one in found]


def _instances(keys: set[int]) -> dict[int, ProcessInstance]:
    query = select(ProcessInstance).where(ProcessInstance.key.in_(keys))
    return {one.key: one for one in session.scalars(query)}


def _row(one: Incident, instance: ProcessInstance, now: dt.datetime) -> dict[str, Any]:
    of = names.definition(one.definition_key)
    return {
        "url": url_for("operations.incident", key=one.key),
        "kind": kind(one.error_type),
        "message": one.message[:160],
        "procedure": names.procedure(of),
        "step": steps.label(of, of.diagram.elements.get(one.element_id), one.element_id),
        "number": instance.number or str(instance.key),
        "place": instance.unit_label,
        "site": names.site(instance.site),
        "at": words.stamp(one.created_at, now),
        "age": words.duration(now - one.created_at),
    }
