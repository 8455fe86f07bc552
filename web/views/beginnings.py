"""Where a person goes on after starting something."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import inbox, worker
from engine.models.instance import ProcessInstance
from web.extensions import engine, session
from web.signin import current_actor
from web.views import names, outcomes


def led_to(instance: ProcessInstance) -> ResponseReturnValue:
    """Go on to the actor's first task of the new instance, else to the instance."""
    worker.settle(engine, instance.key)
    session.rollback()
    of = names.definition(instance.definition_key)
    called = " ".join(filter(None, (names.procedure(of), instance.unit_label, instance.number)))
    follow = inbox.next_own_task(session, current_actor(), instance.key)
    if follow is not None:
        flash(_("已发起“%(name)s”。接着由你办第一步。", name=called), "done")
        return redirect(url_for("tasks.show", key=follow.key))
    flash(
        _("已发起“%(name)s”。%(next)s", name=called, next=outcomes.what_is_next(instance)), "done"
    )
    return redirect(url_for("instances.show", key=instance.key))
