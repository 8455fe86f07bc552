"""Remarks on a process instance."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import comments
from engine.errors import Rejected
from web.extensions import engine
from web.signin import current_actor

blueprint = Blueprint("comments", __name__)


@blueprint.post("/instances/<int:key>/comments")
def add(key: int) -> ResponseReturnValue:
    """Leave a remark and come back to where it was written."""
    task_key = request.form.get("task", type=int)
    try:
        with engine.begin(current_actor()) as command:
            comments.add(command, key, request.form.get("text", ""), task_key=task_key)
    except Rejected:
        flash(_("留言要有 1 到 2,000 个字"), "error")
    if task_key:
        return redirect(url_for("tasks.show", key=task_key, _anchor="talk"))
    return redirect(url_for("instances.show", key=key, _anchor="talk"))
