"""Numbers of the counter where they meet instances: the number one came with, the instance it led to."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from engine import counter
from engine.counter import Board
from engine.errors import NotFound
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.queue import Ticket
from web.extensions import session
from web.signin import current_actor
from web.views import names


def window_name(window: str) -> str:
    """Give a window as people say it: a bare number becomes 2 号窗, a name stays."""
    return str(_("%(n)s 号窗", n=window)) if window.isdecimal() else window


def carried(site: Site) -> Ticket | None:
    """Give the number a start form was opened from, as the address or the form says; None without one of the site."""
    key = request.values.get("ticket", 0, type=int)
    if not 0 < key < 2**53:
        return None
    try:
        found = counter.get(session, current_actor(), key)
    except NotFound:
        return None
    return found if found.site_id == site.id else None


def words(ticket: Ticket | None) -> str:
    """Say a number and where it is served: A001 · 2 号窗; nothing without one."""
    if ticket is None:
        return ""
    return " · ".join(filter(None, (ticket.label, window_name(ticket.window))))


def instances_of(board: Board) -> dict[int, dict[str, Any]]:
    """Give by ticket what was started for the numbers at the windows: its name and address."""
    keys = {one.instance_key: one.id for one in board.at_windows if one.instance_key is not None}
    if not keys:
        return {}
    visible = ProcessInstance.site_id.in_(current_actor().site_ids)
    found = session.scalars(select(ProcessInstance).where(ProcessInstance.key.in_(keys), visible))
    return {
        keys[one.key]: {
            "label": one.number or names.matter(one),
            "url": url_for("instances.show", key=one.key),
        }
        for one in found
    }
