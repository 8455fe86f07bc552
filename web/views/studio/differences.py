"""What differs between two contents of a bundle, in words and for the pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from engine.studio.differences import Change, Difference
from web import words
from web.views.studio import proofs, tables
from web.views.studio.drawn import Drawn

LONGEST = 300


def status(of: Difference) -> tuple[str, str]:
    """Give the mark of a file: a state and a word."""
    return {
        "added": ("mine", str(_("新增"))),
        "removed": ("late", str(_("删除"))),
        "changed": ("soon", str(_("改动"))),
        "moved": ("waiting", str(_("只是画法"))),
        "written": ("waiting", str(_("只是写法"))),
    }[of.status]


def attribute(name: str) -> str:
    """Name an attribute of an element, field or rule as owners know it."""
    known = {
        "name": _("名称"),
        "sourceRef": _("从哪里来"),
        "targetRef": _("到哪里去"),
        "conditionExpression": _("条件"),
        "documentation": _("说明"),
        "default": _("默认走向"),
        "assignmentDefinition.candidateGroups": _("候选岗位"),
        "assignmentDefinition.candidateUsers": _("候选人"),
        "assignmentDefinition.assignee": _("办理人"),
        "formDefinition.formId": _("表单"),
        "taskSchedule.dueDate": _("到期时间"),
        "properties.limit": _("时限"),
        "properties.clause": _("出处"),
        "properties.outcomes": _("可以的结果"),
        "properties.returnTo": _("可以退回到"),
        "properties.distinctFrom": _("不得同一人的步骤"),
        "properties.copyTo": _("抄送"),
        "properties.print": _("打印"),
        "properties.startGroups": _("谁能发起"),
        "properties.businessKey": _("业务编号"),
        "calledElement.processId": _("调用的流程"),
        "calledDecision.decisionId": _("调用的决策"),
        "script.expression": _("脚本"),
        "label": _("标签"),
        "description": _("帮助"),
        "validate.required": _("必填"),
        "validate.min": _("最小"),
        "validate.max": _("最大"),
        "validate.minLength": _("最少几个字"),
        "validate.maxLength": _("最多几个字"),
        "validate.pattern": _("格式"),
        "values": _("选项"),
        "valuesExpression": _("选项的表达式"),
        "type": _("种类"),
        "key": _("字段名"),
        "readonly": _("只读"),
        "defaultValue": _("先填好的"),
        "dataSource": _("表格的内容"),
        "properties.record": _("记进哪份表格"),
        "properties.personal": _("个人信息"),
        "properties.moment": _("可以填什么时间"),
        "inputExpression": _("条件的表达式"),
        "hitPolicy": _("命中规则"),
        "conditional.hide": _("什么时候不显示"),
        "text": _("文字"),
        "kind": _("种类"),
        "attachedToRef": _("附着在"),
    }.get(name)
    if known is not None:
        return str(known)
    if name.isdecimal():
        return str(_("第 %(n)s 步", n=int(name)))
    return name


def view(found: Iterable[Difference], before: Drawn, now: Drawn) -> list[dict[str, Any]]:
    """Give the files that differ; drawing alone is counted, not listed."""
    return [_file(one, before, now) for one in found]


def _file(of: Difference, before: Drawn, now: Drawn) -> dict[str, Any]:
    listed = [one for one in of.changes if one.kind != "moved"]
    return {
        "path": of.path,
        "kind": of.kind,
        "status": status(of),
        "picture": of.kind == "bpmn",
        "old": of.status != "added",
        "new": of.status != "removed",
        "moved": len(of.ids("moved")),
        "groups": _groups(of, listed, before, now),
        "title": (now if of.path in now.files else before).called(of.path),
    }


def _groups(
    of: Difference, listed: list[Change], before: Drawn, now: Drawn
) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    old, new = ({} if of.kind != "dmn" else tables.rules(side.files.get(of.path, b"")) for side in (before, now))  # fmt: skip
    for one in listed:
        key = (one.kind, one.at) if one.at else (one.kind, str(len(groups)))
        rule = (old if one.kind == "removed" else new).get(one.at)
        name = rule.name if rule else _name(of, one, before, now)
        group = groups.setdefault(key, {"kind": one.kind, "at": one.at, "name": name, "changes": []})  # fmt: skip
        if one.attribute or one.before or one.after:
            group["changes"].append(
                {
                    "attribute": (rule and rule.column(one.attribute)) or attribute(one.attribute),
                    "before": _shown(of, one.before),
                    "after": _shown(of, one.after),
                }
            )
    order = ("added", "removed", "changed")
    return sorted(groups.values(), key=lambda group: order.index(group["kind"]))


def _name(of: Difference, one: Change, before: Drawn, now: Drawn) -> str:
    if of.kind != "bpmn":
        return one.name
    name = (before if one.kind == "removed" else now).name(one.at)
    return "" if name == one.at else name


def _shown(of: Difference, text: str) -> str:
    if of.kind == "scenarios" and text.startswith("{"):
        step = json.loads(text)
        text = f"{proofs.kind(step.pop('type', ''))} {json.dumps(step, ensure_ascii=False)}"
    elif of.kind == "form":
        text = _plain(text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _plain(text: str) -> str:
    """Write what a field says without the signs of JSON: yes and no, and choices by their labels."""
    if text in ("true", "false"):
        return str(_("是") if text == "true" else _("否"))
    if not text.startswith("["):
        return text
    try:
        listed = json.loads(text)
    except ValueError:
        return text
    labels = [one.get("label") if isinstance(one, dict) else str(one) for one in listed]
    return words.joined([str(one) for one in labels]) if all(labels) else text


def picture(of: Difference | None, side: str) -> dict[str, Any]:
    """Give the state of one of the two pictures: what is new, what is gone, what says something else."""
    if of is None:
        return {}
    changed = of.ids("changed")
    other = of.ids("removed" if side == "old" else "added")
    return {
        "ending" if side == "old" else "target": other,
        "soon": changed,
        "focus": [*other, *changed][:1],
    }
