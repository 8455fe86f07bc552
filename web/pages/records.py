"""Printable records: slips and forms on paper, with the code that leads back to their instance."""

from __future__ import annotations

import base64
import io

import segno
from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine import inbox, instances
from engine.printing import records
from web import signin
from web.extensions import engine, session
from web.views import names

blueprint = Blueprint("records", __name__)

# Paper speaks the language of the book, whoever prints it.
COPIES = ("第一联：物业公司留存", "第二联：业户留存")


@blueprint.get("/records/<int(max=9007199254740991):instance_key>/<record>")
def show(instance_key: int, record: str) -> ResponseReturnValue:
    """Show a record of an instance as it will be printed: two copies to cut apart, or one."""
    single = request.args.get("copies") == "1"
    sheet = records.show(
        engine,
        session,
        signin.current_actor(),
        instance_key,
        record,
        qr=code(url_for("records.scan", key=instance_key)),
        copies=() if single else COPIES,
    )
    return render_template(
        "records/show.html",
        title=names.record(names.definition(sheet.definition_key), record).strip("《》"),
        # The markup was reduced to the allow-list of engine.paper.
        paper=Markup(sheet.markup),  # noqa: S704
        back=url_for("instances.show", key=instance_key),
        single=single,
        here={"instance_key": instance_key, "record": record},
    )


@blueprint.get("/q/<int(max=9007199254740991):key>")
def scan(key: int) -> ResponseReturnValue:
    """Open what a scanned code is about: the task that waits for the person who scans, else the instance.

    Who is not signed in is asked first.
    """
    actor = signin.current_actor()
    found = instances.get(session, actor, key)
    task = inbox.next_own_task(session, actor, found.key)
    if task is not None:
        return redirect(url_for("tasks.show", key=task.key))
    return redirect(url_for("instances.show", key=found.key))


def code(path: str) -> str:
    """Draw a QR code that leads to a path of this installation, as a data: URI."""
    file = io.BytesIO()
    address = current_app.config["PUBLIC_URL"] + path
    segno.make(address, error="m").save(file, kind="svg", xmldecl=False, border=2)
    return "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode("ascii")
