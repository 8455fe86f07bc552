"""The signers of a task, nested, and how a countersign stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from engine import tasks
from engine.flow import votes
from engine.models.identity import User
from engine.models.task import CANCELED, COMPLETED, CREATING, UNFINISHED, UserTask
from engine.runtime import Vote
from engine.runtime.votes import APPROVALS
from engine.tasks import family
from web import shell, words
from web.extensions import engine, session
from web.signin import current_actor
from web.views import colleagues, decisions, names, people

Item = dict[str, Any]


def of(rows: Iterable[UserTask], staff: Mapping[int, User]) -> dict[int, list[Item]]:
    """Give the signers among some tasks as nested lines, by the task they were added to."""
    known = sorted((row for row in rows if row.root_key is not None), key=lambda row: row.key)
    found: dict[int, list[Item]] = {}
    depth: dict[int, int] = {}
    for root in dict.fromkeys(row.root_key for row in known if row.root_key is not None):
        top = UserTask(key=root)
        lines = []
        for row in family.below(top, known):
            depth[row.key] = depth.get(row.parent_key or 0, -1) + 1
            lines.append(_line(row, staff, min(depth[row.key], 3)))
        found[root] = lines
    return found


def _line(row: UserTask, staff: Mapping[int, User], depth: int) -> Item:
    state, text = _state(row)
    return {
        "depth": depth,
        "who": people.of_task(row, dict(staff))[0],
        "position": _position(row),
        "stamp": {"state": state, "text": text},
        "say": row.opinion or "",
        "remove": row.key if _removable(row) else None,
    }


def _position(row: UserTask) -> str:
    return {
        tasks.BEFORE: str(_("前加签")),
        tasks.AFTER: str(_("后加签")),
    }.get(row.position or "", str(_("并加签")))


def _state(row: UserTask) -> tuple[str, str]:
    if row.state == COMPLETED:
        if row.outcome == "reject":
            return "late", str(_("加签意见：不同意"))
        return "done", str(_("加签意见：同意"))
    if row.state == CANCELED:
        return "paused", str(_("已减签"))
    return "waiting", str(_("还没轮到") if row.state == CREATING else _("等签"))


def _removable(row: UserTask) -> bool:
    if row.state not in UNFINISHED or row.parent_key is None:
        return False
    actor = current_actor()
    if row.added_by == actor.user_id:
        return True
    parent = session.get(UserTask, row.parent_key)
    return parent is not None and tasks.holds(actor, parent)


def countersign(task: UserTask) -> dict[str, Any] | None:
    """Say how the countersign of an open task stands: the rule, who said what, who has not yet; None for other tasks."""
    vote = Vote.read(task.properties) if "vote" in task.properties else None
    if vote is None:
        return None
    found = votes.ballots(session, task)
    approved = sum(one.outcome in APPROVALS for one in found.done)
    rejected = sum(one.outcome == "reject" for one in found.done)
    may_change = votes.may_change_signers(current_actor(), task)
    drawn = names.definition(task.definition_key).diagram.elements.get(task.element_id)
    in_turn = drawn is not None and drawn.loop is not None and drawn.loop.sequential
    return {
        "rule": _rule(vote),
        "count": _count(len(found.done), len(found.open), in_turn=in_turn),
        "said": _("同意 %(yes)s，不同意 %(no)s", yes=approved, no=rejected),
        "share": None if in_turn else len(found.done) / (len(found.done) + len(found.open) or 1),
        "lines": [_ballot(one, len(found.open) > 1 and may_change) for one in (*found.done, *found.open)],
        "options": colleagues.options(colleagues.to_help(task), task.site_id) if may_change else [],
    }  # fmt: skip


def _count(done: int, open_: int, *, in_turn: bool) -> str:
    if in_turn:
        return str(_("依次签，已签 %(n)s 人", n=done))
    return str(_("已签 %(n)s 人，共 %(total)s 人", n=done, total=done + open_))


def _ballot(task: UserTask, removable: bool) -> Item:
    staff = {one.id: one for one in (task.completer, task.assignee) if one is not None}
    done = task.state == COMPLETED
    state = ("late" if task.outcome == "reject" else "done") if done else "waiting"
    return {
        "depth": 0,
        "who": people.of_task(task, staff)[0],
        "position": words.stamp(task.completed_at, engine.clock()) if task.completed_at else "",
        "stamp": {"state": state, "text": decisions.said(task) if done else str(_("等签"))},
        "say": task.opinion or "",
        "remove": task.key if removable and not done else None,
    }


def _rule(vote: Vote) -> str:
    said = [_passes(vote)]
    if vote.rejects is not None:
        said.append(str(_("满 %(n)s 票不同意即不通过", n=vote.rejects)))
    if "*" in vote.veto:
        said.append(str(_("一票否决")))
    elif vote.veto:
        roles = words.joined([shell.role_name(one) for one in sorted(vote.veto)])
        said.append(str(_("%(roles)s可一票否决", roles=roles)))
    return str(_("，")).join(said)


def _passes(vote: Vote) -> str:
    if vote.kind == "any":
        return str(_("一人同意即通过"))
    if vote.kind == "ratio":
        percent = f"{float(vote.ratio or 1) * 100:g}%"
        return str(_("%(share)s 的人同意即通过", share=percent))
    if vote.kind == "count":
        return str(_("满 %(n)s 票同意即通过", n=vote.passes))
    return str(_("全部同意才通过"))
