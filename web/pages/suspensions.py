"""Letting an instance stand still and go on again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import worker
from engine.errors import Conflict, Rejected
from engine.operations import suspension
from web.errors import words as error_words
from web.extensions import engine
from web.signin import current_actor

blueprint = Blueprint("suspensions", __name__, url_prefix="/instances")


@blueprint.post("/<int:key>/suspend")
def suspend(key: int) -> ResponseReturnValue:
    """Let the instance stand still, for a reason."""
    try:
        with engine.begin(current_actor()) as command:
            suspension.suspend(command, key, request.form.get("reason", ""))
        flash(_("流程已暂停，恢复之前谁也办不了"), "paused")
    except Conflict as error:
        flash(error_words(error), "waiting")
    except Rejected:
        flash(_("暂停要写明原因"), "error")
    return redirect(url_for("instances.show", key=key))


@blueprint.post("/<int:key>/resume")
def resume(key: int) -> ResponseReturnValue:
    """Let the instance go on."""
    try:
        with engine.begin(current_actor()) as command:
            suspension.resume(command, key, request.form.get("reason", ""))
        flash(_("流程已恢复"), "done")
    except Conflict as error:
        flash(error_words(error), "waiting")
    else:
        worker.settle(engine, key)
    return redirect(url_for("instances.show", key=key))
