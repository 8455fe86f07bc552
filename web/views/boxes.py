"""The boxes of the inbox with what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from engine.inbox import MOST, Count
from web.views import names, rows

MINE, CLAIMABLE, STARTED, DONE, COPIED = "mine", "claimable", "started", "done", "copied"
ICONS = {
    MINE: "inbox",
    CLAIMABLE: "hand-grab",
    STARTED: "send",
    COPIED: "eye",
    DONE: "checks",
}
NOW, LATER, AWAITED = "", "later", "awaited"

Counted = Mapping[str, Sequence[Count]]


def name(box: str) -> str:
    """Give the name of a box."""
    return {
        MINE: str(_("待办")),
        CLAIMABLE: str(_("可领取")),
        STARTED: str(_("我发起")),
        DONE: str(_("已办")),
        COPIED: str(_("抄送我")),
    }[box]


def shows(box: str, current: str) -> list[dict[str, Any]]:
    """Give the views over a box: of one's own tasks, those put off and those others must act on first."""
    if box != MINE:
        return []
    named = ((NOW, _("要办的")), (LATER, _("以后跟进")), (AWAITED, _("等他人")))
    return [
        {
            "label": str(label),
            "url": url_for("inbox.index", show=show or None),
            "current": show == current,
        }
        for show, label in named
    ]


def view(current: str, counted: Counted) -> list[dict[str, Any]]:
    """Give the boxes as the macro `boxes` draws them."""
    return [
        {
            "label": name(box),
            "url": url_for("inbox.index", box=None if box == MINE else box),
            "icon": icon,
            "count": _shown(counted[box]) if box in counted else None,
            "current": box == current,
        }
        for box, icon in ICONS.items()
    ]


def _shown(found: Sequence[Count]) -> str:
    total = _sum(found, "total")
    return f"{total}+" if total and total % MOST == 0 else str(total)


def _sum(found: Sequence[Count], of: str) -> int:
    return sum(getattr(one, of) for one in found)


def sentence(counted: Counted, box: str = MINE) -> str:
    """Say how much a box holds, of one's own tasks also how much is overdue or due today; nothing for nothing."""
    found = counted.get(box, ())
    numbers = {of: _sum(found, of) for of in ("total", "late", "today")}
    if not numbers["total"]:
        return ""
    if numbers["late"] and numbers["today"]:
        return str(_("%(total)s 项，其中 %(late)s 项超时、%(today)s 项今天到期", **numbers))
    if numbers["late"]:
        return str(_("%(total)s 项，其中 %(late)s 项超时", **numbers))
    if numbers["today"]:
        return str(_("%(total)s 项，其中 %(today)s 项今天到期", **numbers))
    return str(_("%(total)s 项", **numbers))


def sizes(counted: Counted, process_id: str = "") -> dict[str, int]:
    """Give how many of one's own tasks each group holds, of one procedure or all."""
    found = [one for one in counted[MINE] if process_id in ("", one.process_id)]
    late, today = _sum(found, "late"), _sum(found, "today")
    return {
        rows.LATE: late,
        rows.TODAY: today,
        rows.LATER: _sum(found, "total") - late - today,
    }


def procedures(counted: Counted, box: str) -> list[tuple[str, str]]:
    """Give the procedures one may narrow a box to, by name."""
    found = {one.process_id: one.definition_key for one in counted.get(box, ())}
    named = [(key, names.procedure(names.definition(of))) for key, of in found.items()]
    return sorted(named, key=lambda pair: pair[1])
