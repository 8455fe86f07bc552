"""Modifying an instance past its diagram: tokens ended, moved or put down, variables corrected, with a preview."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import course, instances
from engine.course import Course
from engine.errors import BudgetExceeded, Conflict, NotFound, Rejected
from engine.operations import modifications
from engine.operations.modifications import Activation, Modification, Move
from web.errors import words as error_words
from web.extensions import engine, session
from web.pages.operations.incidents import require_unchanged
from web.signin import current_actor
from web.views import names, pictures
from web.views.operations import previews, steps, variables
from web.views.operations.variables import Sheet

END = "-"


def register(blueprint: Blueprint) -> None:
    """Add the page to the blueprint of operations."""
    blueprint.add_url_rule("/instances/<int:key>/modify", "modify", modify, methods=["GET", "POST"])


def modify(key: int) -> ResponseReturnValue:
    """Show where an instance stands; preview a modification and do it."""
    instance = instances.get(session, current_actor(), key)
    modifications.require(current_actor(), instance)
    told = course.load(engine, session, instance)
    sheet = variables.of_course(
        told, current_actor(), request.form if request.method == "POST" else None
    )
    faults, preview = dict(sheet.faults), None
    if request.method == "POST":
        try:
            faults |= _faults(sheet)
            if not faults and request.form.get("act") != "preview":
                return _do(key, _asked(sheet))
            if not faults:
                found = modifications.preview(engine, session, current_actor(), key, _asked(sheet))
                preview = previews.view(found, told)
        except Conflict as error:
            flash(error_words(error), "waiting")
            return redirect(url_for("operations.modify", key=key))
        except (Rejected, NotFound, BudgetExceeded) as error:
            faults[""] = previews.refusal(error)
    return _page(told, sheet, faults, preview), 422 if faults else 200


def _faults(sheet: Sheet) -> dict[str, str]:
    found: dict[str, str] = {}
    if not (_fates() or _begun() or sheet.changed or sheet.faults):
        found["fates"] = str(_("还没有选要改什么"))
    if request.form.get("act") != "preview" and not request.form.get("reason", "").strip():
        found["reason"] = str(_("写明原因"))
    return found


def _fates() -> dict[int, str]:
    """What is to become of the element instances: the id of another element, or the end."""
    return {
        int(name.removeprefix("fate.")): fate
        for name, fate in request.form.items()
        if name.startswith("fate.") and name.removeprefix("fate.").isdecimal() and fate
    }


def _begun() -> list[str]:
    return [one for one in request.form.getlist("begin") if one]


def _asked(sheet: Sheet) -> Modification:
    fates = _fates()
    return Modification(
        variables=sheet.changed,
        activate=tuple(Activation(element_id=one) for one in _begun()),
        move=tuple(Move(key=key, element_id=to) for key, to in fates.items() if to != END),
        terminate=tuple(key for key, to in fates.items() if to == END),
    )


def _do(key: int, asked: Modification) -> ResponseReturnValue:
    session.rollback()  # what was read must not hold up the writing on SQLite
    with engine.begin(current_actor()) as command:
        require_unchanged(command, key)
        modifications.apply(command, key, asked, request.form["reason"])
    flash(_("已调整流程，原因记在审计里"), "done")
    return redirect(url_for("instances.show", key=key))


def _page(told: Course, sheet: Sheet, faults: dict[str, str], preview: Any) -> str:
    now, instance = engine.clock(), told.instance
    fates = {str(key): fate for key, fate in _fates().items()}
    targets = modifications.targets(engine, session, instance)
    return render_template(
        "operations/modify.html",
        instance=instance,
        procedure=names.procedure(told.definition),
        version=told.definition.version,
        site_name=names.site(instance.site),
        xml_url=url_for("instances.xml", key=instance.key),
        state_url=url_for("instances.state", key=instance.key),
        picture=pictures.label(told, instance.process_id),
        steps=pictures.steps(told, instance.process_id, now),
        tokens=steps.standing(told, now),
        fates=fates,
        end=END,
        targets=steps.choices(told.definition, targets),
        begun=[*_begun(), ""],
        sheets=[sheet],
        faults=faults,
        typed=request.form,
        preview=preview,
    )
